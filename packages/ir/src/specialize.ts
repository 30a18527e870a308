import type { Builder } from './builder.js';
import { expandControlFlow, type Place } from './control.js';
import { GraphError } from './error.js';
import type { Graph, TensorType, Value } from './graph.js';
import { knowable } from './infer/known.js';
import { rewrite, type Rewritten } from './rewrite.js';
import { tensorOf, type NumericDType, type Tensor } from './tensor.js';

export interface SpecializeOptions {
  /** Shapes of inputs, by name; inputs not listed keep theirs. */
  readonly shapes?: ReadonlyMap<string, readonly number[]>;
  /** Inputs that become constants. */
  readonly bind?: ReadonlyMap<string, Tensor>;
  /** Types measured by running, for values that inference cannot tell. */
  readonly types?: ReadonlyMap<string, TensorType>;
}

/**
 * The graph for inputs of these shapes: symbols become numbers wherever they follow, and what is known before running (shape arithmetic, conditions) becomes constants.
 * @throws GraphError 'shape-mismatch' or 'type-mismatch' when a shape or a bound value contradicts what the model declares
 */
export function specialize(graph: Graph, { shapes = new Map(), bind = new Map(), types }: SpecializeOptions): Rewritten {
  const symbols = new Map<string, number>();
  for (const input of graph.inputs) agree(input, bind.get(input.name)?.dims ?? shapes.get(input.name), symbols);
  const inputs = new Map<string, TensorType>();
  for (const { name, type } of graph.inputs) {
    const given = shapes.get(name) ?? type.shape?.map((dim) => (typeof dim === 'string' ? (symbols.get(dim) ?? dim) : dim));
    if (type.dtype !== 'opaque' && given !== undefined) inputs.set(name, { dtype: type.dtype, shape: given });
  }
  const bound = new Map(
    graph.inputs.flatMap((value) => (bind.has(value.name) ? [[value, ofType(value, bind.get(value.name)!)] as const] : [])),
  );
  const outputs = new Set(graph.outputs);
  return rewrite(
    { ...graph, inputs: graph.inputs.filter((value) => !bound.has(value)), initializers: new Map([...graph.initializers, ...bound]) },
    (node, b, operands) => {
      // An output of the graph must stay computed: runtimes take no constants there.
      const named = node.outputs.some((value) => value !== undefined && outputs.has(value));
      return (named ? expandControlFlow(node, b, operands, place) : place(node, b, operands)) ?? b.replay(node, operands);
    },
    {
      inputs,
      ...(types && { types }),
      initializer: (value, b) => (bound.has(value) ? b.initializer(bound.get(value)!, value.name) : undefined),
    },
  );
}

/** A node, or what its control flow comes to. */
const place: Place = (node, b, inputs) => {
  const written = expandControlFlow(node, b, inputs, place);
  return (written ?? b.replay(node, inputs)).map((value) => folded(value, b));
};

/** A value whose content is known, as a constant. */
function folded(value: Value | undefined, b: Builder): Value | undefined {
  const { known, type } = value ?? {};
  if (value === undefined || known === undefined || !knowable(value.type.dtype, known.dims)) return value;
  if (!known.values.every((v) => typeof v === 'number')) return value;
  return b.initializer(tensorOf(type!.dtype as NumericDType, known.dims, known.values), `${value.name}/known`);
}

function ofType(input: Value, tensor: Tensor): Tensor {
  const { dtype } = input.type;
  if (dtype === tensor.dtype || dtype === 'unknown') return tensor;
  throw new GraphError('type-mismatch', `input ${input.name} is ${dtype}, the value bound to it ${tensor.dtype}`);
}

/** Holds a shape against the declared one and learns what the symbols stand for. */
function agree(input: Value, dims: readonly number[] | undefined, symbols: Map<string, number>): void {
  const declared = input.type.shape;
  if (dims === undefined || declared === undefined) return;
  const refuse = (): never => {
    throw new GraphError('shape-mismatch', `input ${input.name} has shape [${dims.join(',')}], the model takes [${declared.join(',')}]`);
  };
  if (declared.length !== dims.length) refuse();
  declared.forEach((dim, axis) => {
    const wanted = typeof dim === 'number' ? dim : symbols.get(dim);
    if (wanted !== undefined && wanted !== dims[axis]) refuse();
    if (typeof dim === 'string') symbols.set(dim, dims[axis]!);
  });
}
