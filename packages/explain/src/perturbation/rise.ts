import type { Tensor } from '@vitrine/ir';
import { int, number } from '../field.js';
import type { Inquiry } from '../inquiry.js';
import { spatialAxes } from '../layout.js';
import type { Presence } from './coalition.js';
import { masksOf } from './masks.js';
import { grid, type Partition } from './partition.js';
import { perturbing, removing, type Fitted, type Sampling } from './perturbing.js';
import { untilOption } from './shapley.js';

/** The finest grid that masks are told on. */
const MOST_CELLS = 2 ** 16;

/**
 * How much higher the score is, on average, where a place is seen. Petsiuk, Das and Saenko 2018, eq. 6, with the masks' own mean in the place of
 * its expectation, and less the mean score: a score that does not depend on the mask counts nothing.
 */
export const rise = perturbing({
  name: 'rise',
  title: 'RISE',
  paper: 'Petsiuk, Das and Saenko 2018, arXiv:1806.07421',
  meaning: 'how much higher the score is on average where it is seen than it is on average over random masks',
  options: {
    ...removing,
    samples: int(2000, 'random masks that are scored', { min: 2, max: 1_000_000 }),
    cells: int(7, 'coarse cells along each side of a picture that a mask is drawn on before it is enlarged', { min: 1, max: 1000 }),
    probability: number(0.5, 'how likely a cell, or a part, is to be seen', { min: 0.01, max: 0.99 }),
    until: untilOption,
  },
  divide: (partition, { x, divisions }, { parts }) =>
    parts === 'auto' && divisions.size === 0 ? (fineGrid([...x][0]!, x.size) ?? partition) : partition,
  sampling: (players, options, random, { field }) => maskSampling(players, options, random, field),
});

/** The pixels of a picture, or blocks of them where there are very many; undefined where there is no picture, or several. */
function fineGrid([at, tensor]: readonly [string, Tensor], values: number): Partition | undefined {
  const spatial = spatialAxes(tensor.dims);
  if (values > 1 || tensor.dims.length !== 4 || spatial.length !== 2) return undefined;
  const extents = spatial.map((axis) => tensor.dims[axis]!);
  let block = 1;
  while (Math.ceil(extents[0]! / block) * Math.ceil(extents[1]! / block) > MOST_CELLS) block++;
  const field = extents.map((extent) => Math.ceil(extent / block));
  return { ...grid(new Map([[at, tensor]]), new Map(spatial.map((axis, i) => [axis, field[i]!]))), of: 'pixel', field };
}

interface Options {
  readonly samples: number;
  readonly cells: number;
  readonly probability: number;
}

export function maskSampling(
  players: number,
  { samples, cells, probability }: Options,
  random: Inquiry['random'],
  field?: readonly number[],
): Sampling {
  const coalitions = (): Iterable<Presence> =>
    field === undefined ? coins(players, probability, random('masks')) : masksOf({ field, cells, probability }, random('masks'));
  return {
    ...(field !== undefined && { graded: true }),
    fixed: 0,
    draw: 1,
    draws: samples,
    coalitions,
    fit: (scores) => ({
      ...seen(players, coalitions(), scores),
      degrees: degreesOf(scores.length * probability, scores.length * (1 - probability)),
    }),
  };
}

/** Of the difference between so many masks that show a place and so many that hide it. Welch 1947, Biometrika 34. */
const degreesOf = (seen: number, hidden: number): number =>
  (1 / seen + 1 / hidden) ** 2 / (1 / (seen ** 2 * Math.max(0.5, seen - 1)) + 1 / (hidden ** 2 * Math.max(0.5, hidden - 1)));

function* coins(players: number, probability: number, uniform: () => number): Iterable<Presence> {
  for (;;) yield Uint8Array.from({ length: players }, () => (uniform() < probability ? 1 : 0));
}

/** Σ s m ÷ Σ m − s̄ for each part, and its standard error by linearization of the ratio. */
function seen(players: number, masks: Iterable<Presence>, scores: Float64Array): Fitted {
  const count = scores.length;
  const mean = scores.reduce((sum, s) => sum + s, 0) / count;
  // Sums of m, m², s m, s m², s² m, s² m², with s from the mean: none of them loses digits.
  const sums = Array.from({ length: 6 }, () => new Float64Array(players));
  const [m1, m2, sm, sm2, ssm, ssm2] = sums as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];
  let [k, squares] = [0, 0];
  for (const mask of masks) {
    if (k === count) break;
    const s = scores[k++]! - mean;
    squares += s * s;
    for (let i = 0; i < players; i++) {
      const m = mask[i]!;
      const own = s * m;
      m1[i]! += m;
      m2[i]! += m * m;
      sm[i]! += own;
      sm2[i]! += own * m;
      ssm[i]! += own * s;
      ssm2[i]! += own * own;
    }
  }
  const values = new Float64Array(players);
  const standardErrors = new Float64Array(players);
  for (let i = 0; i < players; i++) {
    const level = m1[i]! / count;
    if (level === 0) {
      // Never seen: nothing is known of it.
      standardErrors[i] = Infinity;
      continue;
    }
    const v = sm[i]! / m1[i]!;
    values[i] = v;
    // Each mask moves the value by m (s − v) ÷ m̄ − s.
    const ratio = (ssm2[i]! - 2 * v * sm2[i]! + v * v * m2[i]!) / (level * level);
    const cross = (ssm[i]! - v * sm[i]!) / level;
    standardErrors[i] = Math.sqrt(Math.max(0, ratio - 2 * cross + squares) / count / Math.max(1, count - 1));
  }
  return { values, ...(standardErrors.every(Number.isFinite) && { standardErrors }) };
}
