import { GraphError } from '../error.js';
import type { Weight } from '../graph.js';
import {
  MAX_RANK,
  byteLength,
  dtypeOf,
  dtypes,
  numbers,
  sizeOf,
  tensorFromBytes,
  type DType,
  type NumericDType,
  type Tensor,
} from '../tensor.js';
import { tensorFields, type Int64, type SparseTensorProto, type TensorProto } from './proto.js';
import { bytesIn, spanOf, type Source, type Span } from './source.js';
import { decode, eachInteger, textIn } from './wire.js';

/** Finds an external data file by the location its tensor names. @throws GraphError 'external-data' */
export type Locate = (location: string) => Source;
/** Reads part of a file that a weight points into. */
export type ReadBytes = (file: string, offset: number, length: number) => Uint8Array;

const MAX_ELEMENTS = 2 ** 40;

/** An initializer or constant: a handle on its bytes where they lie, or a decoded tensor where the file packs it otherwise. */
export function tensorContent(proto: TensorProto, locate: Locate): Tensor | Weight {
  const name = proto.name || 'a constant';
  const dtype = dtypeOf(proto.data_type ?? 0);
  const dims = extents(proto.dims, name);
  const place = proto.data_location === 1 ? external(proto, locate, name, dtype, dims) : (proto.raw_data ?? packed(proto, dtype));
  if (place === undefined) return unpacked(proto, dtype, dims, name);
  if (dtype === 'string') throw new GraphError('malformed', `tensor ${name}: strings cannot lie in raw bytes`);
  const expected = byteLength(dtype, sizeOf(dims));
  if (place.length !== expected)
    throw new GraphError(
      'malformed',
      `tensor ${name}: ${dtype} [${dims.join(',')}] takes ${expected} bytes, the file gives ${place.length}`,
    );
  const { file } = place.source;
  const at = file === undefined ? { bytes: bytesIn(place) } : { file, offset: place.offset, length: place.length };
  return { type: { dtype, shape: dims }, at };
}

/** The elements of a weight or tensor. For constants that must be read, never for large weights. */
export function tensorIn(content: Tensor | Weight, read: ReadBytes): Tensor {
  if (!('at' in content)) return content;
  const bytes = 'bytes' in content.at ? content.at.bytes : read(content.at.file, content.at.offset, content.at.length);
  return tensorFromBytes(content.type.dtype as NumericDType, content.type.shape, bytes);
}

function extents(dims: readonly Int64[] = [], name: string): readonly number[] {
  let count = 1;
  const fits = dims.every((dim) => typeof dim === 'number' && dim >= 0 && (count *= Math.max(dim, 1)) <= MAX_ELEMENTS);
  if (!fits || dims.length > MAX_RANK) throw new GraphError('malformed', `tensor ${name}: [${dims.join(',')}] is not a shape`);
  return dims as readonly number[];
}

/** Packed float_data and double_data are laid out as raw bytes are. */
function packed({ float_data: floats, double_data: doubles }: TensorProto, dtype: DType): Span | undefined {
  const spans = dtype === 'float32' || dtype === 'complex64' ? floats : dtype === 'float64' || dtype === 'complex128' ? doubles : undefined;
  return spans && joined(spans);
}

/** Spans as one: as they are when there is one, else copied together. */
export function joined(spans: readonly Span[]): Span {
  if (spans.length === 1) return spans[0]!;
  const bytes = new Uint8Array(spans.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const span of spans) {
    bytes.set(bytesIn(span), at);
    at += span.length;
  }
  return spanOf(bytes);
}

/** Elements written as strings or as varints. */
function unpacked(proto: TensorProto, dtype: DType, dims: readonly number[], name: string): Tensor {
  const count = sizeOf(dims);
  const expect = (given: number, wanted = count): void => {
    if (given !== wanted)
      throw new GraphError('malformed', `tensor ${name}: ${dtype} [${dims.join(',')}] has ${count} elements, the file gives ${given}`);
  };
  if (dtype === 'string') {
    const spans = proto.string_data ?? [];
    expect(spans.length);
    return { dtype, dims, data: spans.map(textIn) };
  }
  const spans =
    (dtype === 'int64' ? proto.int64_data : dtype === 'uint64' || dtype === 'uint32' ? proto.uint64_data : proto.int32_data) ?? [];
  // Types below eight bits share the elements of int32_data.
  const wanted = dtypes[dtype].bits < 8 ? byteLength(dtype, count) : count;
  // A varint takes a byte or more, so that dims cannot claim more memory than the file is long.
  if (spans.reduce((sum, { length }) => sum + length, 0) < wanted) expect(0, wanted);
  const data = new dtypes[dtype].array(wanted);
  let given = 0;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) eachInteger(spans, (v) => (data[given++] = BigInt(v)));
  else eachInteger(spans, (v) => (data[given++] = Number(v)));
  expect(given, wanted);
  return { dtype, dims, data };
}

function external(proto: TensorProto, locate: Locate, name: string, dtype: DType, dims: readonly number[]): Span {
  const entries = new Map((proto.external_data ?? []).map(({ key, value }) => [key, value]));
  const location = entries.get('location');
  if (location === undefined || location === '')
    throw new GraphError('external-data', `tensor ${name}: says its data is external but not in which file`);
  const whole = (text: string | undefined, fallback: number): number => {
    if (text === undefined) return fallback;
    if (!/^\d{1,15}$/.test(text))
      throw new GraphError('external-data', `tensor ${name}: '${text}' is no offset or length into ${location}`);
    return Number(text);
  };
  const offset = whole(entries.get('offset'), 0);
  const length = whole(entries.get('length'), byteLength(dtype, sizeOf(dims)));
  const source = located(locate, location, name);
  if (offset + length > source.size)
    throw new GraphError(
      'external-data',
      `tensor ${name}: bytes ${offset} to ${offset + length} lie beyond the end of ${location}, which has ${source.size}`,
    );
  return { source, offset, length };
}

function located(locate: Locate, location: string, name: string): Source {
  try {
    return locate(location);
  } catch (error) {
    throw error instanceof GraphError ? new GraphError(error.code, `tensor ${name}: ${error.message}`, { cause: error }) : error;
  }
}

/** A sparse tensor written out. COO indices are [NNZ] (flat) or [NNZ, rank]. `spend` is told how many bytes that takes. */
export function dense(proto: SparseTensorProto, locate: Locate, read: ReadBytes, spend: (bytes: number, name: string) => void): Tensor {
  const name = proto.values?.name || 'a sparse constant';
  const dims = extents(proto.dims, name);
  const values = tensorIn(tensorContent(proto.values ?? {}, locate), read);
  const indices = numbers(tensorIn(tensorContent(proto.indices ?? {}, locate), read));
  const rank = (proto.indices?.dims?.length ?? 1) > 1 ? dims.length : 1;
  const { dtype } = values;
  if (dtype === 'string' || dtype.startsWith('complex') || dtypes[dtype].bits < 8)
    throw new GraphError('unsupported-type', `tensor ${name}: sparse tensors of ${dtype} are not read`);
  const count = sizeOf(dims);
  spend(byteLength(dtype, count), name);
  const data = new (dtypes[dtype].array as Float64ArrayConstructor)(count);
  const source = values.data as unknown as ArrayLike<number>;
  for (let i = 0; i < source.length; i++) {
    let at = 0;
    for (let axis = 0; axis < rank; axis++) at = at * (rank === 1 ? 1 : dims[axis]!) + indices[i * rank + axis]!;
    if (!(at >= 0 && at < count)) throw new GraphError('malformed', `tensor ${name}: a sparse index lies outside [${dims.join(',')}]`);
    data[at] = source[i]!;
  }
  return { dtype, dims, data: data as never };
}

/** A tensor written by itself, as in .pb files. */
export const tensorFromFile = (source: Source): Tensor =>
  tensorIn(tensorContent(decode(tensorFields, { source, offset: 0, length: source.size }), noExternal), noFile);

export const noExternal: Locate = (location) => {
  throw new GraphError('external-data', `data in the file ${location} cannot be reached from here`);
};
export const noFile: ReadBytes = (file) => noExternal(file) as never;
