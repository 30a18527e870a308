import { MODES, type Listing } from './listing.js';

/**
 * Chains of tests for equality as one test for a set: LightGBM's categories are exported as x = 2? else x = 5? else …, all with the same branch where one
 * passes. As chains they would be no trees, for that branch is reached on many ways.
 */
export function withSets(listing: Listing): Listing {
  const { mode, feature, split, yes, no, missing } = listing;
  const parents = new Int32Array(mode.length);
  for (const list of [yes, no]) for (const child of list) if (child >= 0) parents[child]!++;
  const goesOn = (node: number): boolean => {
    const next = no[node]!;
    return mode[next] === MODES.BRANCH_EQ && parents[next] === 1 && feature[next] === feature[node] && yes[next] === yes[node];
  };
  const links = [...mode.keys()].filter((node) => mode[node] === MODES.BRANCH_EQ && goesOn(node));
  if (links.length === 0) return listing;
  const inside = new Set(links.map((node) => no[node]!));
  const made = { mode: mode.slice(), no: no.slice(), missing: missing.slice(), members: new Map(listing.members) };
  for (const head of links.filter((node) => !inside.has(node))) {
    const members = new Set([split[head]!]);
    let last = head;
    while (goesOn(last)) {
      last = no[last]!;
      members.add(split[last]!);
      made.missing[head]! |= missing[last]!;
    }
    made.mode[head] = MODES.BRANCH_MEMBER;
    made.no[head] = no[last]!;
    made.members.set(head, members);
  }
  return { ...listing, ...made };
}
