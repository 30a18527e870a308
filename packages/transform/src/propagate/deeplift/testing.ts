import { builder, dtypes, isFloat, numbers, tensorOf, type Graph, type NumericDType, type Tensor, type Value } from '@vitrine/ir';
import { propagate } from '../../backward.js';
import { runOnce, type Feeds } from '../../testing/ort.js';
import { deepLift, deepLiftReady, type DeepLiftVariant } from './deepLift.js';
import { beside } from './reference.js';
import { mergedMultiplier } from './revealCancel.js';

/** What DeepLIFT gives, and what it should add up to. */
export interface Lifted {
  /** Contributions by input; those that no path leaves are not listed. */
  readonly parts: ReadonlyMap<string, readonly number[]>;
  readonly total: number;
  /** Σ weights · (y − y₀) over the float outputs, or the first where there is none. */
  readonly delta: number;
  /** Sum of sizes of what is added up, on either side. */
  readonly size: number;
}

const LOOK = 0.7;

/** DeepLIFT of Σ weights · output, the weights being 1 unless `weighted`, between feeds and baselines of the inputs named. */
export async function lift(
  graph: Graph,
  feeds: Feeds,
  baselines: Feeds,
  variant: DeepLiftVariant = 'rescale',
  weighted = false,
): Promise<Lifted> {
  const names = [...baselines.keys()];
  const ready = deepLiftReady(
    graph,
    names,
    graph.outputs.map(({ name }) => name),
  );
  const b = builder(ready);
  const x = names.map((name) => ready.inputs.find((v) => v.name === name)!);
  const x0 = x.map((v) => b.input(`baseline/${v.name}`, v.type));
  const at = beside(b, ready, new Map(x.map((v, i) => [v, x0[i]!])));
  const real = (v: Value): Value => (isFloat(v.type.dtype) ? v : b.op.Cast(v, { to: dtypes.float32.code }));
  const decimal = ready.outputs.filter((v) => isFloat(v.type.dtype));
  const ends = decimal.length > 0 ? decimal : ready.outputs.slice(0, 1);
  const weights = (v: Value): Value => {
    const one = b.op.Expand(b.scalar(1, real(v).type.dtype as 'float32'), b.op.Shape(v));
    if (!weighted) return one;
    // Different for each element, and the same each time.
    const places = b.op.CumSum(b.op.Reshape(one, b.ints([-1])), b.scalar(0, 'int64'));
    return b.op.Reshape(b.op.Sin(b.op.Mul(places, LOOK)), b.op.Shape(v), { allowzero: 1 });
  };
  const seeds = new Map(ends.map((v) => [v, weights(v)]));
  const pass = propagate(b, ready, variant === 'rescale' ? [seeds] : [seeds, seeds], x, deepLift(at, variant));
  const parts = x.flatMap((v) => {
    const signals = pass.signals.get(v);
    if (signals === undefined) return [];
    const m = variant === 'rescale' ? signals[0]! : mergedMultiplier(b, at, v, signals as readonly [Value, Value]);
    return [[v.name, b.op.Mul(m, b.op.Sub(real(v), real(at(v))))] as const];
  });
  const changes = ends.map((v) => b.op.Mul(seeds.get(v)!, b.op.Sub(real(v), real(at(v)))));
  const made = b.build([...parts.map(([, v]) => v), ...changes]);
  const given = new Map([...feeds, ...[...baselines].map(([name, tensor]) => [`baseline/${name}`, tensor] as const)]);
  const results = await runOnce(made, given);
  const read = (v: Value): readonly number[] => [...numbers(results.get(v.name)!)].map(Number);
  const found = new Map(parts.map(([name, v]) => [name, read(v)]));
  const sum = (list: readonly number[]): number => list.reduce((a, c) => a + c, 0);
  const [all, differences] = [[...found.values()].flat(), changes.flatMap(read)];
  return {
    parts: found,
    total: sum(all),
    delta: sum(differences),
    size: sum([...all, ...differences].map(Math.abs)),
  };
}

/** By how much contributions miss Δ, as a share of it: rounding of what cancels is allowed for. */
export const missed = ({ total, delta, size }: Lifted): number => Math.abs(total - delta) / (Math.abs(delta) + 1e-3 * size + 1e-6);

export const floats = (dims: readonly number[], values: readonly number[], dtype: NumericDType = 'float32'): Tensor =>
  tensorOf(dtype, dims, values);
