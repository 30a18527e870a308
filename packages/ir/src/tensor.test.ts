import { describe, expect, test } from 'vitest';
import { bfloat16Bits, bfloat16Value, bytesOf, float16Bits, float16Value, numbers, tensorFromBytes, tensorOf } from './tensor.js';

describe('half floats', () => {
  const all = Array.from({ length: 2 ** 16 }, (_, bits) => bits);

  test('every float16 survives decoding and encoding', () => {
    const wrong = all.filter((bits) => !Number.isNaN(float16Value(bits)) && float16Bits(float16Value(bits)) !== bits);
    expect(wrong).toEqual([]);
    expect(Number.isNaN(float16Value(float16Bits(NaN)))).toBe(true);
  });

  test('every bfloat16 survives decoding and encoding', () => {
    const wrong = all.filter((bits) => !Number.isNaN(bfloat16Value(bits)) && bfloat16Bits(bfloat16Value(bits)) !== bits);
    expect(wrong).toEqual([]);
    expect(Number.isNaN(bfloat16Value(bfloat16Bits(NaN)))).toBe(true);
  });

  test.each([
    [0, 0],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [65519.9, 0x7bff],
    [65520, 0x7c00],
    [-Infinity, 0xfc00],
    [2 ** -24, 1],
    [2 ** -25, 0],
    [1.5 * 2 ** -25, 1],
    [2 ** -14, 0x0400],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [0.1, 0x2e66],
  ])('%d as float16 is nearest, ties to even', (value, bits) => {
    expect(float16Bits(value)).toBe(bits);
  });

  test('between two float16 the nearer one is taken, the even one in the middle', () => {
    for (let bits = 0; bits < 0x7bff; bits += 7) {
      const [low, high] = [float16Value(bits), float16Value(bits + 1)];
      expect(float16Bits((low + high) / 2)).toBe(bits % 2 === 0 ? bits : bits + 1);
      expect(float16Bits(low + (high - low) * 0.49)).toBe(bits);
      expect(float16Bits(low + (high - low) * 0.51)).toBe(bits + 1);
    }
  });
});

test('64-bit integers are clamped, not wrapped', () => {
  expect([...(tensorOf('int64', [5], [2 ** 63, -(2 ** 63), 1e300, NaN, -1.9]).data as BigInt64Array)]).toEqual([
    2n ** 63n - 1n,
    -(2n ** 63n),
    2n ** 63n - 1n,
    0n,
    -1n,
  ]);
  expect([...(tensorOf('uint64', [3], [2 ** 63, 2 ** 64, -1]).data as BigUint64Array)]).toEqual([2n ** 63n, 2n ** 64n - 1n, 0n]);
});

test('bytes that are not aligned are copied, aligned ones are not', () => {
  const bytes = Buffer.from([9, 0, 0, 0, 0, 0, 128, 63, 0]);
  const odd = tensorFromBytes('float32', [1], bytes.subarray(4, 8));
  expect([...(odd.data as Float32Array)]).toEqual([1]);
  const buffer = new ArrayBuffer(16);
  expect((tensorFromBytes('float64', [2], new Uint8Array(buffer)).data as Float64Array).buffer).toBe(buffer);
  const shifted = tensorFromBytes('int64', [1], new Uint8Array(buffer, 3, 8));
  expect((shifted.data as BigInt64Array).buffer).not.toBe(buffer);
  expect(() => tensorFromBytes('float32', [3], new Uint8Array(buffer))).toThrow('a float32 tensor of shape [3] takes 12 bytes, not 16');
});

test('numbers reads every dtype that has them', () => {
  expect([...numbers(tensorOf('float16', [2], [0.5, -2]))]).toEqual([0.5, -2]);
  expect([...numbers(tensorOf('bfloat16', [1], [1.5]))]).toEqual([1.5]);
  expect([...numbers(tensorOf('uint64', [1], [7]))]).toEqual([7]);
  expect([...numbers(tensorOf('bool', [2], [1, 0]))]).toEqual([1, 0]);
  expect(() => numbers({ dtype: 'string', dims: [], data: ['a'] })).toThrow('string elements have no plain numbers');
  expect(() => numbers({ dtype: 'int4', dims: [2], data: Uint8Array.of(0x21) })).toThrow('int4 elements have no plain numbers');
  expect(() => bytesOf({ dtype: 'string', dims: [], data: ['a'] })).toThrow('string tensors have no bytes');
  expect(() => tensorOf('float32', [3], [1])).toThrow('1 values do not fill a tensor of shape [3]');
});
