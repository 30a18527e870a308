import { byteLength, bytesOf, dtypes, sizeOf, tensorFromBytes, type NumericDType, type Tensor } from '@vitrine/ir';
import { DataError } from './error.js';
import { broken, readNpyHeader } from './npyHeader.js';

/** NumPy's type codes without their byte order. */
const codes: { readonly [code: string]: NumericDType } = {
  b1: 'bool',
  u1: 'uint8',
  i1: 'int8',
  u2: 'uint16',
  i2: 'int16',
  u4: 'uint32',
  i4: 'int32',
  u8: 'uint64',
  i8: 'int64',
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
};

/** Strings may take no bytes at all, so that the file's length does not bound their number. */
const MAX_EMPTY_STRINGS = 1e6;

/**
 * Reads NumPy's .npy, versions 1 to 3: either byte order, C or Fortran order, numbers, truth values and strings (U, and S in UTF-8).
 * Nothing in it is executed: arrays of Python objects are refused. `name` stands for the file in messages. @throws DataError
 */
export function readNpy(bytes: Uint8Array, name = 'the array'): Tensor {
  const { descr, fortran, dims, start } = readNpyHeader(bytes, name);
  const [, order = '', kind = '', length = ''] = /^([<>=|]?)([a-zA-Z])(\d{1,9})$/.exec(descr) ?? [];
  const dtype = codes[kind + length];
  const text = kind === 'U' || kind === 'S';
  if (dtype === undefined && !text) {
    const what = /^[<>=|]?O/.test(descr) ? 'Python objects' : `elements of type ${descr}`;
    throw new DataError('unsupported', `${name} holds ${what}: save plain numbers, truth values or strings instead`);
  }
  const count = sizeOf(dims);
  const width = dtype === undefined ? (kind === 'U' ? 4 : 1) * Number(length) : dtypes[dtype].bits / 8;
  const body = bytes.subarray(start);
  if (!(count * width <= body.length))
    return broken(name, `shape (${dims.join(', ')}) takes ${count * width} bytes, ${body.length} are there`);
  if (width === 0 && count > MAX_EMPTY_STRINGS) return broken(name, `it claims ${count} strings without a character`);
  // A copy: neither alignment nor later writes to the caller's buffer matter.
  const own = new Uint8Array(count * width);
  own.set(body.subarray(0, own.length));
  const unit = kind === 'U' ? 4 : text ? 1 : width;
  if (order === '>' && unit > 1) for (let i = 0; i < own.length; i += unit) own.subarray(i, i + unit).reverse();
  const tensor = dtype === undefined ? strings(own, dims, kind, width, name) : numbersIn(dtype, dims, own);
  return fortran ? rowMajor(tensor) : tensor;
}

function numbersIn(dtype: NumericDType, dims: readonly number[], bytes: Uint8Array): Tensor {
  const tensor = tensorFromBytes(dtype, dims, bytes);
  return dtype === 'bool' ? { dtype, dims, data: bytes.map((b) => (b === 0 ? 0 : 1)) } : tensor;
}

function rowMajor(tensor: Tensor): Tensor {
  const { dims, data } = tensor;
  const result = data.slice() as unknown as number[];
  const index = dims.map(() => 0);
  const strides = dims.map((_, axis) => sizeOf(dims.slice(0, axis)));
  let from = 0;
  for (let i = 0; i < result.length; i++) {
    result[i] = data[from] as number;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < dims[axis]!) break;
      from -= strides[axis]! * dims[axis]!;
      index[axis] = 0;
    }
  }
  return { ...tensor, data: result as never };
}

/** Each string fills `width` bytes; NULs pad its end. */
function strings(bytes: Uint8Array, dims: readonly number[], kind: string, width: number, name: string): Tensor<'string'> {
  const codePoints = new Uint32Array(bytes.buffer, 0, kind === 'U' ? bytes.length / 4 : 0);
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  const wide = (i: number): string => {
    let text = '';
    for (let k = (i * width) / 4; k < ((i + 1) * width) / 4; k++) {
      if (codePoints[k]! > 0x10ffff) return broken(name, 'a character lies beyond Unicode');
      text += String.fromCodePoint(codePoints[k]!);
    }
    return text;
  };
  const narrow = (i: number): string => {
    try {
      return utf8.decode(bytes.subarray(i * width, (i + 1) * width));
    } catch {
      return broken(name, 'a string is not UTF-8');
    }
  };
  const data = Array.from({ length: sizeOf(dims) }, (_, i) => (kind === 'U' ? wide(i) : narrow(i)).replace(/\0+$/, ''));
  return { dtype: 'string', dims, data };
}

/** Writes .npy version 1 in C order: the same tensor, the same bytes. @throws DataError 'unsupported' for dtypes that NumPy has not */
export function writeNpy(tensor: Tensor): Uint8Array {
  const { dtype, dims } = tensor;
  const code = Object.keys(codes).find((key) => codes[key] === dtype);
  if (code === undefined) throw new DataError('unsupported', `${dtype} elements cannot be written to .npy`);
  const body = bytesOf(tensor);
  if (body.length !== byteLength(dtype, sizeOf(dims)))
    throw new DataError('bad-input', `${tensor.data.length} elements do not fill a tensor of shape [${dims.join(',')}]`);
  const shape = dims.length === 1 ? `${dims[0]},` : dims.join(', ');
  const text = `{'descr': '${dtypes[dtype].bits === 8 ? '|' : '<'}${code}', 'fortran_order': False, 'shape': (${shape}), }`;
  const padded = `${text.padEnd(Math.ceil((10 + text.length + 1) / 64) * 64 - 11)}\n`;
  const bytes = new Uint8Array(10 + padded.length + body.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, padded.length & 255, padded.length >> 8]);
  bytes.set(new TextEncoder().encode(padded), 10);
  bytes.set(body, 10 + padded.length);
  return bytes;
}
