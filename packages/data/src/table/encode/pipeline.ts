import { closeNames } from '../../closeNames.js';
import { DataError } from '../../error.js';
import type { Step, StepFields, StepName } from './steps.js';

/** Columns, and what is done to each of them in turn; with no steps they are taken as they are. */
export interface Block {
  readonly columns: readonly string[];
  readonly steps: readonly Step[];
  /** The input that gets the numbers, where the model has several. */
  readonly input?: string;
}

/** How the columns of a table become the numbers that a model reads: one block behind the other. */
export interface Pipeline {
  readonly blocks: readonly Block[];
}

/** Whether a JSON value is about tables. */
export const isPipeline = (value: unknown): boolean => typeof value === 'object' && value !== null && 'blocks' in value;

type Check = (value: unknown, columns: number) => string | undefined;
const all =
  (what: string, is: (value: unknown) => boolean): Check =>
  (value) =>
    is(value) ? undefined : `must be ${what}`;
const isNumber = (value: unknown): value is number => Number.isFinite(value);
const oneOf = (...list: readonly string[]): Check => all(`one of ${list.join(', ')}`, (v) => list.includes(v as string));
/** A list with one entry for each column. */
const each =
  (what: string, is: (value: unknown) => boolean): Check =>
  (value, columns) =>
    !Array.isArray(value) || !value.every(is)
      ? `must be a list of ${what}, one for each column`
      : value.length === columns
        ? undefined
        : `has ${value.length} entries, and the block has ${columns} ${columns === 1 ? 'column' : 'columns'}`;
const numbers = each('numbers', isNumber);
const listOf = (value: unknown, is: (one: unknown) => boolean, least: number): boolean =>
  Array.isArray(value) && value.length >= least && value.every(is);
const words = each(
  'lists of different text',
  (v) => listOf(v, (one) => typeof one === 'string', 1) && new Set(v as string[]).size === (v as string[]).length,
);
const rises =
  (strictly: boolean) =>
  (v: unknown): boolean =>
    listOf(v, isNumber, 2) && (v as number[]).every((x, i, list) => i === 0 || (strictly ? x > list[i - 1]! : x >= list[i - 1]!));
const count = all('a whole number above 1', (v) => Number.isInteger(v) && (v as number) > 1);

/** Parameters of each step; `needs` are those without which it cannot run. */
export const stepFields: {
  readonly [name in StepName]: {
    readonly needs: readonly (keyof StepFields[name] & string)[];
    readonly fields: { readonly [key in keyof Required<StepFields[name]>]: Check };
  };
} = {
  impute: {
    needs: ['values'],
    fields: {
      values: each('numbers or text', (v) => isNumber(v) || typeof v === 'string'),
      strategy: oneOf('mean', 'median', 'mostFrequent'),
    },
  },
  standard: { needs: ['mean', 'std'], fields: { mean: numbers, std: each('numbers from 0', (v) => isNumber(v) && v >= 0) } },
  minMax: {
    needs: ['min', 'max'],
    fields: {
      min: numbers,
      max: numbers,
      range: all(
        'two different numbers',
        (v) => listOf(v, isNumber, 2) && (v as number[]).length === 2 && (v as number[])[0] !== (v as number[])[1],
      ),
    },
  },
  quantile: {
    needs: ['quantiles'],
    fields: { quantiles: each('lists of numbers that do not fall', rises(false)), count, output: oneOf('uniform', 'normal') },
  },
  bins: {
    needs: ['edges'],
    fields: {
      edges: each('lists of numbers that rise', rises(true)),
      count,
      by: oneOf('width', 'quantile'),
      encode: oneOf('ordinal', 'oneHot'),
    },
  },
  ordinal: { needs: ['categories'], fields: { categories: words, unknown: all('a number', isNumber) } },
  oneHot: { needs: ['categories'], fields: { categories: words, drop: oneOf('first', 'ifBinary'), unknown: oneOf('error', 'ignore') } },
  passthrough: { needs: [], fields: {} },
};

/** Checks what a JSON file says of preprocessing. `name` stands for it in messages. @throws DataError naming block and step at fault */
export function readPipeline(value: unknown, name: string): Pipeline {
  const bad = (message: string): never => {
    throw new DataError('malformed', `${name}: ${message}`);
  };
  const keysOf = (of: string, given: unknown, known: readonly string[]): { readonly [key: string]: unknown } => {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) return bad(`${of} must be an object`);
    const stranger = Object.keys(given).find((key) => !known.includes(key));
    if (stranger !== undefined) bad(`${of} has ${stranger}, which means nothing${closeNames(stranger, known)}`);
    return given as { readonly [key: string]: unknown };
  };
  const { blocks } = keysOf('the preprocessing', value, ['blocks']);
  if (!Array.isArray(blocks) || blocks.length === 0) return bad('"blocks" must be a list of columns and their steps');
  for (const [b, block] of blocks.entries()) {
    const { columns, steps, input } = keysOf(`block ${b}`, block, ['columns', 'steps', 'input']);
    if (!listOf(columns, (one) => typeof one === 'string', 1)) bad(`block ${b} has no "columns": list their names`);
    if (!Array.isArray(steps)) return bad(`block ${b} has no "steps": list what is done to ${(columns as string[]).join(', ')}, or []`);
    if (input !== undefined && typeof input !== 'string') bad(`input of block ${b} must be the name of an input`);
    for (const [s, step] of steps.entries()) {
      const of = `step ${s} of block ${b}`;
      const kind = (step as { readonly step?: unknown } | null)?.step;
      if (typeof kind !== 'string' || !Object.hasOwn(stepFields, kind))
        return bad(`${of} is ${JSON.stringify(kind) ?? 'without a name'}: "step" is one of ${Object.keys(stepFields).join(', ')}`);
      const fields: { readonly [key: string]: Check } = stepFields[kind as StepName].fields;
      for (const [key, given] of Object.entries(keysOf(`${of}, ${kind},`, step, ['step', ...Object.keys(fields)]))) {
        const wrong = key === 'step' ? undefined : fields[key]!(given, (columns as string[]).length);
        if (wrong !== undefined) bad(`${key} of ${of}, ${kind}, ${wrong}`);
      }
    }
  }
  return value as Pipeline;
}

/** Steps whose parameters are not there yet. */
export const unfitted = ({ blocks }: Pipeline): readonly { readonly block: number; readonly step: Step; readonly lacks: string }[] =>
  blocks.flatMap(({ steps }, block) =>
    steps.flatMap((step) => {
      const lacks = stepFields[step.step].needs.find((key) => !Object.hasOwn(step, key));
      return lacks === undefined ? [] : [{ block, step, lacks }];
    }),
  );
