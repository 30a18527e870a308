import type { DataError, Series } from '@vitrine/data';
import { examplesIn } from '@vitrine/explain';
import { VitrineError, type Value } from '@vitrine/ir';
import type { Question } from './asked.js';
import { examine, examined, examineRow, type Exam } from './exam.js';
import { byName, isSaid, isText, loaded, type AllGiven } from './given.js';
import type { Given } from './input.js';
import type { LoadedModel } from './model.js';
import { mayHoldSeveral, seriesFile, seriesIn, type SeriesGiven } from './series/given.js';
import { lengthOf } from './series/input.js';
import { isOneRow, isTableGiven, type TableGiven } from './table/given.js';
import { rowsIn } from './table/rows.js';
import type { TextGiven } from './text.js';

/** Several texts, and what the model takes beside each. Those of a file come from `textsIn`; a fault stands for one that could not be read. */
export interface TextsGiven {
  readonly texts: Texts;
  readonly maxTokens?: number | undefined;
  /** What a decoder has said so far of each. */
  readonly decoderText?: string | undefined;
  readonly inputs?: ReadonlyMap<string, Given> | undefined;
}
type Texts = Iterable<string | TextGiven | DataError> | AsyncIterable<string | TextGiven | DataError>;

/** One example of several: the exam of it, or why there is none. */
export type Examined = {
  /** Its place among them, from 0. */
  readonly number: number;
  /** How many there are, where that is known before they are read. */
  readonly of: number | undefined;
  /** Where it stands, for messages: a file and a line. */
  readonly source: string | undefined;
} & ({ readonly exam: Exam; readonly failure?: undefined } | { readonly failure: VitrineError; readonly exam?: undefined });

/**
 * Examines one example after the other: those that arrays hold along a free first axis of the model ([4,3,224,224] holds four), the
 * series of a file, the rows of a table, or each of several texts. One that fails does not take the others with it, and nothing is kept of those that came before.
 */
export async function* examineEach(
  model: LoadedModel,
  given: AllGiven | TextsGiven,
  limits?: Question['limits'],
): AsyncGenerator<Examined, undefined> {
  if (isTexts(model, given)) return yield* eachText(model, given, limits);
  if (isTableGiven(model, given)) return yield* eachRow(model, given, limits);
  if (isOneRow(model, given)) return yield { number: 0, of: 1, source: undefined, ...(await tried(() => examine(model, given, limits))) };
  if (isText(model, given) || isSaid(model, given))
    return yield { number: 0, of: 1, source: undefined, ...(await tried(() => examine(model, given, limits))) };
  const named = byName(model, given);
  const several = [...named].flatMap(([name, one]) => fileFor(model, name, one) ?? []).find(mayHoldSeveral);
  if (several !== undefined) return yield* eachSeries(model, named, several, limits);
  const inputs = await loaded(model, named);
  const examples = examplesIn(model.subject.graph, new Map([...inputs].map(([name, { tensor }]) => [name, tensor])));
  for (const [number, tensors] of examples.entries()) {
    const own = new Map([...tensors].map(([name, tensor]) => [name, { ...inputs.get(name)!, tensor }]));
    yield { number, of: examples.length, source: undefined, ...(await tried(() => examined(model, own, limits))) };
  }
}

/** A file of series for an input. */
function fileFor(model: LoadedModel, name: string, one: Given): (SeriesGiven & { readonly input: Value }) | undefined {
  const input = model.subject.graph.inputs.find((value) => value.name === name);
  const file = input && seriesFile(one, input, model.series);
  return file && { ...file, input: input! };
}

async function* eachSeries(
  model: LoadedModel,
  given: ReadonlyMap<string, Given>,
  { input, ...file }: SeriesGiven & { readonly input: Value },
  limits: Question['limits'],
): AsyncGenerator<Examined, undefined> {
  const [only, ...others] = file.rows ?? [];
  const of = only !== undefined && others.length === 0 && only[0] === only[1] ? 1 : undefined;
  for await (const { number, series } of seriesIn(file, lengthOf(input, model.series)))
    yield series instanceof VitrineError
      ? { number, of, source: undefined, failure: series }
      : { number, of, source: sourceOf(series), ...(await tried(() => examine(model, new Map([...given, [input.name, series]]), limits))) };
}

async function* eachRow(model: LoadedModel, given: TableGiven, limits: Question['limits']): AsyncGenerator<Examined, undefined> {
  const [only, ...others] = given.row === undefined ? (given.rows ?? []) : [[given.row, given.row]];
  const of = only !== undefined && others.length === 0 && only[0] === only[1] ? 1 : undefined;
  for await (const { number, row } of rowsIn(model, given))
    yield row instanceof VitrineError
      ? { number, of, source: undefined, failure: row }
      : { number, of, source: row.source, ...(await tried(() => examineRow(model, row, limits))) };
  return undefined;
}

const sourceOf = ({ source = '', label }: Series): string => (label === undefined ? source : `${source}, labelled ${label}`);

async function* eachText(
  model: LoadedModel,
  { texts, inputs, ...shared }: TextsGiven,
  limits: Question['limits'],
): AsyncGenerator<Examined, undefined> {
  let number = 0;
  for await (const one of texts) {
    const text = typeof one === 'string' ? { text: one } : one;
    yield text instanceof VitrineError
      ? { number, of: undefined, source: undefined, failure: text }
      : { number, of: undefined, source: text.source, ...(await tried(() => examine(model, { ...shared, ...text, inputs }, limits))) };
    number++;
  }
}

async function tried(exam: () => Promise<Exam>): Promise<{ readonly exam: Exam } | { readonly failure: VitrineError }> {
  try {
    return { exam: await exam() };
  } catch (failure) {
    if (failure instanceof VitrineError) return { failure };
    throw failure;
  }
}

/** A model may have an input that is called texts. */
const isTexts = (model: LoadedModel, given: AllGiven | TextsGiven): given is TextsGiven =>
  typeof given === 'object' &&
  'texts' in given &&
  typeof given.texts === 'object' &&
  (Symbol.iterator in given.texts || Symbol.asyncIterator in given.texts) &&
  !model.subject.graph.inputs.some(({ name }) => name === 'texts');
