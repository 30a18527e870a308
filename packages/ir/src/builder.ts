import { freshSymbol, isFresh } from './dim.js';
import { GraphError } from './error.js';
import {
  Value,
  type AttrValue,
  type Graph,
  type Known,
  type Node,
  type Shape,
  type TensorType,
  type ValueType,
  type Weight,
} from './graph.js';
import { infer, inferences, type OutputFacts } from './infer/index.js';
import { KNOWN_LIMIT, SMALL, knownOf } from './infer/known.js';
import { names, type Reserved } from './names.js';
import type { Ops } from './ops.js';
import { pruned } from './prune.js';
import { tensorOf, type DType, type NumericDType, type Tensor } from './tensor.js';
import { typedOps } from './typedOps.js';

/** Adds nodes to a graph; the graph it starts from stays as it is. */
export interface Builder {
  /** Typed constructors; numbers among the operands become constants of the right dtype. */
  readonly op: Ops;
  /** The same for any operator and any number of outputs. @throws GraphError 'no-inference' for operators without an inference row */
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

export interface BuilderOptions {
  /** Types measured by running or stated by a file, for values that inference cannot tell. */
  readonly types?: ReadonlyMap<string, TensorType> | undefined;
  /** Names of nodes that will be replayed, kept or named: they stay theirs. */
  readonly reserve?: Reserved | undefined;
}

/** Elements of known content that one builder works out before it turns to small ones only. */
const KNOWN_BUDGET = 2 ** 20;

export function builder(base?: Graph, { types, reserve }: BuilderOptions = {}): Builder {
  const nodes: Node[] = [...(base?.nodes ?? [])];
  const inputs: Value[] = [...(base?.inputs ?? [])];
  const initializers = new Map<Value, Tensor | Weight>(base?.initializers);
  const producerOf = new Map<Value, Node>();
  const nodeNames = names(
    nodes.map(({ name }) => name),
    reserve?.nodes,
  );
  const valueNames = names(
    [...inputs, ...initializers.keys(), ...nodes.flatMap(({ outputs }) => outputs)].flatMap((value) => value?.name ?? []),
    reserve?.values,
  );
  const shared = new Map<string, Value>();
  let scope = '';
  let worked = 0;
  nodes.forEach(index);

  const self: Builder = {
    op: typedOps({ node, scalar }),
    node,
    scalar,
    ints: (values) => constant('int64', [values.length], values),
    input(name, type) {
      const value = new Value(valueNames.claim(name), type);
      inputs.push(value);
      return value;
    },
    initializer(content, name = `${scope}constant`, known = knownOf(content)) {
      const type = 'at' in content ? content.type : { dtype: content.dtype, shape: content.dims };
      const value = new Value(valueNames.take(name), type, known);
      initializers.set(value, content);
      return value;
    },
    named: (draft, outputs) => renew(draft, outputs, []),
    replay: (old, operands) =>
      renew(
        { ...old, inputs: operands },
        old.outputs.map((value) => value?.name),
        old.outputs,
      ),
    keep(old) {
      nodeNames.claim(old.name);
      for (const value of old.outputs) if (value !== undefined) valueNames.claim(value.name, value);
      add(old);
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
    build: (outputs, only) => pruned({ name: base?.name ?? 'graph', inputs, outputs, nodes, initializers }, producerOf, only),
  };
  return self;

  function node(
    opType: string,
    operands: readonly (Value | undefined)[],
    attrs: { readonly [name: string]: AttrValue | undefined } = {},
    outputs = 1,
  ): readonly Value[] {
    const wanted = scope + opType.slice(opType.lastIndexOf('.') + 1);
    const draft = { opType, name: nodeNames.take(wanted), inputs: operands, attrs: defined(attrs) };
    if (!Object.hasOwn(inferences, opType))
      throw new GraphError(
        'no-inference',
        `${opType} (at ${wanted}): has no row in the inference table, so a graph cannot be built with it`,
      );
    const values = facts(draft, outputs).map(
      ({ type, known }, i) => new Value(valueNames.take(i === 0 ? draft.name : `${draft.name}.${i}`), type, known),
    );
    add({ ...draft, outputs: values });
    return values;
  }

  function renew(
    { opType, name, inputs: operands, attrs }: Omit<Node, 'outputs'>,
    wanted: readonly (string | undefined)[],
    old: readonly (Value | undefined)[],
  ): readonly (Value | undefined)[] {
    const draft = { opType, name: nodeNames.claim(name), inputs: operands, attrs };
    const outputs = facts(draft, wanted.length).map((fact, i) => {
      const output = wanted[i];
      if (output === undefined) return undefined;
      return new Value(valueNames.claim(output, old[i]), hinted(fact.type, types?.get(output), old[i]?.type), fact.known);
    });
    add({ ...draft, outputs });
    return outputs;
  }

  function facts(draft: Omit<Node, 'outputs'>, outputs: number): readonly OutputFacts[] {
    const found = infer(draft, outputs, freshSymbol, worked < KNOWN_BUDGET ? KNOWN_LIMIT : SMALL);
    for (const { known } of found) worked += known?.values.length ?? 0;
    return found;
  }

  function add(added: Node): void {
    nodes.push(added);
    index(added);
  }

  function index(made: Node): void {
    for (const value of made.outputs) if (value !== undefined) producerOf.set(value, made);
  }

  function scalar(value: number, dtype: DType): Value {
    return constant(dtype, [], [value]);
  }

  function constant(dtype: DType, dims: readonly number[], values: readonly number[]): Value {
    const listed = values.map((v) => (Object.is(v, -0) ? '-0' : v));
    const key = `${dtype}:${dims.join()}:${listed.join()}`;
    let value = shared.get(key);
    if (value === undefined) {
      const name = `${dims.length === 0 ? 'scalar' : 'ints'}(${values.length > 8 ? `${listed.slice(0, 8).join()}…` : listed.join()})`;
      value = self.initializer(tensorOf(dtype as NumericDType, dims, values), name);
      shared.set(key, value);
    }
    return value;
  }
}

const defined = <V>(attrs: { readonly [name: string]: V | undefined }): { readonly [name: string]: V } =>
  Object.fromEntries(Object.entries(attrs).filter(([, v]) => v !== undefined)) as { [name: string]: V };

/** What inference does not tell is taken from measured types, then from the old value. */
function hinted(inferred: ValueType, measured: TensorType | undefined, old: ValueType | undefined): ValueType {
  const { dtype, shape } = inferred;
  if (dtype === 'opaque' || (dtype !== 'unknown' && shape?.every((d) => typeof d === 'number'))) return inferred;
  if (measured !== undefined) return { dtype: dtype === 'unknown' ? measured.dtype : dtype, shape: merged(shape, measured.shape) };
  return dtype === 'unknown' && old !== undefined ? old : inferred;
}

/** Of two views of one shape, what either knows; numbers and names win over symbols without one, and what is inferred over what is stated. */
const merged = (inferred: Shape | undefined, stated: Shape | undefined): Shape | undefined =>
  inferred === undefined || inferred.length !== stated?.length
    ? (inferred ?? stated)
    : inferred.map((dim, i) => (isFresh(dim) && !isFresh(stated[i]!) ? stated[i]! : dim));
