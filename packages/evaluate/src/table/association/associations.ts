import { random } from '@vitrine/data';
import { isMissing, pickRows, rowCount, type CategoryColumn, type Column, type NumberColumn } from '../../column/column.js';
import { frequent } from '../../column/grouped.js';
import { MINIMUM, type Estimate } from '../../estimate.js';
import { holm } from '../../statistics/holm.js';
import { Z_95 } from '../../statistics/interval.js';
import { chiSquare, contingency, cramersV, cramersVInterval } from '../contingency.js';
import { sampled } from '../sampled.js';
import { kendall, pearson, spearman, type Associated } from './correlation.js';
import { correlationRatio } from './correlationRatio.js';
import { placesOf } from '../../statistics/order.js';

/** A way to say how much two columns of certain kinds go together. */
export interface AssociationKind {
  readonly title: string;
  readonly kinds: readonly [Column['kind'], Column['kind']];
  readonly range: readonly [number, number];
  readonly source: string;
  readonly interval: string;
  readonly of: (a: Column, b: Column, z: number) => Associated;
}

const ofNumbers =
  (measure: (x: Float64Array, y: Float64Array, z: number) => Associated) =>
  (a: Column, b: Column, z: number): Associated =>
    measure((a as NumberColumn).values, (b as NumberColumn).values, z);

export const associationKinds = {
  spearman: {
    title: 'Spearman’s rank correlation',
    kinds: ['number', 'number'],
    range: [-1, 1],
    source: 'Spearman 1904; Bonett & Wright 2000 (interval)',
    interval: 'Fisher’s z, Bonett–Wright',
    of: ofNumbers(spearman),
  },
  pearson: {
    title: 'Pearson’s correlation',
    kinds: ['number', 'number'],
    range: [-1, 1],
    source: 'Pearson 1895; Fisher 1921 (interval)',
    interval: 'Fisher’s z',
    of: ofNumbers(pearson),
  },
  kendall: {
    title: 'Kendall’s τ-b',
    kinds: ['number', 'number'],
    range: [-1, 1],
    source: 'Kendall 1945; Fieller et al. 1957 (interval)',
    interval: 'Fisher’s z, Fieller',
    of: ofNumbers(kendall),
  },
  'cramers-v': {
    title: 'Cramér’s V, bias corrected',
    kinds: ['category', 'category'],
    range: [0, 1],
    source: 'Bergsma 2013; Smithson 2003 (interval)',
    interval: 'noncentral chi-square',
    of(a, b, z) {
      const table = contingency(a as CategoryColumn, b as CategoryColumn);
      const value = cramersV(table);
      return Number.isNaN(value) ? { value, low: NaN, high: NaN, p: NaN } : { value, ...cramersVInterval(table, z), p: chiSquare(table).p };
    },
  },
  'correlation-ratio': {
    title: 'Correlation ratio η',
    kinds: ['category', 'number'],
    range: [0, 1],
    source: 'Pearson 1905; Steiger 2004 (interval)',
    interval: 'noncentral F',
    of: (a, b, z) => correlationRatio((a as CategoryColumn).codes, (b as NumberColumn).values, z),
  },
} satisfies { readonly [name: string]: AssociationKind };
export type AssociationName = keyof typeof associationKinds;

/** Two columns. */
export interface Association {
  readonly kind: AssociationName;
  readonly a: string;
  readonly b: string;
  readonly estimate: Estimate;
  readonly p?: number;
  /** p among all pairs told by this kind. */
  readonly holm?: number;
}

export interface AssociationOptions {
  readonly z?: number;
  readonly seed?: number;
  readonly minimumRows?: number;
}

export interface Associations {
  readonly pairs: readonly Association[];
  /** Rows that were looked at: a sample where there are too many. */
  readonly rows: number;
  /** Columns that were left out, being too many. */
  readonly left: readonly string[];
}

const MOST_COLUMNS = 60;
/** Rows of all pairs together: some seconds. */
const MOST_LOOKS = 2e7;
const MOST_CATEGORIES = 50;

/** Of all pairs of columns, over rows that have both. */
export function associations(columns: readonly Column[], options: AssociationOptions = {}): Associations {
  const { z = Z_95, seed = 0, minimumRows = MINIMUM.rows } = options;
  const own = columns.slice(0, MOST_COLUMNS);
  const count = (own.length * (own.length - 1)) / 2;
  const rows = sampled(
    columns[0] === undefined ? 0 : rowCount(columns[0]),
    Math.floor(MOST_LOOKS / Math.max(1, count)),
    random(seed, 'associations'),
  );
  const looked = own
    .map((column) => (column.kind === 'number' ? column : frequent(column, MOST_CATEGORIES)))
    .map((column) => pickRows(column, rows));
  const pairs = looked.flatMap((a, i) => looked.slice(i + 1).flatMap((b) => told(a, b, z, minimumRows)));
  const adjusted = new Map<Association, number>();
  for (const kind of Object.keys(associationKinds)) {
    const alike = pairs.filter((pair) => pair.kind === kind);
    for (const [at, p] of holm(alike.map((pair) => pair.p ?? NaN)).entries()) adjusted.set(alike[at]!, p);
  }
  return {
    pairs: pairs.map((pair) => (pair.p === undefined ? pair : { ...pair, holm: adjusted.get(pair)! })),
    rows: rows.length,
    left: columns.slice(MOST_COLUMNS).map(({ name }) => name),
  };
}

function told(a: Column, b: Column, z: number, needed: number): readonly Association[] {
  const complete = placesOf(rowCount(a)).filter((i) => !isMissing(a, i) && !isMissing(b, i));
  const [one, other] = [pickRows(a, complete), pickRows(b, complete)];
  return (Object.keys(associationKinds) as AssociationName[]).flatMap((kind): readonly Association[] => {
    const { kinds, of, interval } = associationKinds[kind] as AssociationKind;
    const fits = kinds[0] === a.kind && kinds[1] === b.kind;
    if (!fits && !(kinds[0] === b.kind && kinds[1] === a.kind)) return [];
    const names = { kind, a: a.name, b: b.name };
    const support = complete.length;
    if (support < needed) return [{ ...names, estimate: { verdict: 'insufficient', support, needed, of: 'rows that have both' } }];
    const { value, low, high, p } = fits ? of(one, other, z) : of(other, one, z);
    if (Number.isNaN(value)) return [{ ...names, estimate: { verdict: 'undefined', reason: 'a column is constant', support } }];
    return [
      { ...names, estimate: { verdict: 'estimated', value, low, high, interval, standardError: (high - low) / (2 * z), support }, p },
    ];
  });
}
