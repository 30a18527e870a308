import { floats, type Point } from '@vitrine/explain';

/** Adds up f over all elements of two points of the same shape. */
function summed(a: Point, b: Point, f: (u: number, v: number) => number): number {
  let sum = 0;
  for (const [name, tensor] of a) {
    const [u, v] = [floats(tensor), floats(b.get(name)!)];
    for (let i = 0; i < u.length; i++) sum += f(u[i]!, v[i]!);
  }
  return sum;
}

/** Euclidean distance. */
export const distance = (a: Point, b: Point): number => Math.sqrt(summed(a, b, (u, v) => (u - v) ** 2));
/** Sum of the sizes of differences. */
export const blockDistance = (a: Point, b: Point): number => summed(a, b, (u, v) => Math.abs(u - v));
export const lengthOf = (a: Point): number => Math.sqrt(summed(a, a, (u) => u * u));

/** What is smaller than this share of the largest counts as that much: where an element is nearly nothing, a share of it says nothing. */
const LEAST = 1e-3;

/** Euclidean length of (a − b) / a, element by element. Agarwal et al. 2022, eq. 2. */
export function relativeDistance(a: Point, b: Point): number {
  const most = [...a.values()].reduce((m, tensor) => floats(tensor).reduce((n: number, v: number) => Math.max(n, Math.abs(v)), m), 0);
  const least = LEAST * most;
  return most === 0 ? 0 : Math.sqrt(summed(a, b, (u, v) => ((u - v) / Math.max(Math.abs(u), least)) ** 2));
}
