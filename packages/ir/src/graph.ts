import type { schemas } from './schema.js';
import type { AttrKinds, AttrSpec, Opaque } from './signature.js';
import type { DType, Tensor } from './tensor.js';

/** An extent: a number, or ONNX's dim_param such as 'N'. Extents nobody named are called '?1', '?2', … */
export type Dim = number | string;
export type Shape = readonly Dim[];

export interface TensorType {
  readonly dtype: DType | 'unknown';
  /** Undefined when not even the rank is known. */
  readonly shape: Shape | undefined;
}
/** Sequences, maps and optionals: carried through, never looked into. */
export interface OpaqueType extends Opaque {
  readonly dtype: 'opaque';
  readonly shape: undefined;
}
export type ValueType = TensorType | OpaqueType;

/** Content known before running: numbers, and symbols where an extent is symbolic. Row-major. */
export interface Known {
  readonly dims: readonly number[];
  readonly values: readonly Dim[];
}

/** What flows along an edge. Its identity is the object; names are for people and files. */
export class Value {
  constructor(
    readonly name: string,
    readonly type: ValueType,
    readonly known?: Known,
  ) {}
}

/** Constant bytes that stay where they are: in a file, at an offset, or in memory. */
export interface Weight {
  readonly type: { readonly dtype: DType; readonly shape: readonly number[] };
  readonly at: { readonly file: string; readonly offset: number; readonly length: number } | { readonly bytes: Uint8Array };
}

export type Schemas = typeof schemas;
/** An operator of ai.onnx by its name, of another domain as `domain.name`. */
export type OpType = keyof Schemas;
export type AttrValue = AttrKinds[keyof AttrKinds];

type Present<S> =
  S extends AttrSpec<infer K, infer D, infer R>
    ? R extends true
      ? AttrKinds[K]
      : D extends undefined
        ? AttrKinds[K] | undefined
        : AttrKinds[K]
    : never;

/** Attributes as a rule reads them: defaults filled in. */
export type Attrs<Op extends string> = Op extends OpType
  ? { readonly [Name in keyof Schemas[Op]['attrs']]: Present<Schemas[Op]['attrs'][Name]> }
  : { readonly [name: string]: AttrValue | undefined };

/** One application of an operator. */
export interface Node {
  readonly opType: string;
  readonly name: string;
  /** Undefined where an optional input is left out. */
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly (Value | undefined)[];
  /** As given; `attrsOf` fills in the defaults. Attributes of operators without a schema are opaque. */
  readonly attrs: { readonly [name: string]: AttrValue };
}

/** Immutable dataflow; nodes in topological order. Subgraphs in attributes refer to outer values by identity. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly nodes: readonly Node[];
  readonly initializers: ReadonlyMap<Value, Tensor | Weight>;
}

/** What a file holds beside the graph. */
export interface Model {
  readonly graph: Graph;
  /** Version of each domain other than ai.onnx. */
  readonly domains: ReadonlyMap<string, number>;
  readonly metadata: ReadonlyMap<string, string>;
  readonly producer: string;
  /** Version of ai.onnx and of the file format before upgrading. */
  readonly opset: number;
  readonly irVersion: number;
}

const isGraph = (attr: AttrValue): attr is Graph => typeof attr === 'object' && 'nodes' in attr;

const NONE: readonly never[] = [];

/** Subgraphs of a node by attribute name. */
export function subgraphs(node: Pick<Node, 'attrs'>): readonly (readonly [string, Graph])[] {
  let found: [string, Graph][] | undefined;
  for (const name in node.attrs) {
    const attr = node.attrs[name]!;
    if (isGraph(attr)) (found ??= []).push([name, attr]);
  }
  return found ?? NONE;
}

const captureIndex = new WeakMap<Graph, ReadonlySet<Value>>();

/** Outer values that a subgraph reads. */
export function captured(graph: Graph): ReadonlySet<Value> {
  let outer = captureIndex.get(graph);
  if (outer === undefined) captureIndex.set(graph, (outer = outerReads(graph)));
  return outer;
}

function outerReads(graph: Graph): ReadonlySet<Value> {
  const own = new Set<Value>([...graph.inputs, ...graph.initializers.keys()]);
  const outer = new Set<Value>();
  const read = (value: Value): void => {
    if (!own.has(value)) outer.add(value);
  };
  for (const node of graph.nodes) {
    uses(node).forEach(read);
    for (const value of node.outputs) if (value !== undefined) own.add(value);
  }
  graph.outputs.forEach(read);
  return outer;
}

/** Values a node reads: its inputs, and what its subgraphs capture. */
export function uses(node: Node): readonly Value[] {
  const inputs = (node.inputs.includes(undefined) ? node.inputs.filter((value) => value !== undefined) : node.inputs) as readonly Value[];
  const inner = subgraphs(node);
  return inner.length === 0 ? inputs : [...inputs, ...inner.flatMap(([, graph]) => Array.from(captured(graph)))];
}

const producerIndex = new WeakMap<Graph, ReadonlyMap<Value, Node>>();

/** The node behind each computed value. */
export function producers(graph: Graph): ReadonlyMap<Value, Node> {
  let index = producerIndex.get(graph);
  if (index === undefined) {
    index = new Map(graph.nodes.flatMap((node) => node.outputs.filter((v) => v !== undefined).map((value) => [value, node] as const)));
    producerIndex.set(graph, index);
  }
  return index;
}

const nameIndex = new WeakMap<Graph, ReadonlyMap<string, Value>>();

/** Every value of the graph by name; subgraphs not included. */
export function valuesByName(graph: Graph): ReadonlyMap<string, Value> {
  let index = nameIndex.get(graph);
  if (index === undefined) {
    const all = [...graph.inputs, ...graph.initializers.keys(), ...producers(graph).keys()];
    index = new Map(all.map((value) => [value.name, value]));
    nameIndex.set(graph, index);
  }
  return index;
}
