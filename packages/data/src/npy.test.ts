import { readdirSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { numbers, type NumericDType, type Tensor } from '@vitrine/ir';
import { expect, test } from 'vitest';
import { DataError } from './error.js';
import { readNpy, writeNpy } from './npy.js';
import { random } from './random.js';

const folder = new URL('../testdata/numpy/', import.meta.url);
const file = (name: string): Uint8Array => readFileSync(new URL(name, folder));
const arrays = readdirSync(folder).filter((name) => /^(big|little)-/.test(name));

test.each(arrays)('NumPy wrote %s', (name) => {
  const code = /-(\w\d)\.npy/.exec(name)![1]!;
  const first = code === 'b1' || code.startsWith('u') ? 0 : -3;
  const bytes = file(name);
  const before = Uint8Array.from(bytes);
  const tensor = readNpy(bytes, name);
  expect(tensor.dims).toEqual([2, 3, 4]);
  expect(Array.from(numbers(tensor))).toEqual(Array.from({ length: 24 }, (_, i) => (code === 'b1' ? i % 2 : i + first)));
  // Bytes are swapped in a copy: Buffer.slice would share them.
  expect(Uint8Array.from(bytes)).toEqual(before);
});

test('the arrays cover both byte orders, both memory orders and every dtype', () => expect(arrays.length).toBe(42));

test.each([1, 2, 3])('version %i is read', (version) =>
  expect(numbers(readNpy(file(`version${version}.npy`)))).toEqual(Float32Array.from({ length: 24 }, (_, i) => i - 3)),
);

test('scalars and empty arrays are arrays', () => {
  expect(readNpy(file('scalar.npy'))).toEqual({ dtype: 'float64', dims: [], data: Float64Array.of(2.5) });
  expect(readNpy(file('empty.npy'))).toEqual({ dtype: 'float32', dims: [0, 3], data: new Float32Array(0) });
});

test.each(['unicode.npy', 'unicode-big.npy', 'bytes.npy'])('%s holds strings, NULs inside kept', (name) =>
  expect(readNpy(file(name))).toEqual({ dtype: 'string', dims: [2, 3], data: ['tench', '', 'é', '日本', '🙂x', 'a\0b'] }),
);

test.each([
  ['objects.npy', 'objects.npy holds Python objects: save plain numbers, truth values or strings instead'],
  ['records.npy', 'records.npy holds records with fields: save one plain array instead'],
  ['complex.npy', 'complex.npy holds elements of type <c8: save plain numbers, truth values or strings instead'],
  ['dates.npy', 'dates.npy holds elements of type <M8[ns]: save plain numbers, truth values or strings instead'],
])('%s is refused', (name, message) => expect(() => readNpy(file(name), name)).toThrow(new DataError('unsupported', message)));

const dict = (text: string, body: Uint8Array = new Uint8Array(0), version = 1): Uint8Array => {
  const header = new TextEncoder().encode(text);
  const length = version === 1 ? [header.length & 255, header.length >> 8] : [header.length & 255, header.length >> 8, 0, 0];
  return Uint8Array.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0, ...length, ...header, ...body]);
};
const shaped = (shape: string, descr = '<f4'): Uint8Array => dict(`{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}}`);

test.each<[string, Uint8Array, string]>([
  ['nothing', new Uint8Array(0), 'it does not start like one'],
  ['magic alone', file('scalar.npy').subarray(0, 6), 'its version is 0, and 1 to 3 are known'],
  ['version 9', dict('{}', undefined, 9), 'its version is 9, and 1 to 3 are known'],
  ['a cut header', file('scalar.npy').subarray(0, 60), 'it ends in its header'],
  ['a huge header', Uint8Array.from([...dict('', undefined, 2).subarray(0, 8), 255, 255, 255, 127]), 'its header claims 2147483647 bytes'],
  ['cut elements', file('version1.npy').subarray(0, 200), 'shape (2, 3, 4) takes 96 bytes, 72 are there'],
  ['a shape beyond memory', shaped('(1000000, 1000000)'), 'shape (1000000, 1000000) takes 4000000000000 bytes, 0 are there'],
  ['zero times infinity', shaped(`(0, ${'9'.repeat(400)})`), `an extent of its shape is ${'9'.repeat(400)}`],
  ['a negative extent', shaped('(-1, 4)'), 'an extent of its shape is -1'],
  ['a broken extent', shaped('(1.5,)'), 'an extent of its shape is 1.5'],
  ['an expression', shaped('(__import__("os"),)'), 'an extent of its shape is __import__'],
  ['a rank of 65', shaped(`(${'1, '.repeat(65)})`), 'its shape has more than 64 extents'],
  ['a shape that is no tuple', shaped('4'), 'its header is damaged'],
  ['an open quote', dict("{'descr: 1}"), 'its header is damaged'],
  ['a missing key', dict("{'descr': '<f4', 'shape': (1,)}"), 'its header is damaged'],
  ['a key twice', dict("{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': (1,)}"), 'its header is damaged'],
  ['a key of its own', dict("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 'y'}"), 'its header is damaged'],
  ['something behind the dict', dict("{'descr': '<f4', 'fortran_order': False, 'shape': (0,)} + 1"), 'its header is damaged'],
  ['billions of empty strings', shaped('(4000000000,)', '<U0'), 'it claims 4000000000 strings without a character'],
  ['strings beyond the file', shaped('(2,)', '<U999999999'), 'shape (2) takes 7999999992 bytes, 0 are there'],
])('%s is refused', (_, bytes, what) =>
  expect(() => readNpy(bytes, 'x.npy')).toThrow(new DataError('malformed', `x.npy is not a readable .npy file: ${what}`)),
);

const text = (descr: string, body: number[]): Uint8Array =>
  dict(`{'descr': '${descr}', 'fortran_order': False, 'shape': (1,)}`, Uint8Array.from(body));

test('characters beyond Unicode and bytes that are no UTF-8 are refused', () => {
  expect(() => readNpy(text('<U1', [0, 0, 0x11, 0]), 'x.npy')).toThrow(
    'x.npy is not a readable .npy file: a character lies beyond Unicode',
  );
  expect(() => readNpy(text('|S1', [0xff]), 'x.npy')).toThrow('x.npy is not a readable .npy file: a string is not UTF-8');
});

test('every header that Python 2 and 3 wrote is read', () => {
  const written = `{"shape":(3L,),"fortran_order":True,"descr":"|u1",}   \n`;
  expect(readNpy(dict(written, Uint8Array.of(1, 2, 3))).data).toEqual(Uint8Array.of(1, 2, 3));
});

const kinds = ['bool', 'uint8', 'int8', 'uint16', 'int16', 'int32', 'uint32', 'float16', 'float32', 'float64', 'int64', 'uint64'] as const;
const anyTensor: fc.Arbitrary<Tensor> = fc
  .tuple(
    fc.constantFrom<NumericDType>(...kinds),
    fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 5 }),
    fc.infiniteStream(fc.nat(255)),
  )
  .map(([dtype, dims, bytes]) => {
    const count = dims.reduce((a, b) => a * b, 1);
    const array = {
      bool: Uint8Array,
      uint8: Uint8Array,
      int8: Int8Array,
      uint16: Uint16Array,
      int16: Int16Array,
      int32: Int32Array,
      uint32: Uint32Array,
      float16: Uint16Array,
      float32: Float32Array,
      float64: Float64Array,
      int64: BigInt64Array,
      uint64: BigUint64Array,
    }[dtype as 'int8'];
    const own = Uint8Array.from({ length: count * array.BYTES_PER_ELEMENT }, () => bytes.next().value % (dtype === 'bool' ? 2 : 256));
    return { dtype, dims, data: new array(own.buffer) };
  });

test('what is written is read back bit by bit', () =>
  fc.assert(
    fc.property(anyTensor, (tensor) => {
      const written = writeNpy(tensor);
      const read = readNpy(written);
      expect([read.dtype, read.dims]).toEqual([tensor.dtype, tensor.dims]);
      expect(writeNpy(read)).toEqual(written);
      expect((written.length - (tensor.data as Uint8Array).byteLength) % 64).toBe(0);
    }),
    { seed: 1 },
  ));

test('only what NumPy can hold is written', () => {
  const strange: Tensor = { dtype: 'bfloat16', dims: [1], data: new Uint16Array(1) };
  expect(() => writeNpy(strange)).toThrow(new DataError('unsupported', 'bfloat16 elements cannot be written to .npy'));
  const short: Tensor = { dtype: 'float32', dims: [3], data: new Float32Array(2) };
  expect(() => writeNpy(short)).toThrow(new DataError('bad-input', '2 elements do not fill a tensor of shape [3]'));
});

test('bytes changed at random end as a tensor or in a DataError, and soon', () => {
  const draw = random(1, 'npy');
  const sources = readdirSync(folder)
    .filter((name) => name.endsWith('.npy'))
    .map(file);
  const letters = "0123456789<>|(),'[{}biufUS \0";
  const ends = { read: 0, refused: 0 };
  for (let i = 0; i < 3000; i++) {
    const bytes = Uint8Array.from(sources[Math.floor(draw() * sources.length)]!);
    // Types and extents, where a change can mean something; now and then any byte.
    const places = [...bytes.keys()].filter(
      (at) => draw() < 0.001 || (at > 9 && at < 80 && /[\d<>|]/.test(String.fromCharCode(bytes[at]!))),
    );
    for (let k = 0; k < 1 + 2 * draw(); k++)
      bytes[places[Math.floor(draw() * places.length)]!] = letters.codePointAt(letters.length * draw())!;
    try {
      readNpy(bytes.subarray(0, draw() < 0.1 ? draw() * bytes.length : undefined));
      ends.read++;
    } catch (cause) {
      expect(cause).toBeInstanceOf(DataError);
      ends.refused++;
    }
  }
  expect(Math.min(ends.read, ends.refused)).toBeGreaterThan(50);
});
