import type { Value } from '@vitrine/ir';
import type { AnyContext } from '../lrp.js';
import { dropped, keepConstants, type Family, type Parts, type Place } from './family.js';
import { isNothing, over } from './numbers.js';

/** Which contributions a unit gives to: those of both signs, or the positive ones where the condition holds and the negative ones elsewhere. */
export type Way = 'both' | Value;

/** Units that add up contributions z: T = P − N + b with P = Σ z⁺ and N = Σ |z⁻|. */
export interface Mix {
  /** T, as it went on. */
  readonly total: Value;
  /** P + N + |b|. */
  readonly mass: () => Value;
  /** P and N, exactly 0 where there is no such contribution; N undefined where none can be negative. */
  readonly positive: () => Value;
  readonly negative: () => Value | undefined;
  /** Σ s |z| at each input, over the contributions that the way admits. */
  readonly back: (s: Value, way: Way) => Parts;
  /** Σ s |b|, where there is a bias. */
  readonly biasShare?: (s: Value) => Value;
}

/** r |z| / (P + N + |b|): every contribution takes its share, and the bias keeps its own. Section 1.2, default mode without limits. */
export function shared(c: AnyContext, place: Place, mix: Mix): Parts {
  const mass = mix.mass();
  const s = over(c.op, c.g, mass);
  if (mix.biasShare !== undefined) c.absorb('bias', () => mix.biasShare!(s));
  dropped(c, () => isNothing(c.op, mass));
  return keepConstants(c, place, mix.back(s, 'both'));
}

/** How contrasts are decided: as dense layers do, or as the published convolution does, which loses ties and, where units have one sign, the lesser. */
export type Contrast = 'whole' | 'lossy';

/**
 * The greater of p and n goes with the contributions that have the sign of T, the lesser against them; units of one sign keep both.
 * Biases take nothing. Section 1.2, contrastive mode.
 */
export function contrasted(p: AnyContext, n: AnyContext, place: Place, mix: Mix, how: Contrast): readonly [Parts, Parts] {
  const { op } = p;
  const P = mix.positive();
  const given = mix.negative();
  const give = (c: AnyContext, s: Value, way: Way): Parts => keepConstants(c, place, mix.back(s, way));
  if (given === undefined && how === 'whole') {
    for (const c of [p, n]) dropped(c, () => isNothing(op, P));
    return [give(p, over(op, p.g, P), 'both'), give(n, over(op, n.g, P), 'both')];
  }
  const N = given ?? op.Mul(P, 0);
  const lead = op.Mul(op.Sign(mix.total), op.Sub(p.g, n.g));
  const aligned = op.Greater(lead, 0);
  const lane = (c: AnyContext, toPositive: Value, gone: Value): Parts => {
    const mass = op.Where(toPositive, P, N);
    dropped(c, () => op.Or(gone, isNothing(op, mass)));
    return give(c, over(op, op.Where(gone, 0, c.g), mass), toPositive);
  };
  if (how === 'lossy') {
    const tie = op.Equal(lead, 0);
    return [lane(p, aligned, tie), lane(n, op.Not(aligned), tie)];
  }
  const [noP, noN] = [op.Equal(P, 0), op.Equal(N, 0)];
  const oneSign = op.Or(noP, noN);
  const undecided = op.And(op.Equal(mix.total, 0), op.Not(oneSign));
  const way = (usual: Value): Value => op.Or(noN, op.And(usual, op.Not(noP)));
  return [lane(p, way(aligned), undecided), lane(n, way(op.Not(aligned)), undecided)];
}

/** The family of units whose contributions `of` finds. */
export const mixing = (
  of: (c: AnyContext, place: Place) => Mix,
  how: (c: AnyContext, place: Place) => Contrast = () => 'whole',
): Family => ({
  single: (c, place) => shared(c, place, of(c, place)),
  pair: (p, n, place) => contrasted(p, n, place, of(p, place), how(p, place)),
});
