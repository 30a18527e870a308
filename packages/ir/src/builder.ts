import { GraphError } from './error.js';
import {
  captured,
  subgraphs,
  Value,
  uses,
  type AttrValue,
  type Graph,
  type Known,
  type Node,
  type OpType,
  type Shape,
  type TensorType,
  type ValueType,
  type Weight,
} from './graph.js';
import { infer, inferences, parameterAt, signatureOf, type OutputFacts } from './infer/index.js';
import { KNOWN_LIMIT } from './infer/known.js';
import type { Operand, Ops } from './ops.js';
import { dtypes, isFloat, numbers, sizeOf, tensorOf, type DType, type NumericDType, type Tensor } from './tensor.js';

/** Adds nodes to a graph; the graph it starts from stays as it is. */
export interface Builder {
  /** Typed constructors; numbers among the operands become constants of the right dtype. */
  readonly op: Ops;
  /** The same for any operator and any number of outputs. */
  node(
    opType: string,
    inputs: readonly (Value | undefined)[],
    attrs?: { readonly [name: string]: AttrValue },
    outputs?: number,
  ): readonly Value[];
  input(name: string, type: ValueType): Value;
  /** `known` stands in for the content of a weight in a file. */
  initializer(content: Tensor | Weight, name?: string, known?: Known): Value;
  /** A shared int64 vector: axes, shapes, starts. */
  ints(values: readonly number[]): Value;
  /** A shared scalar. */
  scalar(value: number, dtype: DType): Value;
  /** A node of another graph on new inputs: same name, attributes and output names, types inferred anew. */
  replay(node: Node, inputs: readonly (Value | undefined)[]): readonly (Value | undefined)[];
  /** A node with its own name and output names; types inferred, those of unknown operators unknown. */
  named(node: Omit<Node, 'outputs'>, outputs: readonly (string | undefined)[]): readonly (Value | undefined)[];
  /** A node of another graph as it is, when its inputs are already here. */
  keep(node: Node): void;
  /** Runs `body` with names that start with `scope`. */
  within<T>(scope: string, body: () => T): T;
  /** The node behind a value made or inherited here. */
  producer(value: Value): Node | undefined;
  /** What an initializer holds. */
  content(value: Value): Tensor | Weight | undefined;
  /** The finished graph: only what the outputs need, inputs included unless they are given. */
  build(outputs: readonly Value[], inputs?: readonly Value[]): Graph;
}

let symbols = 0;
/** A new symbol for an unknown extent; the writer leaves such symbols out, so files do not depend on the count. */
export const freshSymbol = (): string => `?${++symbols}`;
export const isFresh = (dim: number | string): boolean => typeof dim === 'string' && dim.startsWith('?');

export interface BuilderOptions {
  /** Types measured by running, for values that inference cannot tell. */
  readonly types?: ReadonlyMap<string, TensorType> | undefined;
  /** A graph whose nodes will be replayed or kept: their names stay theirs. */
  readonly reserve?: Graph | undefined;
}

export function builder(base?: Graph, options: BuilderOptions = {}): Builder {
  const nodes: Node[] = base === undefined ? [] : [...base.nodes];
  const inputs: Value[] = base === undefined ? [] : [...base.inputs];
  const initializers = new Map<Value, Tensor | Weight>(base?.initializers);
  const producerOf = new Map<Value, Node>();
  const taken = new Set<string>();
  const reserved = new Set<string>(options.reserve === undefined ? [] : namesOf(options.reserve));
  const shared = new Map<string, Value>();
  const counts = new Map<string, number>();
  let scope = '';

  for (const name of reserved) taken.add(name);
  for (const value of [...inputs, ...initializers.keys()]) taken.add(value.name);
  const index = (node: Node): void => {
    taken.add(node.name);
    for (const value of node.outputs) {
      if (value === undefined) continue;
      taken.add(value.name);
      producerOf.set(value, node);
    }
  };
  nodes.forEach(index);

  /** `wanted` when it is free, else with the first number that is. */
  const unique = (wanted: string, old = false): string => {
    if (old && reserved.delete(wanted)) return wanted;
    if (!taken.has(wanted)) {
      taken.add(wanted);
      return wanted;
    }
    let n = counts.get(wanted) ?? 0;
    while (taken.has(`${wanted}_${++n}`));
    counts.set(wanted, n);
    taken.add(`${wanted}_${n}`);
    return `${wanted}_${n}`;
  };

  const add = (node: Omit<Node, 'outputs'>, facts: readonly OutputFacts[], names: readonly (string | undefined)[]): readonly Value[] => {
    const outputs = facts.map(({ type, known }, i) =>
      names[i] === undefined ? undefined : new Value(unique(names[i], names[i] !== node.name), type, known),
    );
    const added: Node = { ...node, outputs };
    nodes.push(added);
    for (const value of outputs) if (value !== undefined) producerOf.set(value, added);
    return outputs as readonly Value[];
  };

  const renew = (
    old: Omit<Node, 'outputs'>,
    names: readonly (string | undefined)[],
    values: readonly (Value | undefined)[],
  ): readonly (Value | undefined)[] => {
    const draft = { opType: old.opType, name: unique(old.name, true), inputs: old.inputs, attrs: old.attrs };
    const facts = infer(draft, names.length, freshSymbol).map((fact, i) => hinted(fact, names[i], values[i]?.type, options.types));
    return add(draft, facts, names);
  };

  const node: Builder['node'] = (opType, operands, attrs = {}, outputs = 1) => {
    const name = unique(scope + opType.replace(/^.*\./, ''));
    const draft = { opType, name, inputs: operands, attrs: defined(attrs) };
    if (inferences[opType as OpType] === undefined)
      throw new GraphError('no-inference', `${opType} (at ${name}): has no row in the inference table, so a graph cannot be built with it`);
    const facts = infer(draft, outputs, freshSymbol);
    return add(
      draft,
      facts,
      facts.map((_, i) => (i === 0 ? name : `${name}.${i}`)),
    );
  };

  const self: Builder = {
    op: proxy(),
    node,
    input(name, type) {
      const value = new Value(unique(name, true), type);
      inputs.push(value);
      return value;
    },
    initializer(content, name = `${scope}constant`, known = knownOf(content)) {
      const type = 'at' in content ? content.type : { dtype: content.dtype, shape: content.dims };
      const value = new Value(unique(name), type, known);
      initializers.set(value, content);
      return value;
    },
    ints: (values) => constant('int64', [values.length], values),
    scalar: (value, dtype) => constant(dtype, [], [value]),
    named: (draft, names) => renew(draft, names, []),
    replay: (old, operands) =>
      renew(
        { ...old, inputs: operands },
        old.outputs.map((value) => value?.name),
        old.outputs,
      ),
    keep(old) {
      nodes.push(old);
      index(old);
    },
    within(inner, body) {
      const outer = scope;
      scope = inner;
      try {
        return body();
      } finally {
        scope = outer;
      }
    },
    producer: (value) => producerOf.get(value),
    content: (value) => initializers.get(value),
    build: (outputs, only) => pruned(nodes, initializers, producerOf, outputs, only ?? inputs, base?.name ?? 'graph', only === undefined),
  };
  return self;

  function constant(dtype: DType, dims: readonly number[], values: readonly number[]): Value {
    const key = `${dtype}:${dims.join()}:${values.map((v) => (Object.is(v, -0) ? '-0' : v)).join()}`;
    let value = shared.get(key);
    if (value === undefined) {
      value = self.initializer(
        tensorOf(dtype as NumericDType, dims, values),
        `${dims.length === 0 ? 'scalar' : 'ints'}(${values.length > 8 ? `${values.slice(0, 8).join()}…` : values.join()})`,
      );
      shared.set(key, value);
    }
    return value;
  }

  function proxy(): Ops {
    const call = (opType: string, args: readonly unknown[]): unknown => {
      const signature = signatureOf(opType);
      if (signature === undefined) throw new GraphError('unknown-operator', `${opType} is not an operator of the schema`);
      const last = args.at(-1);
      const given = isAttrs(last) ? (last as { [name: string]: AttrValue; outputs?: never }) : {};
      const operands = (isAttrs(last) ? args.slice(0, -1) : args) as readonly (Operand | undefined)[];
      const { outputs, ...attrs } = given as { readonly outputs?: number; readonly [name: string]: AttrValue | undefined };
      const dtypeAt = (i: number): DType => {
        const { type } = parameterAt(signature.inputs, i)!;
        if (Object.hasOwn(dtypes, type)) return type as DType;
        const alike = (o: unknown, k: number): o is Value => o instanceof Value && parameterAt(signature.inputs, k)!.type === type;
        // A variable of its own, as Pow's exponent has, follows the other float operand.
        const model = operands.find(alike) ?? operands.find((o): o is Value => o instanceof Value && isFloat(o.type.dtype));
        if (model === undefined || model.type.dtype === 'unknown' || model.type.dtype === 'opaque')
          throw new GraphError('unsupported-type', `${opType}: nothing tells the dtype of operand ${i}`);
        return model.type.dtype;
      };
      const values = operands.map((o, i) => (typeof o === 'number' ? self.scalar(o, dtypeAt(i)) : o));
      const always = signature.outputs.findIndex((p) => p.optional || p.variadic);
      const count = outputs ?? Math.max(1, always < 0 ? signature.outputs.length : always);
      const results = node(opType, values, attrs as { [name: string]: AttrValue }, count);
      return signature.outputs[0]?.variadic || results.length > 1 ? results : results[0];
    };
    const made = new Map<string, (...args: readonly unknown[]) => unknown>();
    return new Proxy({} as Ops, {
      get(_, opType: string) {
        let f = made.get(opType);
        if (f === undefined) made.set(opType, (f = (...args) => call(opType, args)));
        return f;
      },
    });
  }
}

const namesOf = (graph: Graph): readonly string[] =>
  graph.nodes.flatMap((node) => [node.name, ...node.outputs.flatMap((value) => value?.name ?? [])]);
const isAttrs = (arg: unknown): boolean => typeof arg === 'object' && arg !== null && !(arg instanceof Value);
const defined = <V>(attrs: { readonly [name: string]: V | undefined }): { readonly [name: string]: V } =>
  Object.fromEntries(Object.entries(attrs).filter(([, v]) => v !== undefined)) as { [name: string]: V };

/** What inference does not tell is taken from measured types, then from the old value. */
function hinted(
  fact: OutputFacts,
  name: string | undefined,
  old: ValueType | undefined,
  types: ReadonlyMap<string, TensorType> | undefined,
): OutputFacts {
  const { dtype, shape } = fact.type;
  if (dtype === 'opaque' || (dtype !== 'unknown' && shape?.every((d) => typeof d === 'number'))) return fact;
  const measured = name === undefined ? undefined : types?.get(name);
  if (measured !== undefined)
    return { ...fact, type: { dtype: dtype === 'unknown' ? measured.dtype : dtype, shape: merged(shape, measured.shape) } };
  return dtype === 'unknown' && old !== undefined ? { ...fact, type: old } : fact;
}

/** Of two views of one shape, what either knows; numbers win over symbols. */
const merged = (inferred: Shape | undefined, measured: Shape | undefined): Shape | undefined =>
  inferred === undefined || inferred.length !== measured?.length
    ? (measured ?? inferred)
    : inferred.map((dim, i) => (typeof dim === 'number' ? dim : isFresh(dim) ? measured[i]! : dim));

/** Small numeric contents are known before running. */
export function knownOf(content: Tensor | Weight): Known | undefined {
  const { dtype, dims } = 'at' in content ? { dtype: content.type.dtype, dims: content.type.shape } : content;
  if (
    'at' in content ||
    sizeOf(dims) > KNOWN_LIMIT ||
    dtype === 'string' ||
    dtype.startsWith('complex') ||
    dtypes[dtype].bits < 8 ||
    dtype.startsWith('float8')
  )
    return undefined;
  return { dims, values: Array.from(numbers(content)) };
}

function pruned(
  nodes: readonly Node[],
  initializers: ReadonlyMap<Value, Tensor | Weight>,
  producerOf: ReadonlyMap<Value, Node>,
  outputs: readonly Value[],
  inputs: readonly Value[],
  name: string,
  onlyReadInputs: boolean,
): Graph {
  const live = new Set<Node>();
  const read = new Set<Value>();
  const pending = [...outputs];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (read.has(value)) continue;
    read.add(value);
    const node = producerOf.get(value);
    if (node === undefined || live.has(node)) continue;
    live.add(node);
    pending.push(...uses(node));
  }
  return {
    name,
    inputs: onlyReadInputs ? inputs.filter((value) => read.has(value)) : inputs,
    outputs,
    nodes: nodes.filter((node) => live.has(node)),
    initializers: new Map([...initializers].filter(([value]) => read.has(value))),
  };
}

/** A subgraph with outer values replaced. */
export function substitute(graph: Graph, replaced: ReadonlyMap<Value, Value>): Graph {
  if (![...captured(graph)].some((value) => replaced.has(value))) return graph;
  const swap = <V extends Value | undefined>(value: V): V => ((value && replaced.get(value)) ?? value) as V;
  return {
    ...graph,
    outputs: graph.outputs.map(swap),
    nodes: graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map(swap), attrs: substituteAttrs(node, replaced) })),
  };
}

export function substituteAttrs(node: Node, replaced: ReadonlyMap<Value, Value>): Node['attrs'] {
  const inner = subgraphs(node);
  if (inner.length === 0) return node.attrs;
  return { ...node.attrs, ...Object.fromEntries(inner.map(([name, graph]) => [name, substitute(graph, replaced)])) };
}
