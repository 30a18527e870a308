/** All names, where there are no more than these. */
const FEW = 12;
const SHOWN = 3;

/** The end of a sentence that says a name is unknown: the names that are spelled most like it, all of a few, or nothing. */
export function closeNames(name: string, known: readonly string[]): string {
  const lower = name.toLowerCase();
  const most = Math.ceil(name.length / 3);
  const others = [...new Set(known)].map((other) => ({ other, apart: distance(lower, other.toLowerCase()) }));
  const least = others.reduce((m, { apart }) => Math.min(m, apart), Infinity);
  const near = others.filter(({ apart }) => apart === least && apart <= most).slice(0, SHOWN);
  if (near.length > 0) return `: did you mean ${near.map(({ other }) => other).join(' or ')}?`;
  return known.length > 0 && known.length <= FEW ? `: there are ${known.join(', ')}` : '';
}

/** Letters to insert, leave out or replace. Levenshtein 1966. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
