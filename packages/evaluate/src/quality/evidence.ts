import { floats, type Partition, type Point, type Probe, type Tensors } from '@vitrine/explain';
import { EvaluateError } from '../error.js';
import { partitionOf } from './parts.js';
import { told } from './told.js';

/** An explanation of one example, and the means to hold it against the model. */
export interface Evidence {
  readonly probe: Probe;
  /** The explained values. */
  readonly x: Point;
  /** What the method says of each element of them. */
  readonly attribution: Point;
  /** The explained number at x. */
  readonly score: number;
  /** What people say the answer rests on: 1 for each element that does. */
  readonly mask?: ReadonlyMap<string, Uint8Array> | undefined;
  /** The class that is right, where it is known. */
  readonly label?: number | undefined;
  /** The attribution that is right, where it is known. */
  readonly truth?: Point | undefined;
  /** Independent streams of random numbers in [0,1), the same for the same seed and name. */
  random(stream: string): () => number;
  /** The example in parts. @throws ExplainError 'bad-option' */
  partition(given: string | Tensors): Partition;
  /** What the method says of each part: the sum over its elements. */
  values(partition: Partition): Float64Array;
  /** What the method says at other points, in order. */
  explain(points: readonly Point[]): AsyncIterable<Point>;
  /** What the method's numbers should add up to, and by how much they miss it, where it promises that. */
  promised(): Promise<{ readonly expected: number; readonly gap: number } | undefined>;
  /** What the same method says when something else is asked: of a changed model, of another class. */
  about(probe: Probe): Promise<Evidence>;
}

/** Explains points, in order. */
export type Says = (probe: Probe, points: readonly Point[]) => AsyncIterable<Point>;

export interface EvidenceOptions {
  /** In place of what the method says of the example. */
  readonly attribution?: Point | undefined;
  /** Another way to explain, in place of the method of the probe. */
  readonly says?: Says | undefined;
  readonly mask?: ReadonlyMap<string, Uint8Array> | undefined;
  readonly label?: number | undefined;
  readonly truth?: Point | undefined;
}

const method: Says = async function* (probe, points) {
  for await (const found of probe.attributions(points)) yield told(probe, found);
};

/** Asks a method for its explanation, unless one is given. @throws EvaluateError 'bad-input' where it explains other values */
export async function evidence(probe: Probe, options: EvidenceOptions = {}): Promise<Evidence> {
  const { attribution, says = method, mask, label, truth } = options;
  const { q } = probe;
  const own = attribution ?? (await first(says(probe, [q.x])));
  const known = new WeakMap<Partition, Float64Array>();
  return {
    probe,
    x: q.x,
    attribution: own,
    score: q.score,
    mask,
    label,
    truth,
    random: (stream) => q.random(`metric/${stream}`),
    partition: (given) => partitionOf(probe, given),
    values(partition) {
      const found = known.get(partition) ?? sums(own, partition);
      known.set(partition, found);
      return found;
    },
    explain: (points) => says(probe, points),
    promised: async () => (options.says === undefined && attribution === undefined ? (await probe.explanation()).completeness : undefined),
    about: (other) => evidence(other, { ...options, attribution: undefined }),
  };
}

export async function first<T>(items: AsyncIterable<T>): Promise<T> {
  for await (const item of items) return item;
  throw new EvaluateError('bad-input', 'there is no explanation to measure');
}

/** Sums over parts. */
export function sums(attribution: Point, { parts, summands }: Partition): Float64Array {
  if (summands !== undefined)
    throw new EvaluateError('bad-option', 'bands of frequencies overlap everywhere: metrics need parts made of elements');
  const arrays = new Map([...attribution].map(([name, tensor]) => [name, floats(tensor)]));
  return Float64Array.from(parts, ({ runs }) => {
    let sum = 0;
    for (const [name, list] of runs) {
      const values = arrays.get(name);
      if (values === undefined) continue;
      for (const [start, end] of list) for (let e = start; e < end; e++) sum += values[e]!;
    }
    return sum;
  });
}
