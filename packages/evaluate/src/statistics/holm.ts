/**
 * p-values of tests that are looked at together, raised so that all of them keep the error rate of one. What is NaN was not tested.
 * Holm 1979.
 */
export function holm(pValues: readonly number[]): readonly number[] {
  const tested = pValues.flatMap((p, at) => (Number.isNaN(p) ? [] : [{ p, at }])).toSorted((a, b) => a.p - b.p);
  const adjusted = pValues.map(() => NaN);
  let largest = 0;
  for (const [rank, { p, at }] of tested.entries()) {
    largest = Math.max(largest, Math.min(1, p * (tested.length - rank)));
    adjusted[at] = largest;
  }
  return adjusted;
}
