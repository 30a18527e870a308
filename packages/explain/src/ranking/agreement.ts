/** Kendall's τ-b of two scores of the same documents: pairs in the same order less those in the other, of those that neither ties. 0 where either ties all. Kendall 1945. */
export function kendallTau(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [balance, untiedA, untiedB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++)
    for (let j = 0; j < i; j++) {
      const [x, y] = [Math.sign(a[i]! - a[j]!), Math.sign(b[i]! - b[j]!)];
      balance += x * y;
      untiedA += x * x;
      untiedB += y * y;
    }
  return untiedA === 0 || untiedB === 0 ? 0 : balance / Math.sqrt(untiedA * untiedB);
}

/**
 * How well scores keep an order, −1 … 1: pairs in the order of the reference less those in the other, of all that it does not tie. Kendall’s τ
 * where nothing ties; a pair that scores tie is not kept (Somers 1962).
 */
export const concordance = (reference: ArrayLike<number>, scores: ArrayLike<number>): number => kept(reference, scores, Math.sign);

/** The same where a pair counts by how far apart its scores are in the reference. */
export const weightedConcordance = (reference: ArrayLike<number>, scores: ArrayLike<number>): number =>
  kept(reference, scores, (apart) => apart);

function kept(reference: ArrayLike<number>, scores: ArrayLike<number>, weigh: (apart: number) => number): number {
  let [balance, all] = [0, 0];
  for (let i = 0; i < reference.length; i++)
    for (let j = 0; j < i; j++) {
      const weight = weigh(reference[i]! - reference[j]!);
      balance += weight * Math.sign(scores[i]! - scores[j]!);
      all += Math.abs(weight);
    }
  return all === 0 ? 0 : balance / all;
}
