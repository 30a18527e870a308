import { DataError } from '../../error.js';
import { featureNamed, type Feature, type Schema, type Value } from '../schema.js';
import { unfitted, type Block, type Pipeline } from './pipeline.js';
import { coderOf, type Coder } from './steps.js';

/** What one number that a model reads stands for. */
export interface Origin {
  readonly column: string;
  /** The category or the interval, where a column becomes several numbers. */
  readonly part?: string;
}

/** Numbers, or text, for one input of a model. */
export interface EncodedInput {
  readonly values: readonly (number | string)[];
  readonly origins: readonly Origin[];
}

/** A row as a model reads it, or what is wrong with it: in words that follow the columns' names. */
export type EncodedRow = { readonly inputs: ReadonlyMap<string, EncodedInput> } | { readonly faults: readonly string[] };

/** From values to what a model reads, and back. */
export interface Encoder {
  /** Columns that are read, each once. */
  readonly columns: readonly string[];
  /** By input: what each of its elements stands for. */
  readonly origins: ReadonlyMap<string, readonly Origin[]>;
  encode(values: ReadonlyMap<string, Value>): EncodedRow;
  /** Values that would be encoded so, or nearest to it. Of a column that is encoded twice the first counts. */
  decode(inputs: ReadonlyMap<string, ArrayLike<number | string>>): ReadonlyMap<string, Value>;
}

/** One column on its way through the steps of its block. */
interface Lane {
  readonly column: string;
  readonly input: string;
  readonly coders: readonly Coder[];
  readonly isDate: boolean;
  readonly origins: readonly Origin[];
}

/**
 * `only` is the input of blocks that name none; into those of `gaps` empty cells go as NaN. `name` stands for the pipeline's file.
 * @throws DataError where the steps do not fit each other or the columns, or lack parameters
 */
export function encoderOf(pipeline: Pipeline, schema: Schema, only: string, name: string, gaps: ReadonlySet<string> = new Set()): Encoder {
  const [open] = unfitted(pipeline);
  if (open !== undefined)
    throw new DataError(
      'bad-option',
      `${name}: ${open.step.step} of block ${open.block} has no "${open.lacks}": give it, or have it computed from a table by vitrine fit`,
    );
  const lanes = pipeline.blocks.flatMap((block, b) =>
    block.columns.map((column, i) =>
      laneOf(block, i, featureNamed(schema, column) ?? { name: column, kind: 'text' }, block.input ?? only, `${name}: block ${b}`),
    ),
  );
  const names = [...new Set(lanes.map(({ input }) => input))];
  return {
    columns: [...new Set(lanes.map(({ column }) => column))],
    origins: new Map(names.map((input) => [input, lanes.flatMap((lane) => (lane.input === input ? lane.origins : []))])),
    encode(values) {
      const faults: string[] = [];
      const made = lanes.map((lane) => {
        const result = encodeLane(lane, values.get(lane.column) ?? null, gaps.has(lane.input));
        if ('fault' in result) faults.push(`${lane.column} ${result.fault}`);
        return 'fault' in result ? [] : result.values;
      });
      if (faults.length > 0) return { faults: [...new Set(faults)] };
      return {
        inputs: new Map(
          names.map((input) => [
            input,
            {
              values: lanes.flatMap((lane, l) => (lane.input === input ? made[l]! : [])),
              origins: lanes.flatMap((lane) => (lane.input === input ? lane.origins : [])),
            },
          ]),
        ),
      };
    },
    decode(inputs) {
      const at = new Map(names.map((input) => [input, 0]));
      const values = new Map<string, Value>();
      for (const lane of lanes) {
        const start = at.get(lane.input)!;
        at.set(lane.input, start + lane.origins.length);
        const own = Array.from(inputs.get(lane.input) ?? []).slice(start, start + lane.origins.length);
        if (!values.has(lane.column)) values.set(lane.column, decodeLane(lane, own));
      }
      return values;
    },
  };
}

function laneOf({ steps, columns }: Block, i: number, feature: Feature, input: string, where: string): Lane {
  const column = columns[i]!;
  const coders = steps.map((step) => coderOf(step, i));
  const bad = (why: string): never => {
    throw new DataError('bad-option', `${where}, column ${column}: ${why}`);
  };
  let isText = feature.kind === 'category' || feature.kind === 'text' || feature.kind === 'id';
  coders.forEach((coder, s) => {
    const { step } = steps[s]!;
    if (isText && coder.takesText !== true) bad(`it is a ${feature.kind}, and ${step} reads numbers: put ordinal or oneHot before it`);
    if (coder.parts !== undefined && s < coders.length - 1) bad(`${step} makes several numbers of it: it must be the last step`);
    isText = isText && coder.givesText === true;
  });
  const parts = coders.at(-1)?.parts;
  return {
    column,
    input,
    coders,
    isDate: feature.kind === 'date' && !steps.some(({ step }) => step === 'ordinal' || step === 'oneHot'),
    origins: parts === undefined ? [{ column }] : parts.map((part) => ({ column, part })),
  };
}

const DAY_MS = 86_400_000;

function encodeLane(
  { coders, isDate }: Lane,
  given: Value,
  takesGaps: boolean,
): { readonly values: readonly (number | string)[] } | { readonly fault: string } {
  let value: Value = isDate && typeof given === 'string' ? Date.parse(given) / DAY_MS : given;
  for (const coder of coders) {
    const made = coder.encode(value);
    if (made !== null && typeof made === 'object') {
      if ('fault' in made) return made;
      return { values: made };
    }
    value = made;
  }
  if (value === null) return takesGaps ? { values: [NaN] } : { fault: 'is empty, and nothing says what stands in: add an impute step' };
  return { values: [typeof value === 'string' ? value : Number(value)] };
}

function decodeLane({ coders, isDate }: Lane, own: readonly (number | string)[]): Value {
  const { parts } = coders.at(-1) ?? {};
  let made: Value | readonly number[] = parts === undefined ? own[0]! : (own as readonly number[]);
  for (const coder of coders.toReversed()) made = coder.decode(made);
  return isDate && typeof made === 'number' ? new Date(made * DAY_MS).toISOString().replace(/T00:00:00\.000Z$/, '') : (made as Value);
}
