/** Flows smaller than this are rounding: capacities are shares of 1. */
const LEAST = 1e-9;

/**
 * The most that flows from token `row` of the last layer to each token of the first, through layers of capacities [T·T], a row for each
 * token that looks. Dinic 1970.
 */
export function maxFlow(layers: readonly (readonly number[])[], row: number, count: number): readonly number[] {
  const depth = layers.length;
  /** Tokens of layer l, the input being 0, are nodes l·T … l·T + T − 1. */
  const source = depth * count + row;
  const heads: number[] = [];
  const start: number[] = [];
  const edges: number[][] = Array.from({ length: (depth + 1) * count }, () => []);
  layers.forEach((matrix, l) =>
    matrix.forEach((capacity, at) => {
      if (capacity <= LEAST) return;
      const [from, to] = [(l + 1) * count + Math.floor(at / count), l * count + (at % count)];
      edges[from]!.push(heads.length);
      heads.push(to);
      start.push(capacity);
      edges[to]!.push(heads.length);
      heads.push(from);
      start.push(0);
    }),
  );
  return Array.from({ length: count }, (_, sink) => flowTo(source, sink, edges, heads, Float64Array.from(start)));
}

/** One maximum flow; `left` is what each edge can still carry, its reverse beside it. */
function flowTo(source: number, sink: number, edges: readonly (readonly number[])[], heads: readonly number[], left: Float64Array): number {
  let total = 0;
  for (;;) {
    const level = levels(source, sink, edges, heads, left);
    if (level[sink]! < 0) return total;
    const next = new Int32Array(edges.length);
    for (;;) {
      const sent = send(source, Infinity);
      if (sent <= LEAST) break;
      total += sent;
    }

    function send(at: number, most: number): number {
      if (at === sink) return most;
      const own = edges[at]!;
      for (; next[at]! < own.length; next[at]!++) {
        const edge = own[next[at]!]!;
        const to = heads[edge]!;
        if (left[edge]! <= LEAST || level[to] !== level[at]! + 1) continue;
        const sent = send(to, Math.min(most, left[edge]!));
        if (sent <= LEAST) continue;
        left[edge]! -= sent;
        left[edge ^ 1]! += sent;
        return sent;
      }
      return 0;
    }
  }
}

/** Steps from the source along edges that still carry; -1 where none leads. */
function levels(
  source: number,
  sink: number,
  edges: readonly (readonly number[])[],
  heads: readonly number[],
  left: Float64Array,
): Int32Array {
  const level = new Int32Array(edges.length).fill(-1);
  level[source] = 0;
  const pending = [source];
  for (const at of pending) {
    if (at === sink) break;
    for (const edge of edges[at]!) {
      const to = heads[edge]!;
      if (left[edge]! <= LEAST || level[to]! >= 0) continue;
      level[to] = level[at]! + 1;
      pending.push(to);
    }
  }
  return level;
}
