import {
  builder,
  isFloat,
  numbers,
  sizeOf,
  tensorOf,
  type Graph,
  type NumericDType,
  type OpType,
  type Tensor,
  type Value,
} from '@vitrine/ir';
import { backward } from '../backward.js';
import { prepared } from '../prepare.js';
import { fromTable } from '../rule.js';
import { vjps } from '../vjp/index.js';
import { tensorFor, type Form } from './form.js';
import { open, runOnce, type Feeds, type Runner } from './ort.js';
import { random } from './random.js';

export type Precision = 'float32' | 'float64';

/** Operators that ONNX Runtime 1.30 computes in float32 only on the CPU. */
const SINGLE = new Set(
  (
    'Acos Acosh Asin Asinh Atan Atanh Attention AveragePool Celu Col2Im Conv ConvInteger ConvTranspose Cosh DequantizeLinear Det ' +
    'DynamicQuantizeLinear Elu Erf GRU Gelu GlobalAveragePool GlobalLpPool GlobalMaxPool GroupNormalization HardSigmoid HardSwish InstanceNormalization LRN ' +
    'LSTM LeakyRelu LpPool MatMulInteger MaxUnpool Mean MeanVarianceNormalization Mish OneHot PRelu QLinearConv QLinearMatMul ' +
    'QuantizeLinear RNN Resize RotaryEmbedding Selu Shrink Sinh Softplus Softsign Tan ThresholdedRelu'
  ).split(' '),
);
/** Operators of com.microsoft that have a kernel for float64. */
const DOUBLE = new Set(
  ['CDist', 'ExpandDims', 'FusedMatMul', 'GatherND', 'Inverse', 'Trilu', 'UnfoldTensor'].map((name) => `com.microsoft.${name}`),
);
const isSingle = ({ opType }: { readonly opType: string }): boolean => SINGLE.has(opType) || (opType.includes('.') && !DOUBLE.has(opType));
const rules = fromTable(vjps);

/** A form as a graph of one node, with its inputs' values. */
export interface Built {
  readonly graph: Graph;
  readonly feeds: Feeds;
  /** Inputs whose gradient is checked. */
  readonly variables: readonly string[];
}

export function build(opType: OpType, form: Form, precision: Precision, seed: number): Built {
  const b = builder();
  const next = random(seed);
  const feeds = new Map<string, Tensor>();
  const variables: string[] = [];
  const inputs = form.operands.map((operand, i) => {
    if (operand === undefined) return undefined;
    const tensor = tensorFor(operand, precision, next);
    if (operand.kind === 'fixed' && !operand.late) return b.initializer(tensor, `constant${i}`);
    feeds.set(`x${i}`, tensor);
    if (operand.kind === 'variable') variables.push(`x${i}`);
    return b.input(`x${i}`, { dtype: tensor.dtype, shape: tensor.dims });
  });
  const outputs = form.make?.(b, inputs) ?? b.node(opType, inputs, form.attrs, form.outputs);
  return { graph: b.build(form.kept?.map((i) => outputs[i]!) ?? outputs), feeds, variables };
}

/** The graph as a backward pass takes it: operators without a rule written out. */
export const written = ({ graph, variables }: Built): Graph =>
  prepared(
    graph,
    variables,
    graph.outputs.map(({ name }) => name),
    rules,
  );

/** A graph with the gradient of Σ seed · output at every variable. */
interface Differentiated {
  readonly graph: Graph;
  readonly seeds: ReadonlyMap<string, Tensor>;
  /** The gradient's output by variable; a variable without a path is not listed. */
  readonly gradients: ReadonlyMap<string, Value>;
}

/** Extends a graph by its gradient. Seeds are constants, shaped as the outputs were in a run. */
function differentiate(
  graph: Graph,
  variables: readonly string[],
  seeded: readonly string[],
  sample: ReadonlyMap<string, Tensor>,
  next: () => number,
): Differentiated {
  const ready = prepared(graph, variables, seeded, rules);
  const b = builder(ready);
  const seeds = new Map<string, Tensor>();
  const signals = new Map<Value, Value>();
  for (const name of seeded) {
    const value = ready.outputs.find((output) => output.name === name)!;
    const { dims, dtype } = sample.get(name)!;
    const values = Array.from({ length: sizeOf(dims) }, () => 2 * next() - 1);
    const seed = tensorOf(isFloat(dtype) ? (dtype as NumericDType) : 'float32', dims, values);
    seeds.set(name, seed);
    signals.set(value, b.initializer(seed, `seed/${name}`));
  }
  const wrt = variables.map((name) => ready.inputs.find((input) => input.name === name)!);
  const found = backward(b, ready, signals, wrt, rules);
  const gradients = new Map<string, Value>();
  for (const value of wrt) {
    const signal = found.get(value);
    // Named apart: one signal may belong to several inputs, or be a constant.
    if (signal !== undefined) gradients.set(value.name, b.node('Identity', [signal])[0]!);
  }
  return { graph: b.build([...ready.outputs, ...gradients.values()], ready.inputs), seeds, gradients };
}

export interface Checked {
  readonly precision: Precision;
  /** Distance from central differences, as a share of the slope's size; of the gradient's own gradient as well. */
  readonly first: number;
  readonly second: number | undefined;
}

const DIRECTIONS = 2;
/** Steps of the four-point quotient, where rounding and truncation are about equal for functions of size 1. */
const STEP: { readonly [P in Precision]: number } = { float64: 5e-4, float32: 3e-2 };
const SMALL_STEP: { readonly [P in Precision]: number } = { float64: 1e-6, float32: 1e-3 };

/** Holds a form's gradient against central differences along random directions; in float64 if all of it can be computed so. */
export async function gradcheck(opType: OpType, form: Form, seed: number): Promise<Checked> {
  const single =
    opType.startsWith('ai.onnx.ml.') ||
    (Object.hasOwn(vjps, opType) && SINGLE.has(opType)) ||
    form.operands.some((operand) => operand?.dtype === 'float32');
  const double = single ? undefined : await differentiated(opType, form, 'float64', seed);
  if (double !== undefined) return { precision: 'float64', ...(await compared(double, form)) };
  return { precision: 'float32', ...(await compared((await differentiated(opType, form, 'float32', seed))!, form)) };
}

interface Derivatives {
  readonly precision: Precision;
  readonly built: Built;
  readonly forward: Graph;
  readonly first: Differentiated;
  readonly second: Differentiated | undefined;
  readonly next: () => number;
}

/** A form's derivatives in this precision; undefined where some kernel lacks it. */
async function differentiated(opType: OpType, form: Form, precision: Precision, seed: number): Promise<Derivatives | undefined> {
  const next = random(seed + 1);
  const built = build(opType, form, precision, seed);
  const lacks = (graph: Graph): boolean => precision === 'float64' && graph.nodes.some(isSingle);
  const forward = form.unrun || lacks(built.graph) ? written(built) : built.graph;
  if (lacks(forward)) return undefined;
  const sample = await runOnce(forward, built.feeds);
  const names = built.graph.outputs.map(({ name }) => name);
  const floats = names.filter((name) => isFloat(sample.get(name)!.dtype));
  const seeded = form.seeded?.map((i) => names[i]!) ?? (floats.length > 0 ? floats : names.slice(0, 1));
  const first = differentiate(built.graph, built.variables, seeded, sample, next);
  if (lacks(first.graph)) return undefined;
  if (!form.twice || first.gradients.size === 0) return { precision, built, forward, first, second: undefined, next };
  const gradients = [...first.gradients.values()].map(({ name }) => name);
  const second = differentiate(first.graph, built.variables, gradients, await runOnce(first.graph, built.feeds), next);
  return lacks(second.graph) ? undefined : { precision, built, forward, first, second, next };
}

async function compared({ precision, built, forward, first, second, next }: Derivatives, form: Form): Promise<Omit<Checked, 'precision'>> {
  if (first.gradients.size === 0) throw new Error('no signal reaches any input');
  if (form.conventional) return { first: await finite(first, built.feeds), second: undefined };
  const isWhole = form.operands.some((operand) => operand?.kind === 'variable' && operand.dtype !== undefined);
  const step = form.step ?? (isWhole ? 1 : (form.bends ? SMALL_STEP : STEP)[precision]);
  const directions = Array.from({ length: DIRECTIONS }, () => direction(built, next));
  return {
    first: await distance(forward, first, built.feeds, directions, step),
    second: second && (await distance(first.graph, second, built.feeds, directions, step)),
  };
}

/** 0 where every gradient is there and finite. */
async function finite({ graph, gradients }: Differentiated, feeds: Feeds): Promise<number> {
  const results = await runOnce(graph, feeds);
  const found = [...gradients.values()].flatMap(({ name }) => [...numbers(results.get(name)!)]);
  return found.length > 0 && found.every(Number.isFinite) ? 0 : Infinity;
}

type Direction = ReadonlyMap<string, readonly number[]>;

/** A random step for each variable, at most 1 per element; whole where the variable is. */
const direction = ({ feeds, variables }: Built, next: () => number): Direction =>
  new Map(
    variables.map((name) => {
      const { data, dtype } = feeds.get(name)!;
      const step = (): number => (isFloat(dtype) ? 2 * next() - 1 : Math.floor(3 * next()) - 1);
      return [name, Array.from(data as ArrayLike<number>, step)];
    }),
  );

async function distance(
  forward: Graph,
  { graph, seeds, gradients }: Differentiated,
  feeds: Feeds,
  directions: readonly Direction[],
  step: number,
): Promise<number> {
  const [backwards, forwards] = [await open(graph), await open(forward)];
  try {
    const results = await backwards.run(feeds);
    let worst = 0;
    for (const along of directions) {
      const numeric = await slope(forwards, seeds, feeds, along, step);
      const parts = [...gradients].flatMap(([variable, { name }]) => products(results.get(name)!, along.get(variable)!));
      const analytic = parts.reduce((sum, part) => sum + part, 0);
      // Parts that cancel must not make the error look large: the size is that of a sum of random signs.
      const size = Math.max(Math.sqrt(parts.reduce((sum, part) => sum + part * part, 0)), Math.abs(numeric), 1e-3);
      worst = Math.max(worst, Number.isFinite(analytic) ? Math.abs(analytic - numeric) / size : Infinity);
    }
    return worst;
  } finally {
    await backwards.close();
    await forwards.close();
  }
}

function products(a: Tensor, along: readonly number[]): readonly number[] {
  const values = numbers(a);
  if (values.length !== along.length) throw new Error(`a tensor of ${values.length} elements for one of ${along.length}`);
  return along.map((value, i) => value * values[i]!);
}

/** d/dt Σ seed · output along a direction by four points; by two where steps are whole. */
async function slope(runner: Runner, seeds: ReadonlyMap<string, Tensor>, feeds: Feeds, along: Direction, step: number): Promise<number> {
  const at = async (t: number): Promise<number> => {
    const results = await runner.run(new Map([...feeds].map(([name, tensor]) => [name, moved(tensor, along.get(name), t)])));
    return [...seeds].flatMap(([name, seed]) => products(results.get(name)!, [...numbers(seed)])).reduce((a, b) => a + b, 0);
  };
  const near = (await at(step)) - (await at(-step));
  if (Number.isInteger(step)) return near / (2 * step);
  return (8 * near - ((await at(2 * step)) - (await at(-2 * step)))) / (12 * step);
}

const moved = (tensor: Tensor, along: readonly number[] | undefined, t: number): Tensor =>
  along === undefined
    ? tensor
    : tensorOf(
        tensor.dtype as NumericDType,
        tensor.dims,
        along.map((d, i) => (tensor.data as ArrayLike<number>)[i]! + t * d),
      );
