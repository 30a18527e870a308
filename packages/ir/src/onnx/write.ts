import { GraphError } from '../error.js';
import { isFresh } from '../builder.js';
import { subgraphs, type AttrValue, type Graph, type Node, type OpType, type Value, type ValueType, type Weight } from '../graph.js';
import { schemas } from '../schema.js';
import type { AttrKind } from '../signature.js';
import { bytesOf, dtypes, type DType, type Tensor } from '../tensor.js';
import {
  ATTRIBUTE,
  attributeFields,
  modelFields,
  typeFields,
  type AttributeProto,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './proto.js';
import { spanOf } from './source.js';
import { decode, encode, type Message } from './wire.js';

export interface WriteOptions {
  /** Versions of domains other than ai.onnx; com.microsoft is 1 unless said otherwise. */
  readonly domains?: ReadonlyMap<string, number>;
  readonly metadata?: ReadonlyMap<string, string>;
  /** What external data files are called, by absolute path. Without it a weight in a file cannot be written. */
  readonly location?: (file: string) => string;
}

/** What opset 23 adds to 21: these operators, attributes and types. Everything else means the same in both. */
const ADDED = {
  operators: new Set(['Attention', 'RMSNormalization', 'RotaryEmbedding']),
  attributes: new Set(['QuantizeLinear.precision', 'DequantizeLinear.output_dtype']),
  dtypes: new Set(['bfloat16', 'float4e2m1', 'float8e8m0']),
};

/**
 * Writes a graph as an ONNX model: the same graph, the same bytes. Large tensors are handed on as chunks of their own, not copied;
 * weights in files become references to them.
 */
export function writeModel(
  graph: Graph,
  { domains = new Map(), metadata = new Map(), location }: WriteOptions = {},
): readonly Uint8Array[] {
  const used = new Set<string>();
  const proto = graphProto(graph, naming(), location, used);
  // The oldest opset that says the same: more runtimes have its kernels.
  const opset = needsNewest(graph) ? 23 : 21;
  const versions = [...used.add('')].toSorted().map((domain) => ({ domain, version: domain === '' ? opset : (domains.get(domain) ?? 1) }));
  return encode(modelFields, {
    ir_version: opset === 21 ? 10 : 11,
    producer_name: 'vitrine',
    graph: proto,
    opset_import: versions,
    metadata_props: [...metadata].map(([key, value]) => ({ key, value })),
  });
}

function needsNewest(graph: Graph): boolean {
  const modern = (value: Value | undefined): boolean => value !== undefined && ADDED.dtypes.has(value.type.dtype);
  return (
    [...graph.inputs, ...graph.initializers.keys()].some(modern) ||
    graph.nodes.some(
      (node) =>
        ADDED.operators.has(node.opType) ||
        Object.keys(node.attrs).some((name) => ADDED.attributes.has(`${node.opType}.${name}`)) ||
        node.outputs.some(modern) ||
        subgraphs(node).some(([, inner]) => needsNewest(inner)),
    )
  );
}

type Naming = (value: Value) => string;

/** Names by identity: two values of one name are told apart, subgraphs included. */
function naming(): Naming {
  const names = new Map<Value, string>();
  const taken = new Set<string>();
  return (value) => {
    let name = names.get(value);
    if (name === undefined) {
      name = value.name;
      for (let n = 2; taken.has(name); n++) name = `${value.name}'${n}`;
      names.set(value, name);
      taken.add(name);
    }
    return name;
  };
}

function graphProto(graph: Graph, nameOf: Naming, location: WriteOptions['location'], used: Set<string>): GraphProto {
  const input = graph.inputs.map((value) => valueInfo(nameOf(value), value.type));
  const initializer = [...graph.initializers].map(([value, content]) => tensorProto(nameOf(value), content, location));
  const node = graph.nodes.map((n) => nodeProto(n, nameOf, location, used));
  return { node, name: graph.name, initializer, input, output: graph.outputs.map((value) => valueInfo(nameOf(value), value.type)) };
}

function nodeProto(node: Node, nameOf: Naming, location: WriteOptions['location'], used: Set<string>): NodeProto {
  const dot = node.opType.lastIndexOf('.');
  const domain = dot < 0 ? '' : node.opType.slice(0, dot);
  used.add(domain);
  const specs = Object.hasOwn(schemas, node.opType)
    ? (schemas[node.opType as OpType].attrs as { readonly [name: string]: { readonly kind: AttrKind } })
    : {};
  return {
    input: node.inputs.map((value) => (value === undefined ? '' : nameOf(value))),
    output: node.outputs.map((value) => (value === undefined ? '' : nameOf(value))),
    name: node.name,
    op_type: node.opType.slice(dot + 1),
    domain,
    attribute: Object.entries(node.attrs)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => attributeProto(name, value, specs[name]?.kind, nameOf, location, used)),
  };
}

function attributeProto(
  name: string,
  value: AttrValue,
  kind: AttrKind | undefined,
  nameOf: Naming,
  location: WriteOptions['location'],
  used: Set<string>,
): AttributeProto {
  if (typeof value === 'object' && 'nodes' in value) return { name, g: graphProto(value, nameOf, location, used), type: ATTRIBUTE.GRAPH };
  switch (kind) {
    case 'float':
      return { name, f: value as number, type: ATTRIBUTE.FLOAT };
    case 'int':
      return { name, i: value as number, type: ATTRIBUTE.INT };
    case 'string':
      return { name, s: spanOf(utf8(value as string)), type: ATTRIBUTE.STRING };
    case 'floats':
      return {
        name,
        floats: [spanOf(bytesOf({ dtype: 'float32', dims: [], data: Float32Array.from(value as readonly number[]) }))],
        type: ATTRIBUTE.FLOATS,
      };
    case 'ints':
      return { name, ints: value as readonly number[], type: ATTRIBUTE.INTS };
    case 'strings':
      return { name, strings: (value as readonly string[]).map((s) => spanOf(utf8(s))), type: ATTRIBUTE.STRINGS };
    case 'tensor':
    case 'sparse':
      return { name, t: tensorProto('', value as Tensor, undefined), type: ATTRIBUTE.TENSOR };
    case 'type':
      return { name, tp: spanOf((value as { opaque: Uint8Array }).opaque), type: ATTRIBUTE.TYPE_PROTO };
    default:
      return decode(attributeFields, spanOf((value as { opaque: Uint8Array }).opaque)) as AttributeProto;
  }
}

function tensorProto(name: string, content: Tensor | Weight, location: WriteOptions['location']): TensorProto {
  const [dtype, dims] = 'at' in content ? [content.type.dtype, content.type.shape] : [content.dtype, content.dims];
  const base = { ...(name === '' ? {} : { name }), dims, data_type: dtypes[dtype].code };
  if ('at' in content) {
    if ('bytes' in content.at) return { ...base, raw_data: spanOf(content.at.bytes) };
    if (location === undefined)
      throw new GraphError(
        'external-data',
        `weight ${name} lies in ${content.at.file}, and nothing says how the written model is to find it`,
      );
    const { file, offset, length } = content.at;
    const entries = { location: location(file), offset: String(offset), length: String(length) };
    return { ...base, external_data: Object.entries(entries).map(([key, value]) => ({ key, value })), data_location: 1 };
  }
  if (content.dtype === 'string') return { ...base, string_data: (content.data as readonly string[]).map((s) => spanOf(utf8(s))) };
  return { ...base, raw_data: spanOf(bytesOf(content)) };
}

function valueInfo(name: string, type: ValueType): ValueInfoProto {
  if (type.dtype === 'opaque') return { name, type: spanOf(type.opaque) };
  if (type.dtype === 'unknown') return { name };
  const dim = type.shape?.map((d) => (typeof d === 'number' ? { dim_value: d } : isFresh(d) ? {} : { dim_param: d }));
  const tensor_type = { elem_type: dtypes[type.dtype as DType].code, ...(dim === undefined ? {} : { shape: { dim } }) };
  return { name, type: spanOf(joinedBytes(encode(typeFields, { tensor_type } as Message))) };
}

const encoder = new TextEncoder();
const utf8 = (text: string): Uint8Array => encoder.encode(text);

/** Chunks as one array. */
export function joinedBytes(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const bytes = new Uint8Array(chunks.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}
