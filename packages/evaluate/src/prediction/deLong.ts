import { lazily } from '../lazily.js';
import { normalPValue } from '../statistics/distributions.js';
import { increasing, type Interval } from '../statistics/interval.js';
import type { Ranking } from './ranking.js';

export interface Area {
  readonly area: number;
  readonly variance: number;
  readonly found: number;
  readonly others: number;
}

/** The area under the ROC curve and its variance, each row counted once. DeLong et al. 1988. */
export const deLong = lazily(({ positive, last }: Ranking): Area => {
  const found = positive.reduce((sum, is) => sum + is, 0);
  const others = positive.length - found;
  // Of the rows of each score: the share of the other kind that they stand on the right side of, ties half; and how many they are.
  const placed: { readonly share: number; readonly count: number; readonly isFound: boolean }[] = [];
  let [start, above, aboveOthers] = [0, 0, 0];
  for (let rank = 0; rank < positive.length; rank++) {
    if (!last[rank]) continue;
    let here = 0;
    for (let i = start; i <= rank; i++) here += positive[i]!;
    const hereOthers = rank + 1 - start - here;
    placed.push({ share: (others - aboveOthers - hereOthers / 2) / others, count: here, isFound: true });
    placed.push({ share: (above + here / 2) / found, count: hereOthers, isFound: false });
    above += here;
    aboveOthers += hereOthers;
    start = rank + 1;
  }
  const area = placed.reduce((sum, { share, count, isFound }) => sum + (isFound ? share * count : 0), 0) / found;
  const spread = (kind: boolean, size: number): number =>
    placed.reduce((sum, { share, count, isFound }) => sum + (isFound === kind ? count * (share - area) ** 2 : 0), 0) / (size - 1) / size;
  return { area, variance: spread(true, found) + spread(false, others), found, others };
});

/** Of the area, within [0,1]: on the logit scale; where all pairs are in order, or none, by Newcombe 2006, method 5. */
export function areaInterval({ area, variance, found, others }: Area, z: number): Interval | undefined {
  if (!(found > 1 && others > 1)) return undefined;
  if (area <= 0 || area >= 1 || variance === 0) return score(area, found, others, z);
  const [centre, spread] = [Math.log(area / (1 - area)), (z * Math.sqrt(variance)) / (area * (1 - area))];
  const { low, high } = increasing({ value: centre, low: centre - spread, high: centre + spread }, (x) => 1 / (1 + Math.exp(-x)));
  return { low, high };
}

/** How often chance alone orders as well. */
export const areaPValue = ({ area, variance }: Area): number => normalPValue((area - 0.5) / Math.sqrt(variance));

/** Areas that lie within z of their own standard errors (Hanley & McNeil's, with one sample size for both) from the area seen. */
function score(area: number, found: number, others: number, z: number): Interval {
  const size = (found + others) / 2 - 1;
  const variance = (a: number): number => ((a * (1 - a)) / (found * others)) * (1 + size * ((1 - a) / (2 - a) + a / (1 + a)));
  const inside = (a: number): boolean => (a - area) ** 2 <= z * z * variance(a);
  const edge = (outer: number): number => {
    let [out, within] = [outer, area];
    for (let i = 0; i < 60; i++) {
      const middle = (out + within) / 2;
      if (inside(middle)) within = middle;
      else out = middle;
    }
    return within;
  };
  return { low: area === 0 ? 0 : edge(0), high: area === 1 ? 1 : edge(1) };
}
