import { dtypes, numbersOf, type Value } from '@vitrine/ir';
import { extents } from '../../fit.js';
import type { DecompositionContext, DecompositionTable } from '../decomposition.js';
import { activations, kinds, type Apply, type CellParts, type Recurrent, type State, type Step } from './cells.js';

/** Beyond this many steps a graph written out would be too large to load. */
const MAX_STEPS = 4096;

type Context = DecompositionContext<Recurrent>;
type Kind = (typeof kinds)[Recurrent];

/** The activations of every direction, alphas and betas dealt out to those that take them. */
function activationsOf({ op, attrs, fail }: Context, { activations: defaults }: Kind, directions: number): readonly (readonly Apply[])[] {
  const count = defaults.length * directions;
  // The standard's default for RNN lists two, for one direction as well.
  const names = (attrs.activations ?? Array.from({ length: directions }, () => defaults).flat()).slice(0, count);
  if (names.length < count) fail(`has ${names.length} activations for ${directions} direction(s)`);
  const [alphas, betas] = [[...(attrs.activation_alpha ?? [])], [...(attrs.activation_beta ?? [])]];
  const applied = names.map((name): Apply => {
    const row = activations[name.toLowerCase()] ?? fail(`uses the activation ${name}, which ONNX does not define`);
    const alpha = row.alpha === undefined ? 0 : (alphas.shift() ?? row.alpha);
    const beta = row.beta === undefined ? 0 : (betas.shift() ?? row.beta);
    return (x) => row.apply(op, x, alpha, beta);
  });
  return Array.from({ length: directions }, (_, k) => applied.slice(k * defaults.length, (k + 1) * defaults.length));
}

/** Biases [1,1,gates × H]: those of input and recurrence together, but for the gate that GRU resets. */
function biases({ op, b }: Context, bias: Value | undefined, gates: number, hidden: number): readonly [input?: Value, reset?: Value] {
  if (bias === undefined) return [];
  const halves = op.Split(op.Unsqueeze(bias, b.ints([1])), b.ints([gates * hidden, gates * hidden]), { axis: 2, outputs: 2 });
  const [input, recurrence] = halves as [Value, Value];
  if (gates !== kinds.GRU.gates) return [op.Add(input, recurrence)];
  const [others, reset] = op.Split(recurrence, b.ints([2 * hidden, hidden]), { axis: 2, outputs: 2 }) as [Value, Value];
  return [op.Add(input, op.Pad(others, b.ints([0, 0, 0, 0, 0, hidden]))), reset];
}

/** Which examples [1,N,1] still run, per step; undefined where all do. */
function runningAt({ op, b }: Context, lengths: Value | undefined, steps: number): readonly (Value | undefined)[] {
  const least = lengths && Math.min(...(numbersOf(lengths) ?? [0]));
  const masked = least === undefined ? 0 : steps - Math.max(0, Math.min(steps, least));
  const all = new Array<undefined>(steps - masked).fill(undefined);
  if (lengths === undefined || masked === 0) return all;
  const times = b.ints(Array.from({ length: masked }, (_, i) => steps - masked + i));
  const running = op.Greater(
    op.Cast(op.Unsqueeze(lengths, b.ints([0, 2])), { to: dtypes.int64.code }),
    op.Unsqueeze(times, b.ints([1, 2])),
  );
  return [...all, ...slices({ op, b }, running, masked)];
}

/** The elements along the first axis, which stays at 1. */
const slices = ({ op, b }: Pick<Context, 'op' | 'b'>, v: Value, count: number): readonly Value[] =>
  op.Split(v, b.ints(new Array<number>(count).fill(1)), { axis: 0, outputs: count });

/** Steps a cell over the sequence. Past an example's length its state stays and its output is 0. */
function run(
  { op }: Context,
  step: Step,
  parts: readonly Value[],
  start: State,
  running: readonly (Value | undefined)[],
  backwards: boolean,
): { readonly outputs: readonly Value[]; readonly state: State } {
  const outputs = new Array<Value>(parts.length);
  let state = start;
  const order = [...parts.keys()];
  for (const t of backwards ? order.toReversed() : order) {
    const next = step(parts[t]!, state);
    const goes = running[t];
    outputs[t] = goes === undefined ? next[0]! : op.Where(goes, next[0]!, 0);
    const before = state;
    state = goes === undefined ? next : next.map((v, s) => op.Where(goes, v, before[s]!));
  }
  return { outputs, state };
}

const unrolled =
  (kind: Kind) =>
  (c: Context): readonly (Value | undefined)[] => {
    const { op, b, node, attrs } = c;
    const [input, w, r, bias, lengths, ...initial] = c.x as readonly [Value, Value, Value, ...(Value | undefined)[]];
    const batchFirst = attrs.layout === 1;
    const x = batchFirst ? op.Transpose(input, { perm: [1, 0, 2] }) : input;
    const [steps, examples] = extents(x, node) as [number, number];
    const [directions, , hidden] = extents(r, node) as [number, number, number];
    if (steps > MAX_STEPS) c.fail(`runs over ${steps} steps, more than the ${MAX_STEPS} that are written out: explain a shorter input`);
    if (steps === 0) c.fail('runs over no step at all');
    const applied = activationsOf(c, kind, directions);
    const running = runningAt(c, lengths, steps);
    const part = (v: Value, k: number, axis = 0): Value =>
      directions === 1 ? v : op.Slice(v, b.ints([k]), b.ints([k + 1]), b.ints([axis]));
    const columns = (v: Value): Value => op.Transpose(v, { perm: [0, 2, 1] });
    const zero = op.Expand(b.scalar(0, x.type.dtype as 'float32'), b.ints([1, examples, hidden]));
    const startOf = (k: number, s: number): Value => {
      const given = initial[s];
      if (given === undefined) return zero;
      return batchFirst ? op.Transpose(part(given, k, 1), { perm: [1, 0, 2] }) : part(given, k);
    };
    const peepholesOf = (k: number): readonly Value[] | undefined =>
      initial[2] && op.Split(op.Unsqueeze(part(initial[2], k), b.ints([1])), b.ints([hidden, hidden, hidden]), { axis: 2, outputs: 3 });

    const runs = Array.from({ length: directions }, (_, k) => {
      const [inputBias, resetBias] = biases(c, bias && part(bias, k), kind.gates, hidden);
      const limit = attrs.clip;
      const cell: CellParts = {
        op,
        b,
        hidden,
        r: columns(part(r, k)),
        resetBias,
        peepholes: peepholesOf(k),
        activation: applied[k]!,
        clip: limit === undefined ? (v) => v : (v) => op.Clip(v, -limit, limit),
      };
      // The input's part of every gate at every step is one product.
      const projected = op.MatMul(x, columns(part(w, k)));
      const parts = slices(c, inputBias === undefined ? projected : op.Add(projected, inputBias), steps);
      const start = Array.from({ length: kind.states }, (__, s) => startOf(k, s));
      return run(c, kind.step(cell, attrs), parts, start, running, attrs.direction === 'reverse' || k === 1);
    });

    // Y [T,D,N,H]; the last states [D,N,H].
    const y = op.Concat(...runs.map(({ outputs }) => op.Unsqueeze(op.Concat(...outputs, { axis: 0 }), b.ints([1]))), { axis: 1 });
    const finals = Array.from({ length: kind.states }, (_, s) => op.Concat(...runs.map(({ state }) => state[s]!), { axis: 0 }));
    return batchFirst
      ? [op.Transpose(y, { perm: [2, 0, 1, 3] }), ...finals.map((v) => op.Transpose(v, { perm: [1, 0, 2] }))]
      : [y, ...finals];
  };

/** Recurrent networks, written out step by step. */
export const recurrent = {
  GRU: unrolled(kinds.GRU),
  LSTM: unrolled(kinds.LSTM),
  RNN: unrolled(kinds.RNN),
} satisfies DecompositionTable;
