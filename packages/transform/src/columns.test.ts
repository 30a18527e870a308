import { builder, numbers, tensorOf, type Builder, type Graph, type Tensor, type Value } from '@vitrine/ir';
import { expect, test } from 'vitest';
import { columnsOf } from './columns.js';
import { runOnce } from './testing/ort.js';
import { random } from './testing/random.js';

const [D, V] = [4, 7];
const next = random(5);
const drawn = (...dims: readonly number[]): Tensor =>
  tensorOf(
    'float32',
    dims,
    Array.from({ length: dims.reduce((n, d) => n * d, 1) }, () => 2 * next() - 1),
  );

/** Scores of a vocabulary, capped as Gemma's are, and what `behind` makes of them; all of them, and some. */
function scores(behind: (b: Builder, y: Value) => Value = (_, y) => y): Graph {
  const b = builder();
  const { op } = b;
  const x = b.input('x', { dtype: 'float32', shape: [1, 1, D] });
  const product = op.MatMul(x, op.Transpose(b.initializer(drawn(V, D), 'head'), { perm: [1, 0] }));
  const capped = op.Mul(op.Tanh(op.Div(op.Add(product, b.initializer(drawn(V), 'bias')), 3)), 3);
  const y = behind(b, capped);
  return b.build([y, columnsOf(b, y, b.input('columns', { dtype: 'int64', shape: [2] }))]);
}

const widths = ({ nodes }: Graph, opType: string): readonly unknown[] =>
  nodes.filter((node) => node.opType === opType).map(({ outputs: [v] }) => v!.type.shape!.at(-1));

async function agrees(graph: Graph): Promise<void> {
  const chosen = [5, 0];
  const feeds = new Map<string, Tensor>([
    ['x', drawn(1, 1, D)],
    ['columns', tensorOf('int64', [2], chosen)],
  ]);
  const results = await runOnce(graph, feeds);
  const [all, some] = graph.outputs.map(({ name }) => Array.from(numbers(results.get(name)!), Number)) as [number[], number[]];
  chosen.forEach((column, i) => expect(some[i]).toBeCloseTo(all[column]!, 5));
}

test('some columns are what they are among all, and their product makes no others', async () => {
  const graph = scores();
  await agrees(graph);
  const only = builder({ ...graph, outputs: [] }).build([graph.outputs[1]!]);
  expect(widths(only, 'MatMul')).toEqual([2]);
  expect(widths(only, 'Tanh')).toEqual([2]);
});

test('what mixes columns is computed whole', async () => {
  const graph = scores((b, y) => b.op.Softmax(y, { axis: -1 }));
  await agrees(graph);
  expect(widths(builder(graph).build([graph.outputs[1]!]), 'MatMul')).toEqual([V]);
});
