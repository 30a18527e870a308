import type { OneHot } from './space.js';

/** Whether a point is where it should be. */
type Reaches = (delta: Float64Array) => Promise<boolean>;

/** Groups that are tried one by one; of more the smallest are tried together. */
const FEW = 64;
const HALVINGS = 10;

/** Takes back what is not needed: moves of the smallest groups of elements, then a share of all that is left but of what can only be there or not. */
export async function trimmed(
  delta: Float64Array,
  groups: readonly (readonly number[])[],
  oneHots: readonly OneHot[],
  reaches: Reaches,
): Promise<Float64Array> {
  const size = (group: readonly number[]): number => group.reduce((sum, i) => sum + Math.abs(delta[i]!), 0);
  const moved = groups.filter((group) => size(group) > 0).toSorted((a, b) => size(a) - size(b));
  const without = (from: Float64Array, some: readonly (readonly number[])[]): Float64Array => {
    const left = from.slice();
    for (const group of some) for (const i of group) left[i] = 0;
    return left;
  };
  let best = delta;
  if (moved.length <= FEW)
    for (const group of moved) {
      const less = without(best, [group]);
      if (await reaches(less)) best = less;
    }
  else best = without(delta, moved.slice(0, await most(moved.length, (count) => reaches(without(delta, moved.slice(0, count))))));
  const whole = new Set(oneHots.flat());
  const scaled = (share: number): Float64Array => best.map((d, i) => (whole.has(i) ? d : d * share));
  let [short, long] = [0, 1];
  for (let k = 0; k < HALVINGS; k++) {
    const middle = (short + long) / 2;
    if (await reaches(scaled(middle))) long = middle;
    else short = middle;
  }
  return scaled(long);
}

/** The greatest count that passes, found as though all below it did. */
async function most(count: number, passes: (count: number) => Promise<boolean>): Promise<number> {
  let [good, bad] = [0, count + 1];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (await passes(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
