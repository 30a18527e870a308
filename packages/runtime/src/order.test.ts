import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { builder, joinedBytes, tensorOf, uses, writeModel, type Graph, type Value } from '@vitrine/ir';
import * as onnxruntime from 'onnxruntime-node';
import { describe, expect, onTestFinished, test } from 'vitest';
import { executed, ordered } from './order.js';

const [WIDTH, LAYERS] = [8, 6];
const weight = (i: number) =>
  tensorOf(
    'float32',
    [WIDTH, WIDTH],
    Array.from({ length: WIDTH ** 2 }, (_, k) => Math.sin(i + k)),
  );

/** Layers whose weights are computed from stored ones, all of them named first, and a sum over each layer, all of them joined at the end. */
function layered(): Graph {
  const b = builder();
  const { op } = b;
  const x = b.input('x', { dtype: 'float32', shape: [1, WIDTH] });
  const weights = Array.from({ length: LAYERS }, (_, i) => b.within(`weight${i}/`, () => op.Abs(b.initializer(weight(i)))));
  let y: Value = x;
  const states = weights.map((w, i) => (y = b.within(`layer${i}/`, () => op.Tanh(op.MatMul(y, w)))));
  const sums = states.map((state, i) => b.within(`sum${i}/`, () => op.ReduceSum(op.Mul(state, 2), undefined, { keepdims: 1 })));
  const joined = op.Concat(...sums.map((sum) => op.Reshape(sum, b.ints([1]))), { axis: 0 });
  return b.build([op.Mul(y, y), joined]);
}

const names = ({ nodes }: Graph): readonly string[] => nodes.map(({ name }) => name);
const place = (graph: Graph, name: string): number => names(graph).indexOf(name);

function expectInOrder({ nodes }: Graph): void {
  const made = new Map(nodes.flatMap((node, i) => node.outputs.map((value) => [value!, i] as const)));
  nodes.forEach((node, i) => uses(node).forEach((value) => expect(made.get(value) ?? -1).toBeLessThan(i)));
}

describe('nodes in order', () => {
  const [before, after] = [executed(layered()), executed(ordered(layered()))];

  test('are the same nodes, each behind what it reads', () => {
    for (const graph of [ordered(layered()), before, after]) {
      expectInOrder(graph);
      expect(names(graph).toSorted()).toEqual(names(layered()).toSorted());
    }
  });

  test('have weights made when they are read', () => {
    for (let i = 0; i < LAYERS; i++) expect(place(after, `weight${i}/Abs`)).toBe(place(after, `layer${i}/MatMul`) - 1);
  });

  test('have a layer summed up before the one after the next', () => {
    for (let i = 2; i < LAYERS; i++) expect(place(after, `sum${i - 2}/ReduceSum`)).toBeLessThan(place(after, `layer${i}/Tanh`));
    expect(place(before, 'sum0/ReduceSum')).toBeGreaterThan(place(before, `layer${LAYERS - 1}/Tanh`));
  });

  test.each([
    ['as they were', layered()],
    ['in order', ordered(layered())],
  ])('%s are computed by ONNX Runtime as foreseen', async (_, graph) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'vitrine-order-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const session = await onnxruntime.InferenceSession.create(joinedBytes(writeModel(graph)), {
      graphOptimizationLevel: 'disabled',
      enableProfiling: true,
      profileFilePrefix: path.join(folder, 'profile'),
    });
    await session.run({ x: new onnxruntime.Tensor('float32', new Float32Array(WIDTH).fill(1), [1, WIDTH]) });
    session.endProfiling();
    await session.release();
    const events = JSON.parse(readFileSync(path.join(folder, readdirSync(folder)[0]!), 'utf8')) as readonly { readonly name: string }[];
    const ran = events.flatMap(({ name }) => (name.endsWith('_kernel_time') ? [name.slice(0, -'_kernel_time'.length)] : []));
    expect(ran).toEqual(names(executed(graph)));
  });
});
