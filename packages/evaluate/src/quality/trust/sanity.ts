import { pearson } from '../correlation.js';
import { meanOf } from '../curve.js';
import { sums, type Evidence } from '../evidence.js';
import { nearby } from '../near.js';
import { weightLayers } from '../permuted.js';
import { strange } from './floors.js';
import { betterThanChance } from './chance.js';

/** One way to find out that an explanation is worth nothing. */
export interface SanityCheck {
  readonly name: 'randomisation' | 'completeness' | 'stability' | 'deletion';
  /** Undefined where it could not be made. */
  readonly passed: boolean | undefined;
  /** What was found, and what it had to be, in one sentence. */
  readonly why: string;
}

/** What the checks say of an explanation together. */
export interface Sanity {
  readonly verdict: 'not to be trusted' | 'no check failed' | 'could not be checked';
  readonly checks: readonly SanityCheck[];
}

/** The highest likeness to explanations of models that have learned nothing. */
const ALIKE = 0.6;
/** What a promised sum may be missed by, as a share of it. */
const MISSED = 0.05;
/** The least likeness of explanations of points that differ by a thousandth. */
const [STABLE, RADIUS, POINTS] = [0.5, 1e-3, 5];
const PERMUTATIONS = 2;
const ONE = 'there is one part, and nothing to compare it with';

/**
 * Checks that an explanation depends on what the model has learned, adds up where its method promises it, stays nearly the same where the
 * input does, and foretells what the model does when parts change better than chance. Adebayo et al. 2018; Sixt et al. 2020.
 */
export async function sanity(e: Evidence): Promise<Sanity> {
  const checks = [await randomisation(e), await completeness(e), await stability(e), await betterThanChance(e)];
  const told = (is: boolean): boolean => checks.some(({ passed }) => passed === is);
  return { verdict: told(false) ? 'not to be trusted' : told(true) ? 'no check failed' : 'could not be checked', checks };
}

/** In one sentence, with the reasons. */
export const toldSanity = ({ verdict, checks }: Sanity): string => {
  if (verdict === 'no check failed') return verdict;
  const reasons = checks.flatMap(({ passed, why }) => (verdict === 'could not be checked' || passed === false ? [why] : []));
  return `${verdict}: ${[...new Set(reasons)].join('; ')}`;
};

async function randomisation(e: Evidence): Promise<SanityCheck> {
  const name = 'randomisation';
  if (weightLayers(e.probe.model).length === 0) return { name, passed: undefined, why: 'the model has no weights to permute' };
  const partition = e.partition('auto');
  const own = e.values(partition);
  if (own.length < 2) return { name, passed: undefined, why: ONE };
  if (own.every((v) => v === own[0])) return { name, passed: false, why: 'it says the same of every part' };
  const found: number[] = [];
  for (let k = 0; k < PERMUTATIONS; k++) {
    const other = await e.about(await strange(e.probe, `sanity ${k}`));
    const r = pearson(own, sums(other.attribution, partition));
    found.push(Number.isNaN(r) ? 0 : r);
  }
  const alike = meanOf(found);
  return alike >= ALIKE
    ? { name, passed: false, why: `it stays alike (correlation ${alike.toFixed(2)}) when all weights of the model are permuted` }
    : { name, passed: true, why: `with all weights of the model permuted another comes out (correlation ${alike.toFixed(2)})` };
}

async function completeness(e: Evidence): Promise<SanityCheck> {
  const name = 'completeness';
  const promised = await e.promised();
  if (promised === undefined) return { name, passed: undefined, why: 'the method promises no sum' };
  const { expected, gap } = promised;
  const share = expected === 0 ? Math.abs(gap) : Math.abs(gap / expected);
  return share > MISSED
    ? { name, passed: false, why: `it misses what it should add up to by ${(100 * share).toPrecision(2)} %` }
    : { name, passed: true, why: `it adds up to within ${(100 * share).toPrecision(2)} %` };
}

async function stability(e: Evidence): Promise<SanityCheck> {
  const name = 'stability';
  const partition = e.partition('auto');
  const own = e.values(partition);
  if (own.length < 2) return { name, passed: undefined, why: ONE };
  const found: number[] = [];
  for await (const attribution of e.explain(nearby(e, { samples: POINTS, radius: RADIUS }))) {
    const r = pearson(own, sums(attribution, partition));
    found.push(Number.isNaN(r) ? 0 : r);
  }
  const alike = meanOf(found);
  return alike < STABLE
    ? { name, passed: false, why: `it becomes another (correlation ${alike.toFixed(2)}) when the input moves by a thousandth of its range` }
    : { name, passed: true, why: `it stays alike (correlation ${alike.toFixed(2)}) when the input moves by a thousandth of its range` };
}
