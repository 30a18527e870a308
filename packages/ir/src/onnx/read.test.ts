import { parse } from 'protobufjs';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Graph, Node, Weight } from '../graph.js';
import { attr, constant, info, modelFile, node } from '../testing/models.js';
import { feed, graph, read, same, x } from '../testing/small.js';
import { byteLength, dtypes, tensorOf, type DType, type Tensor } from '../tensor.js';
import { textSpan } from './attributes.js';
import { encode, joinedBytes } from './encode.js';
import { modelFields, type GraphProto, type NodeProto, type TensorProto } from './proto.js';
import { readModel } from './read.js';
import { memory, spanOf } from './source.js';
import { tensorFromFile } from './tensor.js';
import { writeModel } from './write.js';

describe('tensors', () => {
  const root = parse(readFileSync(new URL('../../testdata/onnx.proto', import.meta.url), 'utf8'), { keepCase: true }).root;
  const Proto = root.lookupType('onnx.TensorProto');
  const written = (fields: object): Tensor => tensorFromFile(memory(Proto.encode(Proto.fromObject(fields)).finish()));
  const numeric = Object.entries(dtypes).filter(([name]) => name !== 'string') as readonly (readonly [DType, (typeof dtypes)[DType]])[];

  test.each(numeric)('%s from raw bytes', (dtype, { code }) => {
    const raw_data = Uint8Array.from({ length: byteLength(dtype, 6) }, (_, i) => i);
    const tensor = written({ dims: [2, 3], data_type: code, raw_data });
    expect(tensor).toMatchObject({ dtype, dims: [2, 3] });
    const { buffer, byteOffset, byteLength: length } = tensor.data as Uint8Array;
    expect([...new Uint8Array(buffer, byteOffset, length)]).toEqual([...raw_data]);
  });

  test.each([
    ['float32', { float_data: [1.5, -2] }, [1.5, -2]],
    ['float64', { double_data: [1e300, -2] }, [1e300, -2]],
    ['complex64', { float_data: [1, 2, 3, 4] }, [1, 2, 3, 4]],
    ['complex128', { double_data: [1, 2, 3, 4] }, [1, 2, 3, 4]],
    ['int8', { int32_data: [-128, 127] }, [-128, 127]],
    ['uint8', { int32_data: [0, 255] }, [0, 255]],
    ['int16', { int32_data: [-32768, 5] }, [-32768, 5]],
    ['uint16', { int32_data: [65535, 5] }, [65535, 5]],
    ['int32', { int32_data: [-(2 ** 31), 2 ** 31 - 1] }, [-(2 ** 31), 2 ** 31 - 1]],
    ['bool', { int32_data: [1, 0] }, [1, 0]],
    ['float16', { int32_data: [0x3c00, 0xc000] }, [0x3c00, 0xc000]],
    ['bfloat16', { int32_data: [0x3f80, 0xffff] }, [0x3f80, 0xffff]],
    ['float8e4m3fn', { int32_data: [0x7f, 1] }, [0x7f, 1]],
    ['uint32', { uint64_data: [2 ** 32 - 1, 1] }, [2 ** 32 - 1, 1]],
    ['int64', { int64_data: ['-9223372036854775808', '9223372036854775807'] }, [-(2n ** 63n), 2n ** 63n - 1n]],
    ['uint64', { uint64_data: ['18446744073709551615', '1'] }, [2n ** 64n - 1n, 1n]],
    ['int4', { int32_data: [0x21], dims: [2] }, [0x21]],
    ['string', { string_data: [Buffer.from('a'), Buffer.from('\ufeffé')] }, ['a', '\ufeffé']],
  ] as const)('%s from its list', (dtype, fields, values) => {
    const tensor = written({ dims: [2], data_type: dtypes[dtype].code, ...fields });
    expect(tensor.dtype).toBe(dtype);
    expect([...(tensor.data as Iterable<unknown>)]).toEqual(values);
  });

  test('one element at a time, as very old writers did', () => {
    const elements = [
      [40, 1],
      [40, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
    ].flat();
    expect([...(tensorFromFile(memory(Uint8Array.from([8, 2, 16, 3, ...elements]))).data as Int8Array)]).toEqual([1, -1]);
    expect([...(tensorFromFile(memory(Uint8Array.from([8, 2, 16, 1, 37, 0, 0, 128, 63, 37, 0, 0, 0, 64]))).data as Float32Array)]).toEqual([
      1, 2,
    ]);
  });

  test.each([
    ['too few elements', { dims: [3], data_type: 1, float_data: [1] }, 'tensor a constant: float32 [3] takes 12 bytes, the file gives 4'],
    ['too few integers', { dims: [3], data_type: 6, int32_data: [1] }, 'tensor a constant: int32 [3] has 3 elements, the file gives 0'],
    [
      'too many integers',
      { dims: [1], data_type: 7, int64_data: [1, 2], name: 'w' },
      'tensor w: int64 [1] has 1 elements, the file gives 2',
    ],
    ['a negative extent', { dims: [-1], data_type: 1 }, '[-1] is not a shape'],
    ['an element type of the future', { dims: [], data_type: 99 }, 'element type 99 is not one that ONNX defines'],
    ['strings as bytes', { dims: [1], data_type: 8, raw_data: [1] }, 'strings cannot lie in raw bytes'],
    [
      'data elsewhere',
      { dims: [1], data_type: 1, data_location: 1, external_data: [{ key: 'location', value: 'w' }], name: 'w' },
      'tensor w: data in the file w cannot be reached from here',
    ],
    ['data nowhere', { dims: [1], data_type: 1, data_location: 1, name: 'w' }, 'tensor w: says its data is external but not in which file'],
  ])('%s is refused', (_, fields, why) => {
    expect(() => written(fields)).toThrow(why);
  });
});

describe('constants become initializers', () => {
  const { float, floats, ints, int, string, tensor } = attr;
  const strings = { name: 'value_strings', strings: [textSpan('a'), textSpan('b')], type: 8 };
  test.each([
    ['value', tensor('value', constant('', 'float16', [2], [1, 2])), 'float16', [2], undefined],
    ['value_int', int('value_int', 2n ** 62n), 'int64', [], [2n ** 62n]],
    ['value_ints', ints('value_ints', [1, -(2n ** 63n)]), 'int64', [2], [1n, -(2n ** 63n)]],
    ['value_float', float('value_float', 0.5), 'float32', [], [0.5]],
    ['value_floats', floats('value_floats', [1, 2]), 'float32', [2], [1, 2]],
    ['value_string', string('value_string', 'é'), 'string', [], ['é']],
    ['value_strings', strings, 'string', [2], ['a', 'b']],
  ] as const)('%s', (_, attribute, dtype, shape, values) => {
    const { initializers, outputs, nodes } = read(modelFile(graph([node('Constant', [], ['y'], attribute)])));
    expect(nodes).toEqual([]);
    expect(outputs[0]).toMatchObject({ name: 'y', type: { dtype, shape } });
    if (values !== undefined) expect([...((initializers.get(outputs[0]!) as Tensor).data as Iterable<unknown>)]).toEqual(values);
  });

  test('of any size, without their bytes being copied', () => {
    const large: TensorProto = { dims: [2, 500_000], data_type: 1, raw_data: spanOf(new Uint8Array(4_000_000)) };
    const file = modelFile(graph([node('Constant', [], ['w'], attr.tensor('value', large)), node('Identity', ['w'], ['y'])]));
    const [weight] = [...read(file).initializers.values()] as Weight[];
    expect('bytes' in weight!.at && weight!.at.bytes.buffer).toBe(file.buffer);
  });

  test('that hold nothing are refused', () => {
    expect(() => read(modelFile(graph([node('Constant', [], ['y'])])))).toThrow('Constant (at y) holds nothing');
  });

  test('sparse ones are written out', async () => {
    const sparse = { values: constant('w', 'float32', [2], [5, 7]), indices: constant('', 'int64', [2], [1, 5]), dims: [2, 3] };
    const pairs = { values: constant('w', 'float32', [2], [5, 7]), indices: constant('', 'int64', [2, 2], [0, 1, 1, 2]), dims: [2, 3] };
    for (const one of [sparse, pairs]) {
      const file = modelFile(graph([node('Add', ['x', 'w'], ['y'])], { sparse_initializer: [one] }));
      const [tensor] = [...read(file).initializers.values()] as Tensor[];
      expect([...(tensor!.data as Float32Array)]).toEqual([0, 5, 0, 0, 0, 7]);
      await same(file, feed(2, 3));
    }
    const outside = { ...sparse, indices: constant('', 'int64', [2], [1, 6]) };
    expect(() => read(modelFile(graph([node('Add', ['x', 'w'], ['y'])], { sparse_initializer: [outside] })))).toThrow(
      'tensor w: a sparse index lies outside [2,3]',
    );
  });
});

const branch = (op: string): GraphProto => ({
  name: op,
  output: [info('y')],
  node: [node(op, ['x'], ['t']), node('Relu', ['t'], ['y'])],
});

describe('names', () => {
  test('of nodes may be those of values', () => {
    const file = modelFile(
      graph([
        { ...node('Relu', ['x'], ['t']), name: 't' },
        { ...node('Neg', ['t'], ['y']), name: 'y' },
      ]),
    );
    const { nodes, outputs } = read(file);
    expect(nodes.map(({ name, outputs: [v] }) => [name, v!.name])).toEqual([
      ['t', 't'],
      ['y', 'y'],
    ]);
    expect(outputs[0]!.name).toBe('y');
  });

  test('that the file gives are never taken by what upgrading adds', () => {
    const taken = ['Flatten', 'Softmax', 'Shape', 'Softmax_0/Flatten', 'Softmax_0/Shape', 'Softmax_0'];
    const file = modelFile(
      {
        input: [x(2, 3, 4)],
        output: taken.map((name) => info(name)),
        node: [node('Softmax', ['x'], ['s'], attr.int('axis', 1)), ...taken.map((name) => ({ ...node('Relu', ['s'], [name]), name }))],
      },
      { opset: 11 },
    );
    expect(read(file).outputs.map(({ name }) => name)).toEqual(taken);
  });

  test('in graphs may hide those around', async () => {
    const file = modelFile(
      graph([node('If', ['c'], ['y'], attr.graph('then_branch', branch('Neg')), attr.graph('else_branch', branch('Exp')))], {
        input: [x(2, 3), info('c', 'bool', [])],
      }),
    );
    await same(file, feed(2, 3), tensorOf('bool', [], [1]));
    expect(readModel(memory(joinedBytes(writeModel(read(file))))).graph.outputs[0]!.name).toBe('y');
  });
});

describe('a model', () => {
  test('keeps domains, attributes, graphs and metadata that nobody knows', () => {
    const inner: GraphProto = { name: 'inner', output: [info('z')], node: [node('Relu', ['x'], ['z'])] };
    const sparse = { name: 'odd', type: 11, sparse_tensor: spanOf(Uint8Array.of(26, 1, 5)) };
    const custom: NodeProto = {
      ...node(
        'Odd',
        ['x', ''],
        ['', 'y'],
        attr.int('n', 5),
        attr.floats('f', [0.5]),
        attr.string('s', 'é'),
        attr.graph('g', inner),
        sparse,
      ),
      domain: 'my.domain',
      name: 'odd',
    };
    const proto = {
      ir_version: 9,
      producer_name: 'p',
      producer_version: '1',
      graph: graph([custom]),
      opset_import: [{ version: 17 }, { domain: 'my.domain', version: 3 }],
      metadata_props: [{ key: '__proto__', value: 'v' }],
    };
    const file = joinedBytes(encode(modelFields, proto));
    const model = readModel(memory(file));
    expect(model).toMatchObject({
      opset: 17,
      irVersion: 9,
      producer: 'p 1',
      domains: new Map([['my.domain', 3]]),
      metadata: new Map([['__proto__', 'v']]),
    });
    // The file says of its output what no inference could.
    expect(model.graph.outputs[0]!.type).toEqual({ dtype: 'float32', shape: undefined });
    const again = readModel(memory(joinedBytes(writeModel(model.graph, model))));
    expect(again.domains).toEqual(model.domains);
    expect(again.metadata).toEqual(model.metadata);
    const [odd] = again.graph.nodes as readonly [Node];
    expect(odd).toMatchObject({ opType: 'my.domain.Odd', name: 'odd' });
    expect(odd.outputs.map((v) => v?.name)).toEqual([undefined, 'y']);
    expect(Object.keys(odd.attrs)).toEqual(['f', 'g', 'n', 'odd', 's']);
    const { g, ...rest } = model.graph.nodes[0]!.attrs;
    expect(odd.attrs).toMatchObject(rest);
    expect((odd.attrs['g'] as Graph).nodes[0]!.inputs[0]).toBe(again.graph.inputs[0]);
    expect(g).toBeDefined();
  });

  test('of IR version 3 lists its initializers among the inputs', () => {
    const file = modelFile(
      graph([node('Add', ['x', 'w'], ['y'])], {
        input: [x(2, 3), info('w', 'float32', [3])],
        initializer: [constant('w', 'float32', [3], [1, 2, 3])],
      }),
      { opset: 7 },
    );
    expect(read(file).inputs.map(({ name }) => name)).toEqual(['x']);
  });

  test('tells types that inference cannot', () => {
    const custom: NodeProto = { ...node('Odd', ['x'], ['t']), domain: 'd' };
    const file = modelFile(graph([custom, node('Relu', ['t'], ['y'])], { value_info: [info('t', 'float32', ['N', 7])] }), {
      domains: ['d'],
    });
    expect(read(file).outputs[0]!.type).toEqual({ dtype: 'float32', shape: ['N', 7] });
  });

  test('does not take two nameless extents for one', () => {
    const two = read(modelFile({ input: [info('x', 'float32', ['?', '?'])], output: [info('y')], node: [node('Relu', ['x'], ['y'])] }));
    const [a, b] = two.inputs[0]!.type.shape!;
    expect(a).not.toBe(b);
  });

  test.each([
    ['an empty file', new Uint8Array(), 'the file is empty'],
    ['a zip archive', Buffer.from('PK\x03\x04…'), 'a zip archive'],
    ['a pickle', Uint8Array.of(0x80, 2, 1), 'a Python pickle'],
    ['an HDF5 file', Buffer.from('\x89HDF\r\n', 'latin1'), 'an HDF5 file'],
    ['a TFLite model', Buffer.from('\x1c\0\0\0TFL3'), 'a TensorFlow Lite model'],
    ['an array', Buffer.from('\x93NUMPY', 'latin1'), 'a NumPy array'],
    ['a page', Buffer.from('<!doctype html>'), 'a text file'],
    ['JSON', Buffer.from('{"a":1}'), 'a text file'],
    ['a Git LFS pointer', Buffer.from('version https://git-lfs.github.com/spec/v1'), 'a Git LFS pointer'],
    ['no graph', joinedBytes(encode(modelFields, { ir_version: 8 })), 'the file holds no graph'],
    ['an old IR', joinedBytes(encode(modelFields, { ir_version: 2, graph: {} })), 'IR version 2; versions 3 and later'],
    ['no opset', joinedBytes(encode(modelFields, { ir_version: 3, graph: {} })), 'written in opset 1'],
    ['an old opset', modelFile(graph([]), { opset: 6 }), 'opset 6; opsets 7 to 28 are read: export it again with a newer opset'],
    ['a negative opset', modelFile(graph([]), { opset: -1 }), '-1 is not an opset'],
    ['an output of nothing', modelFile(graph([])), 'output y is computed by no node'],
    ['an input twice', modelFile(graph([], { input: [x(1), x(1)] })), 'x is given or computed twice'],
    ['an input without a name', modelFile(graph([], { input: [info('')] })), 'an input has no name'],
    ['a required attribute missing', modelFile(graph([node('Cast', ['x'], ['y'])])), 'Cast (at Cast_0): attribute to is missing'],
    [
      'an attribute of the wrong kind',
      modelFile(graph([node('Softmax', ['x'], ['y'], attr.string('axis', '1'))])),
      'Softmax (at Softmax_0): attribute axis must be of type int',
    ],
    [
      'integers that are not',
      modelFile(graph([node('Transpose', ['x'], ['y'], attr.floats('perm', [0.5, 1]))])),
      'attribute perm must be of type ints',
    ],
    [
      'an operator name with a dot',
      modelFile(graph([node('com.microsoft.Gelu', ['x'], ['y'])])),
      "has the operator name 'com.microsoft.Gelu'",
    ],
  ])('%s is refused in one sentence', (_, file, why) => {
    expect(() => readModel(memory(file))).toThrow(why);
  });
});

test('a constant that stays in a file is read when its content matters', () => {
  const bytes = Buffer.from(BigInt64Array.of(3n, -1n).buffer);
  const external: TensorProto = { name: 's', dims: [2], data_type: 7, data_location: 1, external_data: [{ key: 'location', value: 'w' }] };
  const file = modelFile(graph([node('Reshape', ['x', 's'], ['y'])], { initializer: [external] }));
  const source = { ...memory(bytes), file: '/models/w' };
  const { graph: g } = readModel(memory(file), {
    locate: () => source,
    read: (_, offset, length) => bytes.subarray(offset, offset + length),
  });
  expect(g.outputs[0]!.type.shape).toEqual([3, 2]);
  const [shape] = [...g.initializers.values()];
  expect(shape).toEqual({ dtype: 'int64', dims: [2], data: BigInt64Array.of(3n, -1n) });
});
