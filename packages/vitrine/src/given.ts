import { DataError } from '@vitrine/data';
import { loadInput, type Given, type Loaded } from './input.js';
import type { LoadedModel } from './model.js';
import { isSeries, type SeriesGiven } from './series/given.js';
import type { OneRow, TableGiven } from './table/given.js';
import type { TextGiven } from './text.js';

/** What is given for all inputs: for the only one, by name, or text for all those that text gives. */
export type AllGiven = InputsGiven | TextAndInputs | SaidAndInputs | TableGiven | OneRow;

export type InputsGiven = Given | { readonly [name: string]: Given } | ReadonlyMap<string, Given>;

/** Text, or texts to choose from, and what the model takes beside them. */
type TextAndInputs = (TextGiven | (Omit<TextGiven, 'text'> & Required<Pick<TextGiven, 'choices'>>)) & {
  readonly inputs?: ReadonlyMap<string, Given> | undefined;
};

/** What a decoder has said so far of what is no text. */
type SaidAndInputs = Required<Pick<TextGiven, 'decoderText'>> & Pick<TextAndInputs, 'inputs'>;

/** A model may have an input that is called text. */
export const isText = (model: LoadedModel, given: AllGiven): given is TextAndInputs =>
  typeof given === 'object' &&
  (('text' in given && typeof given.text === 'string') || ('choices' in given && Array.isArray(given.choices))) &&
  !model.subject.graph.inputs.some(({ name }) => name === 'text' || name === 'choices');

/** The same of a model whose decoder says something of what is no text. */
export const isSaid = (model: LoadedModel, given: AllGiven): given is SaidAndInputs =>
  typeof given === 'object' &&
  'decoderText' in given &&
  typeof given.decoderText === 'string' &&
  !('text' in given) &&
  !model.subject.graph.inputs.some(({ name }) => name === 'decoderText');

/** What is given, by the names of inputs. */
export const byName = (model: LoadedModel, given: InputsGiven): ReadonlyMap<string, Given> =>
  isOne(given) ? new Map([[onlyInput(model), given]]) : isNamed(given) ? given : new Map(Object.entries(given));

/** What is given, read. */
export async function loaded(model: LoadedModel, given: InputsGiven): Promise<ReadonlyMap<string, Loaded>> {
  const { graph, name: modelName } = model.subject;
  const named = byName(model, given);
  const inputs = new Map<string, Loaded>();
  for (const [name, one] of named) {
    const input = graph.inputs.find((v) => v.name === name);
    if (input === undefined)
      throw new DataError('bad-input', `${modelName} has no input ${name}: it takes ${graph.inputs.map((v) => v.name).join(', ')}`);
    inputs.set(name, await loadInput(one, input, model));
  }
  return inputs;
}

const isOne = (given: InputsGiven): given is Given =>
  typeof given === 'string' ||
  given instanceof Uint8Array ||
  ('dims' in given && 'dtype' in given) ||
  isSeries(given as Given) ||
  isFileOfSeries(given);
/** A model may have an input that is called series. */
const isFileOfSeries = (given: object): given is SeriesGiven =>
  'series' in given && typeof given.series === 'string' && Object.keys(given).every((key) => SERIES_KEYS.has(key));
const SERIES_KEYS: ReadonlySet<string> = new Set(['series', 'by', 'rows']);
const isNamed = (given: Exclude<InputsGiven, Given>): given is ReadonlyMap<string, Given> => given instanceof Map;

function onlyInput({ subject }: LoadedModel): string {
  const { inputs } = subject.graph;
  if (inputs.length !== 1)
    throw new DataError(
      'bad-input',
      `${subject.name} has ${inputs.length} inputs (${inputs.map((v) => v.name).join(', ')}): say which with NAME=FILE`,
    );
  return inputs[0]!.name;
}
