import { GraphError } from '../error.js';
import { subgraphs, type Graph, type Node, type OpType, type Value, type Weight } from '../graph.js';
import { signatureOf } from '../infer/index.js';
import { schemas } from '../schema.js';
import type { AttrSpec } from '../signature.js';
import { bytesOf, dtypes, type Tensor } from '../tensor.js';
import { attributeProto, textSpan } from './attributes.js';
import { encode } from './encode.js';
import {
  ATTRIBUTE,
  modelFields,
  type AttributeProto,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './proto.js';
import { spanOf } from './source.js';
import { typeSpan } from './types.js';

export interface WriteOptions {
  /** Versions of domains other than ai.onnx; 1 unless said otherwise. */
  readonly domains?: ReadonlyMap<string, number>;
  readonly metadata?: ReadonlyMap<string, string>;
  /** What external data files are called, by absolute path. Without it a weight in a file cannot be written. */
  readonly location?: (file: string) => string;
}

/** The oldest opset that says all we can say, its IR version, and what each later one adds. Everything else means the same in all of them. */
const OLDEST = { opset: 20, irVersion: 9 };
const ADDED: readonly Added[] = [
  {
    opset: 21,
    irVersion: 10,
    operators: ['GroupNormalization'],
    attributes: ['DequantizeLinear.block_size', 'QuantizeLinear.block_size', 'QuantizeLinear.output_dtype'],
    dtypes: ['int4', 'uint4', 'float8e4m3fn', 'float8e4m3fnuz', 'float8e5m2', 'float8e5m2fnuz'],
    // Quantized to 16 bits, or multiplied by scales of 16 bits.
    nodes: ({ opType, inputs: [x, scale], outputs: [y] }) =>
      is16Bit({ DequantizeLinear: x, QuantizeLinear: y, QLinearMatMul: scale }[opType as string]),
  },
  {
    opset: 23,
    irVersion: 11,
    operators: ['Attention', 'RMSNormalization', 'RotaryEmbedding'],
    attributes: ['QuantizeLinear.precision', 'DequantizeLinear.output_dtype'],
    dtypes: ['bfloat16', 'float4e2m1'],
    // A scale of another type than what it scales.
    nodes: ({ opType, inputs: [x, scale] }) =>
      opType === 'QuantizeLinear' && x !== undefined && scale !== undefined && x.type.dtype !== scale.type.dtype,
  },
  { opset: 24, irVersion: 12, dtypes: ['float8e8m0'] },
  { opset: 25, irVersion: 13, dtypes: ['uint2', 'int2'] },
];

const is16Bit = (value: Value | undefined): boolean => ['int16', 'uint16', 'float16'].includes(value?.type.dtype ?? '');

interface Added {
  readonly opset: number;
  readonly irVersion: number;
  readonly operators?: readonly string[];
  readonly attributes?: readonly string[];
  readonly dtypes: readonly string[];
  readonly nodes?: (node: Node) => boolean;
}

/**
 * Writes a graph as an ONNX model: the same graph, the same bytes. Large tensors are handed on as chunks of their own, not copied;
 * weights in files become references to them.
 * @throws GraphError 'external-data' when a weight lies in a file and no `location` says how to find it
 */
export function writeModel(
  graph: Graph,
  { domains = new Map(), metadata = new Map(), location }: WriteOptions = {},
): readonly Uint8Array[] {
  const used = new Set(['']);
  const proto = graphWriter(location, used)(graph);
  const { opset, irVersion } = versionFor(graph);
  const opset_import = [...used].toSorted().map((domain) => ({ domain, version: domain === '' ? opset : (domains.get(domain) ?? 1) }));
  return encode(modelFields, {
    ir_version: irVersion,
    producer_name: 'vitrine',
    graph: proto,
    opset_import,
    metadata_props: [...metadata].map(([key, value]) => ({ key, value })),
  });
}

/** The oldest opset that says the same: more runtimes have its kernels. */
const versionFor = (graph: Graph): { readonly opset: number; readonly irVersion: number } =>
  ADDED.findLast((added) => uses(graph, added)) ?? OLDEST;

function uses(graph: Graph, added: Added): boolean {
  const { operators = [], attributes = [], dtypes: types, nodes = () => false } = added;
  const typed = (value: Value | undefined): boolean => value !== undefined && types.includes(value.type.dtype);
  return (
    graph.inputs.some(typed) ||
    [...graph.initializers.keys()].some(typed) ||
    graph.nodes.some(
      (node) =>
        operators.includes(node.opType) ||
        nodes(node) ||
        node.outputs.some(typed) ||
        Object.keys(node.attrs).some((name) => attributes.includes(`${node.opType}.${name}`)) ||
        subgraphs(node).some(([, inner]) => uses(inner, added)),
    )
  );
}

/** Names by identity: two values of one name are told apart, subgraphs included. The first to ask gets its own. */
function naming(): (value: Value) => string {
  const names = new Map<Value, string>();
  const taken = new Set<string>();
  const counts = new Map<string, number>();
  return (value) => {
    let name = names.get(value);
    if (name !== undefined) return name;
    name = value.name;
    for (let n = counts.get(value.name) ?? 1; taken.has(name); counts.set(value.name, n)) name = `${value.name}'${++n}`;
    names.set(value, name);
    taken.add(name);
    return name;
  };
}

/** Graphs as protobuf messages. Domains that nodes come from are collected in `used`. */
function graphWriter(location: WriteOptions['location'], used: Set<string>): (graph: Graph) => GraphProto {
  const nameOf = naming();
  return graphProto;

  function graphProto(graph: Graph): GraphProto {
    const input = graph.inputs.map(valueInfo);
    // Outputs are named before the nodes, so that nothing inside can take their names.
    const output = graph.outputs.map(valueInfo);
    const initializer = [...graph.initializers].map(([value, content]) => tensorProto(nameOf(value), content));
    return { node: graph.nodes.map(nodeProto), name: graph.name, initializer, input, output };
  }

  function valueInfo(value: Value): ValueInfoProto {
    const type = typeSpan(value.type);
    return { name: nameOf(value), ...(type && { type }) };
  }

  function nodeProto({ opType, name, inputs, outputs, attrs }: Node): NodeProto {
    const dot = opType.lastIndexOf('.');
    const domain = dot < 0 ? '' : opType.slice(0, dot);
    used.add(domain);
    const specs: { readonly [name: string]: AttrSpec } = Object.hasOwn(schemas, opType) ? schemas[opType as OpType].attrs : {};
    const attribute = Object.entries(attrs)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([attr, value]): AttributeProto => {
        if (typeof value === 'object' && 'nodes' in value) return { name: attr, g: graphProto(value), type: ATTRIBUTE.GRAPH };
        const kind = Object.hasOwn(specs, attr) ? specs[attr]!.kind : undefined;
        const content = kind === 'tensor' ? tensorProto('', value as Tensor) : value;
        return attributeProto(attr, content, kind, `${opType} (at ${name})`);
      });
    return { input: namesOf(given(opType, inputs)), output: namesOf(outputs), name, op_type: opType.slice(dot + 1), domain, attribute };
  }

  /** Without what is left out at the end: ONNX Runtime 1.30 crashes on some operators whose last input is there and empty. */
  function given(opType: string, inputs: Node['inputs']): Node['inputs'] {
    // Operators with any number of inputs may count those left out.
    if (signatureOf(opType)?.inputs.at(-1)?.variadic) return inputs;
    return inputs.slice(0, inputs.findLastIndex((value) => value !== undefined) + 1);
  }

  function namesOf(values: Node['inputs']): readonly string[] {
    return values.map((value) => (value === undefined ? '' : nameOf(value)));
  }

  function tensorProto(name: string, content: Tensor | Weight): TensorProto {
    const [dtype, dims] = 'at' in content ? [content.type.dtype, content.type.shape] : [content.dtype, content.dims];
    const base = { ...(name !== '' && { name }), dims, data_type: dtypes[dtype].code };
    if (!('at' in content))
      return content.dtype === 'string'
        ? { ...base, string_data: (content.data as readonly string[]).map(textSpan) }
        : { ...base, raw_data: spanOf(bytesOf(content)) };
    if ('bytes' in content.at) return { ...base, raw_data: spanOf(content.at.bytes) };
    const { file, offset, length } = content.at;
    if (location === undefined)
      throw new GraphError('external-data', `weight ${name} lies in ${file}, and nothing says how the written model is to find it`);
    const external_data = Object.entries({ location: location(file), offset, length }).map(([key, value]) => ({
      key,
      value: String(value),
    }));
    return { ...base, external_data, data_location: 1 };
  }
}
