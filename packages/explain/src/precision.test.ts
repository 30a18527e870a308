import { memory, numbers, readModel, tensorOf, type NumericDType, type Tensor } from '@vitrine/ir';
import { caching, type Runtime } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attr, constant, info, modelFile, node } from '@vitrine/ir/testing';
import { example, explain } from './explain.js';
import type { Explanation } from './explanation.js';
import { subject } from './subject.js';

let runtime: Runtime;
beforeAll(async () => {
  runtime = caching(await nodeRuntime({ threads: 1 }));
});
afterAll(() => runtime.close());

const wave = (n: number, f: (i: number) => number): readonly number[] => Array.from({ length: n }, (_, i) => f(i));

/** A convolution, a nonlinearity, a mean and a layer above, with weights of one dtype, in which it computes. */
function small(dtype: NumericDType, weights: NumericDType = dtype): Uint8Array {
  const held = (name: string, dims: readonly number[], values: readonly number[]) =>
    constant(name, dtype, dims, [...numbers(tensorOf(weights, dims, values))]);
  return modelFile({
    input: [info('x', dtype, [1, 2, 6, 6])],
    output: [info('y', dtype)],
    initializer: [
      held(
        'w',
        [4, 2, 3, 3],
        wave(72, (i) => Math.sin(i * 1.7)),
      ),
      held(
        'b',
        [4],
        wave(4, (i) => 0.1 * i),
      ),
      held(
        'v',
        [4, 3],
        wave(12, (i) => Math.cos(i * 2.3)),
      ),
    ],
    node: [
      node('Conv', ['x', 'w', 'b'], ['c'], attr.ints('pads', [1, 1, 1, 1])),
      node('Tanh', ['c'], ['t']),
      node('ReduceMean', ['t', 'axes'], ['m'], attr.int('keepdims', 0)),
      node('MatMul', ['m', 'v'], ['y']),
    ].toSpliced(0, 0, node('Constant', [], ['axes'], attr.tensor('value', constant('', 'int64', [2], [2, 3])))),
  });
}

const waveOf = (n: number): readonly number[] => wave(n, (i) => Math.sin(1 + i));

/** Of operators that ONNX Runtime has in float64: it has no convolution. */
const tiny = (dtype: NumericDType): Uint8Array =>
  modelFile({
    input: [info('x', dtype, [1, 8])],
    output: [info('y', dtype)],
    initializer: [constant('v', dtype, [8, 3], waveOf(24))],
    node: [node('Tanh', ['x'], ['t']), node('MatMul', ['t', 'v'], ['y'])],
  });

const image = tensorOf(
  'float32',
  [1, 2, 6, 6],
  wave(72, (i) => Math.fround(Math.sin(i))),
);

async function explained(file: Uint8Array, x: Tensor, method: string): Promise<Explanation> {
  const inputs = new Map([['x', x]]);
  const model = await example(subject(readModel(memory(file)), 'small', ''), inputs, runtime);
  return explain(model, runtime, { method, inputs, target: { kind: 'index', index: [2] } });
}

const values = ({ attributions }: Explanation): readonly number[] => [...numbers(attributions[0]!.tensor)];

describe.each(['gradient', 'integrated-gradients'])('%s', (method) => {
  test.each(['float16', 'bfloat16'] as const)('of a %s model is that of its float32 twin', async (dtype) => {
    const half = await explained(small(dtype), image, method);
    const twin = await explained(small('float32', dtype), image, method);
    expect(half.attributions[0]!.tensor.dtype).toBe('float32');
    expect(Math.max(...values(twin).map(Math.abs))).toBeGreaterThan(1e-3);
    values(half).forEach((v, i) => expect(v).toBeCloseTo(values(twin)[i]!, 6));
  });

  test('of a float16 model takes float16 input as well', async () => {
    const rounded = tensorOf('float32', image.dims, [...numbers(tensorOf('float16', image.dims, [...numbers(image)]))]);
    const half = await explained(small('float16'), tensorOf('float16', image.dims, [...numbers(image)]), method);
    expect(values(half)).toEqual(values(await explained(small('float16'), rounded, method)));
  });

  test('of a float64 model is computed in float64', async () => {
    const double = await explained(tiny('float64'), tensorOf('float64', [1, 8], waveOf(8)), method);
    const single = await explained(tiny('float32'), tensorOf('float32', [1, 8], waveOf(8)), method);
    expect(double.attributions[0]!.tensor.dtype).toBe('float64');
    values(double).forEach((v, i) => expect(v).toBeCloseTo(values(single)[i]!, 5));
    expect(values(double)).not.toEqual(values(single));
  });
});
