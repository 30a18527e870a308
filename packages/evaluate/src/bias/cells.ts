import { difference, increasing, proportion, ratio, wilson, type Bounded } from '../statistics/interval.js';

/** Rows of one group: predicted positive and right, positive and wrong, negative and wrong, negative and right. */
export interface Cells {
  readonly tp: number;
  readonly fp: number;
  readonly fn: number;
  readonly tn: number;
}

export const rowsIn = ({ tp, fp, fn, tn }: Cells): number => tp + fp + fn + tn;
export const saidPositive = ({ tp, fp }: Cells): number => tp + fp;
export const saidNegative = ({ fn, tn }: Cells): number => fn + tn;
export const arePositive = ({ tp, fn }: Cells): number => tp + fn;

/** Positive and negative exchanged. */
export const turned = ({ tp, fp, fn, tn }: Cells): Cells => ({ tp: tn, fp: fn, fn: fp, tn: tp });

/** What is compared between groups, and its value in one, with an interval at z. */
export type Share = (cells: Cells, z: number) => Bounded;

export const acceptance: Share = (cells, z) => proportion(saidPositive(cells), rowsIn(cells), z);
export const accuracy: Share = (cells, z) => proportion(cells.tp + cells.tn, rowsIn(cells), z);
export const recall: Share = (cells, z) => proportion(cells.tp, arePositive(cells), z);
export const precision: Share = (cells, z) => proportion(cells.tp, saidPositive(cells), z);

/** False negatives for each false positive: the odds of a share of the errors. */
export const treatment: Share = ({ fn, fp }, z) => ({
  ...increasing(proportion(fn, fn + fp, z), (share) => share / (1 - share)),
  value: fn / fp,
});

/** Positives for each one predicted: n(1) / n̂(1). Both hold the same true positives: Bonett & Price 2006 (hybrid Wilson interval). */
export const outcome: Share = ({ tp, fp, fn }, z) => {
  const [is, said, either] = [tp + fn, tp + fp, tp + fp + fn];
  const spread = (count: number): number => Math.sqrt((1 - (count + 1) / (either + 2)) / (count + 1));
  const narrowed = (z * Math.sqrt((fn + fp + 2) / ((is + 1) * (said + 1)))) / (spread(is) + spread(said));
  const [a, b] = [wilson(is, either, narrowed), wilson(said, either, narrowed)];
  return { value: is / said, low: a.low / b.high, high: b.low === 0 ? Infinity : a.high / b.low };
};

/** a less d. */
export const apart = (share: Share, a: Cells, d: Cells, z: number): Bounded => difference(share(a, z), share(d, z));
export const over = (share: Share, d: Cells, a: Cells, z: number): Bounded => ratio(share(d, z), share(a, z));
