import { describe, expect, test } from 'vitest';
import { builder } from './builder.js';
import type { Graph, TensorType, Value } from './graph.js';
import { rewrite } from './rewrite.js';

const float: TensorType = { dtype: 'float32', shape: [2, 3] };
/** x → Relu → Neg → Exp, with Relu and Exp the outputs. */
function chain(): { readonly graph: Graph; readonly values: readonly Value[] } {
  const b = builder();
  const x = b.input('x', float);
  const relu = b.op.Relu(x);
  const neg = b.op.Neg(relu);
  const exp = b.op.Exp(neg);
  return { graph: b.build([relu, exp]), values: [x, relu, neg, exp] };
}

test('a graph that nothing changes keeps its nodes and values', () => {
  const { graph } = chain();
  const { graph: same, moved } = rewrite(graph, () => undefined);
  expect(same.nodes).toEqual(graph.nodes);
  expect(same.nodes.every((node, i) => node === graph.nodes[i])).toBe(true);
  expect(same.outputs).toEqual(graph.outputs);
  expect(moved.size).toBe(0);
});

test('nodes before a change are shared, those behind it made anew', () => {
  const { graph, values } = chain();
  const { graph: changed, moved } = rewrite(graph, (node, b, [x]) => (node.opType === 'Neg' ? [b.op.Sub(0, x!)] : undefined));
  expect(changed.nodes.map(({ opType }) => opType)).toEqual(['Relu', 'Sub', 'Exp']);
  expect(changed.nodes[0]).toBe(graph.nodes[0]);
  expect(changed.nodes[2]).not.toBe(graph.nodes[2]);
  expect(moved.get(values[3]!)).toBe(changed.outputs[1]);
  expect(graph.nodes.map(({ opType }) => opType)).toEqual(['Relu', 'Neg', 'Exp']);
});

test('outputs keep their names, whatever computes them', () => {
  const { graph } = chain();
  const { graph: changed } = rewrite(graph, (node, b, [x]) =>
    node.opType === 'Exp' || node.opType === 'Relu' ? [b.op.Tanh(x!)] : undefined,
  );
  expect(changed.outputs.map(({ name }) => name)).toEqual(graph.outputs.map(({ name }) => name));
  expect(changed.nodes.map(({ opType }) => opType)).toEqual(['Tanh', 'Neg', 'Tanh', 'Identity', 'Identity']);
});

test('new nodes take no name that is still to come, inputs included', () => {
  const b = builder();
  const x = b.input('Tanh', float);
  const graph = b.build([b.named({ opType: 'Exp', name: 'e', inputs: [b.op.Neg(x)], attrs: {} }, ['Tanh_1'])[0]!]);
  const { graph: changed } = rewrite(graph, (node, c, [v]) => (node.opType === 'Neg' ? [c.op.Tanh(v!)] : undefined));
  expect(changed.inputs[0]!.name).toBe('Tanh');
  expect(changed.outputs[0]!.name).toBe('Tanh_1');
  expect(changed.nodes[0]!.outputs[0]!.name).toBe('Tanh_2');
});

test('new types of inputs flow on', () => {
  const { graph } = chain();
  const { graph: changed } = rewrite(graph, () => undefined, { inputs: new Map([['x', { dtype: 'float64', shape: [7] }]]) });
  expect(changed.outputs.map(({ type }) => type)).toEqual([
    { dtype: 'float64', shape: [7] },
    { dtype: 'float64', shape: [7] },
  ]);
});

describe('a cut', () => {
  test('makes a value an input and leaves behind what computed it', () => {
    const { graph, values } = chain();
    const { graph: tail, moved } = rewrite({ ...graph, outputs: graph.outputs.slice(1) }, () => undefined, { cut: new Set([values[1]!]) });
    expect(tail.nodes.map(({ opType }) => opType)).toEqual(['Neg', 'Exp']);
    expect(tail.inputs.map(({ name }) => name)).toEqual(['x', values[1]!.name]);
    expect(moved.get(values[1]!)).toBe(tail.inputs[1]);
    expect(tail.nodes[0]!.inputs[0]).toBe(tail.inputs[1]);
  });
});
