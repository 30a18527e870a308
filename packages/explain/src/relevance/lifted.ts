import { beside, deepLift, deepLiftReady, mergedMultiplier, type DeepLiftVariant } from '@vitrine/transform';
import { sizeOf, type Builder, type Graph, type Tensor, type Value } from '@vitrine/ir';
import { accumulator, floats } from '../arithmetic.js';
import { baselinesFor } from '../baseline.js';
import { ATTRIBUTION, type Explainer } from '../explainer.js';
import { ExplainError } from '../error.js';
import type { Fields, OptionsOf, Tensors } from '../field.js';
import type { Point } from '../inquiry.js';
import type { Frame, Program } from '../program.js';
import type { Setting } from '../rows.js';

const BASELINE = 'baseline/';
const BASELINE_SCORE = 'baseline score';

/** What a method of this family reads of its options. */
export interface Lifting {
  readonly baseline: string | number | Tensors;
  readonly rule: DeepLiftVariant;
}

type Lifted<F extends Fields> = Omit<Explainer<F>, 'explain' | 'compile' | 'family' | 'signed' | 'layer'> & {
  readonly reads: (options: OptionsOf<F>) => Lifting;
};

/**
 * Multipliers between the example and each baseline, times the difference, averaged over the baselines. One run is the forward pass at
 * x, the same at the baseline, and one backward pass.
 */
export function lifted<F extends Fields>({ reads, ...row }: Lifted<F>): Explainer<F> {
  const startsOf = (setting: Setting, options: OptionsOf<F>): readonly Point[] => baselinesFor(setting, reads(options).baseline);
  return {
    ...row,
    family: 'relevance',
    signed: true,
    layer: 'none',
    async explain(q, options) {
      const names = [...q.x.keys()];
      const shapes = new Map([...q.x].map(([name, { dims }]) => [name, dims]));
      const starts = startsOf({ x: q.x, shapes, random: q.random }, options);
      const { rule } = reads(options);
      const points = starts.map((start) => new Map([...q.x, ...[...start].map(([name, v]) => [BASELINE + name, v] as const)]));
      const sums = new Map(names.map((name) => [name, accumulator(q.x.get(name)!)]));
      let start = 0;
      for await (const results of q.evaluate(deepLiftProgram(names, rule), points, points.length)) {
        for (const name of names) sums.get(name)!.add(results.get(ATTRIBUTION + name)!, (v) => v / points.length);
        start += Number(results.get(BASELINE_SCORE)!.data[0]) / points.length;
      }
      if (!Number.isFinite(start))
        throw new ExplainError(
          'not-finite',
          `the explained number is ${start} at the baseline, so nothing can be compared with it: choose another baseline`,
        );
      return { attributions: names.map((at) => ({ at, tensor: sums.get(at)!.read() })), expected: q.score - start };
    },
    compile(q, options) {
      const starts = startsOf({ x: undefined, shapes: q.shapes, random: q.random }, options);
      const { rule } = reads(options);
      const write = (f: Frame): { readonly [output: string]: Value } => {
        const { [BASELINE_SCORE]: _, ...parts } = contributions(f, q.at, rule, (v, i) => constant(f.b, v, starts, q.at[i]!));
        const mean = (v: Value): Value => (starts.length === 1 ? v : f.op.ReduceMean(v, f.b.ints([0])));
        return Object.fromEntries(Object.entries(parts).map(([name, v]) => [name, mean(v)]));
      };
      const program: Program = { key: `deeplift:${JSON.stringify(options)}`, ready: deepLiftReady, write };
      if (starts.length === 1) return program;
      const place = (b: Builder, x: Value): Value => b.op.Expand(x, b.ints([starts.length, ...x.type.shape!.slice(1)] as number[]));
      return { ...program, points: starts.length, place };
    },
  };
}

/** The program whose baselines are fed, as inputs beside the example. */
export const deepLiftProgram = (names: readonly string[], rule: DeepLiftVariant): Program => ({
  key: `deeplift:${rule}`,
  ready: deepLiftReady,
  write: (f) => contributions(f, names, rule, (v, i) => f.b.input(BASELINE + names[i]!, v.type)),
});

/** m Δx at each attributed value, and the score at the baseline. */
function contributions(
  f: Frame,
  names: readonly string[],
  variant: DeepLiftVariant,
  baseline: (v: Value, i: number) => Value,
): { readonly [output: string]: Value } {
  const { b, op, x, score } = f;
  const graph = b.build([score]);
  const starts = x.map(baseline);
  const at = beside(b, graph, new Map(x.map((v, i) => [v, starts[i]!])), chosenClass(graph));
  const rules = deepLift(at, variant);
  const multipliers = (): readonly Value[] => {
    if (variant === 'rescale') return f.gradient(x, { rules });
    const one = op.Expand(b.scalar(1, score.type.dtype as 'float32'), b.ints([f.batch]));
    const pass = f.propagate([new Map([[score, one]]), new Map([[score, one]])], x, rules);
    return x.map((v) => {
      const signals = pass.signals.get(v);
      return signals === undefined ? op.Mul(v, 0) : mergedMultiplier(b, at, v, signals as readonly [Value, Value]);
    });
  };
  const parts = multipliers().map((m, i) => [ATTRIBUTION + names[i]!, op.Mul(m, op.Sub(x[i]!, starts[i]!))] as const);
  return { ...Object.fromEntries(parts), [BASELINE_SCORE]: at(score) };
}

/** The class that is explained is that of x, at the baseline too. */
const chosenClass = (graph: Graph): ReadonlySet<Value> =>
  new Set(graph.nodes.flatMap(({ opType, name, outputs }) => (opType === 'ArgMax' && name.startsWith('score/') ? [outputs[0]!] : [])));

/** Baselines written into the graph, [K,…]; as one number where it is the same everywhere. */
function constant(b: Builder, { type }: Value, starts: readonly Point[], at: string): Value {
  const rows = starts.map((start) => floats(start.get(at)!));
  const dims = [starts.length, ...(type.shape as readonly number[]).slice(1)];
  const first = rows[0]![0]!;
  if (rows.every((row) => row.every((v) => v === first))) return b.op.Expand(b.scalar(first, type.dtype as 'float32'), b.ints(dims));
  const size = sizeOf(dims) / starts.length;
  const data = new (type.dtype === 'float64' ? Float64Array : Float32Array)(sizeOf(dims));
  rows.forEach((row, k) => data.set(row, k * size));
  return b.initializer({ dtype: type.dtype, dims, data } as Tensor, `baseline/${at}`);
}
