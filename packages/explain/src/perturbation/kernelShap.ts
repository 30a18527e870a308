import { ExplainError } from '../error.js';
import { int } from '../field.js';
import type { Inquiry } from '../inquiry.js';
import { complement, nobody, ofSize, permutation, type Coalition } from './coalition.js';
import { cholesky, solve } from './leastSquares.js';
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
  sampling: (players, { samples }, random) => kernelSampling(players, samples, random),
});

export function kernelSampling(players: number, samples: number, random: Inquiry['random']): Sampling {
  if (players > MOST_PLAYERS)
    throw new ExplainError(
      'bad-option',
      `kernel-shap fits at most ${MOST_PLAYERS} parts, and there are ${players}: give larger ones with parts=`,
    );
  const design = designFor(players, samples);
  const fixed = 1 + design.whole.reduce((n, { count }) => n + count, 0);
  const coalitions = function* (): Iterable<Coalition> {
    yield nobody(players);
    for (const { size } of design.whole)
      for (const coalition of ofSize(players, size)) {
        yield coalition;
        if (2 * size !== players) yield complement(coalition);
      }
    if (design.pairs > 0) yield* pairsOf(players, design.drawn, random('coalitions'));
  };
  return {
    fixed,
    draw: 2,
    draws: design.pairs,
    coalitions,
    fit: (scores, full) => fit(players, weighted(design, fixed, coalitions(), scores), full - scores[0]!),
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

/** A scored coalition: the parts that are there, what they gain over nothing, and its weight; `pair` where it was drawn. */
interface Observation {
  readonly present: readonly number[];
  readonly gain: number;
  readonly weight: number;
  readonly pair: number | undefined;
}

function weighted({ whole, drawn }: Design, fixed: number, coalitions: Iterable<Coalition>, scores: Float64Array): readonly Observation[] {
  const shares = whole.flatMap(({ count, share }) => Array.from({ length: count }, () => share / count));
  const each = drawn.reduce((sum, { share }) => sum + share, 0) / (scores.length - fixed);
  const observations: Observation[] = [];
  let at = 0;
  for (const coalition of coalitions) {
    if (at === scores.length) break;
    if (at > 0)
      observations.push({
        present: [...coalition.keys()].filter((i) => coalition[i] === 1),
        gain: scores[at]! - scores[0]!,
        weight: shares[at - 1] ?? each,
        pair: at < fixed ? undefined : (at - fixed) >> 1,
      });
    at++;
  }
  return observations;
}

/** Weighted least squares under the constraint that values add up to `total`. */
function fit(players: number, observations: readonly Observation[], total: number): Fitted {
  if (players === 1) return { values: Float64Array.of(total), expected: total };
  const a = new Float64Array(players * players);
  const b = new Float64Array(players);
  for (const { present, gain, weight } of observations)
    for (const i of present) {
      b[i]! += weight * gain;
      for (const j of present) {
        if (j > i) break;
        a[i * players + j]! += weight;
      }
    }
  const factor = cholesky(a, players);
  if (factor === undefined)
    throw new ExplainError(
      'bad-option',
      `kernel-shap cannot tell ${players} parts apart by ${observations.length} scored sets: give more, as samples=${8 * players}`,
    );
  const ones = solve(factor, players, new Float64Array(players).fill(1));
  const norm = sum(ones);
  /** The part of A⁻¹ v that leaves the sum as it is. */
  const projected = (v: Float64Array, keep: number): Float64Array => {
    const x = solve(factor, players, v);
    const off = (sum(x) - keep) / norm;
    return x.map((value, i) => value - off * ones[i]!);
  };
  const values = projected(b, total);
  return { values, ...errors(players, observations, values, (v) => projected(v, 0)), expected: total };
}

/** Standard errors by linearization: each pair moves the solution by what its residuals pull. Covert and Lee 2021, section 3.2, for the fitted matrix. */
function errors(
  players: number,
  observations: readonly Observation[],
  values: Float64Array,
  moved: (pull: Float64Array) => Float64Array,
): Pick<Fitted, 'standardErrors' | 'degrees'> {
  const drawn = observations.filter(({ pair }) => pair !== undefined);
  const pairs = drawn.length / 2;
  const steps = moments(players);
  for (let k = 0; k < pairs; k++) {
    const pull = new Float64Array(players);
    for (const { present, gain, weight } of drawn.slice(2 * k, 2 * k + 2)) {
      const residual = gain - present.reduce((s, i) => s + values[i]!, 0);
      for (const i of present) pull[i]! += weight * residual;
    }
    steps.add(moved(pull));
  }
  // A fit takes degrees of freedom with it: without the root, errors from few pairs are too small.
  const degrees = Math.max(1, pairs - players + 1);
  return { standardErrors: steps.standardErrors()?.map((error) => error * pairs * Math.sqrt(pairs / degrees)), degrees };
}

const sum = (values: Float64Array): number => values.reduce((s, v) => s + v, 0);
