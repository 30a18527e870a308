import { DataError, sampleOf, type Row } from '@vitrine/data';
import { defaultAt, ExplainError, explainerNamed, type Example } from '@vitrine/explain';
import { builder, valuesByName, VitrineError, type Graph, type Tensor } from '@vitrine/ir';
import { checkBudget, price } from '@vitrine/runtime';
import type { Question } from '../asked.js';
import type { LoadedModel } from '../model.js';
import type { TableGiven } from './given.js';
import { readTableRow, type ReadRow } from './row.js';
import { withReading } from './rows.js';

/** Rows that an example is compared with. */
export interface Background extends Omit<TableGiven, 'row' | 'rows'> {
  /** How many are drawn; 100 unless given, more for methods that learn from them. */
  readonly count?: number | undefined;
}

const COUNT = 100;

/** Options that rows to compare with are for, in the order in which one of them is taken: where something else stands in, they are beside it. */
const OPTIONS = ['baseline', 'background'] as const;

/** Finds rows to compare with, at the places that are explained: drawn once, however many examples are asked about. */
export type Comparing = (example: Example, places: readonly string[] | undefined) => Promise<ReadonlyMap<string, Tensor>>;

export function comparing(model: LoadedModel, given: Background, seed: number): Comparing {
  let rows: Promise<readonly ReadRow[]> | undefined;
  const known = new Map<string, Promise<ReadonlyMap<string, Tensor>>>();
  return (example, places) => {
    const key = JSON.stringify(places ?? null);
    const found = known.get(key) ?? (rows ??= drawn(model, given, seed)).then((own) => backgroundAt(model, example, places, own));
    known.set(key, found);
    return found;
  };
}

/** A question with the rows to compare with among its options, where the method has one for them. */
export async function compared(
  model: LoadedModel,
  example: Example,
  places: readonly string[] | undefined,
  question: Question,
  compare?: Comparing,
): Promise<Question> {
  const { background, at, options, seed = 0, method } = question;
  const option = background && optionFor(method, options);
  if (option === undefined) return question;
  const own = typeof at === 'string' ? [at] : (at ?? places);
  const found = await (compare ?? comparing(model, settled(background!, method), seed))(example, own);
  return { ...question, options: { ...options, [option]: found } };
}

/** A table alone stands for itself; a method that learns from rows takes more of them. @throws DataError */
export function settled(given: Background | Background['table'], method: string): Background {
  const background: Background = typeof given === 'object' && 'table' in given ? given : { table: given };
  if (typeof background.table === 'object' || typeof background.table === 'string')
    return { ...background, count: background.count ?? explainerNamed(method).learnsFrom ?? COUNT };
  throw new DataError('bad-option', 'background holds no table: give a file, an open table or rows, as background: "people.csv"');
}

/** The option of a method that rows to compare with become; undefined where it is given, or there is none. */
function optionFor(method: string, given: { readonly [name: string]: unknown } = {}): string | undefined {
  const { options } = explainerNamed(method);
  return OPTIONS.find((option) => Object.hasOwn(options, option) && given[option] === undefined);
}

/** Rows drawn from a table, by seed; those that cannot be read are left out. @throws DataError where none can */
async function drawn(model: LoadedModel, given: Background, seed: number): Promise<readonly ReadRow[]> {
  return withReading(model, given, async (reading, table) => {
    const sample = await sampleOf(table, given.count ?? COUNT, seed);
    let failure: VitrineError | undefined;
    const rows = sample.rows.flatMap((number, i) => {
      try {
        const row: Row = new Map(table.columns.map((name, column) => [name, sample.columns[column]![i]!]));
        return [readTableRow(reading, row, number)];
      } catch (cause) {
        if (!(cause instanceof VitrineError)) throw cause;
        failure ??= cause;
        return [];
      }
    });
    if (rows.length === 0) throw failure ?? new DataError('malformed', `${table.name} holds no row to compare with`);
    return rows;
  });
}

/** Rows of a table as values [K,…] at the places that are explained. @throws DataError, RuntimeError */
async function backgroundAt(
  model: LoadedModel,
  { shaped }: Example,
  places: readonly string[] | undefined,
  rows: readonly ReadRow[],
): Promise<ReadonlyMap<string, Tensor>> {
  const graph = shaped.graphAt(1);
  const at = places ?? defaultAt(graph);
  const inner = at.filter((name) => !graph.inputs.some((input) => input.name === name));
  const found = inner.length === 0 ? rows.map(({ feeds }) => feeds) : await valuesOf(model, graph, inner, rows);
  return new Map(at.map((name) => [name, stacked(found.map((values) => values.get(name)!))]));
}

async function valuesOf(
  model: LoadedModel,
  graph: Graph,
  inner: readonly string[],
  rows: readonly ReadRow[],
): Promise<readonly ReadonlyMap<string, Tensor>[]> {
  const named = valuesByName(graph);
  const built = builder(graph).build(inner.map((name) => named.get(name) ?? unknown(name)));
  const runtime = await model.runtime();
  checkBudget(price(built), runtime.memoryBytes ?? Infinity);
  const session = await runtime.open(built, { domains: model.subject.model.domains });
  const all: ReadonlyMap<string, Tensor>[] = [];
  for (const { feeds } of rows) {
    all.push(new Map([...feeds, ...(await session.run(new Map(built.inputs.map(({ name }) => [name, feeds.get(name)!]))))]));
  }
  return all;
}

function unknown(name: string): never {
  throw new ExplainError('unknown-value', `the model has no value ${name}`);
}

/** [1,…] of each as [K,…]. */
function stacked(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors as [Tensor];
  const size = first.data.length;
  const data = new Float32Array(size * tensors.length);
  tensors.forEach((tensor, k) => data.set(Array.from(tensor.data as ArrayLike<number | bigint>, Number), k * size));
  return { dtype: 'float32', dims: [tensors.length, ...first.dims.slice(1)], data };
}
