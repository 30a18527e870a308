import { builder, numbers, type Builder, tensorOf, type Graph, type Tensor, type Value } from '@vitrine/ir';
import { caching, type Runtime } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asking, caseOf, goldenCase, listed, type Case } from '../testing/asking.js';
import { expectClose, eye, flipped, matrixOf, plus, rowsTo1, times, type Matrix } from '../testing/matrix.js';

let runtime: Runtime;
let ask: ReturnType<typeof asking>;
beforeAll(async () => {
  runtime = caching(await nodeRuntime({ threads: 1 }));
  ask = asking(runtime);
});
afterAll(() => runtime.close());

/** Attention [H][Q][K] of each layer, and heads folded from A and its gradient. */
async function layersOf(c: Case) {
  const { attributions } = await ask(c, 'attention', { show: 'all' });
  return Promise.all(
    attributions.map(async ({ at, tensor: a }) => {
      const found = await ask(c, 'layer-gradient', {}, { layer: at });
      const [, heads, queries, keys] = a.dims as readonly [number, number, number, number];
      const [weights, gradient] = [listed(a), listed(found.attributions[0]!.tensor)];
      const perHead = (f: (i: number) => number): Matrix =>
        matrixOf(
          Array.from({ length: queries * keys }, (_, i) =>
            Array.from({ length: heads }, (__, h) => f(h * queries * keys + i)).reduce((s, v) => s + v / heads, 0),
          ),
          keys,
        );
      return { mean: perHead((i) => weights[i]!), raising: perHead((i) => Math.max(0, weights[i]! * gradient[i]!)), queries, keys };
    }),
  );
}

describe('by hand', () => {
  test('rollout multiplies (A + I)/2, the last layer first', async () => {
    const c = await goldenCase('bert', runtime);
    const layers = await layersOf(c);
    const expected = layers.map(({ mean }) => rowsTo1(plus(mean, eye(12)))).reduce((rolled, a) => times(a, rolled));
    const [all] = (await ask(c, 'attention-rollout', { show: 'all' })).attributions;
    expectClose(listed(all!.tensor), expected);
    const [one] = (await ask(c, 'attention-rollout', { token: 3 })).attributions;
    expectClose(listed(one!.tensor), [expected[3]!]);
    const [last] = (await ask(c, 'attention-rollout', { show: 'all', from: 1, residual: false })).attributions;
    expectClose(listed(last!.tensor), layers[1]!.mean);
  });

  test('discard leaves out the weakest connections of a layer', async () => {
    const c = await goldenCase('bert', runtime);
    const { attributions } = await ask(c, 'attention', { show: 'all', heads: 'mean', discard: 0.5, to: 0 });
    const { mean } = (await layersOf(c))[0]!;
    const sorted = mean.flat().toSorted((a, b) => a - b);
    const kept = listed(attributions[0]!.tensor).filter((v) => v > 0);
    expect(kept.length).toBe(72);
    expect(Math.min(...kept)).toBeCloseTo(sorted[72]!, 6);
  });

  test('Chefer adds attention times its gradient, layer by layer', async () => {
    const c = await goldenCase('vit', runtime);
    const layers = await layersOf(c);
    const r = layers.reduce((state, { raising }) => plus(state, times(raising, state)), eye(17));
    const [all] = (await ask(c, 'chefer', { show: 'all' })).attributions;
    expectClose(listed(all!.tensor), r);
    // The class token's row, without the class token.
    const [one] = (await ask(c, 'chefer')).attributions;
    expectClose(listed(one!.tensor), [r[0]!.slice(1)]);
  });

  test('gradient rollout does the same with rows that sum to 1', async () => {
    const c = await goldenCase('vit', runtime);
    const layers = await layersOf(c);
    const expected = layers.map(({ raising }) => rowsTo1(plus(raising, eye(17)))).reduce((rolled, a) => times(a, rolled));
    const [all] = (await ask(c, 'attention-grad-rollout', { show: 'all' })).attributions;
    expectClose(listed(all!.tensor), expected);
  });

  test('value zeroing runs each block without the values of one token', async () => {
    const c = await goldenCase('bert', runtime);
    const [first] = (await ask(c, 'value-zeroing', { layers: 'each', show: 'all' })).attributions;
    const rows = matrixOf(listed(first!.tensor), 12);
    for (const row of rows) expect(row.reduce((s, v) => s + v, 0)).toBeCloseTo(1, 5);
    // A token that nobody looks at changes nobody: padding has no weight here.
    const padded = Array.from(numbers(c.inputs.get('attention_mask')!), Number).flatMap((v, i) => (v === 0 ? [i] : []));
    for (const column of padded) for (const row of rows) expect(row[column]).toBeCloseTo(0, 6);
  });
});

/** Weights, and attention from tokens x [1,Q,4] to tokens y [1,K,4] that is added to x. */
function parts(b: Builder) {
  const { op } = b;
  let n = 0;
  const w = (from: number, to: number): Value =>
    b.initializer(
      tensorOf(
        'float32',
        [from, to],
        Array.from({ length: from * to }, () => Math.sin(7 * n++)),
      ),
    );
  const look = (x: Value, y: Value): Value => {
    const scores = op.MatMul(op.MatMul(x, w(4, 4)), op.Transpose(op.MatMul(y, w(4, 4)), { perm: [0, 2, 1] }));
    return op.Add(x, op.MatMul(op.Softmax(op.Mul(scores, 0.5), { axis: -1 }), op.MatMul(y, w(4, 4))));
  };
  return { w, look };
}

/** An encoder of 5 tokens and a decoder of 3, or as many: self-attention in each, then attention from one to the other. */
function translator(others: number): Graph {
  const b = builder();
  const { op } = b;
  const { w, look } = parts(b);
  const x = b.input('x', { dtype: 'float32', shape: [1, 3, 4] });
  const y = b.input('y', { dtype: 'float32', shape: [1, others, 4] });
  const encoded = look(y, y);
  const decoded = look(look(x, x), encoded);
  return b.build([op.MatMul(op.Gather(decoded, b.scalar(0, 'int64'), { axis: 1 }), w(4, 2))]);
}

test.each([5, 3])('Chefer crosses from a decoder to an encoder of %i tokens', async (others) => {
  const fill = (count: number, from: number): number[] => Array.from({ length: count }, (_, i) => Math.cos(from + i));
  const inputs = new Map([
    ['x', tensorOf('float32', [1, 3, 4], fill(12, 1))],
    ['y', tensorOf('float32', [1, others, 4], fill(4 * others, 5))],
  ]);
  const c = await caseOf(translator(others), runtime, inputs, { kind: 'index', index: [1] });
  const layers = await layersOf(c);
  expect(layers.map(({ queries, keys }) => [queries, keys])).toEqual([
    [others, others],
    [3, 3],
    [3, others],
  ]);
  const [encoder, decoder, across] = layers.map(({ raising }) => raising) as [Matrix, Matrix, Matrix];
  // One self-attention each: R = I + Ā, so that R̄ is Ā with rows that sum to 1, and the identity.
  const mixed = (a: Matrix): Matrix => plus(rowsTo1(a), eye(a.length));
  const expected = times(flipped(mixed(decoder)), times(across, mixed(encoder)));
  const found = (await ask(c, 'chefer', { show: 'all' })).attributions;
  const other = found.find(({ at }) => at.includes('stream'))!;
  expect(other.tensor.dims).toEqual([1, 3, others]);
  expectClose(listed(other.tensor), expected);
  expectClose(listed(found.find(({ at }) => at === 'tokens x tokens')!.tensor), plus(eye(3), decoder));
  await expect(ask(c, 'attention-rollout')).rejects.toThrow(/follows one stream of tokens and layer 2 .* looks from 3 tokens at \d others/);
});

/** Two towers that meet in a product, as CLIP's: of each the token that `picked` says, by the graph itself. */
function towers(others: number): Graph {
  const b = builder();
  const { op } = b;
  const { look } = parts(b);
  const x = b.input('x', { dtype: 'float32', shape: [1, 3, 4] });
  const y = b.input('y', { dtype: 'float32', shape: [1, others, 4] });
  const picked = b.input('picked', { dtype: 'int64', shape: [1, 1] });
  const [a, c] = [x, y].map((tokens) => op.GatherND(look(look(tokens, tokens), tokens), picked, { batch_dims: 1 })) as [Value, Value];
  return b.build([op.MatMul(a, op.Transpose(c, { perm: [1, 0] }))]);
}

test.each([5, 3])('towers of 3 and %i tokens are two streams, and the row that each picks is read', async (others) => {
  const fill = (count: number, from: number): number[] => Array.from({ length: count }, (_, i) => Math.cos(from + i));
  const inputs = new Map<string, Tensor>([
    ['x', tensorOf('float32', [1, 3, 4], fill(12, 1))],
    ['y', tensorOf('float32', [1, others, 4], fill(4 * others, 5))],
    ['picked', tensorOf('int64', [1, 1], [1])],
  ]);
  const c = await caseOf(towers(others), runtime, inputs, { kind: 'index', index: [0] });
  const layers = await layersOf(c);
  const of = (count: number, [first, second]: typeof layers): Matrix =>
    plus(plus(eye(count), first!.raising), times(second!.raising, plus(eye(count), first!.raising)));
  const expected = [of(3, layers.slice(0, 2)), of(others, layers.slice(2))];
  const at = ['tokens x tokens of stream 0', 'tokens x tokens'];
  const found = (await ask(c, 'chefer', { show: 'all' })).attributions;
  expect(found.map((one) => one.at)).toEqual(at);
  found.forEach(({ tensor }, i) => expectClose(listed(tensor), expected[i]!));
  const rows = (await ask(c, 'chefer')).attributions;
  rows.forEach(({ tensor }, i) => expectClose(listed(tensor), [expected[i]![1]!.map((v, k) => v - (k === 1 ? 1 : 0))]));
  for (const [method, options] of [
    ['attention-rollout', { to: 1 }],
    ['attention-flow', { to: 1 }],
    ['value-zeroing', { to: 1 }],
  ] as const) {
    const [own] = (await ask(c, method, options)).attributions;
    const [asked] = (await ask(c, method, { ...options, token: 1 })).attributions;
    expect(own!.tensor).toEqual(asked!.tensor);
    expect(own!.tensor).not.toEqual((await ask(c, method, { ...options, token: 0 })).attributions[0]!.tensor);
  }
});
