import { choice } from '@vitrine/explain';
import { pearson, spearman } from './correlation.js';

/** How alike two explanations are, as vectors over the same parts. */
const similarities = {
  spearman,
  pearson,
  cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
    let [ab, aa, bb] = [0, 0, 0];
    for (let i = 0; i < a.length; i++) {
      ab += a[i]! * b[i]!;
      aa += a[i]! ** 2;
      bb += b[i]! ** 2;
    }
    return ab / Math.sqrt(aa * bb);
  },
} as const;

export type Similarity = keyof typeof similarities;

export const similarityOptions = {
  similarity: choice(Object.keys(similarities) as readonly Similarity[], 'spearman', 'by rank, by value, or by direction'),
  sign: choice(
    ['signed', 'absolute'],
    'signed',
    'whether for and against are told apart; sizes alone stay alike where inputs are sparse, whatever the model has learned',
  ),
};

export function alike(
  a: Float64Array,
  b: Float64Array,
  how: { readonly similarity: Similarity; readonly sign: 'signed' | 'absolute' },
): number {
  const [u, v] = how.sign === 'signed' ? [a, b] : [a.map(Math.abs), b.map(Math.abs)];
  return similarities[how.similarity](u, v);
}
