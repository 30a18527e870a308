import { DataError } from '../../error.js';
import { featureNamed, type Feature, type Schema, type Value } from '../schema.js';
import type { Sample } from '../sample.js';
import type { Table } from '../table.js';
import { readCell } from '../values.js';
import { stepFields, type Block, type Pipeline } from './pipeline.js';
import { coderOf, type Step, type StepFields, type StepName } from './steps.js';

/** Parameters of each step from the values of its columns; those that are given stay. */
const fits: {
  readonly [name in StepName]: (
    columns: readonly (readonly Value[])[],
    step: StepFields[name],
    features: readonly Feature[],
  ) => StepFields[name];
} = {
  impute: (columns, { strategy }) => ({ values: columns.map((values) => imputed(known(values), strategy)) }),
  standard: (columns) => {
    const moments = columns.map((values) => momentsOf(numbersIn(values)));
    return { mean: moments.map(({ mean }) => mean), std: moments.map(({ std }) => std) };
  },
  minMax: (columns) => ({
    min: columns.map((values) => numbersIn(values).reduce((a, b) => Math.min(a, b))),
    max: columns.map((values) => numbersIn(values).reduce((a, b) => Math.max(a, b))),
  }),
  quantile: (columns, { count = 1000 }) => ({
    quantiles: columns.map((values) => quantiles(numbersIn(values), Math.max(2, Math.min(count, values.length)))),
  }),
  bins: (columns, { count = 5, by = 'quantile' }) => ({ edges: columns.map((values) => edgesOf(numbersIn(values), count, by)) }),
  ordinal: (columns, _, features) => ({ categories: columns.map((values, i) => categoriesIn(values, features[i]!)) }),
  oneHot: (columns, _, features) => ({ categories: columns.map((values, i) => categoriesIn(values, features[i]!)) }),
  passthrough: () => ({}),
};

/** A pipeline with the parameters that it lacked, computed from rows of a table. @throws DataError naming the column at fault */
export function fitPipeline(pipeline: Pipeline, schema: Schema, table: Pick<Table, 'columns' | 'name'>, sample: Sample): Pipeline {
  return { blocks: pipeline.blocks.map((block) => fitBlock(block, schema, table, sample)) };
}

function fitBlock(block: Block, schema: Schema, table: Pick<Table, 'columns' | 'name'>, sample: Sample): Block {
  const features = block.columns.map((name) => featureNamed(schema, name) ?? { name, kind: 'text' as const });
  let columns = features.map((feature) => valuesOf(feature, schema, table, sample));
  const steps = block.steps.map((step): Step => {
    const lacks = stepFields[step.step].needs.some((key) => !Object.hasOwn(step, key));
    const fit = fits[step.step] as (columns: readonly (readonly Value[])[], step: object, features: readonly Feature[]) => object;
    const whole = lacks ? (Object.assign({ step: step.step }, fit(columns, step, features), step) as Step) : step;
    columns = columns.map((values, i) => passed(values, whole, i));
    return whole;
  });
  return { ...block, steps };
}

/** What the next step gets; rows that this one refuses are left out. */
function passed(values: readonly Value[], step: Step, column: number): readonly Value[] {
  const coder = coderOf(step, column);
  return values.flatMap((value) => {
    const made = coder.encode(value);
    return made !== null && typeof made === 'object' ? [] : [made];
  });
}

function valuesOf(feature: Feature, schema: Schema, { columns, name }: Pick<Table, 'columns' | 'name'>, sample: Sample): readonly Value[] {
  const at = columns.indexOf(feature.name);
  if (at < 0) throw new DataError('bad-input', `${name} has no column ${feature.name}`);
  const values = sample.columns[at]!.map((cell, i) => {
    const { value, fault } = readCell(feature, cell, schema);
    if (fault !== undefined) throw new DataError('bad-input', `${name}, row ${sample.rows[i]}: ${feature.name} ${fault}`);
    return value;
  });
  if (!values.some((value) => value !== null))
    throw new DataError('bad-input', `${name}: ${feature.name} is empty in every row, so nothing can be computed from it`);
  return values;
}

const known = (values: readonly Value[]): readonly (string | number | boolean)[] => values.filter((value) => value !== null);
const numbersIn = (values: readonly Value[]): readonly number[] => known(values).map(Number);

function imputed(values: readonly (string | number | boolean)[], strategy: StepFields['impute']['strategy']): number | string {
  const isText = values.some((value) => typeof value === 'string');
  if (strategy === 'mostFrequent' || isText) {
    const counts = new Map<string | number, number>();
    for (const value of values) {
      const key = typeof value === 'boolean' ? Number(value) : value;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    // Of several the least, as scikit-learn does.
    return [...counts].reduce((best, next) => (next[1] > best[1] || (next[1] === best[1] && next[0] < best[0]) ? next : best))[0];
  }
  const numbers = values.map(Number);
  return strategy === 'median' ? quantiles(numbers, 3)[1]! : momentsOf(numbers).mean;
}

/** Mean, and standard deviation of the values as a population. */
function momentsOf(numbers: readonly number[]): { readonly mean: number; readonly std: number } {
  const mean = numbers.reduce((a, b) => a + b, 0) / numbers.length;
  return { mean, std: Math.sqrt(numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / numbers.length) };
}

/** So many quantiles at even distances, the least and the greatest value among them; between values on the line through them. */
function quantiles(numbers: readonly number[], count: number): readonly number[] {
  const sorted = Float64Array.from(numbers).sort();
  return Array.from({ length: count }, (_, k) => {
    const at = (k / (count - 1)) * (sorted.length - 1);
    const left = Math.floor(at);
    return sorted[left]! + (at - left) * ((sorted[left + 1] ?? sorted[left]!) - sorted[left]!);
  });
}

function edgesOf(numbers: readonly number[], count: number, by: 'width' | 'quantile'): readonly number[] {
  if (by === 'quantile') return [...new Set(quantiles(numbers, count + 1))];
  const [min, max] = [numbers.reduce((a, b) => Math.min(a, b)), numbers.reduce((a, b) => Math.max(a, b))];
  return Array.from({ length: count + 1 }, (_, k) => min + (k / count) * (max - min));
}

const categoriesIn = (values: readonly Value[], { categories }: Feature): readonly string[] =>
  categories ?? [...new Set(known(values).map(String))].toSorted();
