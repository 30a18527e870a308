import type { Parts, PartValue } from '../explanation.js';
import { merged, type Part, type Run } from './partition.js';

/** Parts of one set, by their numbers. */
export type Members = readonly number[];

/** What sets of parts count, each set as one part: `a alone`, `a and b`. Values are in the order of the sets. */
export function together(
  of: string,
  parts: readonly Part[],
  sets: readonly Members[],
  values: readonly Omit<PartValue, keyof Part>[],
): Parts {
  const most = sets.reduce((size, { length }) => Math.max(size, length), 1);
  return {
    ...(most > 1 ? { of: `${of} interaction`, interactions: true } : { of }),
    values: sets.map((members, i) => ({
      name: nameOf(
        members.map((k) => parts[k]!.name),
        most,
      ),
      runs: runsOf(members.map((k) => parts[k]!)),
      ...(most > 1 && { members: members.map((k) => parts[k]!.name) }),
      ...values[i]!,
    })),
  };
}

function nameOf(names: readonly string[], most: number): string {
  const [last, ...before] = names.toReversed();
  if (before.length > 0) return `${before.toReversed().join(', ')} and ${last}`;
  return most > 1 ? `${last} alone` : last!;
}

function runsOf(parts: readonly Part[]): Part['runs'] {
  const runs = new Map<string, readonly Run[]>();
  for (const part of parts) for (const [at, own] of part.runs) runs.set(at, merged([...(runs.get(at) ?? []), ...own]));
  return runs;
}

/** What each part counts when sets share what they count equally among their parts. */
export function shared(players: number, sets: readonly Members[], values: Float64Array): Float64Array {
  const sums = new Float64Array(players);
  sets.forEach((members, k) => members.forEach((i) => (sums[i]! += values[k]! / members.length)));
  return sums;
}

/** All sets of so many parts and fewer, the empty one first, small ones before large ones. */
export function* setsUpTo(players: number, most: number): Iterable<Members> {
  for (let size = 0; size <= Math.min(most, players); size++) {
    const picked = Array.from({ length: size }, (_, i) => i);
    for (;;) {
      yield picked.slice();
      let last = size - 1;
      while (last >= 0 && picked[last] === players - size + last) last--;
      if (last < 0) break;
      picked[last]!++;
      for (let i = last + 1; i < size; i++) picked[i] = picked[i - 1]! + 1;
    }
  }
}
