import type { DataError } from '@vitrine/data';
import { examplesIn } from '@vitrine/explain';
import { VitrineError } from '@vitrine/ir';
import { examine, examined, type Exam } from './exam.js';
import type { Question } from './asked.js';
import { isSaid, isText, loaded, type AllGiven } from './given.js';
import type { Given } from './input.js';
import type { LoadedModel } from './model.js';
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
 * Examines one example after the other: those that arrays hold along a free first axis of the model ([4,3,224,224] holds four), or
 * each of several texts. One that fails does not take the others with it, and nothing is kept of those that came before.
 */
export async function* examineEach(
  model: LoadedModel,
  given: AllGiven | TextsGiven,
  limits?: Question['limits'],
): AsyncGenerator<Examined, undefined> {
  if (isTexts(model, given)) return yield* eachText(model, given, limits);
  if (isText(model, given) || isSaid(model, given))
    return yield { number: 0, of: 1, source: undefined, ...(await tried(() => examine(model, given, limits))) };
  const inputs = await loaded(model, given);
  const examples = examplesIn(model.subject.graph, new Map([...inputs].map(([name, { tensor }]) => [name, tensor])));
  for (const [number, tensors] of examples.entries()) {
    const own = new Map([...tensors].map(([name, tensor]) => [name, { ...inputs.get(name)!, tensor }]));
    yield { number, of: examples.length, source: undefined, ...(await tried(() => examined(model, own, limits))) };
  }
}

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
