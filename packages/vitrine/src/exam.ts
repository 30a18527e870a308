import { record, type ExplanationRecord, type SpanEntry } from '@vitrine/audit';
import { EvaluateError, evidence, sanity, toldSanity } from '@vitrine/evaluate';
import { learn, probe, type Example, type Explanation, type Learnt, type Probe } from '@vitrine/explain';
import { actor } from './actor.js';
import { explained, requestFor, run, type Means, type Prediction, type Question, type Ran } from './asked.js';
import { arraysOf } from './fileNames.js';
import { isSaid, isText, loaded, type AllGiven } from './given.js';
import { readTensor, type Given, type Loaded } from './input.js';
import type { LoadedModel } from './model.js';
import { readSaid } from './said.js';
import { toldContrast, type ToldContrast } from './contrast.js';
import { toldRule } from './rule.js';
import { arraySeries } from './series/input.js';
import { compared, type Comparing } from './table/background.js';
import { contrastedRow } from './table/contrasted.js';
import { isOneRow, isTableGiven } from './table/given.js';
import { placesOf } from './table/places.js';
import type { ReadRow } from './table/row.js';
import { onlyRow, rowInMemory } from './table/rows.js';
import { divisionsOfRow, notesOnSums } from './table/told.js';
import { readText, tooLong, type ReadText } from './text.js';
import { VERSION } from './version.js';

/** An answer, and the record that lets others check it. */
export interface Answer {
  readonly explanation: Explanation;
  readonly record: ExplanationRecord;
  /** What was found by a method that looks for another example, in words. */
  readonly contrast?: ToldContrast;
}

/** One example under the glass: run once, asked any number of questions. */
export interface Exam {
  readonly model: LoadedModel;
  readonly inputs: ReadonlyMap<string, Loaded>;
  /** How text was read, where it was given. */
  readonly text?: ReadText;
  /** The row of a table, where one was given. */
  readonly row?: ReadRow;
  readonly prediction: Prediction;
  /** What the run told. */
  readonly example: Example;
  explain(question: Question): Promise<Answer>;
  /** Opens the question to metrics of explanations. */
  probe(question: Question): Promise<Probe>;
  /** What the method learns of the model, which does not depend on the example. */
  learn(question: Question): Promise<Learnt>;
}

/** Runs a model on an example. Inputs are files, tensors or pictures' bytes: one alone, or by name; or `{ text }`, `{ table, row }`, `{ row }`. @throws DataError, ExplainError */
export async function examine(model: LoadedModel, given: AllGiven, limits?: Question['limits']): Promise<Exam> {
  if (isTableGiven(model, given)) return examineRow(model, await onlyRow(model, given), limits);
  if (isOneRow(model, given)) return examineRow(model, await rowInMemory(model, given), limits);
  if (isSaid(model, given)) {
    const inputs = await loaded(model, given.inputs ?? new Map<string, Given>());
    return examined(model, inputs, limits, saidAlone(await readSaid(model, given.decoderText, inputs)));
  }
  if (!isText(model, given)) return examined(model, await loaded(model, given), limits);
  const others = await loaded(model, given.inputs ?? new Map<string, Given>());
  const text = await readText(model, { text: '', ...given }, new Set(others.keys()));
  return examined(model, others, limits, text).catch((cause: unknown) => {
    throw tooLong(cause, text, model);
  });
}

/** What a decoder says of something that is no text: unless said otherwise that is explained, not what was said. */
const saidAlone = (said: ReadText | undefined): ReadText | undefined => said && { ...said, at: undefined };

/** Runs a model on text that was read. */
export const examineRead = (model: LoadedModel, text: ReadText, limits?: Question['limits']): Promise<Exam> =>
  examined(model, new Map(), limits, text);

/** Runs a model on a row of a table. `compare` finds rows to compare with, where they are the same for several. */
export async function examineRow(model: LoadedModel, row: ReadRow, limits?: Question['limits'], compare?: Comparing): Promise<Exam> {
  const inputs = new Map([...row.feeds].map(([name, tensor]): [string, Loaded] => [name, { tensor, file: undefined, notes: row.notes }]));
  const ran = await run(model, row.feeds, limits, undefined);
  const { example, prediction } = ran;
  return { model, inputs, row, prediction, example, ...asking({ model, inputs, ran, row, compare }) };
}

/** Runs a model on text that was read, and inputs beside it. */
export async function examined(
  model: LoadedModel,
  beside: ReadonlyMap<string, Loaded>,
  limits: Question['limits'],
  read?: ReadText,
): Promise<Exam> {
  const text = read ?? saidAlone(await readSaid(model, undefined, beside));
  const fed = [...(text?.feeds ?? [])].map(([name, tensor]) => [name, { tensor, file: undefined }] as const);
  const inputs = new Map<string, Loaded>([...fed, ...shownSeries(model, beside, text !== undefined)]);
  const ran = await run(model, new Map([...inputs].map(([name, { tensor }]) => [name, tensor])), limits, text);
  const { example, prediction } = ran;
  return { model, inputs, ...(text && { text }), prediction, example, ...asking({ model, inputs, ran }) };
}

/** Inputs with the series that their arrays are, where nothing else was read. */
const shownSeries = (model: LoadedModel, inputs: ReadonlyMap<string, Loaded>, isText: boolean): ReadonlyMap<string, Loaded> =>
  new Map(
    [...inputs].map(([name, one]) => {
      const series = one.series ?? (isText || one.picture !== undefined ? undefined : arraySeries(one.tensor, model.series));
      return [name, { ...one, ...(series && { series }) }];
    }),
  );

/** An example that was run, and what is known of where it came from. */
interface Known {
  readonly model: LoadedModel;
  readonly inputs: Exam['inputs'];
  readonly ran: Ran;
  readonly row?: ReadRow;
  readonly compare?: Comparing | undefined;
}

const asking = (known: Known): Pick<Exam, 'explain' | 'probe' | 'learn'> => ({
  explain: (question) => answer(known, question),
  async probe(asked) {
    const { question, means } = await readied(known, asked);
    const { request } = await requestFor(known.ran, question, means);
    return probe(known.ran.example, await known.model.runtime(), request);
  },
  async learn(asked) {
    const { question, means } = await readied(known, asked);
    const { request } = await requestFor(known.ran, question, means);
    return learn(known.ran.example, await known.model.runtime(), request);
  },
});

/** A question with its background read, and what its answer needs beside it. */
async function readied(
  { model, inputs, ran: { example }, row, compare }: Known,
  asked: Question,
): Promise<{ readonly question: Question; readonly means: Means }> {
  const places = row && placesOf(example.shaped.graphAt(1), row);
  const question = await compared(model, example, places, asked, compare);
  const means: Means = {
    tensor: readTensor,
    ...(row && { places, divisions: divisionsOfRow(example.shaped.graphAt(1), row) }),
    pictures: new Map([...inputs].flatMap(([name, { picture }]) => (picture ? [[name, picture.seen()] as const] : []))),
    series: new Map([...inputs].flatMap(([name, { series }]) => (series === undefined ? [] : [[name, series] as const]))),
    notes: [...[...inputs.values()].flatMap(({ notes = [] }) => notes), ...(row ? notesOnSums(row, question.method) : [])],
  };
  return { question, means };
}

/** Whether an explanation is to be trusted, in a sentence; or why that cannot be told. */
async function checked(known: Known, question: Question): Promise<string> {
  try {
    return `sanity: ${toldSanity(await sanity(await evidence(await asking(known).probe(question))))}`;
  } catch (cause) {
    if (cause instanceof EvaluateError) return `sanity: not checked: ${cause.message}`;
    throw cause;
  }
}

async function answer(known: Known, asked: Question): Promise<Answer> {
  const { model } = known;
  const { example, text, prediction } = known.ran;
  const { question, means } = await readied(known, asked);
  const found = await explained(known.ran, question, means);
  const explanation = asked.sanity ? { ...found, warnings: [await checked(known, question), ...found.warnings] } : found;
  const [best] = prediction.classes;
  const other =
    known.row &&
    (await contrastedRow(
      explanation,
      example,
      known.row,
      async (feeds) => (await run(model, feeds, asked.limits, undefined)).example.outputs,
    ));
  const contrast = toldContrast(explanation, other);
  return {
    explanation,
    ...(contrast && { contrast }),
    record: await record({
      explanation,
      model: model.subject,
      inputs: example.feeds,
      runtime: await model.runtime(),
      toolVersion: VERSION,
      createdAt: new Date().toISOString(),
      actor: actor(),
      files: arraysOf(explanation),
      environment: {
        platform: `${process.platform}-${process.arch}`,
        node: process.version,
        ...(text && { tokenizer: text.tokenizer.digest }),
      },
      ...(best && { predicted: { index: best.index, score: best.score, label: best.label } }),
      contrast,
      rule: toldRule({ row: known.row, text, example }, explanation)?.text,
      probability: best?.given ? best.probability : undefined,
      ...spansOf(prediction),
    }),
  };
}

/** Words that the model found. */
function spansOf({ classes }: Prediction): { readonly spans?: readonly SpanEntry[] } {
  const spans = classes.flatMap(({ label, score, probability, words }): readonly SpanEntry[] =>
    words === undefined
      ? []
      : [{ label, text: words.sequence, start: words.start, end: words.end, score, ...(probability !== undefined && { probability }) }],
  );
  return spans.length > 0 ? { spans } : {};
}

/** Answers one question about one example. */
export async function explain(model: LoadedModel, given: AllGiven, question: Question): Promise<Answer> {
  const exam = await examine(model, given, question.limits);
  return exam.explain(question);
}
