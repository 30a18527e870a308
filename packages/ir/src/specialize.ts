import type { Builder } from './builder.js';
import { expandControlFlow, type Place } from './control.js';
import { GraphError } from './error.js';
import type { Graph, TensorType, Value } from './graph.js';
import { rewrite, type Rewritten } from './rewrite.js';
import { dtypes, isFloat, tensorOf, type DType, type NumericDType, type Tensor } from './tensor.js';

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
 * @throws GraphError 'shape-mismatch' when a shape contradicts what the model declares
 */
export function specialize(graph: Graph, { shapes = new Map(), bind = new Map(), types }: SpecializeOptions): Rewritten {
  const symbols = new Map<string, number>();
  for (const input of graph.inputs) agree(input, bind.get(input.name)?.dims ?? shapes.get(input.name), symbols);
  const inputs = new Map<string, TensorType>();
  for (const { name, type } of graph.inputs) {
    const given = shapes.get(name) ?? type.shape?.map((dim) => (typeof dim === 'string' ? (symbols.get(dim) ?? dim) : dim));
    if (type.dtype !== 'opaque' && given !== undefined) inputs.set(name, { dtype: type.dtype, shape: given });
  }
  const outputs = new Set(graph.outputs);
  const bound = {
    ...graph,
    inputs: graph.inputs.filter(({ name }) => !bind.has(name)),
    initializers: new Map([...graph.initializers, ...boundValues(graph, bind)]),
  };
  return rewrite(
    bound,
    (node, b, operands) => {
      // An output of the graph must stay computed: runtimes take no constants there.
      const named = node.outputs.some((value) => value !== undefined && outputs.has(value));
      return (named ? expandControlFlow(node, b, operands, place) : place(node, b, operands)) ?? b.replay(node, operands);
    },
    {
      inputs,
      ...(types === undefined ? {} : { types }),
      initializer: (value, b) => (bind.has(value.name) ? b.initializer(bind.get(value.name)!, value.name) : undefined),
    },
  );
}

/** A node, or what its control flow comes to. */
const place: Place = (node, b, inputs) => {
  const written = expandControlFlow(node, b, inputs, place);
  return (written ?? b.replay(node, inputs)).map((value) => folded(value, b));
};

const boundValues = (graph: Graph, bind: ReadonlyMap<string, Tensor>): readonly (readonly [Value, Tensor])[] =>
  graph.inputs.flatMap((value) => {
    const tensor = bind.get(value.name);
    return tensor === undefined ? [] : [[value, tensor] as const];
  });

/** A value whose content is known, as a constant. */
function folded(value: Value | undefined, b: Builder): Value | undefined {
  const known = value?.known;
  if (value === undefined || known === undefined || !known.values.every((v) => typeof v === 'number')) return value;
  const dtype = value.type.dtype as DType;
  if (!(dtype in dtypes) || dtype === 'string' || (dtype !== 'bool' && !dtype.includes('int') && !isFloat(dtype))) return value;
  return b.initializer(tensorOf(dtype as NumericDType, known.dims, known.values as readonly number[]), `${value.name}/known`);
}

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
