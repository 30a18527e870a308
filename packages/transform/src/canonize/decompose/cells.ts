import type { Builder, Ops, Value } from '@vitrine/ir';

export type Recurrent = 'GRU' | 'LSTM' | 'RNN';
export type Apply = (x: Value) => Value;

interface Activation {
  readonly apply: (op: Ops, x: Value, alpha: number, beta: number) => Value;
  /** Defaults; left out where the function has no such parameter. */
  readonly alpha?: number;
  readonly beta?: number;
}

/** ONNX's activations for recurrent networks, by their name in lower case. */
export const activations: { readonly [name: string]: Activation } = {
  affine: { apply: (op, x, a, b) => op.Add(op.Mul(x, a), b), alpha: 1, beta: 0 },
  elu: { apply: (op, x, alpha) => op.Elu(x, { alpha }), alpha: 1 },
  hardsigmoid: { apply: (op, x, alpha, beta) => op.HardSigmoid(x, { alpha, beta }), alpha: 0.2, beta: 0.5 },
  leakyrelu: { apply: (op, x, alpha) => op.LeakyRelu(x, { alpha }), alpha: 0.01 },
  relu: { apply: (op, x) => op.Relu(x) },
  scaledtanh: { apply: (op, x, a, b) => op.Mul(op.Tanh(op.Mul(x, b)), a), alpha: 1, beta: 1 },
  sigmoid: { apply: (op, x) => op.Sigmoid(x) },
  softplus: { apply: (op, x) => op.Softplus(x) },
  softsign: { apply: (op, x) => op.Softsign(x) },
  tanh: { apply: (op, x) => op.Tanh(x) },
  thresholdedrelu: { apply: (op, x, alpha) => op.ThresholdedRelu(x, { alpha }), alpha: 1 },
};

/** What a cell of one direction is made of. Values keep a leading axis of 1: states are [1,N,H]. */
export interface CellParts {
  readonly op: Ops;
  readonly b: Builder;
  readonly hidden: number;
  /** R transposed, [1,H, gates × H]. */
  readonly r: Value;
  /** Recurrent bias of the gate that GRU resets, [1,1,H]; every other bias is part of the input. */
  readonly resetBias: Value | undefined;
  /** Peepholes i, o, f: [1,1,H]. */
  readonly peepholes: readonly Value[] | undefined;
  readonly activation: readonly Apply[];
  readonly clip: Apply;
}

/** States of a cell: h, and c where it has one. */
export type State = readonly Value[];
/** One step: from the gates' input part [1,N,gates × H] and the state before to the state after. */
export type Step = (x: Value, state: State) => State;

const split = ({ op, b, hidden }: CellParts, v: Value, parts: readonly number[]): readonly Value[] =>
  op.Split(v, b.ints(parts.map((n) => n * hidden)), { axis: 2, outputs: parts.length });

/** Hochreiter and Schmidhuber 1997, as ONNX writes it: gates i, o, f, c. */
function lstm(parts: CellParts, inputForget: boolean): Step {
  const { op, clip, peepholes } = parts;
  const [f, g, toOutput] = parts.activation as readonly [Apply, Apply, Apply];
  const peeped = (gate: Value, k: number, cell: Value): Value =>
    peepholes === undefined ? gate : op.Add(gate, op.Mul(peepholes[k]!, cell));
  return (x, [h, c]) => {
    const [i, o, forget, candidate] = split(parts, op.Add(x, op.MatMul(h!, parts.r)), [1, 1, 1, 1]) as [Value, Value, Value, Value];
    const it = f(clip(peeped(i, 0, c!)));
    const ft = inputForget ? op.Sub(1, it) : f(clip(peeped(forget, 2, c!)));
    const cell = op.Add(op.Mul(ft, c!), op.Mul(it, g(clip(candidate))));
    const ot = f(clip(peeped(o, 1, cell)));
    return [op.Mul(ot, toOutput(cell)), cell];
  };
}

/** Cho et al. 2014: gates z, r, h; the reset gate before or behind the product. */
function gru(parts: CellParts, linearBeforeReset: boolean): Step {
  const { op, clip, resetBias } = parts;
  const [f, g] = parts.activation as readonly [Apply, Apply];
  const [rGates, rCandidate] = split(parts, parts.r, [2, 1]) as [Value, Value];
  const through = (h: Value): Value => {
    const product = op.MatMul(h, rCandidate);
    return resetBias === undefined ? product : op.Add(product, resetBias);
  };
  return (x, [h]) => {
    const [xGates, xCandidate] = split(parts, x, [2, 1]) as [Value, Value];
    const [z, r] = split(parts, f(clip(op.Add(xGates, op.MatMul(h!, rGates)))), [1, 1]) as [Value, Value];
    const reset = linearBeforeReset ? op.Mul(r, through(h!)) : through(op.Mul(r, h!));
    const candidate = g(clip(op.Add(xCandidate, reset)));
    return [op.Add(op.Mul(op.Sub(1, z), candidate), op.Mul(z, h!))];
  };
}

function rnn({ op, activation, clip, r }: CellParts): Step {
  const [f] = activation as readonly [Apply];
  return (x, [h]) => [f(clip(op.Add(x, op.MatMul(h!, r))))];
}

interface Kind {
  readonly gates: number;
  readonly states: number;
  /** Activations of one direction when none are named. */
  readonly activations: readonly string[];
  readonly step: (parts: CellParts, attrs: { readonly [name: string]: unknown }) => Step;
}

export const kinds: { readonly [op in Recurrent]: Kind } = {
  GRU: { gates: 3, states: 1, activations: ['Sigmoid', 'Tanh'], step: (parts, attrs) => gru(parts, attrs['linear_before_reset'] === 1) },
  LSTM: {
    gates: 4,
    states: 2,
    activations: ['Sigmoid', 'Tanh', 'Tanh'],
    step: (parts, attrs) => lstm(parts, attrs['input_forget'] === 1),
  },
  RNN: { gates: 1, states: 1, activations: ['Tanh'], step: rnn },
};
