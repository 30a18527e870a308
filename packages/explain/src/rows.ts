import { sizeOf, type Builder, type Tensor, type Value } from '@vitrine/ir';
import { accumulator, floats, mapped } from './arithmetic.js';
import { ATTRIBUTION, type CompileInquiry, type Explainer, type Found } from './explainer.js';
import type { Fields, OptionsOf } from './field.js';
import type { Inquiry, Point } from './inquiry.js';
import { timeAxes } from './perturbation/series/timeline.js';
import type { Program } from './program.js';

/** One gradient that goes into an average: taken at baseline + alpha (x − baseline) + noise, counted with a weight. */
export interface Row {
  readonly baseline: Point;
  readonly alpha: number;
  /** Drawn when it is needed, the same each time: thousands of samples do not lie in memory together. */
  readonly noise?: () => Point;
  readonly weight: number;
}

/** How the gradients g become one attribution. */
export interface Fold {
  /** Mean of g, of g², or the variance of g. */
  readonly moment: 'mean' | 'square' | 'variance';
  /** Whether each gradient is multiplied by its x − baseline. */
  readonly timesDifference: boolean;
}

export interface RowsPlan {
  readonly rows: readonly Row[];
  readonly fold: Fold;
  /** Whether noise is counted in the range of x, its largest minus its smallest element; otherwise in the units of x. */
  readonly relative?: boolean;
  /** Whether the attributions should add up to f(x) − the weighted mean of f(baseline). */
  readonly complete?: boolean;
}

/** What a plan may look at: the example, or when compiling only its shape, with `x` undefined; noise that depends on x is `relative`. */
export interface Setting {
  readonly x: Point | undefined;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  readonly random: (label: string) => () => number;
  /** The axes of space or time of values, where they are not those behind the second. */
  readonly axes?: ReadonlyMap<string, readonly number[]> | undefined;
}

type Averaging<F extends Fields> = Omit<Explainer<F>, 'explain' | 'compile'> & {
  readonly plan: (setting: Setting, options: OptionsOf<F>) => RowsPlan;
};

/** A method that averages gradients at points made from the example: run point by point, or compiled into one graph that runs them all. */
export function averaging<F extends Fields>({ plan, ...row }: Averaging<F>): Explainer<F> {
  return {
    ...row,
    explain: (q, options) =>
      run(
        q,
        plan(
          { x: q.x, shapes: new Map([...q.x].map(([name, { dims }]) => [name, dims])), random: q.random, axes: timeAxes(q.series) },
          options,
        ),
      ),
    compile: (q, options) =>
      compiled(q, plan({ x: undefined, shapes: q.shapes, random: q.random }, options), `${row.name}:${JSON.stringify(options)}`),
  };
}

export const GRADIENT = 'gradient/';

/** The gradient at the attributed values, and the score. */
export const gradientProgram = (at: readonly string[]): Program => ({
  key: 'gradient',
  write: (f) => ({ score: f.score, ...Object.fromEntries(f.gradient(f.x).map((g, i) => [GRADIENT + at[i]!, g])) }),
});

/** The score alone: nothing has to have a gradient. */
export const scoreProgram: Program = { key: 'score', ready: (graph) => graph, write: (f) => ({ score: f.score }) };
export const gradientOf = (results: ReadonlyMap<string, Tensor>, at: string): Tensor => results.get(GRADIENT + at)!;
export const scoreOf = (results: ReadonlyMap<string, Tensor>): number => Number(results.get('score')!.data[0]);

/** The point a row takes its gradient at; `unit` is what noise is counted in, 1 unless given. */
export function pointOf(x: Point, { baseline, alpha, noise }: Row, unit?: ReadonlyMap<string, number>): Point {
  const drawn = noise?.();
  return new Map(
    [...x].map(([name, value]) => {
      const [v, b, n] = [floats(value), floats(baseline.get(name)!), drawn && floats(drawn.get(name)!)];
      const scale = unit?.get(name) ?? 1;
      return [name, mapped(value, (i) => b[i]! + alpha * (v[i]! - b[i]!) + scale * (n?.[i] ?? 0))];
    }),
  );
}

function rangeOf(tensor: Tensor): number {
  let [low, high] = [Infinity, -Infinity];
  for (const v of floats(tensor)) [low, high] = [Math.min(low, v), Math.max(high, v)];
  return high - low;
}

async function run(q: Inquiry, { rows, fold, relative, complete }: RowsPlan): Promise<Found> {
  const names = [...q.x.keys()];
  const first = new Map(names.map((name) => [name, accumulator(q.x.get(name)!)]));
  const second = new Map(names.map((name) => [name, accumulator(q.x.get(name)!)]));
  const unit = relative ? new Map([...q.x].map(([name, x]) => [name, rangeOf(x)])) : undefined;
  let k = 0;
  for await (const results of q.evaluate(gradientProgram(names), points(q.x, rows, unit), rows.length)) {
    const { weight, baseline } = rows[k++]!;
    for (const name of names) {
      const [x, b] = [floats(q.x.get(name)!), floats(baseline.get(name)!)];
      const times = fold.timesDifference ? (i: number): number => weight * (x[i]! - b[i]!) : (): number => weight;
      const g = gradientOf(results, name);
      if (fold.moment !== 'square') first.get(name)!.add(g, (v, i) => v * times(i));
      if (fold.moment !== 'mean') second.get(name)!.add(g, (v) => v * v * weight);
    }
  }
  const attributions = names.map((at) => {
    if (fold.moment === 'mean') return { at, tensor: first.get(at)!.read() };
    const squares = second.get(at)!;
    if (fold.moment === 'square') return { at, tensor: squares.read() };
    return { at, tensor: first.get(at)!.read((mean, i) => squares.at(i) - mean * mean) };
  });
  return { attributions, ...(complete ? { expected: q.score - (await baselineScore(q, rows)) } : {}) };
}

function* points(x: Point, rows: readonly Row[], unit: ReadonlyMap<string, number> | undefined): Iterable<Point> {
  for (const row of rows) yield pointOf(x, row, unit);
}

/** The weighted mean of the score over the baselines. */
async function baselineScore(q: Inquiry, rows: readonly Row[]): Promise<number> {
  const weights = new Map<Point, number>();
  for (const { baseline, weight } of rows) weights.set(baseline, (weights.get(baseline) ?? 0) + weight);
  const total = [...weights.values()].reduce((a, b) => a + b, 0);
  const order = [...weights.keys()];
  let mean = 0;
  let k = 0;
  for await (const results of q.evaluate(scoreProgram, order, order.length)) mean += (scoreOf(results) * weights.get(order[k++]!)!) / total;
  return mean;
}

/** All rows in one batch of one graph, and behind them the example itself, which counts nothing but tells the score. */
function compiled(q: CompileInquiry, { rows: given, fold, relative }: RowsPlan, key: string): Program {
  const rows: readonly Row[] = [...given, { baseline: given[0]!.baseline, alpha: 1, weight: 0 }];
  const started = new Set(rows.map(({ baseline }) => baseline)).size === 1 ? rows.slice(0, 1) : rows;
  const dimsOf = (at: string): readonly number[] => q.shapes.get(at)!.slice(1);
  const baselinesOf = (b: Builder, x: Value, at: string): Value =>
    column(b, 'baselines', x, dimsOf(at), started, ({ baseline }) => floats(baseline.get(at)!));
  return {
    key,
    points: rows.length,
    place(b, x, i) {
      const at = q.at[i]!;
      const base = baselinesOf(b, x, at);
      const alphas = column(b, 'alphas', x, ones(dimsOf(at)), rows, ({ alpha }) => [alpha]);
      const moved = b.op.Add(base, b.op.Mul(alphas, b.op.Sub(x, base)));
      if (!rows.some(({ noise }) => noise)) return moved;
      const drawn = column(b, 'noise', x, dimsOf(at), rows, ({ noise }) => (noise === undefined ? [] : floats(noise().get(at)!)));
      return b.op.Add(moved, relative ? b.op.Mul(drawn, b.op.Sub(b.op.ReduceMax(x), b.op.ReduceMin(x))) : drawn);
    },
    write(f) {
      const { op, b } = f;
      const over = b.ints([0]);
      return Object.fromEntries(
        f.gradient(f.x).map((g, i) => {
          const at = q.at[i]!;
          const weights = column(b, 'weights', g, ones(dimsOf(at)), rows, ({ weight }) => [weight]);
          const mean = (v: Value): Value => op.ReduceSum(op.Mul(v, weights), over);
          const scaled = fold.timesDifference ? op.Mul(g, op.Sub(f.origins[i]!, baselinesOf(b, g, at))) : g;
          if (fold.moment === 'mean') return [ATTRIBUTION + at, mean(scaled)];
          // Around the mean, and not E[g²] − E[g]²: in single precision their difference would be noise where gradients vary little.
          const centred = fold.moment === 'square' ? g : op.Sub(g, mean(g));
          return [ATTRIBUTION + at, mean(op.Mul(centred, centred))];
        }),
      );
    },
  };
}

const ones = (dims: readonly number[]): readonly number[] => dims.map(() => 1);

/** What `of` tells of each row, [R,…], of the dtype of what it goes with; zeros where it tells nothing. */
function column(
  b: Builder,
  name: string,
  { type }: Value,
  dims: readonly number[],
  rows: readonly Row[],
  of: (row: Row) => ArrayLike<number>,
): Value {
  const size = sizeOf(dims);
  const data = new (type.dtype === 'float64' ? Float64Array : Float32Array)(rows.length * size);
  rows.forEach((row, i) => data.set(of(row), i * size));
  return b.initializer({ dtype: type.dtype, dims: [rows.length, ...dims], data } as Tensor, name);
}
