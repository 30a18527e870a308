import { describe, expect, test } from 'vitest';
import { builder, type Builder } from './builder.js';
import { GraphError } from './error.js';
import type { TensorType, Value } from './graph.js';
import { tensorOf, type Tensor, repeated } from './tensor.js';

const float: TensorType = { dtype: 'float32', shape: [2, 3] };
const start = (): Builder & { readonly x: Value } => {
  const b = builder();
  return { ...b, x: b.input('x', float) };
};

test('what must not compile does not', () => {
  const { op, x } = start();
  const never = (): void => {
    // @ts-expect-error Cast needs `to`
    op.Cast(x);
    // @ts-expect-error Relu has no attributes
    op.Relu(x, { alpha: 1 });
    // @ts-expect-error there is no such operator
    op.Reluu(x);
    // @ts-expect-error axis is a number
    op.Softmax(x, { axis: 'last' });
    // @ts-expect-error Split needs a number of outputs
    op.Split(x);
    // @ts-expect-error Conv has a weight
    op.Conv(x);
    // @ts-expect-error the weight is not optional
    op.Conv(x, undefined);
    // @ts-expect-error Concat needs an axis
    op.Concat(x, x);
    // @ts-expect-error Add takes two
    op.Add(x, x, x);
    // @ts-expect-error a string is no operand
    op.Add(x, 'x');
    // @ts-expect-error perm is a list
    op.Transpose(x, { perm: 1 });
    // @ts-expect-error TopK gives two values
    const one: Value = op.TopK(x, x);
    // @ts-expect-error Relu gives one
    const two: readonly [Value, Value] = op.Relu(x);
    void [one, two];
  };
  expect(never).toBeTypeOf('function');
});

test('what must compile does', () => {
  const { op, x, ints } = start();
  const [values, indices] = op.TopK(x, ints([1]));
  const parts: readonly Value[] = op.Split(x, { axis: 1, num_outputs: 3, outputs: 3 });
  const clipped: Value = op.Clip(x, undefined, 1);
  expect([values, indices, clipped].every((v) => v.type.shape !== undefined)).toBe(true);
  expect(parts).toHaveLength(3);
  expect(op['com.microsoft.Gelu'](x).type).toEqual(float);
});

const dtypeOf = (v: Value): string => v.type.dtype;

describe('numbers among the operands', () => {
  test('take the dtype of the operands under the same type variable', () => {
    const b = builder();
    const half = b.input('h', { dtype: 'float16', shape: [2] });
    const condition = b.input('c', { dtype: 'bool', shape: [2] });
    for (const made of [
      b.op.Add(half, 1),
      b.op.Sub(1, half),
      b.op.Where(condition, half, 0),
      b.op.Where(condition, 0, half),
      b.op.Pow(half, 2),
    ]) {
      expect(dtypeOf(made)).toBe('float16');
      expect(
        b
          .producer(made)!
          .inputs.filter((v) => v !== condition)
          .map((v) => dtypeOf(v!)),
      ).toEqual(['float16', 'float16']);
    }
    const count = b.input('n', { dtype: 'int64', shape: [] });
    expect(dtypeOf(b.op.Mul(count, 2))).toBe('int64');
    expect(b.producer(b.op.TopK(half, 1)[0])!.inputs[1]!.type.dtype).toBe('int64');
  });

  test('are shared', () => {
    const { op, x, producer, ints, scalar } = start();
    expect(producer(op.Add(x, 1))!.inputs[1]).toBe(producer(op.Mul(x, 1))!.inputs[1]);
    expect(ints([1, 2])).toBe(ints([1, 2]));
    expect(scalar(0, 'float32')).not.toBe(scalar(-0, 'float32'));
    expect(scalar(0, 'float32')).not.toBe(scalar(0, 'float64'));
  });

  test('need something that tells their dtype', () => {
    const { op, input } = builder();
    expect(() => op.Add(1, 2)).toThrow(new GraphError('unsupported-type', 'Add: nothing tells the dtype of operand 0'));
    expect(() => op.Add(input('s', { dtype: 'unknown', shape: undefined }), 2)).toThrow(GraphError);
  });
});

describe('names', () => {
  test('nodes and values have names apart, each given once', () => {
    const { op, x, producer, within } = start();
    const made = [op.Relu(x), op.Relu(x), within('a/', () => op.Relu(x)), within('a/', () => op.Relu(x))];
    expect(made.map(({ name }) => name)).toEqual(['Relu', 'Relu_1', 'a/Relu', 'a/Relu_1']);
    expect(made.map((v) => producer(v)!.name)).toEqual(['Relu', 'Relu_1', 'a/Relu', 'a/Relu_1']);
    const [y, z] = op.TopK(x, 1);
    expect([y.name, z.name]).toEqual(['TopK', 'TopK.1']);
  });

  test('a scope ends where an error leaves it', () => {
    const { op, x, within } = start();
    expect(() => within('a/', () => op.Reshape(x, 7))).toThrow(GraphError);
    expect(op.Relu(x).name).toBe('Relu');
  });
});

describe('build', () => {
  test('keeps what the outputs need', () => {
    const b = builder();
    const [x, y] = [b.input('x', float), b.input('y', float)];
    const w = b.initializer(tensorOf('float32', [3], [1, 2, 3]), 'w');
    const unused = b.op.Add(b.op.Relu(y), w);
    const graph = b.build([b.op.Neg(x)]);
    expect(graph.nodes.map(({ opType }) => opType)).toEqual(['Neg']);
    expect(graph.inputs).toEqual([x]);
    expect(graph.initializers.size).toBe(0);
    expect(b.build([unused], [x, y]).inputs).toEqual([x, y]);
    expect([...b.build([unused]).initializers.keys()]).toEqual([w]);
  });

  test('leaves the graph it started from as it was', () => {
    const first = builder();
    const base = first.build([first.op.Relu(first.input('x', float))]);
    const nodes = [...base.nodes];
    const b = builder(base);
    const graph = b.build([b.op.Relu(base.outputs[0]!)]);
    expect(base.nodes).toEqual(nodes);
    expect(graph.nodes[0]).toBe(base.nodes[0]);
    expect(graph.outputs[0]!.name).toBe('Relu_1');
  });
});

describe('errors name operator and node', () => {
  const { op, x, node } = start();
  test.each([
    ['shapes that do not fit', () => op.MatMul(x, x), 'MatMul (at MatMul): [2,3] times [2,3]: inner extents 3 and 2 differ'],
    [
      'an operator without inference',
      () => node('SequenceLength', [x]),
      'SequenceLength (at SequenceLength): has no row in the inference table',
    ],
    ['an operator that is none', () => node('constructor', [x]), 'constructor (at constructor): has no row'],
    ['a type that does not fit', () => op.Not(x), 'Not (at Not): input X is float32, not bool'],
    [
      'an untyped call of no operator',
      () => (op as unknown as { Reluu: (x: Value) => Value }).Reluu(x),
      'Reluu is not an operator of the schema',
    ],
    ['too many operands', () => node('Relu', [x, x]), 'Relu (at Relu): takes 1 inputs, got 2'],
    ['a missing operand', () => node('MatMul', [x]), 'MatMul (at MatMul_2): input B is missing'],
    ['too many outputs', () => node('Relu', [x], {}, 2), 'Relu (at Relu_2): has 1 outputs, not 2'],
  ])('%s', (_, make, why) => {
    expect(make).toThrow(why);
    expect(make).toThrow(GraphError);
  });
});

test('small constants are known, large ones and strings are not', () => {
  const b = builder();
  const known = (tensor: Tensor): readonly unknown[] | undefined => b.initializer(tensor).known?.values;
  expect(known(tensorOf('int64', [2], [3, -1]))).toEqual([3, -1]);
  expect(known(tensorOf('bool', [2], [1, 0]))).toEqual([1, 0]);
  expect(known(tensorOf('float16', [1], [0.5]))).toEqual([0.5]);
  expect(known(tensorOf('int32', [5000], repeated(5000, 1)))).toBeUndefined();
  expect(known(tensorOf('float32', [100], repeated(100, 1)))).toBeUndefined();
  expect(known({ dtype: 'string', dims: [1], data: ['a'] })).toBeUndefined();
  expect(known({ dtype: 'int64', dims: [1], data: BigInt64Array.of(2n ** 53n + 1n) })).toBeUndefined();
  expect(known({ dtype: 'int64', dims: [1], data: BigInt64Array.of(2n ** 63n - 1n) })).toEqual([2 ** 63]);
  expect(b.initializer({ type: { dtype: 'int32', shape: [1] }, at: { bytes: Uint8Array.of(5, 0, 0, 0) } }).known?.values).toEqual([5]);
});
