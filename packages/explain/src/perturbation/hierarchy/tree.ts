/** Parts that belong together, and the two halves they fall into; one part alone has none. */
export interface Tree {
  readonly members: readonly number[];
  readonly halves?: readonly [Tree, Tree];
}

export const leaf = (part: number): Tree => ({ members: [part] });
export const joined = (a: Tree, b: Tree): Tree => ({ members: [...a.members, ...b.members], halves: [a, b] });

/** One tree of several, each whole and in their order, halved where as many parts lie on both sides as can be. */
export function balanced(trees: readonly Tree[]): Tree {
  if (trees.length === 1) return trees[0]!;
  const total = trees.reduce((n, { members }) => n + members.length, 0);
  let [at, before, best] = [1, 0, Infinity];
  trees.slice(0, -1).forEach(({ members }, k) => {
    before += members.length;
    const off = Math.abs(total - 2 * before);
    if (off < best) [at, best] = [k + 1, off];
  });
  return joined(balanced(trees.slice(0, at)), balanced(trees.slice(at)));
}

/** Parts by a key, keys in the order in which they come first. */
export function grouped(members: readonly number[], keyOf: (part: number) => unknown): readonly (readonly number[])[] {
  const groups = new Map<unknown, number[]>();
  for (const i of members) {
    const own = groups.get(keyOf(i));
    if (own === undefined) groups.set(keyOf(i), [i]);
    else own.push(i);
  }
  return [...groups.values()];
}
