/** Harsanyi dividends of a game, in place of its scores: coalition `bits` has part i where bit i is set. Harsanyi 1963. */
export function dividends(scores: Float64Array): Float64Array {
  for (let bit = 1; bit < scores.length; bit *= 2)
    for (let bits = 0; bits < scores.length; bits++) if (bits & bit) scores[bits]! -= scores[bits ^ bit]!;
  return scores;
}

/** Parts of coalition number `bits`, in order. */
export function membersOf(bits: number): readonly number[] {
  const members: number[] = [];
  for (let i = 0; bits >> i > 0; i++) if ((bits >> i) & 1) members.push(i);
  return members;
}

export const binomial = (n: number, k: number): number =>
  k < 0 || k > n ? 0 : Array.from({ length: k }, (_, i) => (n - i) / (i + 1)).reduce((a, b) => a * b, 1);
