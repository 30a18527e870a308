import { GraphError } from '../error.js';
import type { AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto } from './proto.js';

/** A node, and the opset of the function it came from where that differs from the model's. */
export type InlinedNode = NodeProto & { readonly opset?: number };

const MAX_DEPTH = 32;
const MAX_NODES = 2_000_000;

const keyOf = ({ domain = '', overload = '' }: { domain?: string; overload?: string }, name = ''): string =>
  `${domain === 'ai.onnx' ? '' : domain}\0${name}\0${overload}`;

/** The model's graph with its local functions written out. @throws GraphError 'limit' when they nest or grow without bound */
export function inlineFunctions({ graph, functions = [] }: ModelProto, opset: number): GraphProto {
  if (functions.length === 0) return graph!;
  const table = new Map(functions.map((f) => [keyOf(f, f.name), f]));
  let count = 0;
  let calls = 0;
  return inGraph(graph!, 0);

  function inGraph(proto: GraphProto, depth: number): GraphProto {
    return { ...proto, node: (proto.node ?? []).flatMap((node) => inNode(node, depth)) };
  }

  function inNode(node: InlinedNode, depth: number): readonly InlinedNode[] {
    if (depth > MAX_DEPTH)
      throw new GraphError('limit', `function ${node.op_type} calls itself, or functions nest more than ${MAX_DEPTH} deep`);
    if (++count > MAX_NODES) throw new GraphError('limit', `the model's functions grow to more than ${MAX_NODES} nodes`);
    const called = table.get(keyOf(node, node.op_type));
    if (called === undefined)
      return [
        withAttributes(node, (attribute) => (attribute.g === undefined ? attribute : { ...attribute, g: inGraph(attribute.g, depth) })),
      ];
    return body(called, node, `${node.name || node.op_type}#${calls++}/`).flatMap((inner) => inNode(inner, depth + 1));
  }

  /** The function's nodes with the call's names and attributes put in. */
  function body(called: FunctionProto, call: NodeProto, prefix: string): readonly InlinedNode[] {
    const names = new Map<string, string>([['', '']]);
    called.input?.forEach((name, i) => names.set(name, call.input?.[i] ?? ''));
    called.output?.forEach((name, i) => call.output?.[i] && names.set(name, call.output[i]));
    const given = new Map([...(called.attribute_proto ?? []), ...(call.attribute ?? [])].map((a) => [a.name, a]));
    const version = called.opset_import?.find(({ domain = '' }) => domain === '' || domain === 'ai.onnx')?.version ?? opset;
    const rename = (name: string): string => names.get(name) ?? `${prefix}${name}`;
    return (called.node ?? []).map((node) => ({
      ...renamed(node, rename, given),
      name: `${prefix}${node.name || node.op_type}`,
      opset: version,
    }));
  }
}

const withAttributes = <N extends NodeProto>(node: N, change: (attribute: AttributeProto) => AttributeProto | undefined): N =>
  node.attribute === undefined ? node : { ...node, attribute: node.attribute.map(change).filter((a) => a !== undefined) };

function renamed(node: NodeProto, rename: (name: string) => string, given: ReadonlyMap<string | undefined, AttributeProto>): NodeProto {
  const bound = withAttributes(node, (attribute) => {
    if (attribute.ref_attr_name) {
      const value = given.get(attribute.ref_attr_name);
      return value && { ...value, name: attribute.name ?? '' };
    }
    return attribute.g === undefined ? attribute : { ...attribute, g: renamedGraph(attribute.g, rename, given) };
  });
  return { ...bound, input: (node.input ?? []).map(rename), output: (node.output ?? []).map(rename) };
}

function renamedGraph(
  graph: GraphProto,
  rename: (name: string) => string,
  given: ReadonlyMap<string | undefined, AttributeProto>,
): GraphProto {
  const tagged = <T extends { name?: string }>(list: readonly T[] | undefined): readonly T[] =>
    (list ?? []).map((item) => ({ ...item, name: rename(item.name ?? '') }));
  return {
    ...graph,
    node: (graph.node ?? []).map((node) => renamed(node, rename, given)),
    input: tagged(graph.input),
    output: tagged(graph.output),
    initializer: tagged(graph.initializer),
    value_info: tagged(graph.value_info),
  };
}
