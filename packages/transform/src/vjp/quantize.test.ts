import { dtypes, numbers, tensorOf, type Builder, type OpType, type Value } from '@vitrine/ir';
import { describe, expect, test } from 'vitest';
import { ruleState } from '../coverage.js';
import { straightThrough } from '../straightThrough.js';
import type { Form } from '../testing/form.js';
import { forms } from '../testing/forms/index.js';
import { gradientOf, graphOf } from '../testing/gradient.js';
import { build, written } from '../testing/gradcheck.js';
import { random, seedOf } from '../testing/random.js';
import { quantized } from './quantized.js';

const float = (dims: readonly number[], values: readonly number[]) => tensorOf('float32', dims, values);
const SCALE = 0.25;

test.each([
  ['int8', [-200, -128.4, -128, 0.3, 127, 127.4, 128], [0, 1, 1, 1, 1, 1, 0]],
  ['uint8', [-0.6, -0.4, 0, 255, 255.4, 256], [0, 1, 1, 1, 1, 0]],
  ['int4', [-9, -8, 7, 8], [0, 1, 1, 0]],
  ['uint16', [-1, 0, 65535, 65536], [0, 1, 1, 0]],
] as const)('%s passes signals inside of its range and stops them where it saturates', async (dtype, units, expected) => {
  const x = float(
    [units.length],
    units.map((v) => v * SCALE),
  );
  const graph = graphOf([x], (b, [v]) => {
    const scale = b.scalar(SCALE, 'float32');
    const [levels] = b.node('QuantizeLinear', [v, scale], { output_dtype: dtypes[dtype].code });
    return b.node('DequantizeLinear', [levels, scale], {});
  });
  const [gradient] = await gradientOf(graph, [x]);
  expect([...numbers(gradient!)]).toEqual(expected);
});

test('a zero point moves the range, one scale per place or for all', async () => {
  // Levels are x / scale + zero: -128 and 127 are the last that are inside.
  const x = float(
    [2, 4],
    [-138, -139, 117, 118, -123, -124, 132, 133].map((v, i) => v * (i < 4 ? 0.25 : 0.5)),
  );
  const graph = graphOf([x], (b, [v]) => {
    const [scale, zero] = [b.initializer(float([2], [0.25, 0.5])), b.initializer(tensorOf('int8', [2], [10, -5]))];
    return [b.op.DequantizeLinear(b.op.QuantizeLinear(v!, scale, zero, { axis: 0 }), scale, zero, { axis: 0 })];
  });
  const [gradient] = await gradientOf(graph, [x]);
  expect([...numbers(gradient!)]).toEqual([1, 0, 1, 0, 1, 0, 1, 0]);
});

/** Operators that ONNX Runtime computes on quantized values as they are. */
const between: readonly (readonly [string, (b: Builder, x: Value) => Value])[] = [
  ['Relu', ({ op }, x) => op.Relu(x)],
  ['MaxPool', ({ op }, x) => op.MaxPool(x, { kernel_shape: [2, 2] })],
  ['Reshape', ({ op, ints }, x) => op.Reshape(x, ints([2, -1]))],
  ['Transpose', ({ op }, x) => op.Transpose(x, { perm: [0, 1, 3, 2] })],
  ['Concat with itself', ({ op }, x) => op.Concat(x, x, { axis: 1 })],
  ['Slice with a step', ({ op, ints }, x) => op.Slice(x, ints([3]), ints([0]), ints([3]), ints([-2]))],
  ['Gather', ({ op, ints }, x) => op.Gather(x, ints([1, 1, 0]), { axis: 2 })],
  ['Pad', ({ op, ints }, x) => op.Pad(x, ints([0, 0, 1, 1, 0, 0, 0, 1]))],
  ['Pad by reflection', ({ op, ints }, x) => op.Pad(x, ints([0, 0, 1, 1, 0, 0, 0, 1]), undefined, undefined, { mode: 'reflect' })],
  ['Clip', ({ op, scalar }, x) => op.Clip(x, scalar(-3, 'int8'), scalar(5, 'int8'))],
  ['Max of two', ({ op }, x) => op.Max(x, op.Transpose(x, { perm: [0, 1, 3, 2] }))],
  ['ReduceMax', ({ op, ints }, x) => op.ReduceMax(x, ints([2]), { keepdims: 0 })],
  ['Resize', ({ op, ints }, x) => op.Resize(x, undefined, undefined, ints([1, 1, 8, 2]), { mode: 'nearest' })],
  ['Expand', ({ op, ints }, x) => op.Expand(x, ints([3, 1, 4, 4]))],
  ['Split', ({ op, ints }, x) => op.Split(x, ints([1, 3]), { axis: 2, outputs: 2 })[1]!],
  ['GatherElements', ({ op, ints }, x) => op.GatherElements(x, op.Expand(ints([3, 0, 2, 1]), ints([1, 1, 4, 4])), { axis: 3 })],
];

test.each(between)('between QuantizeLinear and DequantizeLinear %s passes signals as on floats', async (_, make) => {
  const next = random(3);
  // On the grid of levels quantization changes nothing, so both graphs compute the same.
  const x = float(
    [1, 1, 4, 4],
    Array.from({ length: 16 }, () => Math.round(20 * next() - 10) * SCALE),
  );
  const weights = (b: Builder, y: Value): readonly Value[] => {
    const dims = y.type.shape as readonly number[];
    const values = Array.from({ length: dims.reduce((p, d) => p * d, 1) }, (__, i) => Math.cos(i));
    return [b.op.ReduceSum(b.op.Mul(y, b.initializer(tensorOf('float32', dims, values))))];
  };
  const onLevels = graphOf([x], (b, [v]) => {
    const [scale, zero] = [b.scalar(SCALE, 'float32'), b.scalar(0, 'int8')];
    return weights(b, b.op.DequantizeLinear(make(b, b.op.QuantizeLinear(v!, scale, zero)), scale, zero));
  });
  // Bounds in levels are bounds in values after dividing by the scale.
  const plain = graphOf([x], (b, [v]) => {
    const levels = b.op.Mul(v!, 1 / SCALE);
    const scalar: Builder['scalar'] = (value, dtype) => b.scalar(value, dtype === 'int8' ? 'float32' : dtype);
    return weights(b, b.op.Mul(make({ ...b, scalar }, levels), SCALE));
  });
  const [a, b] = [(await gradientOf(onLevels, [x]))[0]!, (await gradientOf(plain, [x]))[0]!];
  expect(numbers(b).some((v) => v !== 0)).toBe(true);
  numbers(a).forEach((v, i) => expect(v).toBeCloseTo(numbers(b)[i]!, 5));
});

test('a quantized sum stops the signal of what saturates', async () => {
  const x = tensorOf('uint8', [4], [10, 100, 150, 250]);
  const graph = graphOf([x], (b, [v]) => {
    const [scale, zero] = [b.scalar(0.5, 'float32'), b.scalar(0, 'uint8')];
    const [y] = b.node('com.microsoft.QLinearAdd', [v, scale, zero, b.initializer(tensorOf('uint8', [], [100])), scale, zero, scale, zero]);
    return [b.op.DequantizeLinear(y!, scale, zero)];
  });
  const [gradient] = await gradientOf(graph, [x]);
  expect([...numbers(gradient!)]).toEqual([0.5, 0.5, 0.5, 0]);
});

test('a product of dynamically quantized values passes signals as the product of floats', async () => {
  const next = random(5);
  const x = float(
    [2, 3],
    Array.from({ length: 6 }, () => 2 * next() - 1),
  );
  const weight = [10, -20, 30, 5, -6, 7];
  const graph = graphOf([x], (b, [v]) => {
    const [levels, scale, zero] = b.op.DynamicQuantizeLinear(v!);
    const product = b.op.MatMulInteger(levels, b.initializer(tensorOf('int8', [3, 2], weight)), zero);
    return [b.op.Mul(b.op.Cast(product, { to: dtypes.float32.code }), b.op.Mul(scale, 0.5))];
  });
  const [gradient] = await gradientOf(graph, [x]);
  const rows = [0, 1, 2].map((i) => 0.5 * (weight[2 * i]! + weight[2 * i + 1]!));
  numbers(gradient!).forEach((v, i) => expect(v).toBeCloseTo(rows[i % 3]!, 4));
});

describe('signals and integers', () => {
  test('a whole number that becomes a float passes its signal in its own units', async () => {
    const x = tensorOf('uint8', [3], [0, 7, 255]);
    const graph = graphOf([x], (b, [v]) => [b.op.Mul(b.op.Cast(v!, { to: dtypes.float32.code }), 0.5)]);
    const [gradient] = await gradientOf(graph, [x]);
    expect(gradient).toMatchObject({ dtype: 'float32', dims: [3] });
    expect([...numbers(gradient!)]).toEqual([0.5, 0.5, 0.5]);
  });

  test('rounding to a whole number stops a signal, and so does integer division', async () => {
    const x = float([2], [1.5, 2.5]);
    const rounded = graphOf([x], (b, [v]) => [b.op.Cast(b.op.Cast(v!, { to: dtypes.int32.code }), { to: dtypes.float32.code })]);
    expect(await gradientOf(rounded, [x])).toEqual([undefined]);
    const whole = tensorOf('int64', [2], [5, 7]);
    const divided = graphOf([whole], (b, [v]) => [b.op.Cast(b.op.Div(v!, 2), { to: dtypes.float32.code })]);
    expect(await gradientOf(divided, [whole])).toEqual([undefined]);
  });

  test('indices and masks carry no signal', async () => {
    const x = float([1, 1, 4], [1, 3, 2, 4]);
    const graph = graphOf([x], (b, [v]) => [b.op.Cast(b.node('MaxPool', [v], { kernel_shape: [2] }, 2)[1]!, { to: dtypes.float32.code })]);
    expect(await gradientOf(graph, [x])).toEqual([undefined]);
  });
});

describe('the list of operators whose gradient is a convention', () => {
  const all = Object.entries(forms) as (readonly [OpType, readonly Form[]])[];
  const rounds = ([opType, [form]]: readonly [OpType, readonly Form[]]): boolean =>
    Object.hasOwn(quantized, opType) ||
    written(build(opType, form!, 'float32', seedOf(opType))).nodes.some((node) => node.opType.endsWith('QuantizeLinear'));

  test('names exactly those that round', () => {
    expect(
      all
        .filter(rounds)
        .map(([opType]) => opType as string)
        .toSorted(),
    ).toEqual([...straightThrough].toSorted());
  });
  test('is what their state says', () => {
    expect([...straightThrough].map(ruleState)).toEqual([...straightThrough].map(() => 'straight-through'));
  });
});
