import { builder, freshSymbol, knownOf, type Builder } from '../builder.js';
import { GraphError } from '../error.js';
import type { AttrValue, Dim, Graph, Model, TensorType, Value, ValueType, Weight } from '../graph.js';
import { OPSET, schemas } from '../schema.js';
import { dtypeOf, sizeOf, type Tensor } from '../tensor.js';
import { inlineFunctions, type InlinedNode } from './functions.js';
import {
  ATTRIBUTE,
  attributeFields,
  modelFields,
  typeFields,
  type AttributeProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TypeProto,
  type ValueInfoProto,
} from './proto.js';
import { bytesIn, type Source, type Span } from './source.js';
import { decodeSparse, dense, joined, noExternal, tensorContent, tensorIn, type Locate } from './tensor.js';
import { upgrade, type OldNode } from './upgrade.js';
import { decode, encode, type Message } from './wire.js';
import { joinedBytes } from './write.js';

export interface ReadOptions {
  /** Finds external data files; without it they are refused. */
  readonly locate?: Locate;
  /** Reads part of a file that a weight points into, for the few constants whose content matters. */
  readonly read?: (file: string, offset: number, length: number) => Uint8Array;
}

const OLDEST = 7;
/** Constants up to this size have their content looked at. */
const SMALL = 4096;

/**
 * Reads an ONNX model, upgraded to the inner opset. Weights stay where they lie.
 * @throws GraphError with a code for what is wrong: 'malformed', 'unsupported-version', 'unknown-operator', 'external-data', 'limit', …
 */
export function readModel(source: Source, options: ReadOptions = {}): Model {
  refuseOtherFormats(source);
  const proto = decode(modelFields, { source, offset: 0, length: source.size }) as ModelProto & Message;
  if (proto.graph === undefined) throw new GraphError('malformed', 'not an ONNX model: the file holds no graph');
  const versions = new Map((proto.opset_import ?? []).map(({ domain = '', version = 1 }) => [domain === 'ai.onnx' ? '' : domain, version]));
  const opset = versions.get('') ?? (versions.size === 0 ? 1 : OPSET);
  if (opset < OLDEST)
    throw new GraphError(
      'unsupported-version',
      `the model is written in opset ${opset}; opsets ${OLDEST} and later are read: export it again with a newer opset`,
    );
  const irVersion = proto.ir_version ?? 0;
  if (!Number.isInteger(irVersion) || irVersion < 3)
    throw new GraphError('unsupported-version', `the file says IR version ${irVersion}; versions 3 and later are read`);
  const graph = inlineFunctions(proto, opset);
  const reader = graphReader(options, opset, versions);
  versions.delete('');
  return {
    graph: reader(graph, new Map(), ''),
    domains: versions,
    metadata: new Map((proto.metadata_props ?? []).map(({ key = '', value = '' }) => [key, value])),
    producer: [proto.producer_name, proto.producer_version].filter(Boolean).join(' '),
    opset,
    irVersion,
  };
}

/** Files that people take for ONNX, by their first bytes. */
function refuseOtherFormats(source: Source): void {
  const head = source.read(0, 16);
  const starts = (...bytes: readonly number[]): boolean => bytes.every((b, i) => head[i] === b);
  const text = String.fromCharCode(...head);
  const refuse = (what: string): never => {
    throw new GraphError('malformed', `not an ONNX model but ${what}: export the model to ONNX first`);
  };
  if (head.length === 0) throw new GraphError('malformed', 'the file is empty');
  if (starts(0x50, 0x4b, 3, 4)) refuse('a zip archive, as PyTorch and Keras write them (pickles are never executed)');
  if (starts(0x80, 2) || starts(0x80, 4)) refuse('a Python pickle, which is never executed');
  if (starts(0x89, 0x48, 0x44, 0x46)) refuse('an HDF5 file, as Keras writes them');
  if (text.slice(4, 8) === 'TFL3') refuse('a TensorFlow Lite model');
  if (starts(0x93, 0x4e, 0x55, 0x4d)) refuse('a NumPy array');
  if (text.startsWith('<') || text.startsWith('{') || text.startsWith('version https'))
    refuse(text.startsWith('v') ? 'a Git LFS pointer' : 'a text file');
}

type Scope = ReadonlyMap<string, Value>;

function graphReader(
  options: ReadOptions,
  opset: number,
  versions: ReadonlyMap<string, number>,
): (proto: GraphProto, outer: Scope, prefix: string) => Graph {
  const locate = options.locate ?? noExternal;
  const read = options.read ?? ((file: string): never => noExternal(file) as never);
  let unnamed = 0;
  return readGraph;

  function readGraph(proto: GraphProto, outer: Scope, prefix: string): Graph {
    const info = new Map<string, TensorType>();
    for (const value of proto.value_info ?? []) {
      const type = value.type && valueType(value.type);
      if (value.name && type && type.dtype !== 'opaque') info.set(value.name, type);
    }
    const b = builder(undefined, { types: info });
    const names = new Map(outer);
    const declare = (name: string, value: Value): void => void names.set(name, value);

    const constants = new Map<string, Tensor | Weight>((proto.initializer ?? []).map((t) => [t.name ?? '', tensorContent(t, locate)]));
    for (const sparse of proto.sparse_initializer ?? []) constants.set(sparse.values?.name ?? '', dense(sparse, locate, read));
    for (const [name, content] of constants) declare(name, constant(b, content, name));
    const inputs = (proto.input ?? [])
      .filter(({ name }) => !constants.has(name ?? ''))
      .map((input) => {
        const value = b.input(nameOf(input), input.type ? valueType(input.type) : { dtype: 'unknown', shape: undefined });
        declare(value.name, value);
        return value;
      });
    for (const node of sorted(proto.node ?? [], names)) {
      const old = oldNode(node, names, prefix);
      const outputs = node.op_type === 'Constant' ? [constantNode(old, b)] : upgrade(old, b);
      node.output?.forEach((name, i) => name && outputs[i] && declare(name, outputs[i]));
    }
    const outputs = (proto.output ?? []).map(
      (output) => names.get(nameOf(output)) ?? fail(`output ${nameOf(output)} is computed by no node`),
    );
    return { ...b.build(outputs, inputs), name: proto.name ?? 'graph' };
  }

  function constant(b: Builder, content: Tensor | Weight, name: string): Value {
    return b.initializer(content, name, knownContent(content));
  }

  /** Content of small constants, read even when they stay in a file. */
  function knownContent(content: Tensor | Weight): ReturnType<typeof knownOf> {
    if (!('at' in content)) return knownOf(content);
    const { dtype, shape } = content.type;
    return dtype === 'string' || sizeOf(shape) > SMALL ? undefined : knownOf(tensorIn(content, read));
  }

  function oldNode(proto: InlinedNode, names: Scope, prefix: string): OldNode {
    const domain = proto.domain === 'ai.onnx' ? '' : (proto.domain ?? '');
    const opType = domain === '' ? (proto.op_type ?? '') : `${domain}.${proto.op_type ?? ''}`;
    const name = proto.name || `${proto.op_type}_${unnamed++}`;
    const inputs = (proto.input ?? []).map((input) =>
      input === '' ? undefined : (names.get(input) ?? fail(`${opType} (at ${name}) reads ${input}, which nothing computes`)),
    );
    const known = domain === '' || Object.hasOwn(schemas, opType);
    const attrs: { [name: string]: AttrValue } = {};
    for (const attribute of proto.attribute ?? []) {
      const value = attr(attribute, known, names, `${prefix}${name}/`, opType);
      if (value !== undefined) attrs[attribute.name ?? ''] = value;
    }
    const outputs = (proto.output ?? []).map((output) => output || undefined);
    return {
      opType,
      name,
      inputs: trimmed(inputs),
      attrs,
      outputs,
      version: domain === '' ? (proto.opset ?? opset) : (versions.get(domain) ?? 1),
    };
  }

  function attr(proto: AttributeProto, known: boolean, names: Scope, prefix: string, opType: string): AttrValue | undefined {
    const type = proto.type || guess(proto);
    if (type === ATTRIBUTE.GRAPH) return proto.g && readGraph(proto.g, names, prefix);
    if (!known) return { opaque: joinedBytes(encode(attributeFields, proto as Message)) };
    const exact = (v: number | bigint): number => (typeof v === 'number' ? v : v > 0n ? Number.MAX_SAFE_INTEGER : Number.MIN_SAFE_INTEGER);
    switch (type) {
      case ATTRIBUTE.FLOAT:
        return proto.f ?? 0;
      case ATTRIBUTE.INT:
        return exact(proto.i ?? 0);
      case ATTRIBUTE.STRING:
        return proto.s === undefined ? '' : text(proto.s);
      case ATTRIBUTE.TENSOR:
        return proto.t && tensorIn(tensorContent(proto.t, locate), read);
      case ATTRIBUTE.FLOATS: {
        const bytes = proto.floats === undefined ? new Uint8Array() : bytesIn(joined(proto.floats));
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        return Array.from({ length: bytes.byteLength / 4 }, (_, i) => view.getFloat32(4 * i, true));
      }
      case ATTRIBUTE.INTS:
        return (proto.ints ?? []).map(exact);
      case ATTRIBUTE.STRINGS:
        return (proto.strings ?? []).map(text);
      case ATTRIBUTE.SPARSE_TENSOR:
        return proto.sparse_tensor && dense(decodeSparse(proto.sparse_tensor), locate, read);
      case ATTRIBUTE.TYPE_PROTO:
        return proto.tp && { opaque: bytesIn(proto.tp) };
      default:
        return fail(`attribute ${proto.name ?? ''} of ${opType} has type ${type}, which cannot be read`);
    }
  }
}

const fail = (message: string): never => {
  throw new GraphError('malformed', `the model is malformed: ${message}`);
};
const nameOf = ({ name }: ValueInfoProto): string => name ?? fail('a graph input or output has no name');
const text = (span: Span): string => new TextDecoder().decode(bytesIn(span));

/** Files before IR version 3 leave the type of an attribute out. */
const guess = (proto: AttributeProto): number => {
  const present = (['f', 'i', 's', 't', 'g', 'floats', 'ints', 'strings'] as const).findIndex((key) => proto[key] !== undefined);
  return (
    [
      ATTRIBUTE.FLOAT,
      ATTRIBUTE.INT,
      ATTRIBUTE.STRING,
      ATTRIBUTE.TENSOR,
      ATTRIBUTE.GRAPH,
      ATTRIBUTE.FLOATS,
      ATTRIBUTE.INTS,
      ATTRIBUTE.STRINGS,
    ][present] ?? 0
  );
};

function trimmed<V>(list: readonly (V | undefined)[]): readonly (V | undefined)[] {
  return list.slice(0, list.findLastIndex((v) => v !== undefined) + 1);
}

/** Constant nodes become initializers, so that rules see one kind of constant. */
function constantNode({ name, outputs, attrs }: OldNode, b: Builder): Value {
  const make = (content: Tensor | Weight): Value => b.initializer(content, outputs[0] ?? name);
  const list = (v: AttrValue): readonly AttrValue[] => (Array.isArray(v) ? v : [v]);
  const dims = (v: AttrValue): readonly number[] => (Array.isArray(v) ? [v.length] : []);
  for (const [attr, value] of Object.entries(attrs)) {
    if (attr === 'value' || attr === 'sparse_value') return make(value as Tensor);
    if (attr.startsWith('value_float'))
      return make({ dtype: 'float32', dims: dims(value), data: Float32Array.from(list(value) as readonly number[]) });
    if (attr.startsWith('value_int'))
      return make({ dtype: 'int64', dims: dims(value), data: BigInt64Array.from(list(value) as readonly number[], BigInt) });
    if (attr.startsWith('value_string')) return make({ dtype: 'string', dims: dims(value), data: list(value) as readonly string[] });
  }
  return fail(`Constant (at ${name}) holds nothing`);
}

/** ONNX asks for topological order; files that are not in order are put in order. */
function sorted(nodes: readonly NodeProto[], given: Scope): readonly NodeProto[] {
  const made = new Map(nodes.flatMap((node) => (node.output ?? []).filter(Boolean).map((name) => [name, node] as const)));
  const seen = new Set<string>(given.keys());
  const inOrder = nodes.every((node) => {
    const ready = reads(node).every((name) => seen.has(name) || !made.has(name));
    node.output?.forEach((name) => seen.add(name));
    return ready;
  });
  if (inOrder) return nodes;
  const waiting = new Map(nodes.map((node) => [node, new Set(reads(node).filter((name) => made.has(name) && !given.has(name)))]));
  const readers = new Map<string, NodeProto[]>();
  for (const [node, names] of waiting) for (const name of names) readers.set(name, [...(readers.get(name) ?? []), node]);
  const ready = nodes.filter((node) => waiting.get(node)!.size === 0);
  const result: NodeProto[] = [];
  for (let node = ready.shift(); node !== undefined; node = ready.shift()) {
    result.push(node);
    for (const name of node.output ?? []) {
      for (const reader of readers.get(name) ?? []) {
        const left = waiting.get(reader)!;
        if (left.delete(name) && left.size === 0) ready.push(reader);
      }
    }
  }
  return result.length === nodes.length ? result : fail('its nodes form a cycle');
}

/** Names a node reads, those of its subgraphs included. */
function reads(node: NodeProto): readonly string[] {
  const own = (node.input ?? []).filter(Boolean);
  const inner = (node.attribute ?? []).flatMap(({ g }) => {
    if (g === undefined) return [];
    const made = new Set(
      [...(g.input ?? []), ...(g.initializer ?? [])].map(({ name }) => name).concat((g.node ?? []).flatMap((n) => n.output ?? [])),
    );
    return [...(g.node ?? []).flatMap(reads), ...(g.output ?? []).map(({ name }) => name ?? '')].filter((name) => !made.has(name));
  });
  return inner.length === 0 ? own : [...own, ...inner];
}

/** Tensor types are parsed; sequences, maps and optionals are carried through. */
function valueType(span: Span): ValueType {
  const proto = decode(typeFields, span) as TypeProto;
  const { elem_type: code, shape } = proto.tensor_type ?? {};
  if (proto.tensor_type === undefined) return { dtype: 'opaque', shape: undefined, opaque: bytesIn(span) };
  const dims =
    shape &&
    (shape.dim ?? []).map(({ dim_value: value, dim_param: param }): Dim => {
      if (typeof value === 'number' && value >= 0 && !param) return value;
      return param || freshSymbol();
    });
  return { dtype: code ? dtypeOf(code) : 'unknown', shape: dims };
}
