/** A number with its interval; or that there are too few rows for it; or that it is not defined here. */
export type Estimate = Estimated | Insufficient | Undefined;

export interface Estimated {
  readonly verdict: 'estimated';
  readonly value: number;
  /** Undefined where no interval can be told; `note` says why. */
  readonly low: number | undefined;
  readonly high: number | undefined;
  /** How the interval was made. */
  readonly interval: string;
  readonly standardError: number | undefined;
  readonly support: number;
  readonly note?: string;
}

export interface Insufficient {
  readonly verdict: 'insufficient';
  /** What there is of what is needed. */
  readonly support: number;
  readonly needed: number;
  readonly of: string;
}

export interface Undefined {
  readonly verdict: 'undefined';
  readonly reason: string;
  readonly support: number;
}

/** Fewer than these tell nothing: rows, and rows of what a number is about (of a class, of errors). */
export interface Minimum {
  readonly rows: number;
  readonly events: number;
}

export const MINIMUM: Minimum = { rows: 30, events: 10 };

/** As sentences and tables say it: "insufficient data: 3 rows of the class, 10 are needed". */
export const saidOf = (estimate: Estimate): string | undefined =>
  estimate.verdict === 'insufficient'
    ? `insufficient data: ${estimate.support} ${estimate.support === 1 ? estimate.of.replace(/s\b/, '') : estimate.of}, ${estimate.needed} are needed`
    : estimate.verdict === 'undefined'
      ? `not defined: ${estimate.reason}`
      : estimate.note;
