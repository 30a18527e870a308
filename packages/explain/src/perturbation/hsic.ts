import { int } from '../field.js';
import type { Inquiry } from '../inquiry.js';
import { nobody, type Coalition } from './coalition.js';
import { perturbing, removing, type Fitted, type Sampling } from './perturbing.js';
import { untilOption } from './shapley.js';

/** Parts there or not by the toss of a coin; how far from independent of each the score is. Novello, Fel and Vigouroux 2022, eq. 5 and section 3; Gretton et al. 2005. */
export const hsic = perturbing({
  name: 'hsic',
  title: 'HSIC attribution',
  paper: 'Novello, Fel and Vigouroux 2022, arXiv:2206.06219; Gretton et al. 2005, ALT',
  meaning: 'how strongly the score depends on its being there (Hilbert–Schmidt independence criterion), whichever way',
  signed: false,
  options: {
    ...removing,
    // Kernels of all pairs of scores lie in memory.
    samples: int(1500, 'sets of parts that are scored', { min: 4, max: 6000 }),
    until: untilOption,
  },
  sampling: (players, { samples }, random) => hsicSampling(players, samples, random),
});

export function hsicSampling(players: number, samples: number, random: Inquiry['random']): Sampling {
  function* coalitions(): Iterable<Coalition> {
    const uniform = random('coalitions');
    for (;;) yield nobody(players).map(() => (uniform() < 0.5 ? 1 : 0));
  }
  return {
    fixed: 0,
    draw: 1,
    draws: samples,
    coalitions,
    fit(scores) {
      const masks: Coalition[] = [];
      for (const coalition of coalitions()) if (masks.push(coalition) >= scores.length) break;
      return hsicOf(players, masks, scores);
    },
  };
}

/**
 * tr(K H L H) ÷ (n − 1)² with K the Dirac kernel on a part's being there and L a Gaussian on scores, its width their median distance. Each
 * error is the jackknife's: every mask is left out once, the width kept.
 */
export function hsicOf(players: number, masks: readonly Coalition[], scores: Float64Array): Fitted {
  const n = scores.length;
  const kernel = gaussian(scores);
  const sums = new Float64Array(n);
  for (let a = 0; a < n; a++) for (let b = 0; b < n; b++) sums[a]! += kernel[a * n + b]!;
  const total = sums.reduce((s, v) => s + v, 0);
  const values = new Float64Array(players);
  const standardErrors = new Float64Array(players);
  for (let i = 0; i < players; i++) {
    const there = masks.map((mask) => mask[i]!);
    const own = Float64Array.from({ length: n }, (_, a) => there.reduce((sum, s, b) => sum + s * kernel[a * n + b]!, 0));
    const size = there.reduce((sum, s) => sum + s, 0);
    const both = there.reduce((sum, s, a) => sum + s * own[a]!, 0);
    const one = own.reduce((sum, v) => sum + v, 0);
    // Masks of two kinds, so that with s centred tr(K H L H) = 2 sᵀ L s.
    const criterion = (count: number, ss: number, s1: number, all: number, m: number): number => (2 * (ss - 2 * m * s1 + m * m * all)) / (count - 1) ** 2; // prettier-ignore
    values[i] = Math.max(0, criterion(n, both, one, total, size / n));
    if (n < 4) continue;
    const without = there.map((s, a) => {
      const self = kernel[a * n + a]!;
      return criterion(
        n - 1,
        both - 2 * s * own[a]! + s * self,
        one - s * sums[a]! - own[a]! + s * self,
        total - 2 * sums[a]! + self,
        (size - s) / (n - 1),
      );
    });
    const mean = without.reduce((sum, v) => sum + v, 0) / n;
    standardErrors[i] = Math.sqrt((without.reduce((sum, v) => sum + (v - mean) ** 2, 0) * (n - 1)) / n);
  }
  return { values, standardErrors };
}

/** exp(−d² ÷ 2σ²) of all pairs [n,n], with σ the median of the distances above zero. */
function gaussian(scores: Float64Array): Float32Array {
  const n = scores.length;
  const gaps = new Float32Array((n * (n - 1)) / 2);
  let k = 0;
  for (let a = 0; a < n; a++) for (let b = 0; b < a; b++) gaps[k++] = Math.abs(scores[a]! - scores[b]!);
  const apart = gaps.filter((gap) => gap > 0).sort();
  const width = apart[apart.length >> 1] ?? 1;
  const kernel = new Float32Array(n * n);
  for (let a = 0; a < n; a++)
    for (let b = 0; b <= a; b++) {
      const value = Math.exp(-(((scores[a]! - scores[b]!) / width) ** 2) / 2);
      kernel[a * n + b] = kernel[b * n + a] = value;
    }
  return kernel;
}
