import type { OneHot, Space } from './space.js';

const HALF = 0.5;

/**
 * The nearest point at which every category is one: of a pertinent negative the one with the highest number, of a pertinent positive the example's, or nothing of it
 * where less than half is left.
 */
export function snapped(
  delta: Float64Array,
  { origin, unit, start }: Pick<Space, 'origin' | 'unit' | 'start'>,
  oneHots: readonly OneHot[],
  kind: 'negative' | 'positive',
): Float64Array {
  const found = delta.slice();
  for (const elements of oneHots) {
    const values = elements.map((i) => origin[i]! + delta[i]! * unit[i]!);
    if (kind === 'negative') {
      const best = values.indexOf(Math.max(...values));
      elements.forEach((i, k) => (found[i] = (Number(k === best) - origin[i]!) / unit[i]!));
    } else {
      const all = elements.reduce((sum, i) => sum + Math.abs(start[i]!), 0);
      const left = elements.reduce((sum, i) => sum + Math.abs(delta[i]!), 0);
      for (const i of elements) found[i] = left > HALF * all ? start[i]! : 0;
    }
  }
  return found;
}
