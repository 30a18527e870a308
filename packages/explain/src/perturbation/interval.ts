import type { Fitted } from './perturbing.js';

export type Interval = readonly [low: number, high: number];

/** 97.5 % quantiles of Student's t for one degree of freedom, two, and so on. */
const FEW = [12.7062047, 4.3026527, 3.1824463, 2.7764451, 2.5705818, 2.4469119, 2.3646243, 2.3060041];
/** That of the normal distribution. */
const Z = 1.959963985;

/** 97.5 % quantile of Student's t. Beyond the table by the expansion of Fisher and Cornish 1960, Technometrics 2(2): five digits. */
export function studentQuantile(degrees: number): number {
  if (degrees <= FEW.length) return FEW[Math.max(0, Math.floor(degrees) - 1)]!;
  const terms = [
    (Z ** 3 + Z) / 4,
    (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / 96,
    (3 * Z ** 7 + 19 * Z ** 5 + 17 * Z ** 3 - 15 * Z) / 384,
    (79 * Z ** 9 + 776 * Z ** 7 + 1482 * Z ** 5 - 1920 * Z ** 3 - 945 * Z) / 92160,
  ];
  return terms.reduce((sum, term, k) => sum + term / degrees ** (k + 1), Z);
}

/** Where the values are that endless draws would give: intervals that hold them 95 times of 100; undefined where nothing was drawn. */
export function intervalsOf({ values, standardErrors, degrees = Infinity, intervals }: Fitted): readonly Interval[] | undefined {
  const quantile = studentQuantile(degrees);
  return (
    intervals ?? (standardErrors && Array.from(values, (v, i) => [v - quantile * standardErrors[i]!, v + quantile * standardErrors[i]!]))
  );
}
