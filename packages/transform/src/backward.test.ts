import { builder, numbers, schemas, specialize, tensorOf, type Graph } from '@vitrine/ir';
import { describe, expect, test } from 'vitest';
import { backward } from './backward.js';
import { decompositions } from './canonize/index.js';
import { refusal, ruleState } from './coverage.js';
import { refused } from './refused.js';
import { fromTable } from './rule.js';
import { gradientOf, graphOf } from './testing/gradient.js';
import { runOnce } from './testing/ort.js';
import { vjps } from './vjp/index.js';
import { nondifferentiable } from './vjp/nondifferentiable.js';

const float = (dims: readonly number[], ...values: readonly number[]) => tensorOf('float32', dims, values);
const gradients = (graph: Graph) => {
  const b = builder(graph);
  return backward(b, graph, new Map([[graph.outputs[0]!, graph.outputs[0]!]]), graph.inputs, fromTable(vjps));
};

describe('the driver', () => {
  test('adds up the signals of a value that is used more than once', async () => {
    const x = float([2], 3, 5);
    const graph = graphOf([x], (b, [v]) => [b.op.Add(b.op.Mul(v!, v!), b.op.Sum(v!, v!, v!))]);
    const [gradient] = await gradientOf(graph, [x]);
    expect([...numbers(gradient!)]).toEqual([9, 13]);
  });

  test('gives no entry to a value without a path, and builds nothing for it', () => {
    const graph = graphOf([float([2], 1, 2), float([2], 3, 4)], (b, [v, w]) => [b.op.Add(b.op.Exp(v!), b.op.Floor(w!))]);
    const found = gradients(graph);
    expect(found.has(graph.inputs[0]!)).toBe(true);
    expect(found.has(graph.inputs[1]!)).toBe(false);
  });

  test('sums over axes of which only running tells whether they were broadcast', async () => {
    const b = builder();
    const [x, y] = [b.input('x', { dtype: 'float32', shape: ['a', 'b'] }), b.input('y', { dtype: 'float32', shape: ['c', 'd'] })];
    const product = b.op.Mul(x, y);
    const graph = b.build([product]);
    const back = builder(graph);
    const seed = back.op.Expand(back.scalar(1, 'float32'), back.op.Shape(product));
    const found = backward(back, graph, new Map([[product, seed]]), [x, y], fromTable(vjps));
    const outputs = [x, y].map((value) => back.op.Identity(found.get(value)!));
    const results = await runOnce(
      back.build(outputs, [x, y]),
      new Map([
        ['x', float([2, 1], 2, 3)],
        ['y', float([1, 3], 1, 10, 100)],
      ]),
    );
    const [toX, toY] = outputs.map(({ name }) => results.get(name)!);
    expect([toX!.dims, ...numbers(toX!)]).toEqual([[2, 1], 111, 111]);
    expect([toY!.dims, ...numbers(toY!)]).toEqual([[1, 3], 5, 5, 5]);
  });

  test('names operator and node when a rule is missing, and says why where it is known', () => {
    const graph = graphOf([float([1, 1, 4, 4], ...new Array<number>(16).fill(0))], (b, [v]) => [
      b.op.MaxRoiPool(v!, b.initializer(float([1, 5], 0, 0, 0, 3, 3)), { pooled_shape: [2, 2] }),
    ]);
    expect(() => gradients(graph)).toThrow(/no backward rule for MaxRoiPool \(at MaxRoiPool\): .*RoiAlign/);
  });

  test('refuses a Dropout that drops', () => {
    const graph = graphOf([float([2], 1, 2)], (b, [v]) => [b.op.Dropout(v!, 0.5, b.scalar(1, 'bool'))]);
    expect(() => gradients(graph)).toThrow(/training_mode/);
  });
});

describe('the tables', () => {
  const standard = Object.keys(schemas).filter((opType) => !opType.includes('.'));

  test('speak of every operator of ONNX: a rule, a decomposition, nothing passed, or refused with a reason', () => {
    expect(standard.filter((opType) => ruleState(opType) === 'missing' && refusal(opType) === undefined)).toEqual([]);
  });
  test('do not contradict each other', () => {
    const both = (a: object, b: object): readonly string[] => Object.keys(a).filter((opType) => Object.hasOwn(b, opType));
    expect(both(vjps, decompositions)).toEqual([]);
    expect(both(refused, vjps)).toEqual([]);
    expect(both(refused, decompositions)).toEqual([]);
    expect(Object.keys(nondifferentiable).every((opType) => ['flat', 'straight-through'].includes(ruleState(opType)))).toBe(true);
  });
  test('speak only of operators that there are', () => {
    const named = [vjps, decompositions, refused].flatMap(Object.keys);
    expect(named.filter((opType) => !Object.hasOwn(schemas, opType))).toEqual([]);
  });
});

test('a backward pass through a loop that is written out is that of its trips', async () => {
  const inner = builder();
  const [trip, go, state] = [
    inner.input('trip', { dtype: 'int64', shape: [] }),
    inner.input('go', { dtype: 'bool', shape: [] }),
    inner.input('state', { dtype: 'float32', shape: [2] }),
  ];
  const body = inner.build([inner.op.Identity(go), inner.op.Mul(state, state)], [trip, go, state]);
  const x = float([2], 2, 3);
  const b = builder();
  const v = b.input('x0', { dtype: 'float32', shape: [2] });
  const [y] = b.named({ opType: 'Loop', name: 'loop', inputs: [b.scalar(3, 'int64'), b.scalar(1, 'bool'), v], attrs: { body } }, ['y']);
  const { graph } = specialize(b.build([y!]), {});
  const [gradient] = await gradientOf(graph, [x]);
  // x^8 has the slope 8 x^7.
  expect([...numbers(gradient!)]).toEqual([8 * 2 ** 7, 8 * 3 ** 7]);
});
