import {
  isFloat,
  isStatic,
  numbers,
  sizeOf,
  specialize,
  subgraphs,
  tensorOf,
  valuesByName,
  type DType,
  type Graph,
  type Model,
  type Tensor,
  type TensorType,
  type Value,
} from '@vitrine/ir';
import { checkBudget, price, type Runtime } from '@vitrine/runtime';
import { between, dependents, scoresFirst, toFloat32 } from '@vitrine/transform';
import { embeddingsIn } from './embedding.js';
import { ExplainError } from './error.js';
import { inputsWithBatch } from './examples.js';

/** A model that questions can be asked of. */
export interface Subject {
  /** Name for people: the file's. */
  readonly name: string;
  /** SHA-256 of the model's file. */
  readonly digest: string;
  /** As read, half floats as float32, scores before labels. */
  readonly graph: Graph;
  readonly model: Model;
}

export const subject = (model: Model, name: string, digest: string): Subject => ({
  name,
  digest,
  model,
  graph: scoresFirst(toFloat32(model.graph)),
});

/** A subject for inputs of certain shapes. */
export interface Shaped {
  readonly graphAt: (batch: number) => Graph;
  /** Whether graphs for more than one example exist: axis 0 of the inputs is free, and of the outputs it follows. */
  readonly batchable: boolean;
  readonly warnings: readonly string[];
}

const known = new WeakMap<Subject, Map<string, Shaped>>();
/** Shapes that are remembered of a model: a table's rows have one, texts many. */
const REMEMBERED = 8;

/**
 * The model's graph for inputs shaped as these feeds, one example, or several where the model allows it.
 * Control flow is written out; where it depends on inputs that are not explained, those become constants. Shapes that inference
 * cannot tell are measured by a run. @throws RuntimeError 'over-budget'
 */
export async function shaped(subject: Subject, feeds: ReadonlyMap<string, Tensor>, runtime: Runtime, memoryBytes: number): Promise<Shaped> {
  const { graph } = subject;
  const shapes = new Map([...feeds].map(([name, { dims }]) => [name, dims]));
  const remembered = known.get(subject) ?? new Map<string, Shaped>();
  known.set(subject, remembered);
  const key = JSON.stringify([...shapes]);
  // Not the same object: what others keep for an example must not be another's.
  if (remembered.has(key)) return { ...remembered.get(key)! };
  const free = freeBatch(graph, feeds);
  const at = (batch: number, bind: ReadonlyMap<string, Tensor>, types?: ReadonlyMap<string, TensorType>): Graph => {
    const scaled = new Map([...shapes].map(([name, dims]) => [name, free.has(name) ? [batch, ...dims.slice(1)] : dims]));
    return specialize(graph, { shapes: scaled, bind, ...(types && { types }) }).graph;
  };
  const bind = at(1, new Map()).nodes.some((node) => subgraphs(node).length > 0) ? bindable(feeds) : new Map<string, Tensor>();
  const types = await measured(at(1, bind), feeds, runtime, subject.model.domains, memoryBytes);
  const graphs = new Map<number, Graph>();
  const graphAt = (batch: number): Graph => {
    let made = graphs.get(batch);
    if (made === undefined) graphs.set(batch, (made = at(batch, bind, types)));
    return made;
  };
  const outputsFollow = (): boolean => {
    try {
      const [one, two] = [graphAt(1), graphAt(2)];
      return one.outputs.every(({ type }, i) => {
        const other = two.outputs[i]!.type.shape;
        return (
          isLabel(type, i) ||
          (isStatic(type.shape) &&
            isStatic(other) &&
            type.shape[0] === 1 &&
            other[0] === 2 &&
            other.slice(1).every((d, k) => d === type.shape![k + 1]))
        );
      });
    } catch {
      return false; // Shapes inside are tied to one example.
    }
  };
  const made: Shaped = {
    graphAt,
    batchable: free.size > 0 && types === undefined && bind.size === 0 && outputsFollow(),
    warnings:
      types === undefined
        ? []
        : ['some shapes inside the model depend on the input and were measured on it; at other points of a path they may differ'],
  };
  // What was measured, or bound to constants, is this example's.
  if (types === undefined && bind.size === 0) {
    if (remembered.size >= REMEMBERED) remembered.delete(remembered.keys().next().value!);
    remembered.set(key, made);
  }
  return { ...made };
}

/** Behind scores: exporters declare labels with shapes that they do not have. */
const isLabel = ({ dtype }: Value['type'], output: number): boolean => output > 0 && dtype !== 'unknown' && !isFloat(dtype);

/** Inputs with a free batch axis that are fed one example. */
const freeBatch = (graph: Graph, feeds: ReadonlyMap<string, Tensor>): ReadonlySet<string> =>
  new Set([...inputsWithBatch(graph)].filter((name) => feeds.get(name)?.dims[0] === 1));

const bindable = (feeds: ReadonlyMap<string, Tensor>): ReadonlyMap<string, Tensor> =>
  new Map([...feeds].filter(([, { dtype, dims }]) => !isFloat(dtype) && dtype !== 'string' && sizeOf(dims) <= 4096));

/** Types of values that inference leaves open, on the way from float inputs to outputs; undefined when there are none. */
async function measured(
  graph: Graph,
  feeds: ReadonlyMap<string, Tensor>,
  runtime: Runtime,
  domains: ReadonlyMap<string, number>,
  memoryBytes: number,
): Promise<ReadonlyMap<string, TensorType> | undefined> {
  const path = between(graph, graph.inputs, graph.outputs);
  const open = graph.nodes
    .flatMap((node) => (path.has(node) ? node.outputs : []))
    .filter((v): v is Value => v !== undefined && (v.type.dtype === 'unknown' || (v.type.dtype !== 'opaque' && !isStatic(v.type.shape))));
  if (open.length === 0) return undefined;
  const measuring = { ...graph, outputs: open };
  checkBudget(price(measuring), memoryBytes);
  const session = await runtime.open(measuring, { domains });
  const results = await session.run(new Map(graph.inputs.map(({ name }) => [name, feeds.get(name)!])));
  await session.close();
  return new Map(open.map(({ name }) => [name, { dtype: results.get(name)!.dtype, shape: results.get(name)!.dims }]));
}

/**
 * Checks what is fed against what the model takes, and brings it to the model's dtypes.
 * A missing batch axis is added. @throws ExplainError 'bad-input' with one sentence naming the input
 */
export function checkedFeeds({ graph, name: model }: Subject, given: ReadonlyMap<string, Tensor>): ReadonlyMap<string, Tensor> {
  const bad = (message: string): never => {
    throw new ExplainError('bad-input', message);
  };
  const listed = graph.inputs.map(({ name, type }) => `${name} ${type.dtype}[${type.shape?.join(',') ?? '?'}]`).join(', ');
  const known = new Set(graph.inputs.map(({ name }) => name));
  const stranger = [...given.keys()].find((name) => !known.has(name));
  if (stranger !== undefined) bad(`${model} has no input ${stranger}: it takes ${listed}`);
  const required = graph.inputs;
  const missing = takingMissing(graph);
  const absent = required.find(({ name }) => !given.has(name));
  if (absent !== undefined) bad(`nothing is given for input ${absent.name} of ${model}: it takes ${listed}`);
  return new Map(
    required.map(({ name, type }) => {
      const tensor = given.get(name)!;
      if (type.dtype === 'opaque' || type.dtype === 'unknown') return bad(`input ${name} is not a tensor, and only tensors can be fed`);
      const lifted =
        type.shape !== undefined &&
        tensor.dims.length === type.shape.length - 1 &&
        (type.shape[0] === 1 || typeof type.shape[0] === 'string')
          ? { ...tensor, dims: [1, ...tensor.dims] }
          : tensor;
      const clash =
        type.shape !== undefined &&
        (lifted.dims.length !== type.shape.length || type.shape.some((d, i) => typeof d === 'number' && d !== lifted.dims[i]));
      if (clash)
        bad(
          `input ${name} has shape [${tensor.dims.join(',')}], the model takes [${type.shape.map((d) => (String(d).startsWith('?') ? 'any' : d)).join(',')}]`,
        );
      if (lifted.dims[0] === 0) bad(`input ${name} has shape [${tensor.dims.join(',')}]: it holds no example`);
      return [name, finite(converted(lifted, type.dtype, name), name, missing.has(name))] as const;
    }),
  );
}

/** The tensor in the model's dtype. Whole numbers must survive it; floats are rounded. */
function converted(tensor: Tensor, dtype: DType, name: string): Tensor {
  if (tensor.dtype === dtype) return tensor;
  const refuse = (why: string): never => {
    throw new ExplainError('bad-input', `input ${name} is ${tensor.dtype}, the model takes ${dtype}${why}`);
  };
  if (tensor.dtype === 'string' || dtype === 'string') return refuse('');
  const values = numbers(tensor);
  const fitted = tensorOf(dtype, tensor.dims, values);
  const kept = numbers(fitted);
  const lost = isFloat(dtype) ? -1 : Array.from(values).findIndex((v, i) => v !== kept[i]);
  return lost < 0 ? fitted : refuse(`, which cannot hold ${values[lost]} (at element ${lost})`);
}

function finite(tensor: Tensor, name: string, mayMiss: boolean): Tensor {
  if (!(tensor.data instanceof Float32Array) && !(tensor.data instanceof Float64Array)) return tensor;
  const at = tensor.data.findIndex((v: number) => !Number.isFinite(v) && !(mayMiss && Number.isNaN(v)));
  if (at >= 0)
    throw new ExplainError(
      'bad-input',
      `input ${name} holds ${tensor.data[at]} at element ${at}: NaN and infinite values cannot be explained`,
    );
  return tensor;
}

/** Operators for which NaN is a missing value. */
const MISSING = new Set(
  ['Imputer', 'TreeEnsemble', 'TreeEnsembleClassifier', 'TreeEnsembleRegressor'].map((name) => `ai.onnx.ml.${name}`).concat('IsNaN'),
);

/** Inputs that may hold missing values, as NaN. */
export function takingMissing(graph: Graph): ReadonlySet<string> {
  const takers = graph.nodes.filter(({ opType }) => MISSING.has(opType));
  if (takers.length === 0) return new Set();
  const takes = ({ inputs: [x] }: (typeof takers)[number], active: ReadonlySet<Value>): boolean => x !== undefined && active.has(x);
  return new Set(
    graph.inputs
      .filter((input) => takers.some((node) => takes(node, dependents(graph, [input])) || node.inputs[0] === input))
      .map(({ name }) => name),
  );
}

/** The float inputs; in a model of tokens, the embeddings they are looked up as. */
export function defaultAt(graph: Graph): readonly string[] {
  const inputs = graph.inputs.filter(({ type }) => isFloat(type.dtype)).map(({ name }) => name);
  if (inputs.length > 0) return inputs;
  const [first] = embeddingsIn(graph);
  if (first !== undefined) return [first.value.name];
  throw new ExplainError(
    'bad-input',
    'the model has only whole-number inputs, which have no gradient: name the inner value to explain with --at VALUE (vitrine inspect lists those worth explaining)',
  );
}

/** Checks that values exist. @throws ExplainError 'unknown-value' */
export function checkedNames(graph: Graph, names: readonly string[]): readonly string[] {
  const values = valuesByName(graph);
  for (const name of names) {
    const value = values.get(name);
    if (value === undefined) {
      const close = [...values.keys()].filter((other) => other.toLowerCase().includes(name.toLowerCase())).slice(0, 3);
      throw new ExplainError(
        'unknown-value',
        `the model has no value ${name}${close.length > 0 ? `: did you mean ${close.join(' or ')}?` : ': vitrine inspect lists those worth explaining'}`,
      );
    }
    if (!isFloat(value.type.dtype))
      throw new ExplainError('unknown-value', `value ${name} is ${value.type.dtype}, and only floats can be explained`);
  }
  return names;
}
