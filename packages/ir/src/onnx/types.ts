import { freshSymbol, isFresh } from '../dim.js';
import { GraphError } from '../error.js';
import type { Dim, ValueType } from '../graph.js';
import { MAX_RANK, dtypeOf, dtypes } from '../tensor.js';
import { encode, joinedBytes } from './encode.js';
import { typeFields, type TypeProto } from './proto.js';
import { bytesIn, spanOf, type Span } from './source.js';
import { decode, type Message } from './wire.js';

/** Tensor types are parsed; sequences, maps and optionals are carried through. @throws GraphError */
export function valueType(span: Span): ValueType {
  const { tensor_type: tensor } = decode(typeFields, span) as TypeProto;
  if (tensor === undefined) return { dtype: 'opaque', shape: undefined, opaque: bytesIn(span) };
  const { elem_type: code, shape } = tensor;
  const dims =
    shape &&
    (shape.dim ?? []).map(({ dim_value: value, dim_param: param = '' }): Dim => {
      if (typeof value === 'number' && value >= 0 && param === '') return value;
      // '?' stands for an extent without a name, and two of those are two extents.
      return param === '' || isFresh(param) ? freshSymbol() : param;
    });
  if (dims !== undefined && dims.length > MAX_RANK)
    throw new GraphError('limit', `a type of rank ${dims.length}; ranks up to ${MAX_RANK} are read`);
  return { dtype: code ? dtypeOf(code) : 'unknown', shape: dims };
}

/** A type as the file writes it; undefined when nothing is known of it. */
export function typeSpan(type: ValueType): Span | undefined {
  if (type.dtype === 'opaque') return spanOf(type.opaque);
  if (type.dtype === 'unknown') return undefined;
  const dim = type.shape?.map((d) => (typeof d === 'number' ? { dim_value: d } : isFresh(d) ? {} : { dim_param: d }));
  const proto: TypeProto = { tensor_type: { elem_type: dtypes[type.dtype].code, ...(dim === undefined ? {} : { shape: { dim } }) } };
  return spanOf(joinedBytes(encode(typeFields, proto as Message)));
}
