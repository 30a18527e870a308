import { quantileOfSorted } from '../statistics/bootstrap.js';
import { MISSING, type CategoryColumn, type Column, type NumberColumn } from './column.js';

export interface GroupingOptions {
  /** Groups of a column of numbers, each of as many rows as far as equal numbers allow. */
  readonly bins?: number;
  /** Most groups of a column of categories: the most frequent, the others together. */
  readonly most?: number;
}

export const BINS = 4;
export const MOST_GROUPS = 20;

/** A column of a few groups: categories as they are, numbers between their quantiles (themselves, where there are few), and what is missing. */
export function grouped(column: Column, { bins = BINS, most = MOST_GROUPS }: GroupingOptions = {}): CategoryColumn {
  const own = column.kind === 'number' ? binned(column, bins) : frequent(column, most);
  if (!own.codes.includes(MISSING)) return own;
  return {
    ...own,
    categories: [...own.categories, '(missing)'],
    codes: own.codes.map((code) => (code === MISSING ? own.categories.length : code)),
  };
}

/** Numbers by the quantiles they lie between; −1 for NaN. No more values than bins: each a bin of its own. */
export function binned({ name, values, dates = false }: NumberColumn, bins: number): CategoryColumn {
  const sorted = values.filter((value) => !Number.isNaN(value)).toSorted();
  const distinct = distinctUpTo(sorted, bins);
  const edges =
    distinct ??
    [...new Set(Array.from({ length: bins - 1 }, (_, i) => quantileOfSorted(sorted, (i + 1) / bins)))].filter(
      (edge) => edge < sorted.at(-1)!,
    );
  const places = (value: number): number => {
    const at = edges.findIndex((edge) => value <= edge);
    return at === -1 ? edges.length : at;
  };
  return {
    kind: 'category',
    name,
    categories: distinct === undefined ? between(edges.map(dates ? day : short)) : distinct.map(dates ? day : String),
    codes: Int32Array.from(values, (value) => (Number.isNaN(value) ? MISSING : places(value))),
  };
}

/** "≤ 20", "> 20 to 35", "> 35". */
function between(named: readonly string[]): readonly string[] {
  if (named.length === 0) return ['all'];
  return [`≤ ${named[0]}`, ...named.slice(1).map((_, i) => `> ${named[i]} to ${named[i + 1]}`), `> ${named.at(-1)}`];
}

const day = (value: number): string => new Date(Math.floor(value) * 86_400_000).toISOString().slice(0, 10);
const short = (value: number): string => String(Number(value.toPrecision(4)));

function distinctUpTo(sorted: Float64Array, most: number): readonly number[] | undefined {
  const found: number[] = [];
  for (const value of sorted) {
    if (value === found.at(-1)) continue;
    found.push(value);
    if (found.length > most) return undefined;
  }
  return found;
}

/** The most frequent categories, the others together. */
export function frequent(column: CategoryColumn, most: number): CategoryColumn {
  if (column.categories.length <= most) return column;
  const counts = countsOf(column);
  const kept = [...column.categories.keys()].toSorted((a, b) => counts[b]! - counts[a]! || a - b).slice(0, most - 1);
  const places = new Map(kept.toSorted((a, b) => a - b).map((code, at) => [code, at]));
  return {
    ...column,
    categories: [...[...places.keys()].map((code) => column.categories[code]!), `(${column.categories.length - places.size} others)`],
    codes: column.codes.map((code) => (code === MISSING ? MISSING : (places.get(code) ?? places.size))),
  };
}

/** How often each category occurs. */
export function countsOf({ categories, codes }: CategoryColumn): Float64Array {
  const counts = new Float64Array(categories.length);
  for (const code of codes) if (code !== MISSING) counts[code]!++;
  return counts;
}
