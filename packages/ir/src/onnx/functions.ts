import { GraphError } from '../error.js';
import type { AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto, SparseTensorProto, ValueInfoProto } from './proto.js';

/** A node, and the opset of the function it came from where that differs from the model's. */
export type InlinedNode = NodeProto & { readonly opset?: number };

const MAX_DEPTH = 32;
/** Characters of names that writing functions out may take: models of a few kilobytes can ask for terabytes. */
const MAX_GROWTH = 2 ** 27;
/** What a node weighs beside its names. */
const NODE = 64;

const isStandard = (domain: string): boolean => domain === '' || domain === 'ai.onnx';
const keyOf = ({ domain = '', overload = '' }: { domain?: string; overload?: string }, name = ''): string =>
  `${isStandard(domain) ? '' : domain}\0${name}\0${overload}`;

/** The model's graph with its local functions written out. @throws GraphError 'limit' when they nest or grow without bound */
export function inlineFunctions({ functions = [] }: ModelProto, graph: GraphProto, opset: number): GraphProto {
  if (functions.length === 0) return graph;
  const table = new Map(functions.map((f) => [keyOf(f, f.name), f]));
  let grown = 0;
  let calls = 0;
  return inGraph(graph, 0);

  function inGraph(proto: GraphProto, depth: number): GraphProto {
    return { ...proto, node: (proto.node ?? []).flatMap((node) => inNode(node, depth)) };
  }

  function inNode(node: InlinedNode, depth: number): readonly InlinedNode[] {
    const called = table.get(keyOf(node, node.op_type));
    if (called === undefined) return [withGraphs(node, (inner) => inGraph(inner, depth))];
    if (depth >= MAX_DEPTH)
      throw new GraphError('limit', `function ${node.op_type} calls itself, or functions nest more than ${MAX_DEPTH} deep`);
    return writtenOut(called, node).flatMap((inner) => inNode(inner, depth + 1));
  }

  /** The function's nodes with the call's names and attributes put in. */
  function writtenOut(called: FunctionProto, call: NodeProto): readonly InlinedNode[] {
    const prefix = `${call.name || call.op_type}#${calls++}/`;
    const given = new Map([...(called.attribute_proto ?? []), ...(call.attribute ?? [])].map((a) => [a.name ?? '', a]));
    const names = new Map<string, string>([['', '']]);
    called.input?.forEach((name, i) => names.set(name, call.input?.[i] ?? ''));
    const outputs = (called.output ?? []).map((name, i) => [name, call.output?.[i] || `${prefix}${name}`] as const);
    grow(NODE * (1 + names.size + outputs.length + given.size));
    // A function may hand an input on as it is.
    const through = outputs.flatMap(([name, to]) =>
      names.has(name) ? [{ op_type: 'Identity', input: [names.get(name)!], output: [to] }] : [],
    );
    for (const [name, to] of outputs) if (!names.has(name)) names.set(name, to);
    const scope: Scope = {
      given,
      grow,
      rename(name) {
        const renamed = names.get(name) ?? `${prefix}${name}`;
        grow(renamed.length);
        return renamed;
      },
    };
    const version = called.opset_import?.find(({ domain = '' }) => isStandard(domain))?.version ?? opset;
    const body: readonly NodeProto[] = [...(called.node ?? []).map((node) => renamedNode(node, scope)), ...through];
    const placed = (node: NodeProto): InlinedNode => ({ ...node, name: `${prefix}${node.name || node.op_type}`, opset: version });
    return body.map(placed);
  }

  function grow(by: number): void {
    grown += by;
    if (grown > MAX_GROWTH) throw new GraphError('limit', `the model's functions, written out, grow beyond ${MAX_GROWTH} characters`);
  }
}

/** A call of a function, as the nodes of its body see it. */
interface Scope {
  readonly given: ReadonlyMap<string, AttributeProto>;
  readonly rename: (name: string) => string;
  readonly grow: (by: number) => void;
}

function renamedNode(node: NodeProto, scope: Scope): NodeProto {
  scope.grow(NODE * (1 + (node.attribute?.length ?? 0)));
  const bound = (attribute: AttributeProto): readonly AttributeProto[] => {
    if (!attribute.ref_attr_name) return [attribute.g === undefined ? attribute : { ...attribute, g: renamedGraph(attribute.g, scope) }];
    const value = scope.given.get(attribute.ref_attr_name);
    // A reference to an attribute that the call leaves out is left out too.
    return value === undefined ? [] : [{ ...value, name: attribute.name ?? '' }];
  };
  return {
    ...node,
    input: (node.input ?? []).map(scope.rename),
    output: (node.output ?? []).map(scope.rename),
    attribute: (node.attribute ?? []).flatMap(bound),
  };
}

function renamedGraph(graph: GraphProto, scope: Scope): GraphProto {
  const sparse = (tensor: SparseTensorProto): SparseTensorProto => ({ ...tensor, values: tagged([tensor.values ?? {}])[0]! });
  const tagged = <T extends { name?: string }>(list: readonly T[] = []): readonly T[] =>
    list.map((item) => ({ ...item, name: scope.rename(item.name ?? '') }));
  return {
    ...graph,
    node: (graph.node ?? []).map((node) => renamedNode(node, scope)),
    input: tagged<ValueInfoProto>(graph.input),
    output: tagged<ValueInfoProto>(graph.output),
    value_info: tagged<ValueInfoProto>(graph.value_info),
    initializer: tagged(graph.initializer),
    sparse_initializer: (graph.sparse_initializer ?? []).map(sparse),
  };
}

/** A node with the graphs among its attributes changed. */
function withGraphs<N extends NodeProto>(node: N, change: (graph: GraphProto) => GraphProto): N {
  if (!node.attribute?.some(({ g }) => g !== undefined)) return node;
  return { ...node, attribute: node.attribute.map((a) => (a.g === undefined ? a : { ...a, g: change(a.g) })) };
}
