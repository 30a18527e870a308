import { expect, test } from 'vitest';
import { memory } from '@vitrine/ir';
import { readSafetensors } from './safetensors.js';
import { entry, safetensors } from './testing/safetensors.js';

const read = (file: Uint8Array) => readSafetensors(memory(file), 'm.safetensors');
const [begin, end] = [0, 8];

test('tensors are places in the file, of every dtype', () => {
  const names = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U8: 1, BOOL: 1 };
  let at = 0;
  const header = Object.fromEntries(Object.entries(names).map(([dtype, size]) => [dtype, entry(dtype, [3], at, (at += 3 * size))]));
  const tensors = readSafetensors({ ...memory(safetensors({ ...header, __metadata__: { format: 'pt' } }, at)), file: '/m' }, 'm');
  expect([...tensors.keys()]).toEqual(Object.keys(names));
  expect([...tensors.values()].map(({ type }) => type.dtype)).toEqual([
    'float64',
    'float32',
    'float16',
    'bfloat16',
    'int64',
    'int32',
    'int16',
    'int8',
    'uint8',
    'bool',
  ]);
  const start = safetensors({ ...header, __metadata__: { format: 'pt' } }).length;
  expect(tensors.get('F32')!.at).toEqual({ file: '/m', offset: start + 24, length: 12 });
});

test('scalars and empty tensors are read', () => {
  const tensors = read(safetensors({ s: entry('F32', [], 0, 4), e: entry('F32', [0, 5], 4, 4) }, 4));
  expect([...tensors.values()].map(({ type }) => type.shape)).toEqual([[], [0, 5]]);
});

const hostile: readonly (readonly [what: string, file: Uint8Array, message: RegExp])[] = [
  ['nothing', new Uint8Array(0), /m\.safetensors is no safetensors file/],
  ['a header longer than the file', safetensors({}).fill(255, 0, 8), /header is said to take/],
  ['no JSON', safetensors('{'), /header of m\.safetensors is not valid JSON/],
  ['a list', safetensors('[]'), /holds no JSON object/],
  ['a tensor beyond the end', safetensors({ t: entry('F32', [2], begin, end) }, 7), /truncated: tensor t ends at/],
  ['a length that does not fit', safetensors({ t: entry('F32', [3], begin, end) }, 8), /gives 8 bytes to tensor t, F32 of shape \[3\]/],
  ['an overlap', safetensors({ a: entry('F32', [2], 0, 8), b: entry('F32', [2], 4, 12) }, 12), /tensors a and b in the same bytes/],
  ['a negative offset', safetensors({ t: entry('F32', [2], -8, 0) }, 8), /describes tensor t/],
  ['an end before the begin', safetensors({ t: entry('F32', [0], 8, 4) }, 8), /describes tensor t/],
  ['a fraction', safetensors({ t: entry('F32', [0.5], 0, 2) }, 8), /describes tensor t/],
  ['a size beyond numbers', safetensors({ t: entry('F32', [2 ** 40, 2 ** 40], 0, 8) }, 8), /describes tensor t/],
  ['no shape', safetensors({ t: { dtype: 'F32', data_offsets: [0, 8] } }, 8), /describes tensor t/],
  ['another dtype', safetensors({ t: entry('F8_E4M3', [8], 0, 8) }, 8), /tensor t is F8_E4M3; F64, F32/],
];

test.each(hostile)('refuses %s', (_, file, message) => {
  expect(() => read(file)).toThrow(message);
});
