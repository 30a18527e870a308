import { ExplainError } from '../error.js';
import { choice, int, number } from '../field.js';
import { permutation } from '../perturbation/coalition.js';
import { concordance } from './agreement.js';
import { asTheyAre, rankingMethod, type RankingInquiry } from './rankingMethod.js';

/** Draws after which errors are looked at. */
const ROUND = 10;

/** How much of a query's order is lost where the values of a feature change places among its documents. Breiman 2001, 10; of rankings, Fisher et al. 2019. */
export const queryPermutation = rankingMethod({
  name: 'ranking-permutation',
  title: 'Permutation importance in a query',
  paper: 'Breiman 2001, section 10; Fisher, Rudin and Dominici 2019, arXiv:1801.01489',
  meaning: 'how much of the order is lost where the documents’ values of it change places: 0 nothing, 1 all',
  options: {
    samples: int(100, 'how often values change places', { min: 2 }),
    until: number(0, 'stop as soon as every standard error is that small; 0: never', { min: 0 }),
    from: choice(['query', 'others'], 'query', 'where values come from: other documents of the query, or documents of other queries'),
    measure: choice(
      ['order', 'ndcg'],
      'order',
      'what is lost: agreement with the model’s order (Kendall’s τ), or NDCG where grades are known',
    ),
  },
  async explain(q, { samples, until, from, measure }) {
    const { documents, features } = q;
    const reference = await q.score(asTheyAre(q));
    const quality = measure === 'order' ? (scores: Float64Array) => concordance(reference, scores) : qualityOf(q);
    const whole = quality(reference);
    if (Number.isNaN(whole)) throw new ExplainError('bad-input', 'NDCG is not defined here: no document of the query has a grade above 0');
    const uniform = q.random('ranking permutation');
    const drops = Array.from({ length: features }, (): number[] => []);
    let draws = 0;
    const isSure = (): boolean => until > 0 && draws > 0 && drops.every((own) => errorOf(own) <= until);
    while (draws < samples && !isSure()) {
      for (let round = 0; round < ROUND && draws < samples; round++, draws++) {
        const points = drops.flatMap((_, feature) => withOthers(q, feature, sourcesIn(q, from, uniform)));
        const scores = await q.score(points);
        for (const [feature, own] of drops.entries())
          own.push(whole - quality(scores.subarray(feature * documents.length, (feature + 1) * documents.length)));
        q.progress?.(draws + 1, samples);
      }
    }
    return {
      values: drops.map((own, feature) => ({ feature, value: meanOf(own), standardError: errorOf(own) })),
      evaluations: documents.length * (1 + features * draws),
      notes: [],
    };
  },
});

function qualityOf({ quality }: RankingInquiry): (scores: Float64Array) => number {
  if (quality !== undefined) return quality;
  throw new ExplainError('bad-option', 'ranking-permutation: measure=ndcg needs grades: say with --label-column which column holds them');
}

/** The row of the pool that each document takes a value from. */
function sourcesIn({ documents, standIns }: RankingInquiry, from: 'query' | 'others', uniform: () => number): readonly number[] {
  if (from === 'others') return documents.map(() => standIns[Math.floor(uniform() * standIns.length)]!);
  return Array.from(permutation(documents.length, uniform), (at) => documents[at]!);
}

const withOthers = ({ documents, features }: RankingInquiry, changed: number, sources: readonly number[]): readonly Int32Array[] =>
  documents.map((own, i) => Int32Array.from({ length: features }, (_, feature) => (feature === changed ? sources[i]! : own)));

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function errorOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1) / values.length);
}
