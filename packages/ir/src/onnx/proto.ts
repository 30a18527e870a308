import type { Span } from './source.js';
import type { Field, Fields, Kind } from './wire.js';

/** A 64-bit integer: a number where it is exact. */
export type Int64 = number | bigint;

export interface ModelProto {
  ir_version?: number;
  producer_name?: string;
  producer_version?: string;
  graph?: GraphProto;
  opset_import?: readonly OperatorSetIdProto[];
  metadata_props?: readonly EntryProto[];
  functions?: readonly FunctionProto[];
}
export interface OperatorSetIdProto {
  domain?: string;
  version?: number;
}
export interface EntryProto {
  key?: string;
  value?: string;
}
export interface GraphProto {
  node?: readonly NodeProto[];
  name?: string;
  initializer?: readonly TensorProto[];
  sparse_initializer?: readonly SparseTensorProto[];
  input?: readonly ValueInfoProto[];
  output?: readonly ValueInfoProto[];
  value_info?: readonly ValueInfoProto[];
}
export interface NodeProto {
  input?: readonly string[];
  output?: readonly string[];
  name?: string;
  op_type?: string;
  domain?: string;
  overload?: string;
  attribute?: readonly AttributeProto[];
}
export interface FunctionProto {
  name?: string;
  domain?: string;
  overload?: string;
  input?: readonly string[];
  output?: readonly string[];
  node?: readonly NodeProto[];
  attribute_proto?: readonly AttributeProto[];
  opset_import?: readonly OperatorSetIdProto[];
}
export interface AttributeProto {
  name?: string;
  type?: number;
  ref_attr_name?: string;
  f?: number;
  i?: Int64;
  s?: Span;
  t?: TensorProto;
  g?: GraphProto;
  floats?: readonly Span[];
  ints?: readonly Int64[];
  strings?: readonly Span[];
  graphs?: readonly GraphProto[];
  tensors?: readonly Span[];
  sparse_tensor?: Span;
  tp?: Span;
  type_protos?: readonly Span[];
  sparse_tensors?: readonly Span[];
}
export interface ValueInfoProto {
  name?: string;
  type?: Span;
}
export interface TypeProto {
  tensor_type?: { elem_type?: number; shape?: { dim?: readonly { dim_value?: Int64; dim_param?: string }[] } };
}
export interface TensorProto {
  dims?: readonly Int64[];
  data_type?: number;
  float_data?: readonly Span[];
  int32_data?: readonly Span[];
  string_data?: readonly Span[];
  int64_data?: readonly Span[];
  name?: string;
  raw_data?: Span;
  double_data?: readonly Span[];
  uint64_data?: readonly Span[];
  external_data?: readonly EntryProto[];
  data_location?: number;
}
export interface SparseTensorProto {
  values?: TensorProto;
  indices?: TensorProto;
  dims?: readonly Int64[];
}

/** AttributeProto.type */
export const ATTRIBUTE = {
  FLOAT: 1,
  INT: 2,
  STRING: 3,
  TENSOR: 4,
  GRAPH: 5,
  FLOATS: 6,
  INTS: 7,
  STRINGS: 8,
  TENSORS: 9,
  GRAPHS: 10,
  SPARSE_TENSOR: 11,
  SPARSE_TENSORS: 12,
  TYPE_PROTO: 13,
  TYPE_PROTOS: 14,
} as const;

type Spec = readonly [number: number, kind: Kind, message?: () => Fields];
const fields = (specs: { readonly [name: string]: Spec }): Fields =>
  new Map(
    Object.entries(specs).map(([name, [number, kind, message]]): [number, Field] => [
      number,
      message === undefined ? { name, kind } : { name, kind, message },
    ]),
  );

const entry = fields({ key: [1, 'string'], value: [2, 'string'] });
const operatorSetId = fields({ domain: [1, 'string'], version: [2, 'varint'] });

export const tensorFields = fields({
  dims: [1, 'varints'],
  data_type: [2, 'varint'],
  float_data: [4, 'floats'],
  int32_data: [5, 'integers'],
  string_data: [6, 'bytesList'],
  int64_data: [7, 'integers'],
  name: [8, 'string'],
  raw_data: [9, 'bytes'],
  double_data: [10, 'doubles'],
  uint64_data: [11, 'integers'],
  external_data: [13, 'messages', () => entry],
  data_location: [14, 'varint'],
});

export const sparseTensorFields = fields({
  values: [1, 'message', () => tensorFields],
  indices: [2, 'message', () => tensorFields],
  dims: [3, 'varints'],
});

const dimension = fields({ dim_value: [1, 'varint'], dim_param: [2, 'string'] });
const tensorShape = fields({ dim: [1, 'messages', () => dimension] });
const tensorType = fields({ elem_type: [1, 'varint'], shape: [2, 'message', () => tensorShape] });
export const typeFields = fields({ tensor_type: [1, 'message', () => tensorType] });
const valueInfo = fields({ name: [1, 'string'], type: [2, 'bytes'] });

export const attributeFields = fields({
  name: [1, 'string'],
  f: [2, 'float'],
  i: [3, 'varint'],
  s: [4, 'bytes'],
  t: [5, 'message', () => tensorFields],
  g: [6, 'message', () => graphFields],
  floats: [7, 'floats'],
  ints: [8, 'varints'],
  strings: [9, 'bytesList'],
  tensors: [10, 'bytesList'],
  graphs: [11, 'messages', () => graphFields],
  tp: [14, 'bytes'],
  type_protos: [15, 'bytesList'],
  type: [20, 'varint'],
  ref_attr_name: [21, 'string'],
  sparse_tensor: [22, 'bytes'],
  sparse_tensors: [23, 'bytesList'],
});

const node = fields({
  input: [1, 'strings'],
  output: [2, 'strings'],
  name: [3, 'string'],
  op_type: [4, 'string'],
  attribute: [5, 'messages', () => attributeFields],
  domain: [7, 'string'],
  overload: [8, 'string'],
});

export const graphFields = fields({
  node: [1, 'messages', () => node],
  name: [2, 'string'],
  initializer: [5, 'messages', () => tensorFields],
  input: [11, 'messages', () => valueInfo],
  output: [12, 'messages', () => valueInfo],
  value_info: [13, 'messages', () => valueInfo],
  sparse_initializer: [15, 'messages', () => sparseTensorFields],
});

const functionFields = fields({
  name: [1, 'string'],
  input: [4, 'strings'],
  output: [5, 'strings'],
  node: [7, 'messages', () => node],
  opset_import: [9, 'messages', () => operatorSetId],
  domain: [10, 'string'],
  attribute_proto: [11, 'messages', () => attributeFields],
  overload: [13, 'string'],
});

export const modelFields = fields({
  ir_version: [1, 'varint'],
  producer_name: [2, 'string'],
  producer_version: [3, 'string'],
  graph: [7, 'message', () => graphFields],
  opset_import: [8, 'messages', () => operatorSetId],
  metadata_props: [14, 'messages', () => entry],
  functions: [25, 'messages', () => functionFields],
});
