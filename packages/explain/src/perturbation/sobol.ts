import { sobolSequence } from '@vitrine/data';
import { int } from '../field.js';
import type { Inquiry } from '../inquiry.js';
import type { Presence } from './coalition.js';
import { perturbing, removing, type Fitted, type Sampling } from './perturbing.js';
import { untilOption } from './shapley.js';

/** Each part there to a random degree; total indices by Jansen's estimator. Fel et al. 2021, eq. 5; Jansen 1999; Saltelli et al. 2010, table 2. */
export const sobol = perturbing({
  name: 'sobol',
  title: 'Sobol total indices',
  paper: 'Fel et al. 2021, arXiv:2111.04138; Jansen 1999, Computer Physics Communications 117',
  meaning: "its share in the score's variance when all parts are there to a random degree, alone and together with others",
  signed: false,
  options: {
    ...removing,
    samples: int(32, 'points of a Sobol sequence; each takes as many runs as there are parts, and two more', { min: 2, max: 100_000 }),
    until: untilOption,
  },
  sampling: (players, { samples }, random) => sobolSampling(players, samples, random),
});

/** Of each point A_j and B_j of two sets: A, B, and A with one coordinate after the other from B. */
export function sobolSampling(players: number, samples: number, random: Inquiry['random']): Sampling {
  return {
    graded: true,
    fixed: 0,
    draw: players + 2,
    draws: samples,
    *coalitions(): Iterable<Presence> {
      for (const point of sobolSequence(2 * players, random('sobol'))) {
        const [a, b] = [Float32Array.from(point.subarray(0, players)), Float32Array.from(point.subarray(players))];
        yield a;
        yield b;
        for (let i = 0; i < players; i++) yield a.with(i, b[i]!);
      }
    },
    fit: (scores) => totalIndices(players, scores),
  };
}

/** Errors are those of independent points, by linearization of the ratio: points that fill space evenly do better. */
function totalIndices(players: number, scores: Float64Array): Fitted {
  const width = players + 2;
  const points = scores.length / width;
  const at = (j: number, k: number): number => scores[j * width + k]!;
  const rows = Array.from({ length: points }, (_, j) => j);
  const mean = rows.reduce((sum, j) => sum + (at(j, 0) + at(j, 1)) / 2, 0) / points;
  const spreads = rows.map((j) => ((at(j, 0) - mean) ** 2 + (at(j, 1) - mean) ** 2) / 2);
  const variance = spreads.reduce((sum, v) => sum + v, 0) / (points - 0.5);
  const values = new Float64Array(players);
  const standardErrors = new Float64Array(players);
  if (!(variance > 0)) return { values, standardErrors };
  for (let i = 0; i < players; i++) {
    const gaps = rows.map((j) => (at(j, 0) - at(j, i + 2)) ** 2 / 2);
    const share = gaps.reduce((sum, g) => sum + g, 0) / points / variance;
    values[i] = share;
    const moves = gaps.reduce((sum, g, j) => sum + ((g - share * spreads[j]!) / variance) ** 2, 0);
    standardErrors[i] = Math.sqrt(moves / points / Math.max(1, points - 1));
  }
  return { values, standardErrors };
}
