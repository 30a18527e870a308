import { sizeOf, type Builder, type Tensor, type Value } from '@vitrine/ir';
import { floats, mapped } from '../arithmetic.js';
import { ExplainError } from '../error.js';
import type { Attribution } from '../explanation.js';
import type { Point } from '../inquiry.js';
import type { Partition, Run } from '../perturbation/partition.js';

/** The numbers of an example that a surrogate reads. Each belongs to one part; what is in no part is not read. */
export interface Columns {
  readonly count: number;
  /** The part of each column. */
  readonly owner: Int32Array;
  /** Columns of each part. */
  readonly of: readonly (readonly number[])[];
  read(point: Point): Float64Array;
  /** The same in a graph, from values by name: [1, count]. */
  write(b: Builder, valueOf: (at: string) => Value): Value;
  /** What columns count, where they are. */
  spread(values: Float64Array): readonly Attribution[];
  /** The same in a graph, from [1, count]. */
  writeBack(b: Builder, values: Value): ReadonlyMap<string, Value>;
}

/** Most numbers that are read one by one: beyond, and where parts overlap, a part is read as the mean of its elements. */
const MOST = 1000;

/** A column: the mean of some elements. */
interface Column {
  readonly part: number;
  readonly runs: ReadonlyMap<string, readonly Run[]>;
  readonly size: number;
}

/** @throws ExplainError 'bad-option' where parts are no elements */
export function columnsOf(x: Point, { of, parts, summands }: Partition): Columns {
  if (summands !== undefined)
    throw new ExplainError('bad-option', `parts that are ${of} are no elements to learn from: choose others with parts=`);
  const whole = parts.map(({ runs }, part): Column => {
    const own = [...runs].filter(([at]) => x.has(at));
    return { part, runs: new Map(own), size: own.reduce((n, [, list]) => list.reduce((m, [start, end]) => m + end - start, n), 0) };
  });
  const columns = apart(x, whole) ?? whole.filter(({ size }) => size > 0);
  const perPart = parts.map((): number[] => []);
  columns.forEach(({ part }, i) => perPart[part]!.push(i));
  return {
    count: columns.length,
    owner: Int32Array.from(columns, ({ part }) => part),
    of: perPart,
    read: (point) =>
      Float64Array.from(columns, ({ runs, size }) => {
        let sum = 0;
        for (const [at, list] of runs) {
          const values = floats(point.get(at)!);
          for (const [start, end] of list) for (let e = start; e < end; e++) sum += values[e]!;
        }
        return sum / size;
      }),
    write: (b, valueOf) => written(b, x, columns, valueOf),
    spread: (values) =>
      [...x].map(([at, like]) => {
        const each = new Float64Array(sizeOf(like.dims));
        columns.forEach(({ runs, size }, i) => {
          for (const [start, end] of runs.get(at) ?? []) for (let e = start; e < end; e++) each[e]! += values[i]! / size;
        });
        return { at, tensor: mapped(like, (e) => each[e]!) };
      }),
    writeBack: (b, values) =>
      new Map([...x].map(([at, { dims }]) => [at, b.op.Reshape(spreadAt(b, at, sizeOf(dims), columns, values), b.ints(dims))])),
  };
}

/** Each element by itself; undefined where they are too many, or parts overlap. */
function apart(x: Point, parts: readonly Column[]): readonly Column[] | undefined {
  if (parts.reduce((n, { size }) => n + size, 0) > MOST) return undefined;
  const seen = new Map([...x.keys()].map((at) => [at, new Set<number>()]));
  const columns: Column[] = [];
  for (const { part, runs } of parts)
    for (const [at, list] of runs)
      for (const [start, end] of list)
        for (let e = start; e < end; e++) {
          if (seen.get(at)!.has(e)) return undefined;
          seen.get(at)!.add(e);
          columns.push({ part, runs: new Map([[at, [[e, e + 1]]]]), size: 1 });
        }
  return columns;
}

function written(b: Builder, x: Point, columns: readonly Column[], valueOf: (at: string) => Value): Value {
  const { op } = b;
  const flat = (at: string): Value => op.Reshape(valueOf(at), b.ints([1, -1]));
  if (columns.every(({ size }) => size === 1)) {
    const starts = new Map<string, number>();
    let width = 0;
    for (const [at, { dims }] of x) {
      starts.set(at, width);
      width += sizeOf(dims);
    }
    const places = columns.map(({ runs }) => [...runs].map(([at, [run]]) => starts.get(at)! + run![0])[0]!);
    const all = [...x.keys()].map(flat);
    return op.Gather(all.length === 1 ? all[0]! : b.node('Concat', all, { axis: 1 })[0]!, b.ints(places), { axis: 1 });
  }
  return [...x]
    .map(([at, { dims }]) => {
      return op.MatMul(flat(at), b.initializer(sharesOf(at, sizeOf(dims), columns), `shares/${at}`));
    })
    .reduce((sum, one) => op.Add(sum, one));
}

/** What columns [1, columns] count on the elements of one value: [1, size]. */
function spreadAt(b: Builder, at: string, size: number, columns: readonly Column[], values: Value): Value {
  const { op } = b;
  const [of, shares] = [new Int32Array(size).fill(columns.length), new Float32Array(size)];
  let overlap = false;
  columns.forEach(({ runs, size: own }, c) => {
    for (const [start, end] of runs.get(at) ?? [])
      for (let e = start; e < end; e++) {
        overlap ||= of[e] !== columns.length;
        [of[e], shares[e]] = [c, 1 / own];
      }
  });
  if (overlap) return op.MatMul(values, op.Transpose(b.initializer(sharesOf(at, size, columns), `shares/${at}`), { perm: [1, 0] }));
  const nothing = b.initializer({ dtype: 'float32', dims: [1, 1], data: new Float32Array(1) }, 'nothing');
  const each = op.Gather(b.node('Concat', [values, nothing], { axis: 1 })[0]!, b.ints([...of]), { axis: 1 });
  return op.Mul(each, b.initializer({ dtype: 'float32', dims: [1, size], data: shares }, `shares/${at}`));
}

/** What each element counts in the mean of each column: [size, columns] */
function sharesOf(at: string, size: number, columns: readonly Column[]): Tensor {
  const data = new Float32Array(size * columns.length);
  columns.forEach(({ runs, size: own }, c) => {
    for (const [start, end] of runs.get(at) ?? []) for (let e = start; e < end; e++) data[e * columns.length + c] = 1 / own;
  });
  return { dtype: 'float32', dims: [size, columns.length], data };
}
