import type { Fields, OptionsOf } from '@vitrine/explain';
import type { Evidence } from './evidence.js';

export const families = ['faithfulness', 'robustness', 'localisation', 'complexity', 'randomisation', 'axiomatic', 'agreement'] as const;
export type Family = (typeof families)[number];

/** Points of a curve: the share of parts that are taken away or put in, and what is left of the score. */
export interface Trace {
  readonly along: readonly number[];
  readonly values: readonly number[];
}

/** What a metric read off one example. */
export interface Reading {
  /** NaN where it is not defined; `undefinedWhere` of its row says when. */
  readonly value: number;
  readonly curve?: Trace;
  readonly note?: string;
}

/** What an example must have to be measured. */
export type Need = 'mask' | 'space' | 'label' | 'truth';

interface Row<F extends Fields> {
  readonly name: string;
  readonly title: string;
  readonly family: Family;
  /** Author, year and place. */
  readonly paper: string;
  /** What the number is, for the reader of a table. */
  readonly meaning: string;
  readonly better: 'higher' | 'lower';
  readonly needs?: readonly Need[];
  /** Why a value may be NaN. */
  readonly undefinedWhere: string;
  readonly options: F;
}

/** One way to measure how good an explanation is. Its row in the table is all that others know of it. */
export type QualityMetric<F extends Fields = Fields> = Row<F> &
  (
    | { measure(e: Evidence, options: OptionsOf<F>): Reading | Promise<Reading> }
    /** Of several examples together: one reading for each, in order. */
    | { measureAll(all: readonly Evidence[], options: OptionsOf<F>): Promise<readonly Reading[]> }
  );

/** A row of the table, its options typed. */
export const metric = <F extends Fields>(row: QualityMetric<F>): QualityMetric<F> => row;
