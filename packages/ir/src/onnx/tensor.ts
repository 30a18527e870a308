import { GraphError } from '../error.js';
import type { Weight } from '../graph.js';
import { byteLength, dtypeOf, dtypes, numbers, sizeOf, tensorFromBytes, type DType, type NumericDType, type Tensor } from '../tensor.js';
import { sparseTensorFields, tensorFields, type Int64, type SparseTensorProto, type TensorProto } from './proto.js';
import { bytesIn, spanOf, type Source, type Span } from './source.js';
import { decode, type Message } from './wire.js';

/** Finds an external data file by the location its tensor names. @throws GraphError 'external-data' */
export type Locate = (location: string) => Source;

const MAX_ELEMENTS = 2 ** 40;
/** Sparse tensors are written out; beyond this many bytes that would be an attack. */
const MAX_DENSE = 2 ** 30;

/** An initializer or constant: a handle on its bytes where they lie, or a small decoded tensor where the file packs it otherwise. */
export function tensorContent(proto: TensorProto, locate: Locate): Tensor | Weight {
  const name = proto.name || 'a constant';
  const dtype = dtypeOf(proto.data_type ?? 0);
  const dims = extents(proto.dims, name);
  const count = sizeOf(dims);
  const place = proto.data_location === 1 ? external(proto, locate, name) : (proto.raw_data ?? packed(proto, dtype));
  if (place !== undefined) {
    const expected = byteLength(dtype, count);
    if (dtype === 'string') throw new GraphError('malformed', `tensor ${name}: strings cannot lie in raw bytes`);
    if (place.length !== expected)
      throw new GraphError(
        'malformed',
        `tensor ${name}: ${dtype} [${dims.join(',')}] takes ${expected} bytes, the file gives ${place.length}`,
      );
    const type = { dtype, shape: dims };
    return place.source.file === undefined
      ? { type, at: { bytes: bytesIn(place) } }
      : { type, at: { file: place.source.file, offset: place.offset, length: place.length } };
  }
  return unpacked(proto, dtype, dims, count, name);
}

/** The elements of a weight or tensor. For constants that must be read, never for large weights. */
export function tensorIn(content: Tensor | Weight, read: (file: string, offset: number, length: number) => Uint8Array): Tensor {
  if (!('at' in content)) return content;
  const bytes = 'bytes' in content.at ? content.at.bytes : read(content.at.file, content.at.offset, content.at.length);
  return tensorFromBytes(content.type.dtype as NumericDType, content.type.shape, bytes);
}

function extents(dims: readonly Int64[] = [], name: string): readonly number[] {
  let count = 1;
  for (const dim of dims) {
    if (typeof dim !== 'number' || dim < 0 || (count *= Math.max(dim, 1)) > MAX_ELEMENTS)
      throw new GraphError('malformed', `tensor ${name}: [${dims.join(',')}] is not a shape`);
  }
  return dims as readonly number[];
}

/** Packed float_data and double_data are laid out as raw bytes are. */
function packed({ float_data: floats, double_data: doubles }: TensorProto, dtype: DType): Span | undefined {
  const spans = dtype === 'float32' || dtype === 'complex64' ? floats : dtype === 'float64' || dtype === 'complex128' ? doubles : undefined;
  return spans === undefined ? undefined : joined(spans);
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

function unpacked(proto: TensorProto, dtype: DType, dims: readonly number[], count: number, name: string): Tensor {
  const expect = (length: number): void => {
    if (length !== count)
      throw new GraphError('malformed', `tensor ${name}: ${dtype} [${dims.join(',')}] has ${count} elements, the file gives ${length}`);
  };
  if (dtype === 'string') {
    const strings = (proto.string_data ?? []).map((span) => new TextDecoder().decode(bytesIn(span)));
    expect(strings.length);
    return { dtype, dims, data: strings };
  }
  if (dtype === 'int64' || dtype === 'uint64' || dtype === 'uint32') {
    const list = (dtype === 'int64' ? proto.int64_data : proto.uint64_data) ?? [];
    expect(list.length);
    if (dtype === 'int64') return { dtype, dims, data: BigInt64Array.from(list, BigInt) };
    return {
      dtype,
      dims,
      data: dtype === 'uint64' ? BigUint64Array.from(list, (v) => BigInt.asUintN(64, BigInt(v))) : Uint32Array.from(list, Number),
    };
  }
  const list = proto.int32_data ?? [];
  const perElement = dtypes[dtype].bits < 8 ? Math.ceil((count * dtypes[dtype].bits) / 8) : count;
  if (list.length !== perElement) expect(list.length);
  return { dtype, dims, data: (dtypes[dtype].array as Int32ArrayConstructor).from(list as readonly number[]) as never };
}

function external(proto: TensorProto, locate: Locate, name: string): Span {
  const entries = new Map((proto.external_data ?? []).map(({ key, value }) => [key, value]));
  const location = entries.get('location');
  if (location === undefined || location === '')
    throw new GraphError('external-data', `tensor ${name}: says its data is external but not in which file`);
  const source = locate(location);
  const whole = (text: string | undefined, fallback: number): number => {
    if (text === undefined) return fallback;
    if (!/^\d{1,15}$/.test(text))
      throw new GraphError('external-data', `tensor ${name}: '${text}' is no offset or length into ${location}`);
    return Number(text);
  };
  const offset = whole(entries.get('offset'), 0);
  const dims = extents(proto.dims, name);
  const length = whole(entries.get('length'), byteLength(dtypeOf(proto.data_type ?? 0), sizeOf(dims)));
  if (offset + length > source.size)
    throw new GraphError(
      'external-data',
      `tensor ${name}: bytes ${offset} to ${offset + length} lie beyond the end of ${location}, which has ${source.size}`,
    );
  return { source, offset, length };
}

/** A sparse initializer, written out. COO indices are [NNZ] (flat) or [NNZ, rank]. */
export function dense(
  proto: SparseTensorProto,
  locate: Locate,
  read: (file: string, offset: number, length: number) => Uint8Array,
): Tensor {
  const name = proto.values?.name ?? 'a sparse constant';
  const dims = extents(proto.dims, name);
  const values = tensorIn(tensorContent(proto.values ?? {}, locate), read);
  const indices = numbers(tensorIn(tensorContent(proto.indices ?? {}, locate), read));
  const rank = (proto.indices?.dims?.length ?? 1) > 1 ? dims.length : 1;
  const count = sizeOf(dims);
  if (values.dtype === 'string' || byteLength(values.dtype, count) > MAX_DENSE)
    throw new GraphError('limit', `tensor ${name}: a sparse ${values.dtype} tensor [${dims.join(',')}] cannot be written out`);
  const data = new (dtypes[values.dtype].array as Float64ArrayConstructor)(count);
  const source = values.data as unknown as ArrayLike<number>;
  for (let i = 0; i < source.length; i++) {
    let at = 0;
    for (let axis = 0; axis < rank; axis++) at = at * (rank === 1 ? 1 : dims[axis]!) + indices[i * rank + axis]!;
    if (!(at >= 0 && at < count)) throw new GraphError('malformed', `tensor ${name}: a sparse index lies outside [${dims.join(',')}]`);
    data[at] = source[i]!;
  }
  return { dtype: values.dtype, dims, data: data as never };
}

/** A tensor written by itself, as in .pb files. */
export const tensorFromFile = (source: Source): Tensor =>
  tensorIn(tensorContent(decode(tensorFields, { source, offset: 0, length: source.size }) as TensorProto, noExternal), noFile);

export const noExternal: Locate = (location) => {
  throw new GraphError('external-data', `data in the file ${location} cannot be reached from here`);
};
const noFile = (file: string): never => noExternal(file) as never;

export const decodeSparse = (span: Span): SparseTensorProto => decode(sparseTensorFields, span) as SparseTensorProto & Message;
