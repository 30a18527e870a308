import { random } from '@vitrine/data';
import type { Column } from '../column/column.js';
import { isMissing, rowCount } from '../column/column.js';
import { EvaluateError } from '../error.js';
import { MINIMUM, type Estimate, type Minimum } from '../estimate.js';
import { bca, deviation } from '../statistics/bootstrap.js';
import { Z_95 } from '../statistics/interval.js';
import type { RankedQuery } from './rankingMetric.js';
import { rankingMetrics } from './rankingMetrics.js';

/** A metric over queries: its mean. Queries it is not defined for are left out and counted. */
export interface MeasuredRanking {
  readonly metric: string;
  readonly estimate: Estimate;
  readonly left: number;
}

/** How good orders of queries are. */
export interface RankingAnalysis {
  readonly query: string;
  readonly queries: number;
  /** Rows without a query, a grade or a score. */
  readonly left: number;
  readonly metrics: readonly MeasuredRanking[];
  /** Of each query: its name, its documents, and each metric in the order of `metrics`. */
  readonly each: readonly { readonly query: string; readonly documents: number; readonly values: readonly number[] }[];
}

export interface RankingOptions {
  readonly z?: number;
  readonly resamples?: number;
  readonly seed?: number;
  readonly minimum?: Partial<Minimum>;
}

/** Rows of a table by query. @throws EvaluateError naming the column at fault */
export function queriesIn(
  query: Column,
  grade: Column,
  score: Column,
): { readonly named: ReadonlyMap<string, RankedQuery>; readonly left: number } {
  for (const column of [grade, score])
    if (column.kind !== 'number')
      throw new EvaluateError('bad-input', `column ${column.name} holds names, and an order is measured by numbers`);
  const named = new Map<string, { readonly grades: number[]; readonly scores: number[] }>();
  let left = 0;
  for (let i = 0; i < rowCount(query); i++) {
    if ([query, grade, score].some((column) => isMissing(column, i))) {
      left++;
      continue;
    }
    const name = query.kind === 'number' ? String(query.values[i]) : query.categories[query.codes[i]!]!;
    const own = named.get(name) ?? { grades: [], scores: [] };
    named.set(name, own);
    const found = (grade as { values: Float64Array }).values[i]!;
    if (found < 0)
      throw new EvaluateError('bad-input', `column ${grade.name} holds ${found}: grades are numbers from 0, which is not relevant`);
    own.grades.push(found);
    own.scores.push((score as { values: Float64Array }).values[i]!);
  }
  if (named.size === 0) throw new EvaluateError('bad-input', `no row has ${query.name}, ${grade.name} and ${score.name}`);
  return { named, left };
}

/** Means over queries, with intervals: queries are drawn again, not documents. Efron 1987 (BCa). */
export function evaluateRanking(
  query: string,
  { named, left }: ReturnType<typeof queriesIn>,
  options: RankingOptions = {},
): RankingAnalysis {
  const { z = Z_95, resamples = 1000, seed = 0 } = options;
  const { rows: needed } = { ...MINIMUM, ...options.minimum };
  const each = [...named].map(([name, own]) => ({
    query: name,
    documents: own.scores.length,
    values: rankingMetrics.map(({ of }) => of(own)),
  }));
  const metrics = rankingMetrics.map(({ name, undefinedWhere }, at): MeasuredRanking => {
    const own = each.map(({ values }) => values[at]!).filter((value) => !Number.isNaN(value));
    const support = own.length;
    const told = { metric: name, left: each.length - support };
    if (support === 0) return { ...told, estimate: { verdict: 'undefined', reason: undefinedWhere, support } };
    if (support < needed) return { ...told, estimate: { verdict: 'insufficient', support, needed, of: 'queries' } };
    return { ...told, estimate: meanOver(own, { z, resamples, uniform: random(seed, `ranking ${name}`) }) };
  });
  return { query, queries: each.length, left, metrics, each };
}

function meanOver(
  values: readonly number[],
  { z, resamples, uniform }: { readonly z: number; readonly resamples: number; readonly uniform: () => number },
): Estimate {
  const support = values.length;
  const sum = values.reduce((all, value) => all + value, 0);
  const value = sum / support;
  const draws = Float64Array.from({ length: resamples }, () => {
    let drawn = 0;
    for (let i = 0; i < support; i++) drawn += values[Math.floor(uniform() * support)]!;
    return drawn / support;
  });
  const leftOut = values.map((own) => (sum - own) / (support - 1));
  const interval = bca(value, draws, leftOut, z);
  const told = { verdict: 'estimated', value, interval: `BCa bootstrap of queries, ${resamples} resamples`, support } as const;
  return interval === undefined
    ? { ...told, low: undefined, high: undefined, standardError: undefined, note: 'no interval: all queries are alike' }
    : { ...told, ...interval, standardError: deviation(draws) };
}
