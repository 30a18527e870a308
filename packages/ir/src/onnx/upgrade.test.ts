import { describe, expect, test } from 'vitest';
import { check } from '../testing/cases.js';
import { randomFrom } from '../testing/fuzz.js';
import { attr, constant, info, modelFile, node } from '../testing/models.js';
import { sizeOf, tensorOf, type Tensor } from '../tensor.js';
import type { AttributeProto, GraphProto, TensorProto } from './proto.js';
import { readModel } from './read.js';
import { memory } from './source.js';
import { steps } from './steps.js';

interface Sample {
  readonly op: string;
  readonly opset: number;
  readonly attrs?: readonly AttributeProto[];
  /** Shape of the float32 input `x`. */
  readonly x?: readonly number[];
  /** Says nothing of the rank of `x` in the file. */
  readonly rankless?: boolean;
  readonly constants?: readonly TensorProto[];
  /** Further float32 inputs of the model. */
  readonly inputs?: { readonly [name: string]: readonly number[] };
  readonly outputs?: readonly string[];
}

const { int, ints, float, floats, string } = attr;
const int64s = (name: string, ...values: readonly number[]): TensorProto => constant(name, 'int64', [values.length], values);
const scales = (...values: readonly number[]): TensorProto => constant('scales', 'float32', [values.length], values);
const vector = (name: string, ...values: readonly number[]): TensorProto => constant(name, 'float32', [values.length], values);
const on = (op: string, opset: number, rest: Omit<Sample, 'op' | 'opset'> = {}): Sample => ({ op, opset, ...rest });
const image = [1, 2, 5, 6];

const reductions = ['L1', 'L2', 'LogSum', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'Sum', 'SumSquare'].flatMap((name) => [
  on(`Reduce${name}`, 11, { attrs: [ints('axes', [-1, 0])] }),
  on(`Reduce${name}`, 9, { attrs: [ints('axes', [1]), int('keepdims', 0)] }),
  on(`Reduce${name}`, name === 'Sum' ? 12 : 17),
]);
const flattening = ['Softmax', 'LogSoftmax', 'Hardmax'].flatMap((op) => [
  on(op, 9),
  on(op, 7, { attrs: [int('axis', 0)] }),
  on(op, 12, { attrs: [int('axis', -1)] }),
  on(op, 11, { attrs: [int('axis', -2)] }),
  on(op, 10, { attrs: [int('axis', 2)] }),
  on(op, 11, { attrs: [int('axis', 1)], rankless: true }),
]);

/** Old ways to say what one operator does; ONNX Runtime runs the old file and the new one. */
const samples: readonly Sample[] = [
  ...reductions,
  ...flattening,
  ...[7, 9, 13].map((opset) =>
    on('BatchNormalization', opset, {
      x: image,
      constants: [vector('s', 1, 2), vector('b', 0.5, -1), vector('m', 0, 0.1), vector('v', 1, 2)],
      attrs: [float('epsilon', 0.01)],
    }),
  ),
  on('BatchNormalization', 7, {
    x: image,
    constants: [vector('s', 1, 2), vector('b', 0.5, -1), vector('m', 0, 0.1), vector('v', 1, 2)],
    attrs: [int('spatial', 1)],
  }),
  on('Clip', 6 + 1, { attrs: [float('min', -0.5), float('max', 0.5)] }),
  on('Clip', 10, { attrs: [float('max', 0.25)] }),
  on('Clip', 10, { attrs: [float('min', 0.25)] }),
  on('Clip', 9),
  on('DFT', 17, { x: [1, 8, 3, 1], attrs: [int('axis', 2)] }),
  on('DFT', 17, { x: [1, 8, 1], attrs: [int('onesided', 1)] }),
  on('DFT', 18, { x: [1, 8, 2], constants: [constant('n', 'int64', [], [5])], attrs: [int('inverse', 1)] }),
  on('Dropout', 7, { attrs: [float('ratio', 0.3)] }),
  on('Dropout', 7, { outputs: ['y', 'mask'] }),
  on('Dropout', 10, { outputs: ['y', 'mask'] }),
  ...['bilinear', 'nearest', 'bicubic'].map((mode) =>
    on('GridSample', 16, { x: image, inputs: { grid: [1, 3, 4, 2] }, attrs: [string('mode', mode)] }),
  ),
  on('GridSample', 19, { x: image, inputs: { grid: [1, 3, 4, 2] }, attrs: [int('align_corners', 1), string('padding_mode', 'border')] }),
  on('GroupNormalization', 18, { x: [2, 4, 3], constants: [vector('s', 1, 2), vector('b', 0.5, -1)], attrs: [int('num_groups', 2)] }),
  on('Pad', 7, { attrs: [ints('pads', [0, 1, 2, 0, 0, 1]), float('value', 0.5)] }),
  on('Pad', 10, { attrs: [ints('pads', [0, 1, 2, 0, 0, -1]), string('mode', 'edge')] }),
  on('Pad', 2 + 6, { attrs: [ints('pads', [0, 1, 1, 0, 0, 1]), string('mode', 'reflect')] }),
  on('Resize', 10, { x: image, constants: [scales(1, 1, 2, 3)] }),
  on('Resize', 10, { x: image, constants: [scales(1, 1, 0.5, 0.4)] }),
  on('Resize', 10, { x: image, constants: [scales(1, 1, 0.6, 2)] }),
  on('Resize', 10, { x: image, constants: [scales(1, 1, 0.6, 2)], attrs: [string('mode', 'linear')] }),
  on('Resize', 11, { x: image, constants: [vector('roi'), scales(1, 1, 0.6, 2)] }),
  on('Resize', 12, {
    x: image,
    constants: [vector('roi'), vector('none'), int64s('sizes', 1, 2, 7, 3)],
    attrs: [string('mode', 'linear'), string('coordinate_transformation_mode', 'align_corners')],
  }),
  on('Resize', 12, {
    x: image,
    constants: [vector('roi', 0, 0, 0.2, 0.2, 1, 1, 0.8, 0.9), scales(1, 1, 2, 2)],
    attrs: [string('coordinate_transformation_mode', 'tf_crop_and_resize'), string('mode', 'linear')],
  }),
  on('RoiAlign', 10, {
    x: image,
    constants: [constant('rois', 'float32', [2, 4], [0, 0, 3, 3, 1, 1, 4, 4]), int64s('i', 0, 0)],
    attrs: [int('output_height', 2), int('output_width', 2)],
  }),
  on('Scatter', 9, {
    constants: [constant('i', 'int64', [1, 2, 4], [0, 1, 2, 0, 1, 0, 2, 1])],
    inputs: { updates: [1, 2, 4] },
    attrs: [int('axis', 1)],
  }),
  on('Slice', 7, { attrs: [ints('starts', [1, -3]), ints('ends', [3, 2n ** 31n - 1n]), ints('axes', [1, 2])] }),
  on('Slice', 9, { attrs: [ints('starts', [0, 1]), ints('ends', [2, 2n ** 63n - 1n])] }),
  on('Slice', 9, { attrs: [ints('starts', [-100]), ints('ends', [-1]), ints('axes', [2])] }),
  on('Split', 11, { attrs: [ints('split', [1, 3]), int('axis', 2)], outputs: ['y', 'z'] }),
  on('Split', 7, { attrs: [int('axis', 2)], outputs: ['y', 'z'] }),
  on('Split', 13, { constants: [int64s('sizes', 3, 1)], attrs: [int('axis', -1)], outputs: ['y', 'z'] }),
  on('Split', 13, { attrs: [int('axis', -1)], outputs: ['y', 'z'] }),
  on('Squeeze', 7, { x: [1, 3, 1], attrs: [ints('axes', [0])] }),
  on('Squeeze', 12, { x: [1, 3, 1] }),
  on('Squeeze', 11, { x: [1, 3, 1], attrs: [ints('axes', [-1])] }),
  on('TopK', 7, { attrs: [int('k', 2)], outputs: ['y', 'i'] }),
  on('TopK', 9, { attrs: [int('k', 1), int('axis', 0)], outputs: ['y', 'i'] }),
  on('Unsqueeze', 7, { attrs: [ints('axes', [0, 2])] }),
  on('Unsqueeze', 12, { attrs: [ints('axes', [-1])] }),
  on('Upsample', 7, { x: image, attrs: [floats('scales', [1, 1, 2, 3])] }),
  on('Upsample', 7, { x: image, attrs: [floats('scales', [1, 1, 2.5, 1.5]), string('mode', 'linear')] }),
  on('Upsample', 9, { x: image, constants: [scales(1, 1, 1.6, 2.3)] }),
];

const feed = (dims: readonly number[], seed: number): Tensor => {
  const random = randomFrom(seed);
  return tensorOf(
    'float32',
    dims,
    Array.from({ length: sizeOf(dims) }, () => 2 * random() - 1),
  );
};

function fileOf({
  op,
  opset,
  attrs = [],
  x = [2, 3, 4],
  rankless = false,
  constants = [],
  inputs = {},
  outputs = ['y'],
}: Sample): Uint8Array {
  const others = Object.keys(inputs);
  const operands = ['x', ...constants.map(({ name }) => name!), ...others];
  const graph: GraphProto = {
    input: [info('x', 'float32', rankless ? undefined : x), ...others.map((name) => info(name, 'float32', inputs[name]))],
    output: outputs.map((name) => ({ name })),
    initializer: constants,
    node: [{ ...node(op, operands, outputs, ...attrs), name: 'old' }],
  };
  return modelFile(graph, { opset });
}

const describeSample = ({ op, opset, attrs = [], constants = [], outputs = [], rankless }: Sample): string =>
  `${op} ${opset} ${[...attrs, ...constants].map(({ name }) => name).join(' ')}${outputs.length > 1 ? ` → ${outputs.join()}` : ''}${rankless ? ' of unknown rank' : ''}`;

describe('an old file and the same model upgraded compute the same', () => {
  test.each(samples.map((sample) => [describeSample(sample), sample] as const))('%s', async (_, sample) => {
    const tensors = [feed(sample.x ?? [2, 3, 4], 1), ...Object.values(sample.inputs ?? {}).map((dims, i) => feed(dims, 2 + i))];
    expect(await check({ name: sample.op, model: fileOf(sample), inputs: () => tensors })).toMatchObject({ kind: 'unchanged', why: '' });
  });

  test('every step has a sample, or refuses', () => {
    const refusing = new Set(['Scan 9', 'Resize 13']);
    const missing = Object.entries(steps).flatMap(([op, list]) =>
      list.flatMap(([before]) =>
        samples.some((s) => s.op === op && s.opset < before) || refusing.has(`${op} ${before}`) ? [] : [`${op} before ${before}`],
      ),
    );
    expect(missing).toEqual([]);
  });

  test('Resize by scales that only running tells takes two steps', async () => {
    const graph: GraphProto = {
      input: [info('x', 'float32', image), info('s', 'float32', [4])],
      output: [{ name: 'y' }],
      node: [node('Resize', ['x', 's'], ['y'])],
    };
    for (const by of [
      [1, 1, 0.5, 2],
      [1, 1, 3, 2],
      [1, 1, 0.4, 0.3],
    ])
      expect(
        await check({ name: '', model: modelFile(graph, { opset: 10 }), inputs: () => [feed(image, 1), tensorOf('float32', [4], by)] }),
      ).toMatchObject({ kind: 'unchanged', why: '' });
  });
});

test.each([
  [
    'spatial = 0',
    on('BatchNormalization', 8, {
      x: [1, 2, 2],
      constants: [vector('s', 1, 2), vector('b', 0, 0), vector('m', 0, 0), vector('v', 1, 1)],
      attrs: [int('spatial', 0)],
    }),
  ],
  [
    'tf_half_pixel_for_nn',
    on('Resize', 11, {
      x: image,
      constants: [vector('roi'), scales(1, 1, 2, 2)],
      attrs: [string('coordinate_transformation_mode', 'tf_half_pixel_for_nn')],
    }),
  ],
  ['batched Scan', on('Scan', 8, { attrs: [int('num_scan_inputs', 1), attr.graph('body', { input: [info('a')], output: [info('a')] })] })],
])('what has no newer form is refused: %s', (why, sample) => {
  expect(() => readModel(memory(fileOf(sample)))).toThrow(why);
  expect(() => readModel(memory(fileOf(sample)))).toThrow(`${sample.op} (at old): `);
});

test('statistics that a BatchNormalization of old gives beside its output are left out', () => {
  const parameters = [vector('s', 1, 2), vector('b', 0, 0), vector('m', 0, 0), vector('v', 1, 1)];
  const { graph } = readModel(memory(fileOf(on('BatchNormalization', 9, { x: [1, 2, 2], constants: parameters }))));
  const file = fileOf(on('BatchNormalization', 9, { x: [1, 2, 2], constants: parameters, outputs: ['y', 'mean', 'var'] }));
  expect(graph.nodes[0]!.outputs).toHaveLength(1);
  expect(() => readModel(memory(file))).toThrow('output mean is computed by no node');
});

const reading = (bytes: Uint8Array) => () => readModel(memory(bytes));

const file = (
  op: string,
  inputs: readonly string[],
  dtype: 'float32' | 'float16' | 'int32',
  opset: number,
  ...attrs: readonly AttributeProto[]
): Uint8Array =>
  modelFile(
    { input: inputs.map((name) => info(name, dtype, [2])), output: [{ name: 'y' }], node: [node(op, inputs, ['y'], ...attrs)] },
    { opset },
  );

describe('newer files', () => {
  test('are read when every operator says what it said', () => {
    expect(readModel(memory(file('Add', ['a', 'b'], 'float32', 26))).graph.nodes[0]!.opType).toBe('Add');
    expect(readModel(memory(file('Mod', ['a', 'b'], 'int32', 28))).opset).toBe(28);
  });

  test('are refused when an operator is new, changed or unknown', () => {
    expect(reading(file('Swish', ['a'], 'float32', 24))).toThrow('Swish (at Swish_0) is not an operator that ONNX defines up to opset 23');
    expect(reading(file('Cast', ['a'], 'float32', 24, int('to', 1), string('round_mode', 'down')))).toThrow(
      'Cast (at Cast_0): has no attribute round_mode',
    );
    expect(reading(file('Mod', ['a', 'b'], 'float32', 28))).toThrow('Mod (at Mod_0): takes float32 only since opset 28');
    expect(reading(file('BitShift', ['a', 'b'], 'int32', 28, string('direction', 'LEFT')))).toThrow(
      'BitShift (at BitShift_0): takes int32',
    );
    expect(reading(file('Relu', ['a'], 'float32', 29))).toThrow(
      'the model is written in opset 29; opsets 7 to 28 are read: export it again with opset 23',
    );
  });
});
