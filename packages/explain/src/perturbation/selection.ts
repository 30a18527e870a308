import { cholesky, solve } from './leastSquares.js';
import type { Gram } from './regression.js';

/** Chooses so many parts for a linear model. */
export type Selection = (gram: Gram, count: number, ridge: number) => readonly number[];

/** Ways to choose them, by name. */
export const selections = { forward, lars, highest } as const satisfies { readonly [name: string]: Selection };

/** A pivot below this share of what it was is rounding: the part says what others have said. */
const SPENT = 1e-9;

/** One after the other, each time the part that explains most of what is left. */
function forward({ players, products, pulls }: Gram, count: number): readonly number[] {
  const [left, gains] = [products.slice(), pulls.slice()];
  const chosen: number[] = [];
  while (chosen.length < Math.min(count, players)) {
    let [best, most] = [-1, 0];
    for (let i = 0; i < players; i++) {
      const own = left[i * players + i]!;
      if (chosen.includes(i) || own <= SPENT * products[i * players + i]!) continue;
      const gain = gains[i]! ** 2 / own;
      if (gain > most) [best, most] = [i, gain];
    }
    if (best === -1) break;
    chosen.push(best);
    // What the chosen part explains is taken from all others.
    const row = left.slice(best * players, (best + 1) * players);
    const [pivot, gain] = [row[best]!, gains[best]!];
    for (let i = 0; i < players; i++) {
      const share = row[i]! / pivot;
      gains[i]! -= share * gain;
      for (let j = 0; j < players; j++) left[i * players + j]! -= share * row[j]!;
    }
  }
  return chosen.toSorted((a, b) => a - b);
}

/** The largest coefficients of all parts together. */
function highest(gram: Gram, count: number, ridge: number): readonly number[] {
  const { players, products, pulls } = gram;
  const matrix = products.slice();
  const most = Array.from({ length: players }, (_, i) => products[i * players + i]!).reduce((a, b) => Math.max(a, b), 0);
  for (let i = 0; i < players; i++) matrix[i * players + i]! += ridge || SPENT * most;
  const factor = cholesky(matrix, players);
  const values = factor === undefined ? pulls : solve(factor, players, pulls);
  return [...values.keys()].toSorted((a, b) => Math.abs(values[b]!) - Math.abs(values[a]!) || a - b).slice(0, count).toSorted((a, b) => a - b); // prettier-ignore
}

/**
 * Those that the lasso's path holds where it last holds no more than so many (K-LASSO in Ribeiro et al. 2016), found by least angle
 * regression with the lasso's change. The path is followed until it holds twice as many and ten. Efron et al. 2004, Annals of Statistics 32(2), section 3.1.
 */
function lars({ players, products, pulls }: Gram, count: number): readonly number[] {
  const scales = Float64Array.from({ length: players }, (_, i) => Math.sqrt(products[i * players + i]!));
  const correlation = (i: number, j: number): number => products[i * players + j]! / (scales[i]! * scales[j]!);
  const usable = [...scales.keys()].filter((i) => scales[i]! > 0);
  const left = Float64Array.from(pulls, (p, i) => (scales[i]! > 0 ? p / scales[i]! : 0));
  const start = Math.max(...usable.map((i) => Math.abs(left[i]!)), 0);
  const coefficients = new Float64Array(players);
  let active: number[] = [];
  let [best, dropped]: [readonly number[], number] = [[], -1];
  for (let step = 0; step < 8 * players && active.length <= 2 * count + 10; step++) {
    const largest = Math.max(...usable.map((i) => Math.abs(left[i]!)), 0);
    if (largest <= SPENT * start) break;
    const joining = usable.filter((i) => !active.includes(i) && i !== dropped);
    if (dropped === -1) {
      const next = joining.find((i) => Math.abs(left[i]!) >= largest * (1 - SPENT));
      if (next !== undefined) active.push(next);
    }
    const signs = active.map((i) => Math.sign(left[i]!));
    const direction = equiangular(active, signs, correlation);
    if (direction === undefined) break;
    const along = new Map(usable.map((i) => [i, active.reduce((sum, j, k) => sum + correlation(i, j) * direction[k]!, 0)]));
    // In the units of `direction` all active correlations fall by one.
    const meets = usable
      .flatMap((i) =>
        active.includes(i) || i === dropped ? [] : [(largest - left[i]!) / (1 - along.get(i)!), (largest + left[i]!) / (1 + along.get(i)!)],
      )
      .filter((t) => t > SPENT * start);
    const crossings = active.map((i, k) => -coefficients[i]! / direction[k]!).map((t) => (t > SPENT * start ? t : Infinity));
    const crossing = Math.min(...crossings);
    const length = Math.min(largest, crossing, ...meets);
    active.forEach((i, k) => (coefficients[i]! += length * direction[k]!));
    for (const i of usable) left[i]! -= length * along.get(i)!;
    dropped = -1;
    if (crossing === length) {
      dropped = active[crossings.indexOf(crossing)]!;
      coefficients[dropped] = 0;
      active = active.filter((i) => i !== dropped);
    }
    if (active.length <= count) best = active.slice();
  }
  return best.toSorted((a, b) => a - b);
}

/** The step in which the correlations of the active parts all fall by one. */
function equiangular(
  active: readonly number[],
  signs: readonly number[],
  correlation: (i: number, j: number) => number,
): Float64Array | undefined {
  const n = active.length;
  const matrix = Float64Array.from({ length: n * n }, (_, at) => correlation(active[Math.floor(at / n)]!, active[at % n]!));
  const factor = cholesky(matrix, n);
  return factor && solve(factor, n, signs);
}
