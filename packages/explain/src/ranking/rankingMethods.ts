import { ExplainError } from '../error.js';
import { optionsFor } from '../field.js';
import { queryPermutation } from './queryPermutation.js';
import type { RankingFound, RankingInquiry, RankingMethod } from './rankingMethod.js';
import { validity } from './validity.js';

/** Methods that explain the order of a query's documents, by name. */
export const rankingMethods = {
  'ranking-validity': validity,
  'ranking-permutation': queryPermutation,
} satisfies { readonly [name: string]: RankingMethod };
export type RankingMethodName = keyof typeof rankingMethods;

export const isRankingMethod = (name: string): name is RankingMethodName => Object.hasOwn(rankingMethods, name);

/** Explains the order of a query. Options are as a command line gives them, or values. @throws ExplainError */
export async function explainRanking(
  name: RankingMethodName,
  inquiry: RankingInquiry,
  options: { readonly [name: string]: unknown } = {},
): Promise<RankingFound> {
  const method: RankingMethod = rankingMethods[name];
  const { documents, standIns } = inquiry;
  if (documents.length < 2)
    throw new ExplainError('bad-input', `the query has ${documents.length === 1 ? 'one row' : 'no row'}: an order needs two or more`);
  if (standIns.length === 0) throw new ExplainError('bad-input', 'there is no row that may stand in for others');
  return method.explain(inquiry, optionsFor(name, method.options, options));
}
