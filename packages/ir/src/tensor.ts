import { GraphError } from './error.js';

/** ONNX's element types: their TensorProto code, width in bits and the array that holds them. Types without an array in JavaScript keep their raw bits. */
export const dtypes = {
  float32: { code: 1, bits: 32, array: Float32Array },
  uint8: { code: 2, bits: 8, array: Uint8Array },
  int8: { code: 3, bits: 8, array: Int8Array },
  uint16: { code: 4, bits: 16, array: Uint16Array },
  int16: { code: 5, bits: 16, array: Int16Array },
  int32: { code: 6, bits: 32, array: Int32Array },
  int64: { code: 7, bits: 64, array: BigInt64Array },
  string: { code: 8, bits: 0, array: Array<string> },
  bool: { code: 9, bits: 8, array: Uint8Array },
  float16: { code: 10, bits: 16, array: Uint16Array },
  float64: { code: 11, bits: 64, array: Float64Array },
  uint32: { code: 12, bits: 32, array: Uint32Array },
  uint64: { code: 13, bits: 64, array: BigUint64Array },
  complex64: { code: 14, bits: 64, array: Float32Array },
  complex128: { code: 15, bits: 128, array: Float64Array },
  bfloat16: { code: 16, bits: 16, array: Uint16Array },
  float8e4m3fn: { code: 17, bits: 8, array: Uint8Array },
  float8e4m3fnuz: { code: 18, bits: 8, array: Uint8Array },
  float8e5m2: { code: 19, bits: 8, array: Uint8Array },
  float8e5m2fnuz: { code: 20, bits: 8, array: Uint8Array },
  uint4: { code: 21, bits: 4, array: Uint8Array },
  int4: { code: 22, bits: 4, array: Uint8Array },
  float4e2m1: { code: 23, bits: 4, array: Uint8Array },
  float8e8m0: { code: 24, bits: 8, array: Uint8Array },
  uint2: { code: 25, bits: 2, array: Uint8Array },
  int2: { code: 26, bits: 2, array: Uint8Array },
} as const;

export type DType = keyof typeof dtypes;
export type DataOf<D extends DType> = D extends 'string'
  ? readonly string[]
  : InstanceType<Exclude<(typeof dtypes)[D]['array'], ArrayConstructor>>;
export type NumericDType = Exclude<DType, 'string'>;

/** A dense array: row-major `data` of shape `dims`. */
export interface Tensor<D extends DType = DType> {
  readonly dtype: D;
  readonly dims: readonly number[];
  readonly data: DataOf<D>;
}

const byCode = new Map<number, DType>(Object.entries(dtypes).map(([name, { code }]) => [code, name as DType]));

/** The dtype with this TensorProto code. */
export const dtypeWith = (code: number): DType | undefined => byCode.get(code);

/** The same. @throws GraphError 'unsupported-type' */
export function dtypeOf(code: number): DType {
  const found = dtypeWith(code);
  if (found === undefined) throw new GraphError('unsupported-type', `element type ${code} is not one that ONNX defines`);
  return found;
}

export const isFloat = (dtype: string): boolean =>
  dtype === 'float32' || dtype === 'float64' || dtype === 'float16' || dtype === 'bfloat16';

/** Tensors of more dimensions are refused: no runtime has them, and shape arithmetic takes time squared in the rank. */
export const MAX_RANK = 64;

/** A list of `length` times the same value. */
export const repeated = <T>(length: number, value: T): readonly T[] => Array.from({ length }, () => value);

export const sizeOf = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);

/** Bytes of `count` elements; sub-byte types are packed. */
export const byteLength = (dtype: DType, count: number): number => Math.ceil((count * dtypes[dtype].bits) / 8);

/** A tensor from plain numbers. Integers of 64 bits are given as numbers too. */
export function tensorOf<D extends NumericDType>(dtype: D, dims: readonly number[], values: Iterable<number>): Tensor<D> {
  const list = [...values];
  const data = toArray(dtype, list);
  if (list.length !== sizeOf(dims))
    throw new GraphError('shape-mismatch', `${list.length} values do not fill a tensor of shape [${dims.join(',')}]`);
  return { dtype, dims, data: data as DataOf<D> };
}

/** The nearest integer of 64 bits towards zero; NaN is 0. */
const toBigInt = (value: number, least: bigint, most: bigint): bigint =>
  value >= Number(most) ? most : value <= Number(least) ? least : BigInt(Math.trunc(value) || 0);

function toArray(dtype: NumericDType, values: readonly number[]): ArrayLike<number> | BigInt64Array | BigUint64Array {
  if (dtype === 'int64') return BigInt64Array.from(values, (v) => toBigInt(v, -(2n ** 63n), 2n ** 63n - 1n));
  if (dtype === 'uint64') return BigUint64Array.from(values, (v) => toBigInt(v, 0n, 2n ** 64n - 1n));
  if (dtype === 'float16') return Uint16Array.from(values, float16Bits);
  if (dtype === 'bfloat16') return Uint16Array.from(values, bfloat16Bits);
  return dtypes[dtype].array.from(values);
}

/** The elements as numbers: half floats decoded, 64-bit integers rounded to the nearest double. @throws GraphError 'unsupported-type' for strings and packed types */
export function numbers(tensor: Tensor): Float32Array | Float64Array | readonly number[] {
  const { dtype, data } = tensor;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Array.from(data as BigInt64Array, Number);
  if (dtype === 'float16') return Float32Array.from(data as Uint16Array, float16Value);
  if (dtype === 'bfloat16') return Float32Array.from(data as Uint16Array, bfloat16Value);
  if (data instanceof Float32Array || data instanceof Float64Array) return data;
  if (dtype === 'string' || dtypes[dtype].bits < 8 || dtype.startsWith('float8'))
    throw new GraphError('unsupported-type', `${dtype} elements have no plain numbers`);
  return Array.from(data as Uint8Array);
}

/** Views bytes as a tensor; copies only when the bytes are not aligned for their type. @throws GraphError 'malformed' when the length does not fit the shape */
export function tensorFromBytes(dtype: NumericDType, dims: readonly number[], bytes: Uint8Array): Tensor {
  const expected = byteLength(dtype, sizeOf(dims));
  if (bytes.byteLength !== expected)
    throw new GraphError('malformed', `a ${dtype} tensor of shape [${dims.join(',')}] takes ${expected} bytes, not ${bytes.byteLength}`);
  const { array } = dtypes[dtype];
  const width = array.BYTES_PER_ELEMENT;
  const aligned = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
  return { dtype, dims, data: new array(aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.byteLength / width) };
}

/** The tensor's bytes, little-endian, without copying. @throws GraphError 'unsupported-type' for strings */
export function bytesOf(tensor: Tensor): Uint8Array {
  const { data } = tensor;
  if (!ArrayBuffer.isView(data)) throw new GraphError('unsupported-type', 'string tensors have no bytes');
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

const scratch = new DataView(new ArrayBuffer(4));

/** IEEE 754 half precision, decoded. */
export function float16Value(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Nearest half-precision number, ties to even. */
export function float16Bits(value: number): number {
  const sign = Object.is(value, -0) || value < 0 ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (magnitude >= 65520) return sign | 0x7c00;
  const exponent = magnitude < 2 ** -14 ? -14 : Math.floor(Math.log2(magnitude));
  const scaled = magnitude / 2 ** (exponent - 10);
  const floor = Math.floor(scaled);
  const rounded = scaled - floor > 0.5 || (scaled - floor === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
  return sign | (rounded + (exponent + 14) * 1024);
}

/** bfloat16 is the upper half of a float32. */
export function bfloat16Value(bits: number): number {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}

/** Nearest bfloat16, ties to even. */
export function bfloat16Bits(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0;
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}
