import { isFloat, uses, type Graph, type Node, type Value } from '@vitrine/ir';
import { between } from '../../prepare.js';
import { nondifferentiable } from '../../vjp/nondifferentiable.js';
import { kindByOperator } from '../kind.js';
import type { Profile } from './family.js';
import { neverNegative } from '../sign.js';
import { limitsOf, swish, type Limits } from './limits.js';

/** What the rules know of a graph between the explained values and the ends. */
export interface Sight {
  /** Values that depend on what is explained in a way that takes relevance: not by conditions, counts or indices. */
  readonly carries: (v: Value) => boolean;
  readonly nonNegative: (v: Value) => boolean;
  /** Nodes between the explained values and the ends that read a value; undefined among them for ends. */
  readonly readers: (v: Value) => readonly (Node | undefined)[];
  readonly producer: (v: Value) => Node | undefined;
}

/** Rounding passes relevance on; other steps have no meaning for it. */
const ROUNDING: ReadonlySet<string> = new Set(['Ceil', 'Floor', 'Round']);

export function sightOf(graph: Graph, from: readonly Value[], to: readonly Value[]): Sight {
  const carrying = new Set(from);
  const positive = neverNegative(graph);
  const maker = new Map<Value, Node>();
  for (const node of graph.nodes) {
    const stops = Object.hasOwn(nondifferentiable, node.opType) && !ROUNDING.has(node.opType);
    const [first] = node.outputs;
    // Of what quantizes, scales and zero points are constants.
    const quantizes = node.opType.includes('Quantize');
    const carried = !stops && uses(node).some((v) => carrying.has(v));
    for (const v of node.outputs) {
      if (v === undefined) continue;
      maker.set(v, node);
      if (carried && (quantizes ? v === first : isFloat(v.type.dtype))) carrying.add(v);
    }
  }
  const path = between(graph, from, to);
  const reading = new Map<Value, (Node | undefined)[]>();
  const read = (v: Value, node: Node | undefined): void => void (reading.get(v)?.push(node) ?? reading.set(v, [node]));
  for (const node of path) for (const v of new Set(uses(node))) read(v, node);
  for (const v of to) read(v, undefined);
  return {
    carries: (v) => carrying.has(v),
    nonNegative: (v) => positive.has(v),
    readers: (v) => reading.get(v) ?? [],
    producer: (v) => maker.get(v),
  };
}

/** Layers whose bias may be added behind them, and the axis of their units. */
const unitAxis: { readonly [opType: string]: 'last' | 'second' } = {
  Conv: 'second',
  ConvTranspose: 'second',
  Gemm: 'last',
  MatMul: 'last',
};

/** The sum behind a layer that adds a constant to each unit, where nothing else reads the layer's result. */
export function biasBehind(s: Sight, node: Node): { readonly node: Node; readonly bias: Value; readonly total: Value } | undefined {
  const y = node.outputs[0]!;
  const axis = unitAxis[node.opType];
  const [sum, ...others] = s.readers(y);
  if (axis === undefined || sum?.opType !== 'Add' || others.length > 0 || node.inputs[2] !== undefined) return undefined;
  const bias = sum.inputs[sum.inputs[0] === y ? 1 : 0]!;
  const [dims, rank] = [bias.type.shape, y.type.shape?.length];
  if (s.carries(bias) || bias === y || dims === undefined || rank === undefined || dims.length > rank) return undefined;
  const unit = axis === 'last' ? rank - 1 : 1;
  const own = dims.every((d, i) => d === 1 || i + rank - dims.length === unit);
  return own ? { node: sum, bias, total: sum.outputs[0]! } : undefined;
}

/** Whether a constant moves all elements alike, or all of one channel: then a sum with it is a function of one value, as normalizations end in. */
export function isShift(bias: Value, y: Value): boolean {
  const [dims, rank] = [bias.type.shape, y.type.shape?.length ?? 0];
  if (dims === undefined) return false;
  const wide = dims.flatMap((d, i) => (d === 1 ? [] : [i + rank - dims.length]));
  return wide.length === 0 || (wide.length === 1 && (wide[0] === 1 || wide[0] === rank - 1));
}

/** Limits of the activation that alone reads a layer's result. */
export function limitsBehind(s: Sight, y: Value, profile: Profile): Limits | undefined {
  const readers = s.readers(y);
  if (readers.length === 2 && isSwish(readers, y)) return swish;
  const [activation] = readers;
  if (readers.length !== 1 || activation === undefined) return undefined;
  const limits = limitsOf(activation, profile);
  // What a dead rectifier gives 0 of relevance needs no mask.
  const idle = activation.opType === 'Relu' && vanishes(s, activation.outputs[0]!, new Map());
  return idle ? undefined : limits;
}

const isSwish = (readers: readonly (Node | undefined)[], y: Value): boolean => {
  const gate = readers.find((node) => node?.opType === 'Sigmoid');
  const product = readers.find((node) => node?.opType === 'Mul');
  return gate !== undefined && product !== undefined && product.inputs.includes(y) && product.inputs.includes(gate.outputs[0]);
};

const ZERO_KEEPING = new Set([
  'Relu',
  'Tanh',
  'LeakyRelu',
  'PRelu',
  'Gelu',
  'HardSwish',
  'com.microsoft.QuickGelu',
  'Abs',
  'Neg',
  'Softsign',
]);

/** Whether relevance at elements of 0 is certain to be 0: all readers give in shares of what they read. */
function vanishes(s: Sight, v: Value, known: Map<Value, boolean>): boolean {
  const told = known.get(v);
  if (told !== undefined) return told;
  const further = (node: Node): boolean => vanishes(s, node.outputs[0]!, known);
  const found = s.readers(v).every((node) => {
    if (node === undefined) return false;
    const kind = kindByOperator(node);
    if (kind === 'convolution' || kind === 'dense' || kind === 'average') return true;
    const others = node.inputs.filter((x): x is Value => x !== undefined && x !== v);
    if (kind === 'sum') return !others.some((x) => !s.carries(x) && isShift(x, node.outputs[0]!)) || node.opType.startsWith('Reduce');
    if (kind === 'scale') return !others.some(s.carries) && further(node);
    return (kind === 'routing' || ZERO_KEEPING.has(node.opType)) && further(node);
  });
  known.set(v, found);
  return found;
}

const SOFTMAX: ReadonlySet<string> = new Set(['Softmax']);
const BEFORE_SOFTMAX: ReadonlySet<string> = new Set('Add Sub Where Reshape Identity Cast Max Mul Div Concat Slice Clip'.split(' '));

/** Whether a value ends in a softmax, past masks and biases of its scores. */
export function isScore(s: Sight, v: Value, depth = 0): boolean {
  const readers = s.readers(v);
  return (
    depth < 8 &&
    readers.length > 0 &&
    readers.every((node) => {
      if (node === undefined) return false;
      if (SOFTMAX.has(node.opType)) return true;
      return BEFORE_SOFTMAX.has(node.opType) && isScore(s, node.outputs[0]!, depth + 1);
    })
  );
}

const CHOOSING: ReadonlySet<string> = new Set(['TopK']);
const PROBABILITIES: ReadonlySet<string> = new Set(['Softmax', 'Sigmoid']);
/** What a router does to the weights it has chosen. */
const WEIGHING: ReadonlySet<string> = new Set(['Softmax', 'Sigmoid', 'Div']);
/** What may stand between TopK and those who use its indices. */
const MOVING: ReadonlySet<string> = new Set('Reshape Unsqueeze Squeeze Cast Identity Expand Concat Slice Transpose'.split(' '));

/** Whether a value is a router's weight: found by TopK, then moved or brought to a sum of 1. */
export function isRouterWeight(s: Sight, v: Value, depth = 0): boolean {
  const node = s.producer(v);
  if (node === undefined || depth > 16 || !s.carries(v)) return false;
  if (CHOOSING.has(node.opType)) return true;
  const [data, places, updates] = node.inputs;
  if (node.opType.startsWith('Gather') && places !== undefined && fromTopK(s, places)) return isProbability(s, data!);
  if (node.opType.startsWith('Scatter')) return updates !== undefined && isRouterWeight(s, updates, depth + 1);
  const kind = kindByOperator(node);
  if (kind === 'routing' || WEIGHING.has(node.opType))
    return node.inputs.some(
      (x) => x !== undefined && s.carries(x) && (x === data || kind === 'routing') && isRouterWeight(s, x, depth + 1),
    );
  return false;
}

/** Whether a value is a softmax's or sigmoid's, perhaps moved. */
function isProbability(s: Sight, v: Value): boolean {
  let node = s.producer(v);
  for (let depth = 0; node !== undefined && depth < 8; depth++) {
    if (PROBABILITIES.has(node.opType)) return true;
    if (kindByOperator(node) !== 'routing') return false;
    node = s.producer(node.inputs[0]!);
  }
  return false;
}

/** Whether indices are those that TopK found. */
function fromTopK(s: Sight, v: Value): boolean {
  let node = s.producer(v);
  for (let depth = 0; node !== undefined && depth < 8; depth++) {
    if (CHOOSING.has(node.opType)) return true;
    if (!MOVING.has(node.opType)) return false;
    node = s.producer(node.inputs[0]!);
  }
  return false;
}
