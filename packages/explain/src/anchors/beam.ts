import { byPrecision, emptyArm, extended, keptOf, mostPrecise, precisionOf, type Arm, type Pull, type Seen } from './arms.js';
import { interval, type Interval } from './bounds.js';
import type { Drawing } from './drawing.js';

export interface Searching {
  /** What share of samples must keep the decision. */
  readonly threshold: number;
  /** How likely the interval of what is reported may be wrong. */
  readonly delta: number;
  /** Rules that are made longer at once. */
  readonly beam: number;
  readonly gap: number;
  /** Samples at most. */
  readonly samples: number;
  /** Parts of a rule at most. */
  readonly longest: number;
}

/** A rule whose precision was measured on samples that played no part in finding it. */
export interface Anchor {
  /** Its parts in the order in which they were added, and what each raised the precision by. */
  readonly order: readonly number[];
  readonly rises: readonly number[];
  readonly precision: number;
  readonly within: Interval;
  /** Of the samples that tell its precision. */
  readonly samples: number;
}

/** Samples that a rule's extensions share, and that a verification starts with. */
const FIRST = 100;
/** Samples of a longer rule that its own extensions share. */
const SHARED = 60;
/** Enough to verify what holds without exception. */
const AMPLE = 4 * FIRST;
const BATCH = 20;
/** How much longer each look at a verification is than the last. */
const GROWTH = 1.5;
/** The share of what is left that one level may use for choosing. */
const SHARE = 1 / 12;

/** What `draw` gives for a rule: as many samples as asked for, each with whether the decision stayed. */
export type Sampler = (rule: Arm['rule'], count: number, stream: 'search' | 'verification') => Promise<readonly Seen[]>;

/**
 * The rule of greatest coverage whose precision is above the threshold, by a beam search from the empty rule upwards; where none is, the most precise that was found.
 * Rules are chosen on one stream of samples and measured on another, so that the interval holds for the rule that was chosen. Ribeiro et al. 2018, algorithm 2.
 */
export async function beamSearch(players: number, drawing: Drawing, draw: Sampler, given: Searching): Promise<Anchor> {
  const { threshold, beam, gap, delta, samples, longest } = given;
  let left = samples;
  /** Kept for one verification. */
  const reserve = Math.min(AMPLE, Math.ceil(samples / 4));
  const taken = async (rule: Arm['rule'], count: number, stream: 'search' | 'verification'): Promise<readonly Seen[]> => {
    const seen = await draw(rule, Math.max(0, Math.min(count, left)), stream);
    left -= seen.length;
    return seen;
  };
  const allowed = (most: number): Pull => {
    let own = most;
    return async (rule, count) => {
      if (own < count || left - reserve < count) return [];
      own -= count;
      return taken(rule, count, 'search');
    };
  };
  const measured: Anchor[] = [];
  const measure = async (arm: Arm, isLast = false): Promise<Anchor> => {
    const how = { attempt: measured.length + 1, most: Math.max(left / 2, AMPLE), isLast };
    const anchor = await verified(arm, given, how, (count) => taken(arm.rule, count, 'verification'));
    measured.push(anchor);
    return anchor;
  };

  let best: { readonly anchor: Anchor; readonly coverage: number } | undefined;
  const empty = emptyArm(players, drawing);
  empty.seen.push(...(await allowed(FIRST)(empty.rule, Math.min(FIRST, samples - reserve))));
  if (precisionOf(empty) >= threshold && (await measure(empty)).within.low >= threshold) return measured[0]!;
  let level: readonly Arm[] = [empty];
  for (let size = 1; size <= longest; size++) {
    const wide = allowed(left);
    if (drawing.nested) for (const arm of level) if (arm.seen.length < SHARED) arm.seen.push(...(await wide(arm.rule, SHARED)));
    const longer = extended(level, drawing, best?.coverage ?? -1);
    if (longer.length === 0) break;
    level = await mostPrecise(
      longer,
      { count: beam, gap, delta, batch: BATCH },
      allowed((drawing.nested ? 0 : longer.length * BATCH) + left * SHARE),
    );
    for (const arm of byPrecision(level)) {
      if (arm.coverage <= (best?.coverage ?? -1) || precisionOf(arm) < threshold || left < FIRST) continue;
      const anchor = await measure(arm);
      if (anchor.within.low >= threshold) best = { anchor, coverage: arm.coverage };
    }
    if (left <= reserve) break;
  }
  if (best !== undefined) return best.anchor;
  const [promising] = byPrecision(level);
  if (left > 0 && promising !== undefined) await measure(promising, true);
  return measured.reduce((a, b) => (b.within.low > a.within.low ? b : a));
}

/**
 * Draws until the interval is above the threshold, or the precision below it: samples are better spent on a longer rule. A union bound over attempts and looks keeps all intervals of a search right at once: attempt m, look r
 * may be wrong with a probability of δ ÷ (m (m + 1) r (r + 1)), half of it at either end.
 */
async function verified(
  arm: Arm,
  { threshold, delta }: Searching,
  { attempt, most, isLast }: { readonly attempt: number; readonly most: number; readonly isLast: boolean },
  more: (count: number) => Promise<readonly Seen[]>,
): Promise<Anchor> {
  const fresh: Seen[] = [];
  for (let look = 1; ; look++) {
    const goal = Math.ceil(FIRST * GROWTH ** (look - 1));
    const drawn = await more(goal - fresh.length);
    fresh.push(...drawn);
    const level = Math.log((2 * attempt * (attempt + 1) * look * (look + 1)) / delta);
    const within = interval(keptOf({ seen: fresh }), fresh.length, level);
    const precision = precisionOf({ seen: fresh });
    const isHopeless = isLast ? within.high < threshold : precision < threshold;
    if (fresh.length < goal || goal * GROWTH > most || within.low >= threshold || isHopeless) {
      arm.seen.push(...fresh);
      const path = [...arm.path, precision];
      return { order: arm.order, rises: arm.order.map((_, i) => path[i + 1]! - path[i]!), precision, within, samples: fresh.length };
    }
  }
}
