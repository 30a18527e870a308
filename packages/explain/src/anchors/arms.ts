import { keyOf, type Coalition } from '../perturbation/coalition.js';
import { explorationRate, interval, type Interval } from './bounds.js';
import type { Drawing } from './drawing.js';

/** A rule that may be an anchor, and what was seen of it. */
export interface Arm {
  readonly rule: Coalition;
  /** Its parts in the order in which they were added. */
  readonly order: readonly number[];
  /** The precision of the rule after each part was added, the empty one first. */
  readonly path: readonly number[];
  readonly coverage: number;
  readonly seen: Seen[];
}

/** A sample, and whether the decision stayed. */
export interface Seen {
  readonly holds: Coalition;
  readonly kept: boolean;
}

/** Samples of a rule. Fewer come where none are left. */
export type Pull = (rule: Coalition, count: number) => Promise<readonly Seen[]>;

export const keptOf = ({ seen }: Pick<Arm, 'seen'>): number => seen.reduce((n, { kept }) => n + Number(kept), 0);
export const precisionOf = (arm: Pick<Arm, 'seen'>): number => (arm.seen.length === 0 ? 0 : keptOf(arm) / arm.seen.length);
export const boundsOf = (arm: Arm, level: number): Interval => interval(keptOf(arm), arm.seen.length, level);
export const byPrecision = (arms: readonly Arm[]): readonly Arm[] => arms.toSorted((a, b) => precisionOf(b) - precisionOf(a));

export const emptyArm = (players: number, { coverage }: Pick<Drawing, 'coverage'>): Arm => {
  const rule = new Uint8Array(players);
  return { rule, order: [], path: [], coverage: coverage(rule).share, seen: [] };
};

/**
 * Rules with one part more, each once. A longer rule inherits the samples of the shorter one to which it applies, where those are samples of its own. Ribeiro et al.
 * 2018, algorithm 1, GenerateCandidates.
 */
export function extended(arms: readonly Arm[], { coverage, nested }: Drawing, moreThan: number): readonly Arm[] {
  const found = new Map<string, Arm>();
  for (const { rule, order, path, seen, ...arm } of arms)
    for (let i = 0; i < rule.length; i++) {
      if (rule[i] === 1) continue;
      const longer = rule.with(i, 1);
      const key = keyOf(longer);
      const { share } = coverage(longer);
      if (share <= moreThan) continue;
      const inherited = nested ? seen.filter(({ holds }) => holds[i] === 1) : [];
      const known = found.get(key);
      if (known !== undefined) known.seen.push(...inherited);
      else
        found.set(key, {
          ...arm,
          rule: longer,
          order: [...order, i],
          path: [...path, precisionOf({ seen })],
          coverage: share,
          seen: inherited,
        });
    }
  return [...found.values()];
}

interface Choosing {
  readonly count: number;
  /** How far the worst of those chosen may be behind the best of the others. */
  readonly gap: number;
  readonly delta: number;
  /** Samples that are drawn of a rule at once. */
  readonly batch: number;
}

/**
 * The rules that are most precise, by KL-LUCB: samples go to the least certain of the best and to the most promising of the others, until the bounds of the two are
 * no further apart than the gap, or `pull` gives no more. Kaufmann and Kalyanakrishnan 2013, algorithm 1.
 */
export async function mostPrecise(arms: readonly Arm[], { count, gap, delta, batch }: Choosing, pull: Pull): Promise<readonly Arm[]> {
  const more = async (arm: Arm): Promise<boolean> => {
    const drawn = await pull(arm.rule, batch);
    arm.seen.push(...drawn);
    return drawn.length > 0;
  };
  for (const arm of arms) if (arm.seen.length < batch && !(await more(arm))) break;
  for (let round = 1; ; round++) {
    const order = byPrecision(arms);
    const [best, others] = [order.slice(0, count), order.slice(count)];
    if (others.length === 0) return best;
    const rate = explorationRate(arms.length, round, delta);
    const weakest = least(best, (arm) => boundsOf(arm, rate).low);
    const rival = least(others, (arm) => -boundsOf(arm, rate).high);
    if (boundsOf(rival, rate).high - boundsOf(weakest, rate).low <= gap) return best;
    if (!(await more(weakest)) || !(await more(rival))) return best;
  }
}

function least(arms: readonly Arm[], of: (arm: Arm) => number): Arm {
  const values = arms.map(of);
  return arms[values.indexOf(Math.min(...values))]!;
}
