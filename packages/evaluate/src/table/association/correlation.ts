import { normalPValue, studentPValue } from '../../statistics/distributions.js';
import { type Bounded } from '../../statistics/interval.js';
import { placesOf, ranks } from '../../statistics/order.js';

/** How two columns go together, with how often chance alone makes them go together as much. */
export interface Associated extends Bounded {
  readonly p: number;
}

/** On the scale where a correlation is nearly normal. Fisher 1921. */
function bounded(value: number, error: number, z: number): Bounded {
  const centre = Math.atanh(value);
  return Number.isFinite(centre)
    ? { value, low: Math.tanh(centre - z * error), high: Math.tanh(centre + z * error) }
    : { value, low: value, high: value };
}

const studentOf = (r: number, n: number): number => (Math.abs(r) >= 1 ? 0 : studentPValue(r * Math.sqrt((n - 2) / (1 - r * r)), n - 2));

function momentsOf(x: Float64Array, y: Float64Array): number {
  const n = x.length;
  const [meanX, meanY] = [x.reduce((sum, v) => sum + v, 0) / n, y.reduce((sum, v) => sum + v, 0) / n];
  let [xx, yy, xy] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [dx, dy] = [x[i]! - meanX, y[i]! - meanY];
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  return xx === 0 || yy === 0 ? NaN : Math.max(-1, Math.min(1, xy / Math.sqrt(xx) / Math.sqrt(yy)));
}

/** Of a straight line. Interval: Fisher 1921. NaN where a column is constant. */
export function pearson(x: Float64Array, y: Float64Array, z: number): Associated {
  const r = momentsOf(x, y);
  return { ...bounded(r, 1 / Math.sqrt(x.length - 3), z), p: studentOf(r, x.length) };
}

/** Of ranks: anything that rises or falls. Interval: Bonett & Wright 2000. */
export function spearman(x: Float64Array, y: Float64Array, z: number): Associated {
  const r = momentsOf(ranks(x), ranks(y));
  return { ...bounded(r, Math.sqrt((1 + (r * r) / 2) / (x.length - 3)), z), p: studentOf(r, x.length) };
}

/** Kendall's τ-b: pairs of rows in the same order less those in the other, ties left out. Knight 1966; interval: Fieller et al. 1957. */
export function kendall(x: Float64Array, y: Float64Array, z: number): Associated {
  const n = x.length;
  const order = placesOf(n).sort((a, b) => x[a]! - x[b]! || y[a]! - y[b]!);
  const sortedX = Float64Array.from(order, (i) => x[i]!);
  const sortedY = Float64Array.from(order, (i) => y[i]!);
  const both = ties(n, (i) => sortedX[i] === sortedX[i - 1] && sortedY[i] === sortedY[i - 1]);
  const inX = ties(n, (i) => sortedX[i] === sortedX[i - 1]);
  const swaps = inversions(sortedY);
  // Now in order.
  const inY = ties(n, (i) => sortedY[i] === sortedY[i - 1]);
  const pairs = (n * (n - 1)) / 2;
  const balance = pairs - inX.pairs - inY.pairs + both.pairs - 2 * swaps;
  const tau = balance / Math.sqrt(pairs - inX.pairs) / Math.sqrt(pairs - inY.pairs);
  const m = n * (n - 1);
  const variance =
    (m * (2 * n + 5) - inX.fives - inY.fives) / 18 + (2 * inX.pairs * inY.pairs) / m + (inX.triples * inY.triples) / (9 * m * (n - 2));
  return { ...bounded(tau, Math.sqrt(0.437 / (n - 4)), z), p: normalPValue(balance / Math.sqrt(variance)) };
}

interface Ties {
  readonly pairs: number;
  /** Σ t(t−1)(t−2) and Σ t(t−1)(2t+5). Kendall 1970, 4.5. */
  readonly triples: number;
  readonly fives: number;
}

function ties(n: number, isTied: (i: number) => boolean): Ties {
  let [pairs, triples, fives, run] = [0, 0, 0, 1];
  for (let i = 1; i <= n; i++) {
    if (i < n && isTied(i)) {
      run++;
      continue;
    }
    pairs += (run * (run - 1)) / 2;
    triples += run * (run - 1) * (run - 2);
    fives += run * (run - 1) * (2 * run + 5);
    run = 1;
  }
  return { pairs, triples, fives };
}

/** How many pairs are out of order; sorts them on the way. */
function inversions(values: Float64Array): number {
  const scratch = new Float64Array(values.length);
  let swaps = 0;
  for (let width = 1; width < values.length; width *= 2) {
    for (let start = 0; start < values.length; start += 2 * width) {
      const [middle, end] = [Math.min(start + width, values.length), Math.min(start + 2 * width, values.length)];
      let [left, right] = [start, middle];
      for (let at = start; at < end; at++) {
        if (left < middle && (right >= end || values[left]! <= values[right]!)) scratch[at] = values[left++]!;
        else {
          swaps += middle - left;
          scratch[at] = values[right++]!;
        }
      }
    }
    values.set(scratch);
  }
  return swaps;
}
