import { flattened, unflattened } from '../arithmetic.js';
import { baselineOption, baselinesFor } from '../baseline.js';
import { collect, explainer } from '../explainer.js';
import { choice, int, number } from '../field.js';
import { gradientOf, gradientProgram, scoreOf, scoreProgram } from '../rows.js';

/** The number below which a share `fraction` of the finite values lies; undefined when none is finite. */
function quantile(values: Float64Array, fraction: number): number | undefined {
  const sorted = values.filter(Number.isFinite).toSorted();
  return sorted[Math.min(sorted.length - 1, Math.floor(fraction * sorted.length))];
}

const distance = (a: Float64Array, b: Float64Array): number => a.reduce((sum, v, i) => sum + Math.abs(v - b[i]!), 0);

/**
 * One step: elements with the smallest gradients move towards `to` (at most to `high`, at least to `low`) until what is left
 * of the way is `goal`.
 */
function step(
  at: Float64Array,
  gradient: Float64Array,
  {
    low,
    high,
    to,
    goal,
    fraction,
  }: {
    readonly low: Float64Array;
    readonly high: Float64Array;
    readonly to: Float64Array;
    readonly goal: number;
    readonly fraction: number;
  },
): Float64Array {
  // Elements behind the band around the straight path are brought up to it.
  const next = at.map((v, i) => (Math.abs(to[i]! - v) > Math.abs(to[i]! - low[i]!) ? low[i]! : v));
  for (;;) {
    const left = distance(next, to);
    if (left <= goal) return next;
    const magnitude = gradient.map((g, i) => (next[i] === high[i] ? Infinity : Math.abs(g)));
    const limit = quantile(magnitude, fraction);
    if (limit === undefined) return next;
    let gain = 0;
    for (let i = 0; i < next.length; i++) if (magnitude[i]! <= limit) gain += Math.abs(to[i]! - next[i]!) - Math.abs(to[i]! - high[i]!);
    // The last elements go only as far as the step allows.
    const share = gain > left - goal ? (left - goal) / gain : 1;
    for (let i = 0; i < next.length; i++)
      if (magnitude[i]! <= limit) next[i] = share === 1 ? high[i]! : next[i]! + share * (high[i]! - next[i]!);
    if (share < 1) return next;
  }
}

/**
 * The path from baseline to input moves, at each step, the elements whose gradient is smallest first,
 * so that it stays away from where the score changes by noise. Kapishnikov et al. 2021, algorithm 1.
 */
export const guidedIg = explainer({
  name: 'guided-ig',
  title: 'Guided integrated gradients',
  paper: 'Kapishnikov et al. 2021, arXiv:2106.09788',
  meaning: "this element's part in the difference between the score here and at the baseline, along a path that avoids noise",
  family: 'path',
  signed: true,
  layer: 'none',
  options: {
    steps: int(200, 'steps along the path', { min: 1, max: 10_000 }),
    fraction: number(0.25, 'share of the elements that move at each turn', { min: 0.001, max: 1 }),
    maxDistance: number(0.02, 'how far an element may stray from the straight path, as a share of it', { min: 0, max: 1 }),
    rule: choice(['trapezoid', 'left'], 'trapezoid', 'quadrature along the path; left is that of the paper'),
    baseline: baselineOption,
  },
  async explain(q, { steps, fraction, maxDistance, rule, baseline }) {
    const shapes = new Map([...q.x].map(([name, { dims }]) => [name, dims]));
    const [start] = baselinesFor({ x: q.x, shapes, random: q.random }, baseline);
    const names = [...q.x.keys()];
    const [from, to] = [flattened(start!), flattened(q.x)];
    const onPath = (alpha: number): Float64Array => from.map((b, i) => b + alpha * (to[i]! - b));
    const whole = distance(from, to);
    const total = new Float64Array(from.length);
    let at: Float64Array = from;
    const gradientAt = async (point: Float64Array): Promise<Float64Array> => {
      const [results] = await collect(q.evaluate(gradientProgram(names), [unflattened(point, q.x)], 1));
      return flattened(new Map(names.map((name) => [name, gradientOf(results!, name)])));
    };
    let gradient = await gradientAt(at);
    for (let k = 0; k < steps; k++) {
      const alpha = (k + 1) / steps;
      const next = step(at, gradient, {
        low: onPath(Math.max(0, alpha - maxDistance)),
        high: onPath(Math.min(1, alpha + maxDistance)),
        to,
        goal: whole * (1 - alpha),
        fraction,
      });
      const ahead = await gradientAt(next);
      // Elements move because their gradient is small where they start, so a sum over starts alone is biased by the choice.
      const share = rule === 'left' ? 0 : 0.5;
      for (let i = 0; i < total.length; i++) total[i]! += (gradient[i]! + share * (ahead[i]! - gradient[i]!)) * (next[i]! - at[i]!);
      [at, gradient] = [next, ahead];
    }
    const [end] = await collect(q.evaluate(scoreProgram, [start!], 1));
    return {
      attributions: [...unflattened(total, q.x)].map(([name, tensor]) => ({ at: name, tensor })),
      expected: q.score - scoreOf(end!),
    };
  },
});
