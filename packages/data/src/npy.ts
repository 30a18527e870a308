import { sizeOf, type DType, type Tensor } from '@vitrine/ir';
import { DataError } from './error.js';

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** NumPy's type codes, little-endian, and what holds them. */
const KINDS: {
  readonly [code: string]: readonly [dtype: DType, array: typeof Uint8Array | typeof Float64Array | typeof BigInt64Array, width: number];
} = {
  b1: ['bool', Uint8Array, 1],
  u1: ['uint8', Uint8Array, 1],
  i1: ['int8', Int8Array as never, 1],
  u2: ['uint16', Uint16Array as never, 2],
  i2: ['int16', Int16Array as never, 2],
  u4: ['uint32', Uint32Array as never, 4],
  i4: ['int32', Int32Array as never, 4],
  u8: ['uint64', BigUint64Array as never, 8],
  i8: ['int64', BigInt64Array, 8],
  f2: ['float16', Uint16Array as never, 2],
  f4: ['float32', Float32Array as never, 4],
  f8: ['float64', Float64Array, 8],
};

const bad = (name: string, what: string): never => {
  throw new DataError('malformed', `${name} is not a readable .npy file: ${what}`);
};

/** Reads NumPy's .npy, versions 1 to 3. Nothing in it is executed: arrays of Python objects are refused. @throws DataError */
export function readNpy(bytes: Uint8Array, name = 'the array'): Tensor {
  if (!MAGIC.every((b, i) => bytes[i] === b)) return bad(name, 'it does not start like one');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = bytes[6]! >= 2;
  if (bytes.length < (wide ? 12 : 10)) return bad(name, 'it ends in its header');
  const start = wide ? 12 : 10;
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  if (length > 1 << 20 || start + length > bytes.length) return bad(name, 'it ends in its header');
  const { descr, fortran, dims } = header(new TextDecoder('latin1').decode(bytes.subarray(start, start + length)), name);
  const body = bytes.subarray(start + length);
  const count = sizeOf(dims);
  if (!Number.isSafeInteger(count) || count > 2 ** 40) return bad(name, `shape (${dims.join(', ')}) is too large`);
  const text = /^([<>=|]?)([US])(\d+)$/.exec(descr);
  if (text) return strings(body, dims, text[2] as 'U' | 'S', Number(text[3]), text[1] === '>', name);
  const [, order, code] = /^([<>=|]?)([biuf]\d)$/.exec(descr) ?? [];
  const kind = code === undefined ? undefined : KINDS[code];
  if (kind === undefined)
    throw new DataError('unsupported', `${name} holds elements of type ${descr}, which are not numbers: only plain arrays are read`);
  const [dtype, array, width] = kind;
  if (body.length < count * width) return bad(name, `shape (${dims.join(', ')}) takes ${count * width} bytes, ${body.length} are there`);
  const copy = body.slice(0, count * width);
  if (order === '>' && width > 1) for (let i = 0; i < copy.length; i += width) copy.subarray(i, i + width).reverse();
  const plain = new Uint8Array(copy);
  const data = new (array as typeof Float64Array)(plain.buffer as ArrayBuffer, 0, count);
  return { dtype, dims, data: (fortran ? rowMajor(data, dims) : data) as never };
}

interface Header {
  readonly descr: string;
  readonly fortran: boolean;
  readonly dims: readonly number[];
}

/** The header is a Python dict of three known keys; anything else is refused. */
function header(text: string, name: string): Header {
  const descr = /'descr':\s*'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const shape = /'shape':\s*\(([\d\s,L]*)\)/.exec(text)?.[1];
  if (descr === undefined && /'descr':\s*\[/.test(text))
    throw new DataError('unsupported', `${name} holds records with fields: save one plain array instead`);
  if (descr === undefined || order === undefined || shape === undefined) return bad(name, 'its header is damaged');
  const dims = shape
    .split(',')
    .map((d) => d.trim().replace('L', ''))
    .filter((d) => d !== '')
    .map(Number);
  return { descr, fortran: order === 'True', dims };
}

function rowMajor<A extends Float64Array>(data: A, dims: readonly number[]): A {
  const result = new (data.constructor as new (n: number) => A)(data.length);
  const index = new Array<number>(dims.length).fill(0);
  const strides = dims.map((_, axis) => sizeOf(dims.slice(0, axis)));
  for (let i = 0; i < result.length; i++) {
    result[i] = data[index.reduce((at, k, axis) => at + k * strides[axis]!, 0)]!;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      if (++index[axis]! < dims[axis]!) break;
      index[axis] = 0;
    }
  }
  return result;
}

function strings(body: Uint8Array, dims: readonly number[], kind: 'U' | 'S', length: number, big: boolean, name: string): Tensor {
  const width = kind === 'U' ? 4 * length : length;
  const count = sizeOf(dims);
  if (body.length < count * width) return bad(name, 'it ends in its strings');
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const data = Array.from({ length: count }, (_, i) => {
    const codes = Array.from({ length }, (__, k) => (kind === 'U' ? view.getUint32(i * width + 4 * k, !big) : body[i * width + k]!));
    if (codes.some((c) => c > 0x10ffff)) return bad(name, 'a character lies beyond Unicode');
    return String.fromCodePoint(...codes.filter((c) => c !== 0));
  });
  return { dtype: 'string', dims, data };
}

/** Writes .npy version 1: the same tensor, the same bytes. @throws DataError 'unsupported' for dtypes that NumPy has not */
export function writeNpy(tensor: Tensor): Uint8Array {
  const code = Object.keys(KINDS).find((key) => KINDS[key]![0] === tensor.dtype);
  if (code === undefined) throw new DataError('unsupported', `${tensor.dtype} elements cannot be written to .npy`);
  const shape = tensor.dims.length === 1 ? `${tensor.dims[0]},` : tensor.dims.join(', ');
  const text = `{'descr': '${KINDS[code]![2] === 1 ? '|' : '<'}${code}', 'fortran_order': False, 'shape': (${shape}), }`;
  const padded = `${text.padEnd(Math.ceil((10 + text.length + 1) / 64) * 64 - 11)}\n`;
  const data = tensor.data as Uint8Array;
  const body = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const bytes = new Uint8Array(10 + padded.length + body.length);
  bytes.set([...MAGIC, 1, 0, padded.length & 255, padded.length >> 8]);
  bytes.set(new TextEncoder().encode(padded), 10);
  bytes.set(body, 10 + padded.length);
  return bytes;
}
