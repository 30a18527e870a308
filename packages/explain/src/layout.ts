import { isFloat, isStatic, producers, sizeOf, type Graph, type Node, type Value } from '@vitrine/ir';
import { between } from '@vitrine/transform';

/** Spatial axes of an input: behind the channels in [N,C,…], before them in [N,…,C]; none in [N,F]. */
export function spatialAxes(dims: readonly number[]): readonly number[] {
  if (dims.length < 3) return [];
  const all = dims.map((_, i) => i);
  return isChannelLast(dims) ? all.slice(1, -1) : all.slice(2);
}

/** Images have 1 to 4 channels: where axis 1 has more and the last axis has not, channels come last. */
export const isChannelLast = (dims: readonly number[]): boolean => dims.length >= 4 && dims.at(-1)! <= 4 && dims[1]! > 4;

/** A value laid out in space. */
export interface SpatialValue {
  readonly value: Value;
  /** Maps [B,C,…], or tokens [B,T,D] of which the first `extra` are no patches. */
  readonly layout: 'maps' | 'tokens';
  readonly extra: number;
}

/** Operators that keep what their first input is laid out as. */
export const KEEPING = new Set([
  'Abs',
  'Add',
  'AveragePool',
  'BatchNormalization',
  'Cast',
  'Celu',
  'Clip',
  'Concat',
  'DequantizeLinear',
  'Div',
  'Dropout',
  'Elu',
  'Erf',
  'Exp',
  'Gelu',
  'GroupNormalization',
  'HardSigmoid',
  'HardSwish',
  'Identity',
  'InstanceNormalization',
  'LRN',
  'LeakyRelu',
  'LpPool',
  'Max',
  'MaxPool',
  'Mish',
  'Mul',
  'PRelu',
  'Pad',
  'QuantizeLinear',
  'Relu',
  'Resize',
  'Selu',
  'Sigmoid',
  'Slice',
  'Softplus',
  'Softsign',
  'Split',
  'Sqrt',
  'Sub',
  'Sum',
  'Tanh',
  'ThresholdedRelu',
  'com.microsoft.Gelu',
  'com.microsoft.QuickGelu',
]);
export const MAKING = new Set(['Conv', 'ConvTranspose', 'com.microsoft.FusedConv', 'QLinearConv']);

/**
 * The layer that CAM methods work on unless told otherwise: the last maps before their space is pooled away,
 * or in a network of tokens the last normalized tokens that attention still looks at.
 */
export function spatialLayer(graph: Graph, at: readonly Value[], ends: readonly Value[]): SpatialValue | undefined {
  const path = between(graph, at, ends);
  const nodes = graph.nodes.filter((node) => path.has(node));
  return lastMaps(nodes) ?? lastTokens(graph, nodes);
}

/** How a method's layer is chosen where none is named. */
export const chosenLayer = {
  spatial: spatialLayer,
  features: featureLayer,
  none: () => undefined,
  named: () => undefined,
} as const;

/** The last such maps whose channels are features, not yet the classes: a network may end in a map for each class. */
export function featureLayer(graph: Graph, at: readonly Value[], ends: readonly Value[]): SpatialValue | undefined {
  const path = between(graph, at, ends);
  const nodes = graph.nodes.filter((node) => path.has(node));
  const classes = new Set(ends.map(({ type }) => (isStatic(type.shape) ? sizeOf(type.shape) / (type.shape[0] ?? 1) : 0)));
  return lastMaps(nodes, (v) => !classes.has(v.type.shape![1] as number)) ?? lastTokens(graph, nodes);
}

function lastMaps(nodes: readonly Node[], such: (v: Value) => boolean = () => true): SpatialValue | undefined {
  const spatial = new Set<Value>();
  let best: Value | undefined;
  let least = Infinity;
  for (const node of nodes) {
    const keeps = MAKING.has(node.opType) || (KEEPING.has(node.opType) && node.inputs.some((v) => v !== undefined && spatial.has(v)));
    const [value] = node.outputs;
    if (!keeps || value === undefined || !isStatic(value.type.shape)) continue;
    for (const output of node.outputs) if (output) spatial.add(output);
    const area = value.type.shape.slice(2).reduce((a, b) => a * b, 1);
    // A patch embedding is not the end of a convolutional network.
    if (!isFloat(value.type.dtype) || value.type.shape.length < 3 || area <= 1 || area > least || !such(value)) continue;
    [best, least] = [value, area];
  }
  const attends = nodes.some(({ opType }) => opType === 'Softmax' || opType.endsWith('Attention'));
  const convolutions = nodes.filter(({ opType }) => MAKING.has(opType)).length;
  return best === undefined || (attends && convolutions <= 2) ? undefined : { value: best, layout: 'maps', extra: 0 };
}

function lastTokens(graph: Graph, nodes: readonly Node[]): SpatialValue | undefined {
  const producer = producers(graph);
  const lastAttention = nodes.findLastIndex(
    ({ opType, outputs }) => (opType === 'Softmax' && outputs[0]!.type.shape?.length === 4) || opType.endsWith('Attention'),
  );
  const before = nodes.slice(0, Math.max(0, lastAttention));
  const tokens =
    before.findLast(({ opType, outputs }) => opType.includes('LayerNormalization') && isTokens(outputs[0])) ??
    before.findLast(({ opType, outputs }) => opType === 'Add' && isTokens(outputs[0]));
  const value = tokens?.outputs[0];
  if (value === undefined || producer.size === 0) return undefined;
  const extra = extraTokens(value);
  return extra === undefined ? undefined : { value, layout: 'tokens', extra };
}

/** Tokens before the patches: what is left when the grid is square. */
export function extraTokens(value: Value): number | undefined {
  const count = value.type.shape?.[1];
  if (typeof count !== 'number') return undefined;
  for (let extra = 0; extra <= 8; extra++) if (count - extra > 1 && Number.isInteger(Math.sqrt(count - extra))) return extra;
  return undefined;
}

/** Whether a value is what a convolution made, but for operators that keep its layout. */
function isOfConvolution(graph: Graph, value: Value): boolean {
  const producer = producers(graph);
  const behind = new Set([value]);
  // A set is iterated while it grows.
  for (const one of behind) {
    const node = producer.get(one);
    if (node === undefined) continue;
    if (MAKING.has(node.opType)) return true;
    if (KEEPING.has(node.opType)) for (const input of node.inputs) if (input !== undefined) behind.add(input);
  }
  return false;
}

/** How a value named by the user is laid out. */
export function spatialAs(graph: Graph, value: Value): SpatialValue | undefined {
  const rank = value.type.shape?.length ?? 0;
  if (rank >= 4) return { value, layout: 'maps', extra: 0 };
  if (rank !== 3) return undefined;
  const extra = extraTokens(value);
  const [, second, third] = value.type.shape as readonly [unknown, number, number];
  // [B,T,D] tokens have a square count and are made by no convolution; anything else is [B,C,T].
  return extra !== undefined && third >= second && extra <= 2 && !isOfConvolution(graph, value)
    ? { value, layout: 'tokens', extra }
    : { value, layout: 'maps', extra: 0 };
}

/** [B,T,D] with features enough to be more than a statistic. */
const isTokens = (value: Value | undefined): boolean => {
  const shape = value?.type.shape;
  return shape?.length === 3 && typeof shape[2] === 'number' && shape[2] >= 8;
};
