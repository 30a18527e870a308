import { describe, expect, test } from 'vitest';
import { builder } from './builder.js';
import { subgraphs, type Graph, type TensorType, type Value } from './graph.js';
import { readModel } from './onnx/read.js';
import { memory } from './onnx/source.js';
import type { GraphProto, NodeProto, ValueInfoProto } from './onnx/proto.js';
import { specialize } from './specialize.js';
import { check } from './testing/cases.js';
import { attr, constant, info, modelFile, node } from './testing/models.js';
import { sizeOf, tensorOf, type NumericDType, type Tensor } from './tensor.js';

const feed = (...dims: readonly number[]): Tensor =>
  tensorOf(
    'float32',
    dims,
    Array.from({ length: sizeOf(dims) }, (_, i) => Math.cos(i)),
  );
const opsOf = (graph: Graph): readonly string[] => graph.nodes.map(({ opType }) => opType);
const read = (file: Uint8Array): Graph => readModel(memory(file)).graph;

const model = (): Graph => {
  const b = builder();
  const x = b.input('x', { dtype: 'float32', shape: ['N', 'T', 8] });
  const y = b.input('y', { dtype: 'float32', shape: ['N', 4] });
  const [n, t] = [b.op.Shape(x, { start: 0, end: 1 }), b.op.Shape(x, { start: 1, end: 2 })];
  const heads = b.op.Reshape(x, b.op.Concat(n, t, b.ints([2, -1]), { axis: 0 }));
  return b.build([b.op.Transpose(heads, { perm: [0, 2, 1, 3] }), y], [x, y]);
};

describe('shapes', () => {
  test('follow symbols as far as they go', () => {
    const graph = model();
    expect(graph.outputs[0]!.type.shape).toEqual(['N', 2, 'T', 4]);
    const { graph: fixed } = specialize(graph, { shapes: new Map([['x', [3, 5, 8]]]) });
    expect(fixed.outputs.map(({ type }) => type.shape)).toEqual([
      [3, 2, 5, 4],
      [3, 4],
    ]);
    expect(opsOf(fixed)).toEqual(['Reshape', 'Transpose']);
    expect(specialize(graph, { shapes: new Map([['y', [3, 4]]]) }).graph.outputs[0]!.type.shape).toEqual([3, 2, 'T', 4]);
  });

  test('cancel out of a reshape', () => {
    const b = builder();
    const x = b.input('x', { dtype: 'float32', shape: ['N', 'T', 8] });
    const [n, t] = [b.op.Shape(x, { start: 0, end: 1 }), b.op.Shape(x, { start: 1, end: 2 })];
    const to = (...parts: readonly Value[]): readonly unknown[] => b.op.Reshape(x, b.op.Concat(...parts, { axis: 0 })).type.shape!;
    expect(to(n, b.ints([4, 2]), t)).toEqual(['N', 4, 2, 'T']);
    expect(to(t, n, b.ints([-1]))).toEqual(['T', 'N', 8]);
    expect(to(t, b.ints([-1, 8]))).toEqual(['T', 'N', 8]);
    expect(to(t, b.ints([-1]))).toEqual(['T', expect.stringMatching(/^\?/)]);
    expect(() => to(n, t, b.ints([7]))).toThrow('[N,T,8] has 8 elements, [N,T,7] would have 7');
    expect(() => to(n, t, b.ints([3, -1]))).toThrow('[N,T,8] does not divide into [N,T,3,-1]');
  });

  test.each([
    ['of another rank', { x: [3, 8] }, 'input x has shape [3,8], the model takes [N,T,8]'],
    ['of another extent', { x: [3, 5, 7] }, 'input x has shape [3,5,7]'],
    ['that disagree on a symbol', { x: [3, 5, 8], y: [2, 4] }, 'input y has shape [2,4], the model takes [N,4]'],
  ])('%s are refused', (_, shapes, why) => {
    expect(() => specialize(model(), { shapes: new Map(Object.entries(shapes)) })).toThrow(why);
  });
});

test('bound inputs become constants of their type', () => {
  const b = builder();
  const [x, s] = [b.input('x', { dtype: 'float32', shape: ['N', 6] }), b.input('s', { dtype: 'int64', shape: [2] })];
  const graph = b.build([b.op.Reshape(x, s)]);
  const { graph: bound } = specialize(graph, { bind: new Map([['s', tensorOf('int64', [2], [-1, 3])]]), shapes: new Map([['x', [2, 6]]]) });
  expect(bound.inputs.map(({ name }) => name)).toEqual(['x']);
  expect(bound.outputs[0]!.type.shape).toEqual([4, 3]);
  expect(() => specialize(graph, { bind: new Map([['s', tensorOf('int32', [2], [-1, 3])]]) })).toThrow(
    'input s is int64, the value bound to it int32',
  );
});

const known = (
  dtype: NumericDType,
  make: (b: ReturnType<typeof builder>, c: (...v: readonly number[]) => Value) => Value,
): readonly unknown[] | undefined => {
  const b = builder();
  return make(b, (...v) => b.initializer(tensorOf(dtype, [v.length], v))).known?.values;
};

describe('what is known before running', () => {
  test('is exact, or not known', () => {
    expect(known('int64', (b, c) => b.op.Mul(c(3), c(4)))).toEqual([12]);
    expect(known('int32', (b, c) => b.op.Mul(c(65536), c(65536)))).toBeUndefined();
    expect(known('int64', (b, c) => b.op.Mul(c(2 ** 40), c(2 ** 40)))).toBeUndefined();
    expect(known('uint8', (b, c) => b.op.Sub(c(1), c(2)))).toBeUndefined();
    expect(known('float16', (b, c) => b.op.Add(c(2048), c(1)))).toEqual([2048]);
    expect(known('float32', (b, c) => b.op.Div(c(1), c(3)))).toEqual([Math.fround(1 / 3)]);
    expect(known('int32', (b, c) => b.op.Div(c(-7), c(2)))).toEqual([-3]);
    expect(known('int32', (b, c) => b.op.Div(c(1), c(0)))).toBeUndefined();
    expect(known('float32', (b, c) => b.op.Cast(c(3e9), { to: 6 }))).toBeUndefined();
    expect(known('float32', (b, c) => b.op.Cast(c(-2.7), { to: 7 }))).toEqual([-2]);
    expect(known('int64', (b, c) => b.op.Gather(c(1, 2), c(5)))).toBeUndefined();
    expect(known('int64', (b, c) => b.op.Gather(c(1, 2), c(-1)))).toEqual([2]);
    expect(known('int64', (b, c) => b.op.Gather(c(1, 2, 3), c(-5)))).toBeUndefined();
  });

  test('carries the end of int64 along, but does not count with it', () => {
    const b = builder();
    const end = b.initializer({ dtype: 'int64', dims: [1], data: BigInt64Array.of(2n ** 63n - 1n) });
    const both = b.op.Concat(b.ints([1]), end, { axis: 0 });
    expect(both.known?.values).toEqual([1, 2 ** 63]);
    expect(b.op.Sub(end, 1).known).toBeUndefined();
    const x = b.input('x', { dtype: 'float32', shape: [7] });
    expect(b.op.Slice(x, b.ints([2]), b.op.Slice(both, b.ints([1]), b.ints([2]))).type.shape).toEqual([5]);
  });

  test('heeds the reduction of a scatter', () => {
    const b = builder();
    const [data, at, by] = [b.ints([1, 1]), b.initializer(tensorOf('int64', [1, 1], [0])), b.ints([5])];
    expect(b.op.ScatterND(data, at, by).known?.values).toEqual([5, 1]);
    expect(b.op.ScatterND(data, at, by, { reduction: 'add' }).known).toBeUndefined();
  });
});

const branch = (op: string, input = 't'): GraphProto => ({ name: op, output: [info('z')], node: [node(op, [input], ['z'])] });

describe('control flow', () => {
  const type: TensorType = { dtype: 'float32', shape: [2, 3] };
  const x = info('x', 'float32', type.shape);
  const loop = (inner: readonly NodeProto[], outputs: readonly ValueInfoProto[], held: GraphProto = {}): NodeProto['attribute'] => [
    attr.graph('body', {
      name: 'body',
      input: [info('i', 'int64', []), info('go', 'bool', []), info('a', 'float32', type.shape)],
      output: outputs,
      node: inner,
      ...held,
    }),
  ];
  const weight = constant('w', 'float32', [3], [0.5, 1, 2]);
  const file = (nodes: readonly NodeProto[], rest: GraphProto = {}): Uint8Array =>
    modelFile({ input: [x], output: [info('y')], initializer: [constant('n', 'int64', [], [3])], ...rest, node: nodes });

  test('a loop is written out, its weights once, and computes the same', async () => {
    const body = loop(
      [node('Mul', ['a', 'w'], ['b']), node('ReduceSum', ['b'], ['s'], attr.int('keepdims', 0))],
      [info('go'), info('b'), info('s')],
      { initializer: [weight] },
    );
    const model = file(
      [
        node('Loop', ['n', '', 'x'], ['t', 'sums'], ...body!),
        node('Concat', ['t', 'r'], ['y'], attr.int('axis', 0)),
        node('Expand', ['e', 'k'], ['r']),
        node('ReduceMax', ['sums'], ['e'], attr.int('keepdims', 0)),
      ],
      {
        initializer: [constant('n', 'int64', [], [3]), constant('k', 'int64', [2], [1, 3])],
      },
    );
    const { graph } = specialize(read(model), {});
    expect(opsOf(graph).filter((op) => op === 'Mul' || op === 'Loop')).toEqual(['Mul', 'Mul', 'Mul']);
    expect([...graph.initializers.keys()].filter(({ name }) => name.startsWith('w'))).toHaveLength(1);
    expect(await check({ name: '', model, inputs: () => [feed(2, 3)] })).toMatchObject({ kind: 'unchanged', why: '' });
  });

  test('a loop inside keeps the names of the outputs around it', async () => {
    const body = loop([node('Relu', ['a'], ['y'])], [info('go'), info('y')]);
    const model = file([node('Loop', ['n', '', 'x'], ['t'], ...body!), node('Neg', ['t'], ['y'])]);
    const { graph } = specialize(read(model), {});
    expect(graph.outputs[0]!.name).toBe('y');
    expect(opsOf(graph)).toEqual(['Relu', 'Relu', 'Relu', 'Neg']);
  });

  test('a loop that stops by itself is written out as long as it goes', () => {
    const body = loop([node('Less', ['i', 'two'], ['more']), node('Relu', ['a'], ['b'])], [info('more'), info('b')], {
      initializer: [constant('two', 'int64', [], [2])],
    });
    expect(opsOf(specialize(read(file([node('Loop', ['', '', 'x'], ['y'], ...body!)])), {}).graph)).toEqual([
      'Relu',
      'Relu',
      'Relu',
      'Identity',
    ]);
  });

  test('what only running tells, or what would take too many nodes, stays', () => {
    const body = loop([node('Relu', ['a'], ['b'])], [info('go'), info('b')]);
    const unknown = file([node('Loop', ['m', '', 'x'], ['y'], ...body!)], { input: [x, info('m', 'int64', [])] });
    expect(opsOf(specialize(read(unknown), {}).graph)).toEqual(['Loop']);
    const long = file([node('Loop', ['n', '', 'x'], ['y'], ...body!)], { initializer: [constant('n', 'int64', [], [5000])] });
    expect(opsOf(specialize(read(long), {}).graph)).toEqual(['Loop']);
    const inner = node('Loop', ['n', '', 'a'], ['b'], ...loop([node('Relu', ['a'], ['b'])], [info('go'), info('b')])!);
    const nested = file([node('Loop', ['n', '', 'x'], ['y'], ...loop([inner], [info('go'), info('b')])!)], {
      initializer: [constant('n', 'int64', [], [4000])],
    });
    expect(opsOf(specialize(read(nested), {}).graph)).toEqual(['Loop']);
  });

  test('an If with a condition that follows from shapes is the branch it takes', () => {
    const model = modelFile({
      input: [info('x', 'float32', ['N', 3])],
      output: [info('y')],
      initializer: [constant('two', 'int64', [1], [2])],
      node: [
        node('Shape', ['x'], ['s'], attr.int('end', 1)),
        node('Equal', ['s', 'two'], ['c']),
        node('If', ['c'], ['y'], attr.graph('then_branch', branch('Exp', 'x')), attr.graph('else_branch', branch('Neg', 'x'))),
      ],
    });
    const graph = read(model);
    const ops = (n: number): readonly string[] => opsOf(specialize(graph, { shapes: new Map([['x', [n, 3]]]) }).graph);
    expect([ops(2), ops(3)]).toEqual([
      ['Exp', 'Identity'],
      ['Neg', 'Identity'],
    ]);
    expect(opsOf(specialize(graph, {}).graph)).toEqual(['Shape', 'Equal', 'If']);
  });

  test('an If that stays sees values that moved', () => {
    const model = modelFile({
      input: [info('x', 'float32', ['N']), info('c', 'bool', [])],
      output: [info('y')],
      node: [
        node('Relu', ['x'], ['t']),
        node('If', ['c'], ['y'], attr.graph('then_branch', branch('Exp')), attr.graph('else_branch', branch('Neg'))),
      ],
    });
    const { graph } = specialize(read(model), { shapes: new Map([['x', [4]]]) });
    const [relu, choice] = graph.nodes;
    for (const [, inner] of subgraphs(choice!)) expect(inner.nodes[0]!.inputs[0]).toBe(relu!.outputs[0]);
  });
});
