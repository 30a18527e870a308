import { MISSING, type CategoryColumn, type Column } from '../column/column.js';
import { grouped, type GroupingOptions } from '../column/grouped.js';
import { MINIMUM, type Estimate, type Minimum } from '../estimate.js';
import { EvaluateError } from '../error.js';
import type { Outcome } from '../prediction/outcome.js';
import { holm } from '../statistics/holm.js';
import { pValueOf, Z_95 } from '../statistics/interval.js';
import { biasMetrics, type BiasMetric, type Facets } from './biasMetrics.js';
import { rowsIn, type Cells } from './cells.js';

/** Whether each row is positive, and whether it was predicted to be, [N]. */
export interface Judged {
  readonly positive: Uint8Array;
  readonly predicted: Uint8Array;
  /** As in "yes", "> 50000". */
  readonly of: string;
}

/** A class as the positive one; for numbers, all above a threshold. @throws EvaluateError */
export function judged(outcome: Outcome, positive: string | number): Judged {
  if (outcome.kind === 'regression') {
    const above = Number(positive);
    if (positive === '' || !Number.isFinite(above))
      throw new EvaluateError('bad-option', `${positive} is no number: of numbers, those above a number are positive`);
    const of = (values: Float64Array): Uint8Array => Uint8Array.from(values, (value) => (value > above ? 1 : 0));
    return { positive: of(outcome.truth), predicted: of(outcome.predicted), of: `> ${above}` };
  }
  const k = outcome.classes.indexOf(String(positive));
  if (k === -1) throw new EvaluateError('unknown-label', `there is no class ${positive}: there are ${outcome.classes.join(', ')}`);
  const of = (codes: Int32Array): Uint8Array => Uint8Array.from(codes, (code) => (code === k ? 1 : 0));
  return { positive: of(outcome.truth), predicted: of(outcome.predicted), of: outcome.classes[k]! };
}

export interface BiasOptions extends GroupingOptions {
  readonly z?: number;
  readonly minimum?: Partial<Minimum>;
  /** Bounds of what is taken for alike, by metric. */
  readonly bounds?: { readonly [metric: string]: readonly [number, number] } | undefined;
  /** A column whose values may explain a difference: CDDPL compares within each. */
  readonly condition?: Column | undefined;
}

/** Whether the interval lies within the bounds, or beyond them, or neither. */
export type BiasVerdict = 'within' | 'beyond' | 'undecided' | 'insufficient' | 'undefined' | 'no bounds';

export interface Bias {
  readonly metric: string;
  readonly column: string;
  /** The group d that is compared with all other rows. */
  readonly group: string;
  readonly rows: number;
  readonly others: number;
  readonly estimate: Estimate;
  readonly bounds: readonly [number, number] | undefined;
  readonly verdict: BiasVerdict;
  /** How often chance alone makes groups as unlike; p among all groups that this metric was told for. */
  readonly p?: number;
  readonly holm?: number;
}

/** All metrics of each group of a column against all other rows: of two groups, both directions. Rows without a value are a group too. */
export function bias(rows: Judged, column: Column, options: BiasOptions = {}): readonly Bias[] {
  const { z = Z_95, condition } = options;
  const minimum = { ...MINIMUM, ...options.minimum };
  const groups = grouped(column, options);
  const strata = condition && grouped(condition, options);
  const found = groups.categories.flatMap((group, code) => {
    const facets = facetsOf(rows, groups, code, strata);
    return biasMetrics.map((metric) => ({ metric, group, facets, estimate: estimated(metric, facets, z, minimum) }));
  });
  const pValues = found.map(({ metric, facets, estimate }) =>
    estimate.verdict === 'estimated' ? pValueOf((width) => metric.at(facets, width), metric.none) : NaN,
  );
  const adjusted = new Map(
    biasMetrics.flatMap((metric) => {
      const places = [...found.keys()].filter((i) => found[i]!.metric === metric);
      const together = holm(places.map((i) => pValues[i]!));
      return places.map((i, at) => [i, together[at]!] as const);
    }),
  );
  return found.map(({ metric, group, facets, estimate }, i) => {
    const bounds = options.bounds?.[metric.name] ?? metric.bounds;
    return {
      metric: metric.name,
      column: column.name,
      group,
      rows: rowsIn(facets.d),
      others: rowsIn(facets.a),
      estimate,
      bounds,
      verdict: verdictOf(estimate, bounds),
      ...(!Number.isNaN(pValues[i]!) && { p: pValues[i]!, holm: adjusted.get(i)! }),
    };
  });
}

function facetsOf(rows: Judged, { codes }: CategoryColumn, code: number, strata: CategoryColumn | undefined): Facets {
  const empty = (): { a: Mutable; d: Mutable } => ({ a: { tp: 0, fp: 0, fn: 0, tn: 0 }, d: { tp: 0, fp: 0, fn: 0, tn: 0 } });
  const all = empty();
  const within = (strata?.categories ?? ['all']).map(empty);
  for (const [i, own] of codes.entries()) {
    const cell = rows.predicted[i] ? (rows.positive[i] ? 'tp' : 'fp') : rows.positive[i] ? 'fn' : 'tn';
    const facet = own === code ? 'd' : 'a';
    all[facet][cell]++;
    const stratum = strata === undefined ? 0 : strata.codes[i]!;
    if (stratum !== MISSING) within[stratum]![facet][cell]++;
  }
  return { ...all, strata: within };
}

type Mutable = { -readonly [cell in keyof Cells]: number };

function estimated(metric: BiasMetric, facets: Facets, z: number, { rows, events }: Minimum): Estimate {
  const smaller = Math.min(rowsIn(facets.a), rowsIn(facets.d));
  if (smaller < rows) {
    const of = rowsIn(facets.d) <= rowsIn(facets.a) ? 'rows of the group' : 'other rows';
    return { verdict: 'insufficient', support: smaller, needed: rows, of };
  }
  const { count, of } = metric.events(facets);
  if (count < events) return { verdict: 'insufficient', support: count, needed: events, of };
  const { value, low, high } = metric.at(facets, z);
  if (!Number.isFinite(value)) return { verdict: 'undefined', reason: 'a ratio in it has nothing below the line', support: count };
  const note = metric.note?.(facets);
  return {
    verdict: 'estimated',
    value,
    low,
    high,
    interval: metric.interval,
    standardError: (high - low) / (2 * z),
    support: count,
    ...(note !== undefined && { note }),
  };
}

function verdictOf(estimate: Estimate, bounds: readonly [number, number] | undefined): BiasVerdict {
  if (estimate.verdict !== 'estimated') return estimate.verdict;
  if (bounds === undefined) return 'no bounds';
  const [least, most] = bounds;
  if (estimate.low! >= least && estimate.high! <= most) return 'within';
  return estimate.high! < least || estimate.low! > most ? 'beyond' : 'undecided';
}
