import { quantileOfSorted } from '../statistics/bootstrap.js';
import { Z_95, type Interval } from '../statistics/interval.js';
import { quantileInterval } from '../statistics/order.js';
import type { Estimated } from './outcome.js';

/** Ways to say how far a prediction is from the truth; NaN where one cannot be said. */
export const residualKinds = {
  difference: { title: 'y − ŷ', none: 0, of: (y: number, predicted: number): number => y - predicted },
  ratio: { title: 'y / ŷ', none: 1, of: (y: number, predicted: number): number => (predicted === 0 ? NaN : y / predicted) },
  'log-ratio': {
    title: 'ln(y / ŷ)',
    none: 0,
    of: (y: number, predicted: number): number => (predicted !== 0 && y / predicted > 0 ? Math.log(y / predicted) : NaN),
  },
} as const;
export type ResidualKind = keyof typeof residualKinds;

export const QUANTILES = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1] as const;

export interface Residuals {
  readonly kind: ResidualKind;
  /** [N], NaN where it cannot be said. */
  readonly values: Float64Array;
  readonly left: number;
  /** With intervals by order statistics, where there are rows enough. */
  readonly quantiles: readonly ({ readonly p: number; readonly value: number } & Partial<Interval>)[];
}

export const residuals = ({ truth, predicted }: Estimated, z = Z_95): readonly Residuals[] =>
  (Object.keys(residualKinds) as ResidualKind[]).map((kind) => {
    const values = truth.map((y, i) => residualKinds[kind].of(y, predicted[i]!));
    const sorted = values.filter((v) => Number.isFinite(v)).toSorted();
    return {
      kind,
      values,
      left: values.length - sorted.length,
      quantiles:
        sorted.length === 0 ? [] : QUANTILES.map((p) => ({ p, value: quantileOfSorted(sorted, p), ...quantileInterval(sorted, p, z) })),
    };
  });
