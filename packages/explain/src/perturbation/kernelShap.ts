import { ExplainError } from '../error.js';
import { int } from '../field.js';
import type { Inquiry } from '../inquiry.js';
import { complement, kept, nobody, ofSize, permutation, type Coalition } from './coalition.js';
import { equationsOf, observed, type Equations } from './equations.js';
import { moments } from './moments.js';
import { perturbing, removing, type Fitted, type Sampling } from './perturbing.js';
import { untilOption } from './shapley.js';

/** The normal equations have as many rows and columns as there are parts. */
const MOST_PLAYERS = 1000;

/** Coalitions of s and of M − s parts: how many there are, and their share of the kernel's weight. */
interface Layer {
  readonly size: number;
  readonly count: number;
  readonly share: number;
}

/** What is scored: layers whole, and pairs drawn from the layers beyond them. */
interface Design {
  readonly whole: readonly Layer[];
  readonly drawn: readonly Layer[];
  readonly pairs: number;
}

/** The linear game that fits scores best under the Shapley kernel. Lundberg and Lee 2017, theorem 2; errors as in Covert and Lee 2021, section 3. */
export const kernelShap = perturbing({
  name: 'kernel-shap',
  title: 'KernelSHAP',
  paper: 'Lundberg and Lee 2017, arXiv:1705.07874; Covert and Lee 2021, arXiv:2012.01536',
  meaning: 'its part in the difference between the score here and with everything taken away, as the Shapley value has it',
  options: {
    ...removing,
    samples: int(1024, 'sets of parts that are scored; where there are no more, the answer is exact', { min: 2, max: 1_000_000 }),
    until: untilOption,
  },
  sampling: (players, { samples }, random) => planFor(players, samples, random),
});

const plans = new WeakMap<Inquiry['random'], { readonly key: string; readonly plan: Sampling }>();

/** The plan made last with these random numbers: the rows of a table have one. */
function planFor(players: number, samples: number, random: Inquiry['random']): Sampling {
  const key = `${players}/${samples}`;
  const last = plans.get(random);
  if (last?.key === key) return last.plan;
  const plan = kernelSampling(players, samples, random);
  plans.set(random, { key, plan });
  return plan;
}

export function kernelSampling(players: number, samples: number, random: Inquiry['random']): Sampling {
  if (players > MOST_PLAYERS)
    throw new ExplainError(
      'bad-option',
      `kernel-shap fits at most ${MOST_PLAYERS} parts, and there are ${players}: give larger ones with parts=`,
    );
  const design = designFor(players, samples);
  const fixed = 1 + design.whole.reduce((n, { count }) => n + count, 0);
  const made = function* (): Iterable<Coalition> {
    yield nobody(players);
    for (const { size } of design.whole)
      for (const coalition of ofSize(players, size)) {
        yield coalition;
        if (2 * size !== players) yield complement(coalition);
      }
    if (design.pairs > 0) yield* pairsOf(players, design.drawn, random('coalitions'));
  };
  const coalitions = kept(made, players * samples);
  let equations: Equations | undefined;
  const equationsFor = (count: number): Equations =>
    equations?.weights.length === count - 1
      ? equations
      : (equations = equationsOf(players, observed(coalitions(), count), weightsOf(design, fixed, count)));
  return {
    fixed,
    draw: 2,
    draws: design.pairs,
    coalitions,
    fit(scores, full) {
      const total = full - scores[0]!;
      return players === 1 ? { values: Float64Array.of(total), expected: total } : fit(equationsFor(scores.length), fixed, scores, total);
    },
  };
}

/** Layers whole as long as drawing would score as many coalitions of them as there are, the heaviest first; what is left of the samples is drawn. */
function designFor(players: number, samples: number): Design {
  const sizes = Array.from({ length: Math.floor(players / 2) }, (_, i) => i + 1);
  const weights = sizes.map((s) => (2 * s === players ? 1 : 2) / (s * (players - s)));
  const total = weights.reduce((a, b) => a + b, 0);
  const layers = sizes.map((size, i) => ({
    size,
    count: binomial(players, size) * (2 * size === players ? 1 : 2),
    share: weights[i]! / total,
  }));
  let [left, rest] = [samples, 1];
  let taken = 0;
  const everything = layers.reduce((n, { count }) => n + count, 0) <= samples;
  for (const { count, share } of layers) {
    if (!everything && (left * share) / rest < count) break;
    left -= count;
    rest -= share;
    taken++;
  }
  const drawn = layers.slice(taken);
  return { whole: layers.slice(0, taken), drawn, pairs: drawn.length === 0 ? 0 : Math.max(1, Math.floor(left / 2)) };
}

const binomial = (n: number, k: number): number => Array.from({ length: k }, (_, i) => (n - i) / (i + 1)).reduce((a, b) => a * b, 1);

/** Random coalitions, each with its complement: a size as the kernel weighs it, then parts at random. */
function* pairsOf(players: number, layers: readonly Layer[], uniform: () => number): Iterable<Coalition> {
  const total = layers.reduce((sum, { share }) => sum + share, 0);
  for (;;) {
    let at = uniform() * total;
    const { size } = layers.find(({ share }) => (at -= share) < 0) ?? layers.at(-1)!;
    const coalition = nobody(players);
    for (const i of permutation(players, uniform).subarray(0, size)) coalition[i] = 1;
    yield coalition;
    yield complement(coalition);
  }
}

/** What each scored coalition but the empty one weighs. */
function weightsOf({ whole, drawn }: Design, fixed: number, count: number): Float64Array {
  const weights = new Float64Array(count - 1).fill(drawn.reduce((sum, { share }) => sum + share, 0) / (count - fixed));
  let at = 0;
  for (const layer of whole) weights.fill(layer.share / layer.count, at, (at += layer.count));
  return weights;
}

/** Weighted least squares under the constraint that values add up to `total`. */
function fit(equations: Equations, fixed: number, scores: Float64Array, total: number): Fitted {
  const { players, present, starts, weights, solved } = equations;
  const b = new Float64Array(players);
  for (let k = 0; k < weights.length; k++) {
    const pull = weights[k]! * (scores[k + 1]! - scores[0]!);
    for (let at = starts[k]!; at < starts[k + 1]!; at++) b[present[at]!]! += pull;
  }
  const values = solved(b, total);
  return { values, ...errors(equations, fixed, scores, values), expected: total };
}

/**
 * Standard errors by linearization: each pair moves the solution by what its residuals pull. Covert and Lee 2021, section 3.2, for the fitted
 * matrix. What both of a pair gain alike moves nothing, as the sum stays: only the difference of their residuals counts.
 */
function errors(
  { players, present, starts, moved }: Equations,
  fixed: number,
  scores: Float64Array,
  values: Float64Array,
): Pick<Fitted, 'standardErrors' | 'degrees'> {
  const pairs = (scores.length - fixed) / 2;
  const steps = moments(players);
  const step = new Float64Array(players);
  const whole = values.reduce((sum, v) => sum + v, 0);
  for (let pair = 0; pair < pairs; pair++) {
    const k = fixed - 1 + 2 * pair;
    let held = 0;
    for (let at = starts[k]!; at < starts[k + 1]!; at++) held += values[present[at]!]!;
    const residual = scores[k + 1]! - scores[k + 2]! - (2 * held - whole);
    const own = moved(k);
    for (let i = 0; i < players; i++) step[i] = residual * own[i]!;
    steps.add(step);
  }
  // A fit takes degrees of freedom with it: without the root, errors from few pairs are too small.
  const degrees = Math.max(1, pairs - players + 1);
  return { standardErrors: steps.standardErrors()?.map((error) => error * pairs * Math.sqrt(pairs / degrees)), degrees };
}
