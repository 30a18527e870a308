import { builder, numbers, tensorOf, type Graph, type Tensor, type Value } from '@vitrine/ir';
import { expect, test } from 'vitest';
import { narrowed } from './narrow.js';
import { runOnce } from './testing/ort.js';
import { random } from './testing/random.js';

const [T, D, V] = [5, 4, 7];
const next = random(3);
const drawn = (...dims: readonly number[]) =>
  tensorOf(
    'float32',
    dims,
    Array.from({ length: dims.reduce((n, d) => n * d, 1) }, () => 2 * next() - 1),
  );

/** x + a mixing of places, then a dense part with its residual, a norm and scores of a vocabulary. */
function decoder(): { readonly graph: Graph; readonly y: Value; readonly inner: Value } {
  const b = builder();
  const { op } = b;
  const x = b.input('x', { dtype: 'float32', shape: [1, T, D] });
  const mixed = op.MatMul(b.initializer(drawn(1, T, T), 'mix'), x);
  const state = op.Add(x, mixed);
  const inner = op.Gelu(op.MatMul(op.LayerNormalization(state, b.initializer(drawn(D), 'scale')), b.initializer(drawn(D, 6), 'up')));
  const after = op.Add(state, op.MatMul(inner, b.initializer(drawn(6, D), 'down')));
  const mean = op.ReduceMean(after, b.ints([-1]), { keepdims: 1 });
  const y = op.Add(op.MatMul(op.Sub(after, mean), b.initializer(drawn(D, V), 'head')), b.initializer(drawn(V), 'bias'));
  return { graph: b.build([y]), y, inner };
}

const shapes = ({ nodes }: Graph): readonly string[] =>
  nodes.filter(({ opType }) => opType === 'MatMul').map(({ outputs: [v] }) => `[${v!.type.shape!.join(',')}]`);

function atPlace(keep: (d: ReturnType<typeof decoder>) => readonly Value[] = () => []): Graph {
  const made = decoder();
  const b = builder(made.graph);
  const place = b.input('place', { dtype: 'int64', shape: [1] });
  return b.build([made.y, narrowed(b, made.graph, made.y, place, new Set(keep(made)))!]);
}

test('one place is computed alone from behind what mixes places', () => {
  const { outputs, ...graph } = atPlace();
  const only = builder({ ...graph, outputs }).build([outputs[1]!]);
  expect(shapes(only)).toEqual([`[1,${T},${D}]`, '[1,1,6]', `[1,1,${D}]`, `[1,1,${V}]`]);
});

test('it is what it is among all', async () => {
  for (const p of [0, 3, T - 1]) {
    const graph = atPlace();
    const results = await runOnce(
      graph,
      new Map<string, Tensor>([
        ['x', drawn(1, T, D)],
        ['place', tensorOf('int64', [1], [p])],
      ]),
    );
    const [all, one] = graph.outputs.map(({ name }) => Array.from(numbers(results.get(name)!), Number)) as [number[], number[]];
    one.forEach((v, i) => expect(v).toBeCloseTo(all[p * V + i]!, 5));
  }
});

test('what is to be kept stays on the way', () => {
  const made = decoder();
  const b = builder(made.graph);
  const place = b.input('place', { dtype: 'int64', shape: [1] });
  const only = b.build([narrowed(b, made.graph, made.y, place, new Set([made.inner]))!]);
  expect(shapes(only)).toEqual([`[1,${T},${D}]`, `[1,${T},6]`, `[1,1,${D}]`, `[1,1,${V}]`]);
});

test('where places are mixed last, nothing is spared', () => {
  const b = builder();
  const x = b.input('x', { dtype: 'float32', shape: [1, T, D] });
  const y = b.op.MatMul(b.initializer(drawn(1, T, T), 'mix'), x);
  const graph = b.build([y]);
  const more = builder(graph);
  expect(narrowed(more, graph, y, more.input('place', { dtype: 'int64', shape: [1] }), new Set())).toBeUndefined();
});
