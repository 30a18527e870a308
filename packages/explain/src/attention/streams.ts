import { producers, uses, type Graph, type Value } from '@vitrine/ir';
import type { Sized } from './attend.js';

/** The streams of tokens that a layer looks from and at. */
export interface Streams {
  readonly queries: number;
  readonly keys: number;
}

/**
 * Streams of tokens, told apart by how many they have where cross-attention joins different numbers, else as an encoder, which a
 * cross-attention looks at, and a decoder. One stream, 0, without cross-attention.
 */
export function streamsOf(graph: Graph, layers: readonly Sized[]): readonly Streams[] {
  const crossing = layers.filter(({ kind, queries, keys }) => kind === 'cross' || queries !== keys);
  if (crossing.length === 0) return layers.map(() => ({ queries: 0, keys: 0 }));
  if (crossing.every(({ queries, keys }) => queries !== keys)) {
    const counts = [...new Set(layers.flatMap(({ queries, keys }) => [queries, keys]))];
    return layers.map(({ queries, keys }) => ({ queries: counts.indexOf(queries), keys: counts.indexOf(keys) }));
  }
  const seen = ancestors(
    graph,
    crossing.map(({ from }) => from.keys),
  );
  return layers.map(({ weights, kind }) => {
    const own = seen.has(weights) ? 0 : 1;
    return kind === 'cross' ? { queries: 1, keys: 0 } : { queries: own, keys: own };
  });
}

/** Everything that these values are made from. */
export function ancestors(graph: Graph, values: readonly Value[]): ReadonlySet<Value> {
  const producer = producers(graph);
  const found = new Set<Value>(values);
  for (const v of found) for (const input of producer.has(v) ? uses(producer.get(v)!) : []) found.add(input);
  return found;
}
