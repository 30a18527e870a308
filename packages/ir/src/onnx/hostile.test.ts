import { repeated } from '../tensor.js';
import { describe, expect, test } from 'vitest';
import { captured, type Graph } from '../graph.js';
import { specialize } from '../specialize.js';
import { attr, constant, info, modelFile, node } from '../testing/models.js';
import { outcome } from '../testing/fuzz.js';
import type { DType } from '../tensor.js';
import type { FunctionProto, GraphProto, NodeProto } from './proto.js';
import { readModel } from './read.js';
import { memory, spanOf } from './source.js';

const times = <T>(n: number, f: (i: number) => T): readonly T[] => Array.from({ length: n }, (_, i) => f(i));
const graph = (nodes: readonly NodeProto[], rest: GraphProto = {}): GraphProto => ({
  input: [info('x', 'float32', [2, 3])],
  output: [info('y')],
  ...rest,
  node: nodes,
});
const ints = (name: string, ...values: readonly number[]) => constant(name, 'int64', [values.length], values);
const from = (dtype: DType, dims: readonly number[]): GraphProto => ({ input: [info('x', dtype, dims)] });

const calls = (f: string, n: number): readonly NodeProto[] =>
  times(n, (i) => ({ ...node(f, [i === 0 ? 'x' : `t${i}`], [i === n - 1 ? 'y' : `t${i + 1}`]), domain: 'f' }));
const doubling = (depth: number): readonly FunctionProto[] =>
  times(depth, (i) => ({
    name: `f${i}`,
    domain: 'f',
    input: ['x'],
    output: ['y'],
    node: i === 0 ? [node('Relu', ['x'], ['y'])] : calls(`f${i - 1}`, 2),
  }));
const loop = (trips: string, inner: readonly NodeProto[], held: GraphProto = {}): NodeProto =>
  node(
    'Loop',
    [trips, '', 'x'],
    ['y'],
    attr.graph('body', {
      name: 'body',
      input: [info('i', 'int64', []), info('go', 'bool', []), info('x', 'float32', [2, 3])],
      output: [info('go'), info('y')],
      node: inner,
      ...held,
    }),
  );
const nestedIf = (depth: number): NodeProto =>
  node(
    'If',
    ['c'],
    ['y'],
    ...['then_branch', 'else_branch'].map((name) =>
      attr.graph(name, { name, output: [info('y')], node: [depth === 0 ? node('Relu', ['x'], ['y']) : nestedIf(depth - 1)] }),
    ),
  );
const once = (depth: number): NodeProto =>
  node(
    'If',
    ['c'],
    ['y'],
    attr.graph('then_branch', { output: [info('y')], node: [depth === 0 ? node('Relu', ['x'], ['y']) : once(depth - 1)] }),
    attr.graph('else_branch', { output: [info('y')], node: [node('Neg', ['x'], ['y'])] }),
  );
const branch = (name: string): GraphProto => ({ name, output: [info('z')], node: [node('Relu', ['x'], ['z'])] });
const condition = { input: [info('x', 'float32', [2, 3]), info('c', 'bool', [])] };

/** For reading, writing, specializing and reading again. An idle machine takes a second; what is quadratic takes minutes. */
const PATIENCE_MS = 10_000;

/** Files that a few bytes make expensive, or that lean on names JavaScript knows. */
const files: { readonly [what: string]: () => readonly [Uint8Array, RegExp | 'read'] } = {
  'functions that double at every level': () => [
    modelFile(graph(calls('f30', 1)), { functions: doubling(31), domains: ['f'] }),
    /grow beyond/,
  ],
  'functions that nest without end': () => [
    modelFile(graph(calls('f39', 1)), { functions: doubling(40), domains: ['f'] }),
    /nest more than 32 deep|grow beyond/,
  ],
  'a function that calls itself': () => [
    modelFile(graph(calls('f', 1)), {
      functions: [{ name: 'f', domain: 'f', input: ['x'], output: ['y'], node: calls('f', 1) }],
      domains: ['f'],
    }),
    /calls itself/,
  ],
  'a function of many inputs called often': () => [
    modelFile(graph(calls('f', 50_000)), {
      functions: [{ name: 'f', domain: 'f', input: times(200_000, (i) => `x${i}`), output: ['y'], node: [node('Relu', ['x0'], ['y'])] }],
      domains: ['f'],
    }),
    /grow beyond/,
  ],
  'sparse tensors of nothing': () => [
    modelFile(
      graph([node('Relu', ['x'], ['y'])], {
        sparse_initializer: times(100, (i) => ({
          values: constant(`s${i}`, 'float32', [0], []),
          indices: constant('', 'int64', [0], []),
          dims: [2 ** 25],
        })),
      }),
    ),
    /sparse tensors take more/,
  ],
  'a tensor that claims more than the file has': () => [
    modelFile(graph([node('Add', ['x', 'w'], ['y'])], { initializer: [{ name: 'w', dims: [2 ** 33], data_type: 6 }] })),
    /the file gives 0/,
  ],
  'a tensor of a thousand axes': () => [
    modelFile(graph([node('Relu', ['w'], ['y'])], { initializer: [constant('w', 'int64', repeated(1000, 1), [1])] })),
    /is not a shape/,
  ],
  'a reshape to a thousand axes': () => [
    modelFile(graph([node('Reshape', ['x', 's'], ['y'])], { initializer: [ints('s', ...repeated(1000, 1), 6)] })),
    /cannot be of shape/,
  ],
  'an expand to a billion billions': () => [
    modelFile(graph([node('Expand', ['x', 's'], ['y'])], { initializer: [ints('s', 2 ** 30, 2 ** 30, 1, 1)] })),
    'read',
  ],
  'zeros of a billion billions': () => [
    modelFile(graph([node('ConstantOfShape', ['s'], ['y'])], { initializer: [ints('s', 2 ** 30, 2 ** 30)] })),
    'read',
  ],
  'a list of unknown length a billion': () => [
    modelFile(graph([node('ConstantOfShape', ['x'], ['y'])], from('int64', [10 ** 9]))),
    /more than the 64/,
  ],
  'a slice with a billion starts': () => [
    modelFile(graph([node('Slice', ['w', 'x', 'x'], ['y'])], { ...from('int64', [10 ** 9]), initializer: [ints('w', 1, 2)] })),
    /starts for 1 axes/,
  ],
  'nothing, a billion times': () => [
    modelFile(
      graph([node('Gather', ['w', 'i'], ['t'], attr.int('axis', 1)), node('Concat', ['t', 't'], ['y'], attr.int('axis', 1))], {
        initializer: [constant('w', 'int64', [2 ** 30, 0], []), constant('i', 'int64', [0], [])],
      }),
    ),
    'read',
  ],
  'a range to infinity': () => [
    modelFile(
      graph([node('Range', ['a', 'b', 'c'], ['y'])], {
        initializer: [constant('a', 'float64', [], [0]), constant('b', 'float64', [], [1e300]), constant('c', 'float64', [], [1e-300])],
      }),
    ),
    /cannot be of shape/,
  ],
  'sums of long constants, many': () => [
    modelFile(
      graph(
        times(30_000, (i) => node('Add', [i === 0 ? 'w' : `t${i}`, 'w'], [i === 29_999 ? 'y' : `t${i + 1}`])),
        { initializer: [constant('w', 'int32', [4096], repeated(4096, 1))] },
      ),
    ),
    'read',
  ],
  'loops within loops within loops': () => [
    modelFile(
      graph([loop('n', [loop('n', [loop('n', [node('Relu', ['x'], ['y'])])])])], { initializer: [constant('n', 'int64', [], [4096])] }),
    ),
    'read',
  ],
  'a loop without end': () => [
    modelFile(
      graph([node('Loop', ['', 't', 'x'], ['y'], ...loop('', [node('Relu', ['x'], ['y'])]).attribute!)], {
        initializer: [constant('t', 'bool', [], [1])],
      }),
    ),
    'read',
  ],
  'a loop whose body takes other inputs': () => [
    modelFile(
      graph([node('Loop', ['n', '', 'x', 'x'], ['y', 'z'], ...loop('', [node('Relu', ['x'], ['y'])]).attribute!)], {
        initializer: [constant('n', 'int64', [], [2])],
      }),
    ),
    /body takes inputs: 3, not 4/,
  ],
  'a scan of more sequences than inputs': () => [
    modelFile(
      graph([
        node('Scan', ['x'], ['y'], attr.int('num_scan_inputs', 2 ** 40), attr.graph('body', { input: [info('a')], output: [info('a')] })),
      ]),
    ),
    'read',
  ],
  'a hundred graphs within graphs': () => [modelFile(graph([once(100)], condition)), /nests messages more than 64 deep/],
  'twenty graphs within graphs': () => [modelFile(graph([once(19)], condition)), 'read'],
  'graphs that double at every level': () => [modelFile(graph([nestedIf(10)], condition)), 'read'],
  'many small graphs': () => [
    modelFile(
      graph(
        [
          ...times(8_000, (i) =>
            node('If', ['c'], [`t${i}`], attr.graph('then_branch', branch('a')), attr.graph('else_branch', branch('b'))),
          ),
          node(
            'Sum',
            times(8_000, (i) => `t${i}`),
            ['y'],
          ),
        ],
        condition,
      ),
    ),
    'read',
  ],
  'nodes back to front': () => [
    modelFile(graph(times(30_000, (i) => node('Add', [i === 0 ? 'x' : `t${i}`, 'x'], [i === 29_999 ? 'y' : `t${i + 1}`])).toReversed())),
    'read',
  ],
  'nodes back to front that all read one': () => [
    modelFile(
      graph([
        node(
          'Sum',
          times(20_000, (i) => `t${i}`),
          ['y'],
        ),
        ...times(20_000, (i) => node('Neg', ['z'], [`t${i}`])),
        node('Relu', ['x'], ['z']),
      ]),
    ),
    'read',
  ],
  'nodes in a circle': () => [modelFile(graph([node('Add', ['x', 'b'], ['y']), node('Relu', ['y'], ['b'])])), /form a cycle/],
  'a value computed twice': () => [
    modelFile(graph([node('Relu', ['x'], ['y']), node('Neg', ['x'], ['y'])])),
    /y is given or computed twice/,
  ],
  'a sum of very many': () => [modelFile(graph([node('Sum', repeated(300_000, 'x'), ['y'])])), 'read'],
  'a concat of very many': () => [modelFile(graph([node('Concat', repeated(300_000, 'x'), ['y'], attr.int('axis', 0))])), 'read'],
  'a split into very many': () => [
    modelFile(graph([node('Split', ['x'], ['y', ...times(200_000, (i) => `t${i}`)], attr.int('num_outputs', 200_001))])),
    'read',
  ],
  'a long einsum': () => [
    modelFile(graph([node('Einsum', ['x'], ['y'], attr.string('equation', `${'a'.repeat(2 ** 20)}!->a`))])),
    /does not fit an input of rank 2/,
  ],
  'a long einsum output': () => [
    modelFile(graph([node('Einsum', ['x'], ['y'], attr.string('equation', `ab->${'a'.repeat(2 ** 20)}!`))])),
    /does not fit/,
  ],
  'an einsum of very many': () => [
    modelFile(graph([node('Einsum', repeated(100_000, 'x'), ['y'], attr.string('equation', repeated(100_000, 'ab').join()))])),
    'read',
  ],
  'pads beyond all numbers': () => [
    modelFile(graph([node('Pad', ['x', 'p'], ['y'])], { initializer: [ints('p', 2 ** 62, 0, 0, 0)] })),
    'read',
  ],
  'a pool without a stride': () => [
    modelFile(
      graph([node('MaxPool', ['x'], ['y'], attr.ints('kernel_shape', [2]), attr.ints('strides', [0]))], from('float32', [1, 1, 8])),
    ),
    /strides \[0\]/,
  ],
  'an element type that is none': () => [
    modelFile(graph([node('Cast', ['x'], ['y'], attr.int('to', 99))])),
    /Cast \(at Cast_0\): element type 99/,
  ],
  'an opset from the future': () => [modelFile(graph([node('Relu', ['x'], ['y'])]), { opset: 10 ** 6 }), /opset 1000000; opsets 7 to/],
  'attributes of the wrong kind': () => [
    modelFile(graph([node('TopK', ['x'], ['y', 'i'], attr.string('k', 'many'))]), { opset: 9 }),
    /attribute k must be numbers/,
  ],
  'operators without outputs': () => [
    modelFile(
      graph(
        [...['LayerNormalization', 'BatchNormalization', 'TopK', 'Softmax'].map((op) => node(op, ['x'], [])), node('Relu', ['x'], ['y'])],
        {},
      ),
      { opset: 9 },
    ),
    'read',
  ],
  'operators without inputs': () => [modelFile(graph([node('Transpose', [], ['y'])])), /input data is missing/],
  'old operators without inputs': () => [
    modelFile(graph([node('Clip', [], ['y'], attr.float('min', 0))]), { opset: 7 }),
    /input 0 is missing/,
  ],
  'four million and more nodes of nothing': () => [modelFile({ node: repeated(4_100_000, {}) }), /more than 4000000 messages/],
  'four million and more inputs of nothing': () => [
    modelFile({ node: [node('', repeated(4_100_000, ''), [])] }),
    /more than 4000000 messages/,
  ],
  'a message that ends within a number': () => [
    modelFile(graph([node('Relu', ['x'], ['y'])])).subarray(0, 3),
    /malformed|not a readable ONNX file/,
  ],
  'names with line breaks': () => [
    modelFile(graph([{ ...node('Relu', ['nowhere\n\u001b[31m'], ['y']), name: 'a\r\nb' }])),
    /at a b\) reads nowhere \[31m/,
  ],
  'text that is not text': () => [
    modelFile(graph([node('Einsum', ['x'], ['y'], { name: 'equation', s: spanOf(Uint8Array.of(0xff)), type: 3 })])),
    /not UTF-8/,
  ],
};

describe('files made to do harm', () => {
  for (const [what, make] of Object.entries(files)) {
    test(what, () => {
      const [bytes, expected] = make();
      const start = performance.now();
      const result = outcome(bytes);
      expect(performance.now() - start).toBeLessThan(PATIENCE_MS);
      if (expected === 'read') expect(result).toBe('read');
      else expect(() => readModel(memory(bytes))).toThrow(expected);
    });
  }

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'])('the name %s is a name like any other', (name) => {
    expect(() => readModel(memory(modelFile(graph([node(name, ['x'], ['y'])]))))).toThrow(`${name} (at ${name}_0) is not an operator`);
    expect(() => readModel(memory(modelFile(graph([node('Relu', ['x'], ['y'], attr.int(name, 1))]))))).toThrow(`has no attribute ${name}`);
    const custom = modelFile(
      graph([{ ...node(name, ['x'], [name], attr.int(name, 1)), domain: name, name }, node('Relu', [name], ['y'])]),
      { domains: [name] },
    );
    expect(outcome(custom)).toBe('read');
    const { graph: read } = readModel(memory(custom));
    expect(read.nodes[0]!.opType).toBe(`${name}.${name}`);
    expect(Object.keys(read.nodes[0]!.attrs)).toEqual([name]);
    expect(read.nodes[0]!.outputs[0]!.name).toBe(name);
  });

  test('what a graph captures is worked out once', () => {
    const { graph: read } = readModel(memory(modelFile(graph([once(19)], condition))));
    const inner = read.nodes[0]!.attrs['then_branch'] as Graph;
    expect([...captured(inner)].map(({ name }) => name).toSorted()).toEqual(['c', 'x']);
    expect(captured(inner)).toBe(captured(inner));
    expect(specialize(read, {}).graph.nodes).toHaveLength(1);
  });
});
