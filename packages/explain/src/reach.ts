import { attrsOf, builder, numbers, tensorOf, VitrineError, type Dim, type Graph, type Node, type Tensor, type Value } from '@vitrine/ir';
import type { Runtime } from '@vitrine/runtime';
import { dependents } from '@vitrine/transform';
import { sourceIn } from './embedding.js';
import { ExplainError } from './error.js';
import type { Subject } from './subject.js';

type Feeds = ReadonlyMap<string, Tensor>;

/** A table of the model's own that does not reach as far as is asked. */
export interface Beyond {
  /** The input whose own numbers are looked up; undefined for those that are counted along it, as positions are. */
  readonly input: string | undefined;
  readonly rows: number;
  /** The number that is beyond its end. */
  readonly asked: number;
  /** Positions that it has rows for. */
  readonly fits: number;
}

/** A table, and the whole numbers that say what is read of it. */
interface Reading {
  readonly table: Value | undefined;
  readonly axis: number;
  readonly by: Value | undefined;
  /** What is beyond its end: the first number, and the positions that fit before it. */
  readonly beyond: (by: Tensor, rows: number) => Pick<Beyond, 'asked' | 'fits'> | undefined;
}

/** Rows are looked up one by one: ids [...,T]. Numbers below zero count from the end. */
function lookedUp(by: Tensor, rows: number): Pick<Beyond, 'asked' | 'fits'> | undefined {
  const ids = Array.from(numbers(by));
  const isBeyond = (id: number): boolean => id >= rows || id < -rows;
  const asked = ids.find(isBeyond);
  if (asked === undefined) return undefined;
  const width = by.dims.at(-1) ?? 1;
  const starts = Array.from({ length: ids.length / width }, (_, i) => i * width);
  return { asked, fits: Math.min(...starts.map((start) => ids.slice(start, start + width).filter((id) => !isBeyond(id)).length)) };
}

/** Rows are cut out up to the length of an input; greater numbers stand for the end. */
const MOST = 2 ** 31 - 1;
const cutOut =
  (place: number) =>
  (by: Tensor, rows: number): Pick<Beyond, 'asked' | 'fits'> | undefined => {
    const end = Number(by.data[place]);
    return end > rows && end < MOST ? { asked: end, fits: rows } : undefined;
  };

/** As many rows as there are numbers. */
const counted = (by: Tensor, rows: number): Pick<Beyond, 'asked' | 'fits'> | undefined =>
  by.dims.at(-1)! > rows ? { asked: by.dims.at(-1)!, fits: rows } : undefined;

/** How operators read tables. */
const READINGS: ReadonlyMap<string, (node: Node) => readonly Reading[]> = new Map([
  ['Gather', (node) => [{ table: node.inputs[0], axis: attrsOf<'Gather'>(node).axis, by: node.inputs[1], beyond: lookedUp }]],
  [
    'Slice',
    ({ inputs: [table, , ends, axes] }) => {
      const count = ends?.type.shape?.[0];
      if (typeof count !== 'number') return [];
      return Array.from({ length: count }, (_, k) => ({
        table,
        axis: Number(axes === undefined ? k : axes.known?.values[k]),
        by: ends,
        beyond: cutOut(k),
      }));
    },
  ],
  [
    'com.microsoft.EmbedLayerNormalization',
    ({ inputs: [ids, types, words, positions, segments, , , , places] }) => [
      { table: words, axis: 0, by: ids, beyond: lookedUp },
      { table: segments, axis: 0, by: types, beyond: lookedUp },
      { table: positions, axis: 0, by: places ?? ids, beyond: places === undefined ? counted : lookedUp },
    ],
  ],
]);

interface Found extends Reading {
  readonly by: Value;
  readonly rows: number;
  readonly input: string | undefined;
}

/** Tables that the inputs do not change, read by whole numbers that they do: those that are known from shapes, or that only whole numbers lead to. */
function tablesIn(graph: Graph): readonly Found[] {
  const depends = dependents(graph, graph.inputs);
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.flatMap((v) => (v === undefined ? [] : [[v, node] as const]))));
  const source = sourceIn(makers);
  const whole = new Map<Value, boolean>();
  const isWhole = (value: Value): boolean => {
    const known = whole.get(value);
    if (known !== undefined) return known;
    const { dtype } = value.type;
    const found =
      (dtype === 'bool' || /^u?int/.test(dtype)) &&
      (makers.get(value)?.inputs ?? []).every((v) => v === undefined || !depends.has(v) || isWhole(v));
    whole.set(value, found);
    return found;
  };
  const extents = new Set(graph.inputs.flatMap(({ type }) => type.shape ?? []));
  const isLength = ({ known }: Value): boolean => known?.values.every((v) => typeof v === 'number' || extents.has(v)) ?? false;
  return graph.nodes.flatMap((node) =>
    (READINGS.get(node.opType)?.(node) ?? []).flatMap((reading): readonly Found[] => {
      const { table, by, axis, beyond } = reading;
      const rows = table?.type.shape?.at(axis);
      if (table === undefined || by === undefined || typeof rows !== 'number' || depends.has(table) || !depends.has(by)) return [];
      if (!isLength(by) && !isWhole(by)) return [];
      const from = source(by);
      return [{ ...reading, by, rows, input: beyond === counted || !graph.inputs.includes(from) ? undefined : from.name }];
    }),
  );
}

const found = new WeakMap<Graph, readonly Found[]>();

/** The tables that do not reach as far as these inputs ask: too many positions, or numbers that no row belongs to. */
export async function beyondTables({ graph, model }: Subject, feeds: Feeds, runtime: Runtime): Promise<readonly Beyond[]> {
  let tables = found.get(graph);
  if (tables === undefined) found.set(graph, (tables = tablesIn(graph)));
  const lengths = lengthsOf(graph, feeds);
  const given = new Map<Value, Tensor>();
  for (const { by } of tables) {
    const tensor = feeds.get(by.name) ?? withLengths(by, lengths);
    if (tensor !== undefined) given.set(by, tensor);
  }
  const inner = [...new Set(tables.map(({ by }) => by))].filter((value) => !given.has(value));
  const read = async (wanted: readonly Value[]): Promise<Feeds> => {
    if (wanted.length === 0) return new Map();
    const reading = builder(graph).build(wanted);
    const session = await runtime.open(reading, { domains: model.domains });
    return session.run(new Map(reading.inputs.map(({ name }) => [name, feeds.get(name)!])));
  };
  // What cannot be computed for inputs of this size may hinder others: then each is asked for by itself.
  const results = await read(inner).catch(async (cause: unknown) => {
    if (!(cause instanceof VitrineError)) throw cause;
    const each = await Promise.allSettled(inner.map((value) => read([value])));
    return new Map(each.flatMap((one) => (one.status === 'fulfilled' ? [...one.value] : [])));
  });
  return tables.flatMap(({ by, rows, input, beyond }): readonly Beyond[] => {
    const tensor = given.get(by) ?? results.get(by.name);
    const over = tensor && beyond(tensor, rows);
    return over === undefined ? [] : [{ input, rows, ...over }];
  });
}

/** The numbers that free extents of the inputs have. */
const lengthsOf = ({ inputs }: Graph, feeds: Feeds): ReadonlyMap<Dim, number> =>
  new Map(inputs.flatMap(({ name, type }) => (type.shape ?? []).map((dim, i) => [dim, feeds.get(name)?.dims[i] ?? NaN] as const)));

/** Content that is known but for the inputs' extents. */
function withLengths({ known }: Value, lengths: ReadonlyMap<Dim, number>): Tensor | undefined {
  const values = known?.values.map((value) => (typeof value === 'number' ? value : (lengths.get(value) ?? NaN)));
  return values?.every(Number.isInteger) ? tensorOf('int64', known!.dims, values) : undefined;
}

/** @throws ExplainError 'bad-input' where inputs ask for more than the model has tables for */
export async function checkTables(subject: Subject, feeds: Feeds, runtime: Runtime): Promise<void> {
  const [first] = await beyondTables(subject, feeds, runtime);
  if (first === undefined) return;
  const { input, rows, asked, fits } = first;
  throw new ExplainError(
    'bad-input',
    input === undefined
      ? `the inputs are longer than ${subject.name} reads: it has places for ${fits} positions`
      : `input ${input} holds ${asked}, and the table of ${subject.name} that it is looked up in has ${rows} rows`,
  );
}
