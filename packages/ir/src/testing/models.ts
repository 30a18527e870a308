import { textSpan } from '../onnx/attributes.js';
import { encode, joinedBytes } from '../onnx/encode.js';
import {
  ATTRIBUTE,
  modelFields,
  type AttributeProto,
  type FunctionProto,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from '../onnx/proto.js';
import { spanOf } from '../onnx/source.js';
import { typeSpan } from '../onnx/types.js';
import type { Dim } from '../graph.js';
import { bytesOf, dtypes, tensorOf, type DType, type NumericDType } from '../tensor.js';

/** A model file written by hand: any opset, any nonsense. */
export function modelFile(
  graph: GraphProto,
  { opset = 21, functions = [] as readonly FunctionProto[], domains = [] as readonly string[] } = {},
): Uint8Array {
  const imports = [{ domain: '', version: opset }, ...domains.map((domain) => ({ domain, version: 1 }))];
  return joinedBytes(encode(modelFields, { ir_version: 8, graph, opset_import: imports, functions }));
}

export const node = (
  op_type: string,
  input: readonly string[],
  output: readonly string[],
  ...attribute: readonly AttributeProto[]
): NodeProto => ({
  op_type,
  input,
  output,
  attribute,
});

/** Attributes by kind. */
export const attr = {
  int: (name: string, i: number | bigint): AttributeProto => ({ name, i, type: ATTRIBUTE.INT }),
  ints: (name: string, ints: readonly (number | bigint)[]): AttributeProto => ({ name, ints, type: ATTRIBUTE.INTS }),
  float: (name: string, f: number): AttributeProto => ({ name, f, type: ATTRIBUTE.FLOAT }),
  floats: (name: string, values: readonly number[]): AttributeProto => ({
    name,
    floats: [spanOf(bytesOf(tensorOf('float32', [values.length], values)))],
    type: ATTRIBUTE.FLOATS,
  }),
  string: (name: string, text: string): AttributeProto => ({ name, s: textSpan(text), type: ATTRIBUTE.STRING }),
  graph: (name: string, g: GraphProto): AttributeProto => ({ name, g, type: ATTRIBUTE.GRAPH }),
  tensor: (name: string, t: TensorProto): AttributeProto => ({ name, t, type: ATTRIBUTE.TENSOR }),
};

export function info(name: string, dtype: DType = 'float32', shape?: readonly Dim[]): ValueInfoProto {
  return { name, type: typeSpan({ dtype, shape })! };
}

export const constant = (name: string, dtype: NumericDType, dims: readonly number[], values: readonly number[]): TensorProto => ({
  name,
  dims,
  data_type: dtypes[dtype].code,
  raw_data: spanOf(bytesOf(tensorOf(dtype, dims, values))),
});
