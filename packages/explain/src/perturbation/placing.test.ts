import { random, normal } from '@vitrine/data';
import { builder, sizeOf, tensorOf, type Tensor } from '@vitrine/ir';
import { caching, type Runtime } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asking, caseOf, type Case } from '../testing/asking.js';
import { atomsOf } from './atoms.js';
import { fromBits } from './coalition.js';
import { labelled, slidingWindows } from './partition.js';

const draw = normal(random(5, 'placing'));
const drawn = (dims: readonly number[]): Tensor => tensorOf('float32', dims, Array.from({ length: sizeOf(dims) }, draw));
const DIMS = [1, 2, 6, 5];

describe('atoms', () => {
  const x = new Map([['x', drawn(DIMS)]]);

  test.each([
    ['overlap', slidingWindows(x, [1, 3, 3], [1, 2, 2]), [1, 2, 6, 5]],
    ['span an axis', slidingWindows(x, [2, 3, 2], [2, 2, 2]), [1, 1, 6, 5]],
    [
      'leave elements out',
      { of: 'a', parts: labelled(x, new Map([['x', tensorOf('int32', [6, 1], [0, 0, 1, 1, 2, 2])]])).parts.slice(1) },
      [1, 1, 6, 1],
    ],
  ])('of parts that %s are there when all their parts are', (_, partition, dims) => {
    const { count, labels, there } = atomsOf(partition, x);
    expect(labels.get('x')!.dims).toEqual(dims);
    const pick = random(1, 'coalitions');
    for (let k = 0; k < 20; k++) {
      const coalition = fromBits(Math.floor(pick() * 2 ** 20), partition.parts.length);
      const own = new Uint8Array(count);
      there(coalition, own);
      const want = new Uint8Array(sizeOf(DIMS)).fill(1);
      partition.parts.forEach(({ runs }, i) => {
        for (const [start, end] of runs.get('x')!) if (coalition[i] !== 1) want.fill(0, start, end);
      });
      const [channels, height, width] = dims.slice(1) as [number, number, number];
      const at = (e: number): number =>
        (Math.floor(e / 30) % channels) * height * width + (Math.floor(e / 5) % height) * width + ((e % 5) % width);
      expect(Array.from(want, (_one, e) => own[Number(labels.get('x')!.data[at(e)])])).toEqual([...want]);
    }
  });
});

describe('points made in the graph', () => {
  let runtime: Runtime;
  let model: Case;
  beforeAll(async () => {
    runtime = caching(await nodeRuntime({ threads: 1 }));
    const b = builder();
    const { op } = b;
    const x = b.input('x', { dtype: 'float32', shape: ['N', ...DIMS.slice(1)] });
    const hidden = op.Tanh(op.MatMul(op.Flatten(x), b.initializer(drawn([60, 7]))));
    model = await caseOf(b.build([op.MatMul(hidden, b.initializer(drawn([7, 2])))]), runtime, new Map([['x', drawn(DIMS)]]), {
      kind: 'index',
      index: [1],
    });
  });
  afterAll(() => runtime.close());

  test.each([
    ['occlusion', { window: '2x3x3', stride: '1x2x2' }],
    ['kernel-shap', { parts: 'grid=3x3', samples: 100 }],
    ['lime', { parts: 'grid=2x3', samples: 50 }],
  ])('%s says what it says of points made one by one', async (method, options) => {
    const baseline = drawn([3, ...DIMS.slice(1)]);
    const placed = await asking(runtime)(model, method, { ...options, baseline });
    // Fewer examples at a time than stand-ins: then they are not run together.
    const single = await asking(runtime)(model, method, { ...options, baseline }, { limits: { batch: 2 } });
    expect(placed.graph.batch % 3).toBe(0);
    expect(single.graph.batch).toBeLessThan(3);
    expect(placed.evaluations).toBe(single.evaluations);
    expect(placed.parts!.values.map(({ value }) => value)).toEqual(single.parts!.values.map(({ value }) => expect.closeTo(value, 5)));
  });

  test('graphs serve other examples, also with other parts', async () => {
    const graphs = new Set<string>();
    for (const parts of ['grid=3x3', 'grid=2x5'])
      for (const baseline of [0, 1]) graphs.add((await asking(runtime)(model, 'lime', { parts, baseline, samples: 8 })).graph.digest);
    expect(graphs.size).toBe(1);
  });
});
