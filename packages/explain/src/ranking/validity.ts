import { flag, int } from '../field.js';
import { concordance, weightedConcordance } from './agreement.js';
import { asTheyAre, mixed, rankingMethod, type RankingInquiry, type RankingValue } from './rankingMethod.js';

const RESAMPLES = 200;

/**
 * A few features whose values alone keep the order: greedily, each the one that keeps it best beside those selected before. Validity is the
 * agreement (τ) of the order by these with the model's, all other values being those of rows that stand in, the same for all documents, scores
 * averaged over them (the paper has one such row); completeness is how little is kept where these are replaced and the others are not. Singh et al. 2021, 3.2 and 4.
 */
export const validity = rankingMethod({
  name: 'ranking-validity',
  title: 'Valid features of a query',
  paper: 'Singh, Khosla, Wang and Anand 2021, doi:10.1145/3471158.3472241 (arXiv:2004.13972)',
  meaning:
    'how well the order is kept (Kendall’s τ, ties not counting as kept) by this feature and those above it alone; without: by all others alone',
  options: {
    features: int(5, 'most features that are selected', { min: 1 }),
    weighted: flag(false, 'pairs of documents count by how far apart their scores are'),
  },
  async explain(q, { features: most, weighted }) {
    const agreement = weighted ? weightedConcordance : concordance;
    const reference = await q.score(asTheyAre(q));
    const selected: number[] = [];
    const values: RankingValue[] = [];
    let evaluations = q.documents.length;
    const steps = Math.min(most, q.features);
    for (let step = 0; step < steps && (values.at(-1)?.value ?? 0) < 1 - 1e-12; step++) {
      const rest = Array.from({ length: q.features }, (_, feature) => feature).filter((feature) => !selected.includes(feature));
      const tried: Kept[] = [];
      for (const feature of rest) tried.push(await kept(q, reference, agreement, new Set([...selected, feature])));
      const best = tried.reduce((top, { value }, i) => (value > tried[top]!.value + 1e-12 ? i : top), 0);
      selected.push(rest[best]!);
      const others = new Set(Array.from({ length: q.features }, (_, feature) => feature).filter((feature) => !selected.includes(feature)));
      const without = await kept(q, reference, agreement, others);
      evaluations += (rest.length + 1) * q.documents.length * q.standIns.length;
      values.push({
        feature: rest[best]!,
        value: tried[best]!.value,
        standardError: errorOf(tried[best]!, reference, agreement, q.random(`validity ${step}`)),
        without: without.value,
      });
      q.progress?.(step + 1, steps);
    }
    // Features behind the best are no help.
    const top = values.reduce((best, { value }, i) => (value > values[best]!.value + 1e-12 ? i : best), 0);
    const notes = top + 1 < values.length ? [`${values.length - top - 1} more features were tried and keep the order no better`] : [];
    return { values: values.slice(0, top + 1), evaluations, notes };
  },
});

interface Kept {
  readonly value: number;
  /** By stand-in and document. */
  readonly scores: readonly Float64Array[];
}
type Agreement = (reference: ArrayLike<number>, scores: ArrayLike<number>) => number;

/** How well an order is kept by some features alone. */
async function kept(q: RankingInquiry, reference: Float64Array, agreement: Agreement, features: ReadonlySet<number>): Promise<Kept> {
  const { documents, standIns } = q;
  const points = standIns.flatMap((other) => documents.map((own) => mixed(q.features, own, other, (feature) => features.has(feature))));
  const all = await q.score(points);
  const scores = standIns.map((_, b) => all.subarray(b * documents.length, (b + 1) * documents.length));
  return { value: agreement(reference, meanOf(scores)), scores };
}

function meanOf(scores: readonly Float64Array[]): Float64Array {
  const mean = new Float64Array(scores[0]!.length);
  for (const one of scores) for (const [i, score] of one.entries()) mean[i]! += score / scores.length;
  // Sums in another order differ in the last digits, and equal scores must stay equal.
  return mean.map((score) => Number(score.toPrecision(12)));
}

/** Of other rows that might have stood in, by bootstrap. Efron 1979. */
function errorOf({ scores }: Kept, reference: Float64Array, agreement: Agreement, uniform: () => number): number | undefined {
  if (scores.length < 2) return undefined;
  const drawn = Array.from({ length: RESAMPLES }, () =>
    agreement(reference, meanOf(scores.map(() => scores[Math.floor(uniform() * scores.length)]!))),
  );
  const mean = drawn.reduce((sum, value) => sum + value, 0) / RESAMPLES;
  return Math.sqrt(drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (RESAMPLES - 1));
}
