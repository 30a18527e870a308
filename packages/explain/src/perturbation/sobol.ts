import { sobolSequence } from '@vitrine/data';
import { int } from '../field.js';
import type { Inquiry } from '../inquiry.js';
import type { Presence } from './coalition.js';
import { studentQuantile } from './interval.js';
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

/** Independent sequences that points are taken from in turn: as many as there are degrees of freedom to spare, few enough that each fills space. */
const SEQUENCES = 8;

/** Of each point A_j and B_j of two sets: A, B, and A with one coordinate after the other from B. */
export function sobolSampling(players: number, samples: number, random: Inquiry['random']): Sampling {
  return {
    graded: true,
    fixed: 0,
    draw: players + 2,
    draws: samples,
    *coalitions(): Iterable<Presence> {
      const sequences = Array.from({ length: Math.min(SEQUENCES, samples) }, (_, k) =>
        sobolSequence(2 * players, random(`sobol ${k}`))[Symbol.iterator](),
      );
      for (let j = 0; ; j++) {
        const point = sequences[j % sequences.length]!.next().value as Float64Array;
        const [a, b] = [Float32Array.from(point.subarray(0, players)), Float32Array.from(point.subarray(players))];
        yield a;
        yield b;
        for (let i = 0; i < players; i++) yield a.with(i, b[i]!);
      }
    },
    fit: (scores) => totalIndices(players, scores),
  };
}

/** Sums over points: how many, of scores, of their squares, and of the gaps that each part opens. */
interface Sums {
  readonly points: number;
  readonly scores: number;
  readonly squares: number;
  readonly gaps: Float64Array;
}

/**
 * Each sequence is left out once (the jackknife of Quenouille and Tukey 1958): points of one sequence are not independent, sequences are. Intervals are
 * those of logarithms: a share of few points is skewed.
 */
function totalIndices(players: number, scores: Float64Array): Fitted {
  const width = players + 2;
  const points = scores.length / width;
  const count = Math.min(SEQUENCES, points);
  const level = scores[0]!;
  const each = Array.from({ length: count }, (_, k): Sums => {
    const own = Array.from({ length: Math.ceil((points - k) / count) }, (__, n) =>
      scores.subarray((k + n * count) * width, (k + n * count + 1) * width),
    );
    // Scores from one of them, so that squares lose no digits.
    const [a, b] = [own.map((row) => row[0]! - level), own.map((row) => row[1]! - level)];
    return {
      points: own.length,
      scores: sum(a) + sum(b),
      squares: sum(a.map((s) => s * s)) + sum(b.map((s) => s * s)),
      gaps: Float64Array.from({ length: players }, (__, i) => sum(own.map((row) => (row[0]! - row[i + 2]!) ** 2)) / 2),
    };
  });
  const all = each.reduce((a, b) => added(a, b, 1));
  const whole = shares(all);
  if (whole === undefined) return { values: new Float64Array(players), standardErrors: new Float64Array(players) };
  const without = each.flatMap((one) => shares(added(all, one, -1)) ?? []);
  if (without.length < count || count < 2) return { values: whole };
  const jackknife = (of: (share: number) => number): Float64Array => {
    const left = without.map((one) => one.map(of));
    const mean = whole.map((_, i) => sum(left.map((one) => one[i]!)) / count);
    return whole.map((_, i) => Math.sqrt(((count - 1) / count) * sum(left.map((one) => (one[i]! - mean[i]!) ** 2))));
  };
  const errors = jackknife((share) => share);
  const reach = studentQuantile(count - 1);
  const factors = jackknife(Math.log).map((error) => Math.exp(reach * error));
  return {
    values: whole,
    standardErrors: errors,
    // What opens no gap in some sequences has no logarithm there.
    intervals: Array.from(whole, (v, i) =>
      Number.isFinite(factors[i]) ? [v / factors[i]!, v * factors[i]!] : [0, v + reach * errors[i]!],
    ),
  };
}

const sum = (values: readonly number[]): number => values.reduce((s, v) => s + v, 0);

const added = (a: Sums, b: Sums, sign: number): Sums => ({
  points: a.points + sign * b.points,
  scores: a.scores + sign * b.scores,
  squares: a.squares + sign * b.squares,
  gaps: a.gaps.map((g, i) => g + sign * b.gaps[i]!),
});

/** Of the variance; undefined where there is none. */
function shares({ points, scores, squares, gaps }: Sums): Float64Array | undefined {
  const variance = (squares - scores ** 2 / (2 * points)) / (2 * points - 1);
  return variance > 0 ? gaps.map((g) => g / points / variance) : undefined;
}
