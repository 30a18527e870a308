import { describe, expect, test } from 'vitest';
import { maxFlow } from './maxFlow.js';

/** The smallest cut over all ways to part the tokens between: as much as can flow. Ford and Fulkerson 1956. */
function smallestCut(layers: readonly (readonly number[])[], row: number, sink: number, count: number): number {
  const nodes = (layers.length + 1) * count;
  const [source, end] = [layers.length * count + row, sink];
  let least = Infinity;
  for (let side = 0; side < 2 ** nodes; side++) {
    const isNear = (node: number): boolean => (side >> node) % 2 === 1;
    if (!isNear(source) || isNear(end)) continue;
    let cut = 0;
    layers.forEach((matrix, l) =>
      matrix.forEach((capacity, i) => {
        if (isNear((l + 1) * count + Math.floor(i / count)) && !isNear(l * count + (i % count))) cut += capacity;
      }),
    );
    least = Math.min(least, cut);
  }
  return least;
}

describe('the maximum flow through layers', () => {
  test('of one layer is the layer', () => {
    expect(maxFlow([[0.2, 0.8, 0.5, 0.5]], 0, 2)).toEqual([0.2, 0.8].map((v) => expect.closeTo(v, 9)));
  });

  test('is what the narrowest places let through', () => {
    // From token 0 over both tokens between to each input.
    const first = [0.9, 0.1, 0.3, 0.7];
    const second = [0.6, 0.4, 0, 1];
    expect(maxFlow([first, second], 0, 2)).toEqual([0.6 + 0.3, 0.1 + 0.4].map((v) => expect.closeTo(v, 9)));
  });

  test.each([1, 2, 3, 4, 5])('equals the smallest cut, case %i', (seed) => {
    const count = 3;
    const layers = [0, 1, 2].map((l) => Array.from({ length: 9 }, (_, i) => Math.abs(Math.sin(seed * 13 + l * 31 + i * 7))));
    maxFlow(layers, 1, count).forEach((flow, sink) => expect(flow).toBeCloseTo(smallestCut(layers, 1, sink, count), 9));
  });
});
