import { builder, dtypes, numbers, tensorOf, uses, type Graph, type Tensor, type Value } from '@vitrine/ir';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rowsFirst } from './constants.js';
import { inPieces } from './pieces.js';
import { price } from './price.js';
import type { Runtime } from './session.js';
import { nodeRuntime } from './session.node.js';
import { streamed, streamedBy } from './stream.js';

const [ROWS, WIDTH] = [2048, 256];
const FLOAT32 = dtypes.float32.code;

/** Numbers that are the same in each run. */
const drawn = (dtype: 'bfloat16' | 'float32', dims: readonly number[], seed: number): Tensor =>
  tensorOf(
    dtype,
    dims,
    Array.from({ length: dims.reduce((n, d) => n * d, 1) }, (_, i) => Math.sin(seed + i * 12.9898) / 8),
  );

/** Rows of a table through two layers of half precision and back, with what relevance does to weights: amounts, positive parts, squares. */
function made(): { readonly graph: Graph; readonly feeds: ReadonlyMap<string, Tensor> } {
  const b = builder();
  const { op } = b;
  const ids = b.input('ids', { dtype: 'int64', shape: [1, 3] });
  const wide = (value: Value): Value => op.Cast(value, { to: FLOAT32 });
  const table = wide(b.initializer(drawn('bfloat16', [ROWS, WIDTH], 1), 'table'));
  const up = op.Transpose(wide(b.initializer(drawn('bfloat16', [ROWS, WIDTH], 2), 'up')), { perm: [1, 0] });
  const down = b.initializer(drawn('float32', [ROWS, WIDTH], 3), 'down');
  const x = op.Gather(table, ids);
  const inner = op.MatMul(x, up);
  const y = op.Softmax(op.MatMul(op.Relu(inner), down), { axis: -1 });
  const scores = op.MatMul(y, op.Transpose(table, { perm: [1, 0] }));
  const amount = op.MatMul(op.Abs(x), op.Abs(up));
  const back = op.MatMul(inner, op.Transpose(op.Relu(op.Neg(up)), { perm: [1, 0] }));
  // Halves of a matrix are two results of one operator.
  const [left, right] = op.Split(op.Abs(down), b.ints([ROWS / 2, ROWS / 2]), { axis: 0, outputs: 2 }) as [Value, Value];
  const halves = op.MatMul(
    op.Gather(inner, b.ints(Array.from({ length: ROWS / 2 }, (_, i) => 2 * i)), { axis: 2 }),
    op.Sub(op.Relu(left), right),
  );
  const square = op.MatMul(op.Abs(x), op.Mul(up, up));
  return {
    graph: b.build([scores, op.Add(amount, square), back, halves]),
    feeds: new Map([['ids', tensorOf('int64', [1, 3], [5, 1000, 0])]]),
  };
}

const network = made();

async function ran(graph: Graph, feeds: ReadonlyMap<string, Tensor>): Promise<ReadonlyMap<string, Tensor>> {
  const runtime = await nodeRuntime({ threads: 1 });
  try {
    return await (await runtime.open(graph)).run(feeds);
  } finally {
    await runtime.close();
  }
}

const count = ({ nodes }: Graph, opType: string): number => nodes.filter((node) => node.opType === opType).length;

describe('weights that are streamed', () => {
  let whole: Runtime;
  let streaming: Runtime;
  beforeAll(async () => {
    [whole, streaming] = await Promise.all([nodeRuntime({ threads: 1 }), nodeRuntime({ threads: 1, laidOutBytes: 0 })]);
  });
  afterAll(() => Promise.all([whole.close(), streaming.close()]));

  test('change nothing of what is computed', async () => {
    const { graph, feeds } = network;
    const [expected, found] = await Promise.all(
      [whole, streaming].map(async (runtime) => (await (await runtime.open(graph)).run(feeds)) as ReadonlyMap<string, Tensor>),
    );
    expect([...found!.keys()].toSorted()).toEqual([...expected!.keys()].toSorted());
    for (const [name, tensor] of expected!) {
      const [a, b] = [numbers(tensor), numbers(found!.get(name)!)];
      expect(b.length).toBe(a.length);
      const largest = Math.max(...Array.from(a, (v) => Math.abs(v)));
      expect(Math.max(...Array.from(a, (v, i) => Math.abs(v - b[i]!)))).toBeLessThan(1e-5 * largest);
    }
  });

  test('are made again for readers further on, and once for those close by', () => {
    const { graph } = network;
    // The table is read by rows, and for the scores; the others are read one after the other.
    expect(count(streamed(graph), 'Cast')).toBe(3);
    expect(count(streamedBy(graph, { kept: 0 }), 'Cast')).toBeGreaterThan(3);
  });

  test('are widened only in the rows that are looked up', () => {
    const { graph } = network;
    const looked = streamed(graph).nodes.find(({ opType }) => opType === 'Gather')!;
    expect(looked.inputs[0]!.name).toBe('table');
    expect(looked.outputs[0]!.type).toMatchObject({ dtype: 'bfloat16', shape: [1, 3, WIDTH] });
  });

  test('are transposed last, where products take them in', () => {
    const { nodes } = streamed(network.graph);
    const readers = (value: Value): readonly string[] => nodes.filter((node) => uses(node).includes(value)).map(({ opType }) => opType);
    const turned = nodes.filter(({ opType }) => opType === 'Transpose').flatMap(({ outputs }) => readers(outputs[0]!));
    expect([...new Set(turned)].toSorted()).toEqual(['MatMul', 'Transpose']);
  });

  test('stay where graphs inside or the outputs read them', async () => {
    const b = builder();
    const w = b.op.Abs(b.initializer(drawn('float32', [ROWS, WIDTH], 4), 'w'));
    const x = b.input('x', { dtype: 'float32', shape: [1, ROWS] });
    const graph = b.build([w, b.op.MatMul(x, w)]);
    expect(streamed(graph).outputs.map(({ name }) => name)).toEqual(graph.outputs.map(({ name }) => name));
    const results = await (await streaming.open(graph)).run(new Map([['x', tensorOf('float32', [1, ROWS], new Float32Array(ROWS))]]));
    expect(numbers(results.get(w.name)!)[7]).toBe(Math.abs(numbers(drawn('float32', [ROWS, WIDTH], 4))[7]!));
  });

  test('are priced as they lie in files, and as many beside them as are made at a time', () => {
    const { graph } = network;
    const [laid, lying] = [price(graph), price(graph, 0)];
    expect([laid.streams, lying.streams]).toEqual([false, true]);
    const stored = 2 * ROWS * WIDTH * 2 + ROWS * WIDTH * 4;
    expect(lying.weights).toBeGreaterThanOrEqual(stored);
    // Beside weights there are axes and places.
    expect(lying.weights).toBeLessThan(stored + 20_000);
    expect(lying.total).toBeLessThan(laid.total);
  });
});

test('rows of weights are picked before they are cast or turned, also where weights are laid out', async () => {
  const b = builder();
  const { op } = b;
  const rows = b.input('rows', { dtype: 'int64', shape: [2] });
  const w = op.Cast(b.initializer(drawn('bfloat16', [ROWS, WIDTH], 1), 'w'), { to: FLOAT32 });
  const graph = b.build([op.Gather(op.Transpose(w, { perm: [1, 0] }), rows, { axis: 1 })]);
  const made = rowsFirst(graph);
  expect(made.nodes.map(({ opType }) => opType)).toEqual(['Gather', 'Cast', 'Transpose', 'Identity']);
  expect(price(graph).weights).toBeLessThan(ROWS * WIDTH * 2 + 100);
  const results = await ran(graph, new Map([['rows', tensorOf('int64', [2], [7, 3])]]));
  const own = numbers(drawn('bfloat16', [ROWS, WIDTH], 1));
  const [values] = [...results.values()].map(numbers);
  expect(values![2 * 9 + 1]).toBe(own[3 * WIDTH + 9]);
});

test('products with large matrices are made in pieces, which lie where the whole lies', async () => {
  const b = builder();
  const { op } = b;
  const x = b.input('x', { dtype: 'float32', shape: [1, 2, WIDTH] });
  const head = op.Cast(b.initializer(drawn('bfloat16', [ROWS, WIDTH], 1), 'head'), { to: FLOAT32 });
  const scores = op.MatMul(x, op.Transpose(head, { perm: [1, 0] }));
  const graph = b.build([scores, op.MatMul(scores, op.Abs(head))]);
  const made = inPieces(graph, (ROWS * WIDTH * 4) / 3);
  expect(count(made, 'MatMul')).toBe(6);
  const pieces = [...made.initializers].filter(([{ name }]) => name.startsWith('head/'));
  expect(new Set(pieces.map(([{ type }]) => type.shape![0]))).toEqual(new Set([683, 682]));
  const feeds = new Map([['x', drawn('float32', [1, 2, WIDTH], 2)]]);
  const [whole, parts] = [await ran(graph, feeds), await ran(made, feeds)];
  for (const [name, tensor] of whole) {
    const [a, c] = [numbers(tensor), numbers(parts.get(name)!)];
    const largest = Math.max(...Array.from(a, (v) => Math.abs(v)));
    expect(Math.max(...Array.from(a, (v, i) => Math.abs(v - c[i]!)))).toBeLessThan(1e-5 * largest);
  }
});
