import type { Builder, Ops, Value } from '@vitrine/ir';
import { extents } from '../../fit.js';
import type { DecompositionContext, DecompositionTable } from '../decomposition.js';

type Activation = (op: Ops, x: Value, alpha: number, beta: number) => Value;

/** ONNX's activations for recurrent networks, with their default alpha and beta. */
const activations: { readonly [name: string]: { readonly apply: Activation; readonly alpha?: number; readonly beta?: number } } = {
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

/** Beyond this many steps a graph written out would be too large to load. */
const MAX_STEPS = 4096;

type Recurrent = 'GRU' | 'LSTM' | 'RNN';
type Apply = (x: Value) => Value;

/** One direction's weights and what its cell needs. Values keep a leading axis of 1: states are [1,N,H]. */
interface Direction {
  readonly op: Ops;
  readonly b: Builder;
  readonly hidden: number;
  /** R transposed, [H, gates × H]. */
  readonly r: Value;
  /** Recurrent bias of each gate that is not part of `x` already, [1,1,H]. */
  readonly recurrentBias: readonly (Value | undefined)[];
  /** Peepholes i, o, f: [1,1,H]. */
  readonly peepholes: readonly Value[] | undefined;
  readonly activation: readonly Apply[];
  readonly clip: Apply;
}

/** States of a cell: h, and c where it has one. */
type State = readonly Value[];
/** One step: from the gates' input part [1,N,gates × H] and the state before to the state after. */
type Cell = (d: Direction, x: Value, state: State) => State;

const split = ({ op, b, hidden }: Pick<Direction, 'op' | 'b' | 'hidden'>, v: Value, parts: readonly number[]): readonly Value[] =>
  op.Split(v, b.ints(parts.map((n) => n * hidden)), { axis: 2, outputs: parts.length });

/** Hochreiter and Schmidhuber 1997, as ONNX writes it: gates i, o, f, c. */
const lstm =
  (inputForget: boolean): Cell =>
  (d, x, [h, c]) => {
    const { op, clip, peepholes } = d;
    const [f, g, hOut] = d.activation as readonly [Apply, Apply, Apply];
    const gates = op.Add(x, op.MatMul(h!, d.r));
    const [i, o, forget, candidate] = split(d, gates, [1, 1, 1, 1]) as [Value, Value, Value, Value];
    const peeped = (gate: Value, k: number, cell: Value): Value =>
      peepholes === undefined ? gate : op.Add(gate, op.Mul(peepholes[k]!, cell));
    const it = f(clip(peeped(i, 0, c!)));
    const ft = inputForget ? op.Sub(1, it) : f(clip(peeped(forget, 2, c!)));
    const cell = op.Add(op.Mul(ft, c!), op.Mul(it, g(clip(candidate))));
    const ot = f(clip(peeped(o, 1, cell)));
    return [op.Mul(ot, hOut(cell)), cell];
  };

/** Cho et al. 2014: gates z, r, h; the reset gate before or behind the product. */
const gru =
  (linearBeforeReset: boolean): Cell =>
  (d, x, [h]) => {
    const { op, clip, recurrentBias } = d;
    const [f, g] = d.activation as readonly [Apply, Apply];
    const [rzr, rh] = split(d, d.r, [2, 1]) as [Value, Value];
    const [xzr, xh] = split(d, x, [2, 1]) as [Value, Value];
    const [z, r] = split(d, f(clip(op.Add(xzr, op.MatMul(h!, rzr)))), [1, 1]) as [Value, Value];
    const bias = recurrentBias[2];
    const biased = (v: Value): Value => (bias === undefined ? v : op.Add(v, bias));
    const through = linearBeforeReset ? op.Mul(r, biased(op.MatMul(h!, rh))) : biased(op.MatMul(op.Mul(r, h!), rh));
    const candidate = g(clip(op.Add(xh, through)));
    return [op.Add(op.Mul(op.Sub(1, z), candidate), op.Mul(z, h!))];
  };

const rnn: Cell = (d, x, [h]) => [d.activation[0]!(d.clip(d.op.Add(x, d.op.MatMul(h!, d.r))))];

interface Kind {
  readonly gates: number;
  readonly states: number;
  readonly activations: readonly string[];
  readonly cell: (attrs: { readonly [name: string]: unknown }) => Cell;
}

const kinds: { readonly [op in Recurrent]: Kind } = {
  GRU: { gates: 3, states: 1, activations: ['Sigmoid', 'Tanh'], cell: (attrs) => gru(attrs['linear_before_reset'] === 1) },
  LSTM: { gates: 4, states: 2, activations: ['Sigmoid', 'Tanh', 'Tanh'], cell: (attrs) => lstm(attrs['input_forget'] === 1) },
  RNN: { gates: 1, states: 1, activations: ['Tanh'], cell: () => rnn },
};

/** The activations of every direction, alphas and betas dealt out to those that take them. */
function activationsOf(
  c: DecompositionContext<Recurrent>,
  { activations: defaults }: Kind,
  directions: number,
): readonly (readonly Apply[])[] {
  const { op, attrs } = c;
  const names = attrs.activations ?? Array.from({ length: directions }, () => defaults).flat();
  if (names.length !== defaults.length * directions) c.fail(`has ${names.length} activations for ${directions} direction(s)`);
  const [alphas, betas] = [[...(attrs.activation_alpha ?? [])], [...(attrs.activation_beta ?? [])]];
  const applied = names.map((name): Apply => {
    const row = activations[name.toLowerCase()] ?? c.fail(`uses the activation ${name}, which ONNX does not define`);
    const alpha = row.alpha === undefined ? 0 : (alphas.shift() ?? row.alpha);
    const beta = row.beta === undefined ? 0 : (betas.shift() ?? row.beta);
    return (x) => row.apply(op, x, alpha, beta);
  });
  return Array.from({ length: directions }, (_, k) => applied.slice(k * defaults.length, (k + 1) * defaults.length));
}

/** Which examples [1,N,1] are still running at step t; undefined when all are. */
function running({ op, b }: Pick<Direction, 'op' | 'b'>, lengths: Value | undefined, t: number): Value | undefined {
  if (lengths === undefined) return undefined;
  return op.Unsqueeze(op.Greater(lengths, b.scalar(t, 'int32')), b.ints([0, 2]));
}

const unrolled =
  (kind: Kind) =>
  (c: DecompositionContext<Recurrent>): readonly (Value | undefined)[] => {
    const { op, b, node, attrs } = c;
    const [input, w, r, bias, lengths, ...initial] = node.inputs.map((_, i) => (c.x as readonly (Value | undefined)[])[i]);
    const batchFirst = attrs.layout === 1;
    const x = batchFirst ? op.Transpose(input!, { perm: [1, 0, 2] }) : input!;
    const [steps, examples] = extents(x, node) as [number, number];
    const [directions, , hidden] = extents(r!, node) as [number, number, number];
    if (steps > MAX_STEPS) c.fail(`runs over ${steps} steps, more than the ${MAX_STEPS} that are written out: explain a shorter input`);
    const applied = activationsOf(c, kind, directions);
    const zero = (): Value => op.Expand(b.scalar(0, x.type.dtype as 'float32'), b.ints([1, examples, hidden]));
    const part = (v: Value, k: number): Value => op.Slice(v, b.ints([k]), b.ints([k + 1]), b.ints([0]));

    const runs = Array.from({ length: directions }, (_, k) => {
      const [wx, rh] = [op.Transpose(part(w!, k), { perm: [0, 2, 1] }), op.Transpose(part(r!, k), { perm: [0, 2, 1] })];
      const { inputBias, recurrentBias } = biases(c, bias && part(bias, k), kind.gates, hidden);
      const projected = op.MatMul(x, wx);
      const parts = op.Split(inputBias === undefined ? projected : op.Add(projected, inputBias), b.ints(new Array(steps).fill(1)), {
        axis: 0,
        outputs: steps,
      });
      const peepholes =
        initial[2] && op.Split(op.Unsqueeze(part(initial[2], k), b.ints([1])), b.ints([hidden, hidden, hidden]), { axis: 2, outputs: 3 });
      const limit = attrs.clip;
      const d: Direction = {
        op,
        b,
        hidden,
        r: rh,
        recurrentBias,
        peepholes,
        activation: applied[k]!,
        clip: limit === undefined ? (v) => v : (v) => op.Clip(v, -limit, limit),
      };
      const starts = Array.from({ length: kind.states }, (__, s) =>
        initial[s] === undefined
          ? zero()
          : batchFirst
            ? op.Transpose(op.Slice(initial[s], b.ints([k]), b.ints([k + 1]), b.ints([1])), { perm: [1, 0, 2] })
            : part(initial[s], k),
      );
      const backwards = attrs.direction === 'reverse' || k === 1;
      return run(d, kind.cell(attrs), parts, starts, lengths, backwards);
    });

    // Y [T,D,N,H]; the last states [D,N,H].
    const y = op.Concat(...runs.map(({ outputs }) => op.Unsqueeze(op.Concat(...outputs, { axis: 0 }), b.ints([1]))), { axis: 1 });
    const finals = Array.from({ length: kind.states }, (_, s) => op.Concat(...runs.map(({ state }) => state[s]!), { axis: 0 }));
    return batchFirst
      ? [op.Transpose(y, { perm: [2, 0, 1, 3] }), ...finals.map((v) => op.Transpose(v, { perm: [1, 0, 2] }))]
      : [y, ...finals];
  };

/** Steps a cell over the sequence. Past an example's length its state stays and its output is 0. */
function run(
  d: Direction,
  cell: Cell,
  parts: readonly Value[],
  start: State,
  lengths: Value | undefined,
  backwards: boolean,
): { readonly outputs: readonly Value[]; readonly state: State } {
  const outputs = new Array<Value>(parts.length);
  let state = start;
  const order = parts.map((_, t) => t);
  for (const t of backwards ? order.toReversed() : order) {
    const next = cell(d, parts[t]!, state);
    const goes = running(d, lengths, t);
    state = goes === undefined ? next : next.map((v, s) => d.op.Where(goes, v, state[s]!));
    outputs[t] = goes === undefined ? state[0]! : d.op.Where(goes, next[0]!, 0);
  }
  return { outputs, state };
}

/** Biases [1,1,gates × H]: input and recurrent ones together, but for the gate that GRU resets. */
function biases(
  { op, b }: DecompositionContext<Recurrent>,
  bias: Value | undefined,
  gates: number,
  hidden: number,
): { readonly inputBias: Value | undefined; readonly recurrentBias: readonly (Value | undefined)[] } {
  if (bias === undefined) return { inputBias: undefined, recurrentBias: [] };
  const [wb, rb] = op.Split(op.Unsqueeze(bias, b.ints([1])), b.ints([gates * hidden, gates * hidden]), { axis: 2, outputs: 2 }) as [
    Value,
    Value,
  ];
  if (gates !== 3) return { inputBias: op.Add(wb, rb), recurrentBias: [] };
  const [zr, h] = op.Split(rb, b.ints([2 * hidden, hidden]), { axis: 2, outputs: 2 }) as [Value, Value];
  const padded = op.Concat(zr, op.Expand(b.scalar(0, bias.type.dtype as 'float32'), b.ints([1, 1, hidden])), { axis: 2 });
  return { inputBias: op.Add(wb, padded), recurrentBias: [undefined, undefined, h] };
}

/** Recurrent networks, written out step by step. */
export const recurrent = {
  GRU: unrolled(kinds.GRU),
  LSTM: unrolled(kinds.LSTM),
  RNN: unrolled(kinds.RNN),
} satisfies DecompositionTable;
