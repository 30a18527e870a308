import { hostname, userInfo } from 'node:os';
import { record, type ExplanationRecord, type SpanEntry } from '@vitrine/audit';
import {
  example,
  explain as explainExample,
  explainerNamed,
  parseTarget,
  type Example,
  type Explanation,
  type Request,
  type Target,
} from '@vitrine/explain';
import { isFloat, type Tensor } from '@vitrine/ir';
import { choicesIn } from './choices.js';
import { arraysOf } from './fileNames.js';
import { divisionsOf, standInsOf } from './absence.js';
import { isSaid, isText, loaded, type AllGiven } from './given.js';
import { readTensor, type Given, type Loaded } from './input.js';
import type { LoadedModel } from './model.js';
import { classesOf, type Ranked } from './ranked.js';
import { readSaid } from './said.js';
import { arraySeries } from './series/input.js';
import { answered, readText, tooLong, type ReadText } from './text.js';
import type { TextHead } from './textHeads/head.js';
import { textHead, withWords } from './textHeads/textHead.js';
import { VERSION } from './version.js';

/** A question: a method, and whatever of it differs from the defaults. */
export interface Question extends Omit<Request, 'inputs' | 'target' | 'options' | 'labels' | 'at' | 'divisions' | 'standIns'> {
  /** As the command line takes it, `label:tabby` or `span:"Paris"`, or the target itself. */
  readonly target?: string | Target | undefined;
  readonly at?: string | readonly string[] | undefined;
  readonly options?: { readonly [name: string]: string | number | boolean | object | undefined };
}

/** What the model said. */
export interface Prediction {
  readonly outputs: ReadonlyMap<string, Tensor>;
  /**
   * What it says, the best first: classes, where the first output is one score per class; of text the next tokens, the tokens at a mask,
   * answers, or tagged words. Of several masks the likeliest token at each, in reading order.
   */
  readonly classes: readonly Ranked[];
  /** What one of these is called. */
  readonly row: string;
}

/** An answer, and the record that lets others check it. */
export interface Answer {
  readonly explanation: Explanation;
  readonly record: ExplanationRecord;
}

/** One example under the glass: run once, asked any number of questions. */
export interface Exam {
  readonly model: LoadedModel;
  readonly inputs: ReadonlyMap<string, Loaded>;
  /** How text was read, where it was given. */
  readonly text?: ReadText;
  readonly prediction: Prediction;
  /** What the run told. */
  readonly example: Example;
  explain(question: Question): Promise<Answer>;
}

/** Runs a model on an example. Inputs are files, tensors or pictures' bytes: one alone, or by name; or `{ text }`. @throws DataError, ExplainError */
export async function examine(model: LoadedModel, given: AllGiven, limits?: Question['limits']): Promise<Exam> {
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

/** Runs a model on text that was read, and inputs beside it. */
export async function examined(
  model: LoadedModel,
  beside: ReadonlyMap<string, Loaded>,
  limits: Question['limits'],
  read?: ReadText,
): Promise<Exam> {
  const runtime = await model.runtime();
  const text = read ?? saidAlone(await readSaid(model, undefined, beside));
  const fed = [...(text?.feeds ?? [])].map(([name, tensor]) => [name, { tensor, file: undefined }] as const);
  const inputs = new Map<string, Loaded>([...fed, ...shownSeries(model, beside, text !== undefined)]);
  const ex = await example(model.subject, new Map([...inputs].map(([name, { tensor }]) => [name, tensor])), runtime, limits);
  const choices = text && choicesIn(text.encoded);
  const head = text && choices === undefined ? await textHead({ model, example: ex, text: answered(text) }) : undefined;
  const labels = choices ?? model.labels;
  const prediction: Prediction = {
    outputs: ex.outputs,
    classes: head?.said ?? classesOf(ex.outputs, labels),
    row: head?.row ?? (choices === undefined ? 'Class' : 'Choice'),
  };
  const asking = { model, example: ex, text, labels, inputs };
  return {
    model,
    inputs,
    ...(text && { text }),
    prediction,
    example: ex,
    explain: (question) => answer(asking, head, prediction, question),
  };
}

interface Asking {
  readonly model: LoadedModel;
  readonly example: Example;
  readonly text: ReadText | undefined;
  /** Names of classes; of a model that chooses between texts, the choices. */
  readonly labels: readonly string[] | undefined;
  readonly inputs: ReadonlyMap<string, Loaded>;
}

/** Inputs with the series that their arrays are, where nothing else was read. */
const shownSeries = (model: LoadedModel, inputs: ReadonlyMap<string, Loaded>, isText: boolean): ReadonlyMap<string, Loaded> =>
  new Map(
    [...inputs].map(([name, one]) => {
      const series = one.series ?? (isText || one.picture !== undefined ? undefined : arraySeries(one.tensor, model.series));
      return [name, { ...one, ...(series && { series }) }];
    }),
  );

async function answer(asking: Asking, head: TextHead | undefined, prediction: Prediction, question: Question): Promise<Answer> {
  const { model, example: ex, text, labels, inputs } = asking;
  const runtime = await model.runtime();
  const { target: asked, at, options, ...rest } = question;
  const { target, notes = [] } = await targetOf(asking, asked, head);
  const places = typeof at === 'string' ? [at] : (at ?? placesFor(model, text, question.method));
  const reads = text === undefined ? [] : [text, ...(text.said?.at === text.at ? [] : [text.said])];
  const divided = reads.filter((read) => read?.at !== undefined && places?.includes(read.at)) as readonly ReadText[];
  const found = await explainExample(ex, runtime, {
    ...rest,
    inputs: ex.feeds,
    target,
    at: places,
    options: options ?? {},
    labels,
    pictures: new Map([...inputs].flatMap(([name, { picture }]) => (picture ? [[name, picture.seen()] as const] : []))),
    ...(divided.length > 0 && { divisions: divisionsOf(divided), standIns: standInsOf(divided) }),
  });
  const read = [...asking.inputs.values()].flatMap(({ notes: own = [] }) => own);
  const explanation = { ...found, warnings: [...model.notes, ...read, ...(text?.notes ?? []), ...notes, ...found.warnings] };
  const [best] = prediction.classes;
  return {
    explanation,
    record: await record({
      explanation,
      model: model.subject,
      inputs: ex.feeds,
      runtime,
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
      probability: best?.given ? best.probability : undefined,
      ...spansOf(prediction),
    }),
  };
}

/** What is explained unless said otherwise: the embeddings of a text, and pictures and other numbers beside it. */
function placesFor({ subject }: LoadedModel, text: ReadText | undefined, method: string): readonly string[] | undefined {
  if (text?.at === undefined) return undefined;
  // What is taken away is divided in one way for all: a text in words, or a picture in cells.
  if (explainerNamed(method).family === 'perturbation') return [text.at];
  const floats = subject.graph.inputs.filter(({ name, type }) => isFloat(type.dtype) && !text.feeds.has(name));
  return [...floats.map(({ name }) => name), text.at];
}

/** The number to explain, and what is to be said about it: of text, unless said otherwise, what its head tells first. */
async function targetOf(
  { model, example: ex, text, labels }: Asking,
  given: Question['target'],
  head: TextHead | undefined,
): Promise<{ readonly target: Target | undefined; readonly notes?: readonly string[] }> {
  const target = typeof given === 'string' ? parseTarget(given, { labels, tensor: readTensor }) : given;
  return text === undefined ? { target } : withWords(target ?? { kind: 'top' }, { model, example: ex, text: answered(text) }, head);
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

function actor(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return 'unknown'; // Containers may have no user of that number.
  }
}

/** Answers one question about one example. */
export async function explain(model: LoadedModel, given: AllGiven, question: Question): Promise<Answer> {
  const exam = await examine(model, given, question.limits);
  return exam.explain(question);
}
