import type { Value } from '@vitrine/ir';
import { FormatError } from '../error.js';
import { cast, widthOf, type Net } from './net.js';

/** x W + b over the last axis, W stored [out,in] as PyTorch does; b where the file has one. `out` is the file's where it is left out. */
export function linear(net: Net, x: Value, name: string, out: number | null = null): Value {
  const w = net.op.Transpose(net.weight(`${name}.weight`, [out, widthOf(x)]), { perm: [1, 0] });
  return biased(net, net.op.MatMul(x, w), name);
}

/** The same for W stored [in,out]: `Conv1D` of GPT-2. */
export const linearInOut = (net: Net, x: Value, name: string, out: number): Value =>
  biased(net, net.op.MatMul(x, net.weight(`${name}.weight`, [widthOf(x), out])), name);

const biased = (net: Net, y: Value, name: string): Value =>
  net.has(`${name}.bias`) ? net.op.Add(y, net.weight(`${name}.bias`, [widthOf(y)])) : y;

export type Linear = typeof linear;

/** Scores of all tokens [B,S,V]: by the head's own weights, or by those of the embeddings, `table`. */
export function vocabulary(net: Net, x: Value, head: string, table: Value, bias = `${head}.bias`): Value {
  const { op } = net;
  if (!net.has(`${head}.weight`) && !net.config.flag('tie_word_embeddings', true))
    throw new FormatError(
      'missing-tensor',
      `${net.config.file} says that ${head} has weights of its own, and no file holds ${head}.weight`,
    );
  const w = net.has(`${head}.weight`) ? net.weight(`${head}.weight`, [net.config.size('vocab_size'), widthOf(x)]) : table;
  const y = op.MatMul(x, op.Transpose(w, { perm: [1, 0] }));
  return net.has(bias) ? op.Add(y, net.weight(bias, [widthOf(y)])) : y;
}

/** The table of word embeddings [V,E]. */
export const wordTable = (net: Net, name: string, width: number): Value =>
  net.weight(`${name}.weight`, [net.config.size('vocab_size'), width]);

/** Positions of the tokens, int64 [S]: 0 … S-1, or P … P+S-1 behind P that were read before. */
export const positions = (net: Net): Value =>
  net.once('positions', () => {
    const { op, b } = net;
    const length = op.Squeeze(op.Shape(net.ids, { start: 1, end: 2 }), b.ints([0]));
    const [start, end] = net.past === undefined ? [b.scalar(0, 'int64'), length] : [op.Sub(net.past.total, length), net.past.total];
    return op.Range(start, end, b.scalar(1, 'int64'));
  });

/** Positions of all tokens that can be seen: int64 [P+S]. */
export const seenPositions = (net: Net): Value =>
  net.past === undefined
    ? positions(net)
    : net.once('seen positions', () => net.op.Range(net.b.scalar(0, 'int64'), net.past!.total, net.b.scalar(1, 'int64')));

/** Positions counted from `padding` + 1, where padding has `padding` itself: int64 [B,S]. */
export function positionsAfterPadding(net: Net, padding: number): Value {
  const { op, b } = net;
  const real = cast(net, op.Not(op.Equal(net.ids, b.scalar(padding, 'int64'))), 'int64');
  return op.Add(op.Mul(op.CumSum(real, b.scalar(1, 'int64')), real), padding);
}

/** Ways to normalize the last axis. `rms-plus-one` stores its scale less 1, as Gemma does. */
export const norms = {
  layer: (net, x, name, epsilon) =>
    net.op.LayerNormalization(
      x,
      net.weight(`${name}.weight`, [widthOf(x)]),
      net.has(`${name}.bias`) ? net.weight(`${name}.bias`, [widthOf(x)]) : undefined,
      {
        epsilon,
      },
    ),
  rms: (net, x, name, epsilon) => net.op.RMSNormalization(x, net.weight(`${name}.weight`, [widthOf(x)]), { epsilon }),
  'rms-plus-one': (net, x, name, epsilon) =>
    net.op.RMSNormalization(x, net.op.Add(net.weight(`${name}.weight`, [widthOf(x)]), 1), { epsilon }),
} as const satisfies { readonly [kind: string]: (net: Net, x: Value, name: string, epsilon: number) => Value };

export type Norm = keyof typeof norms;

const tanhGelu = (net: Net, x: Value): Value => net.op.Gelu(x, { approximate: 'tanh' });
const silu = (net: Net, x: Value): Value => net.op.Mul(x, net.op.Sigmoid(x));

/** Activations by the names that configurations give them. */
export const activations: { readonly [name: string]: (net: Net, x: Value) => Value } = {
  gelu: (net, x) => net.op.Gelu(x),
  gelu_new: tanhGelu,
  gelu_fast: tanhGelu,
  gelu_pytorch_tanh: tanhGelu,
  quick_gelu: (net, x) => net.op.Mul(x, net.op.Sigmoid(net.op.Mul(x, 1.702))),
  relu: (net, x) => net.op.Relu(x),
  silu,
  swish: silu,
  tanh: (net, x) => net.op.Tanh(x),
};

/** The activation that config.json names. */
export const activation = (net: Net, x: Value, key = 'hidden_act', otherwise?: string): Value =>
  activated(net, x, net.config.text(key, otherwise));

/** The activation of this name. @throws FormatError naming those there are */
export function activated(net: Net, x: Value, name: string): Value {
  if (!Object.hasOwn(activations, name)) net.config.refuse(`activation ${name} is not one of ${Object.keys(activations).join(', ')}`);
  return activations[name]!(net, x);
}

/** down(act(up x)). */
export const mlp = (net: Net, x: Value, names: { readonly up: string; readonly down: string }, apply: Linear = linear): Value =>
  apply(net, activation(net, apply(net, x, names.up, net.config.size('intermediate_size'))), names.down, widthOf(x));

/** Names of the three products of a gated dense part. */
export interface GatedNames {
  readonly gate: string;
  readonly up: string;
  readonly down: string;
}

/** down(act(gate x) ∘ up x). */
export function gatedMlp(net: Net, x: Value, names: GatedNames, inner = net.config.size('intermediate_size')): Value {
  const open = activation(net, linear(net, x, names.gate, inner));
  return linear(net, net.op.Mul(open, linear(net, x, names.up, inner)), names.down, widthOf(x));
}
