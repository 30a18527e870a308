import type { Ops, Value } from '@vitrine/ir';
import type { AnyContext } from '../lrp.js';
import { dropped, keepConstants, type Family, type Parts, type Place } from './family.js';
import { floored, isNothing } from './numbers.js';

/** Which contributions a unit gives to: those of both signs, or the positive ones where this is 1 and the negative ones where it is 0. */
export type Way = 'both' | Value;

/** P and N of units. */
export interface Sides {
  /** P where the way is 1, N where it is 0; not 0 for a way that leads to contributions. */
  readonly mass: (way: Value) => Value;
  /** Where there are no contributions of a sign. */
  readonly noPositive: Value;
  readonly noNegative: Value;
  /** Whether P and N are sums of their own: then T = 0 means that they cancel. As a difference of large sums it means nothing. */
  readonly exact: boolean;
}

/** Sides that are sums of their own. */
export function apartSides(op: Ops, p: Value, n: Value): Sides {
  const [positive, negative] = [floored(op, p), floored(op, n)];
  return {
    // Products with 0 and 1, which are exact and many times as fast as Where.
    mass: (way) => op.Add(op.Mul(positive, way), op.Mul(negative, op.Sub(1, way))),
    noPositive: isNothing(op, positive),
    noNegative: isNothing(op, negative),
    exact: true,
  };
}

/** Units that add up contributions z: T = P − N + b with P = Σ z⁺ and N = Σ |z⁻|. */
export interface Mix {
  /** T, as it went on. */
  readonly total: Value;
  /** P + N + |b|, never below `NOTHING`. */
  readonly mass: () => Value;
  /** Undefined where no contribution can be negative. */
  readonly sides: () => Sides | undefined;
  /** Σ s |z| at each input, over the contributions that the way admits. */
  readonly back: (s: Value, way: Way) => Parts;
  /** Σ s |b|, where there is a bias. */
  readonly biasShare?: (s: Value) => Value;
}

/** r |z| / (P + N + |b|): every contribution takes its share, and the bias keeps its own. Section 1.2, default mode without limits. */
export function shared(c: AnyContext, place: Place, mix: Mix): Parts {
  const mass = mix.mass();
  const s = c.op.Div(c.g, mass);
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
  const sides = mix.sides();
  if (sides === undefined && how === 'whole') return [shared(p, place, mix), shared(n, place, mix)];
  const { mass, noPositive, noNegative, exact } = sides ?? oneSided(p, mix);
  const real = (condition: Value): Value => op.CastLike(condition, p.g);
  const lead = op.Mul(mix.total, op.Sub(p.g, n.g));
  const [aligned, crossed] = [op.Greater(lead, 0), how === 'lossy' ? op.Less(lead, 0) : op.LessOrEqual(lead, 0)];
  const lane = (c: AnyContext, chosen: Value, gone: Value | undefined): Parts => {
    const way = real(chosen);
    const amount = mass(way);
    dropped(c, () => (gone === undefined ? isNothing(op, amount) : op.Or(gone, isNothing(op, amount))));
    const r = gone === undefined ? c.g : op.Mul(c.g, real(op.Not(gone)));
    return keepConstants(c, place, mix.back(op.Div(r, amount), way));
  };
  if (how === 'lossy') {
    const tie = op.Equal(lead, 0);
    return [lane(p, aligned, tie), lane(n, crossed, tie)];
  }
  const undecided = exact ? op.And(op.Equal(mix.total, 0), op.Not(op.Or(noPositive, noNegative))) : undefined;
  const some = op.Not(noPositive);
  const choice = (usual: Value): Value => op.Or(noNegative, op.And(usual, some));
  return [lane(p, choice(aligned), undecided), lane(n, choice(crossed), undecided)];
}

/** The sides of units that have no negative contributions. */
const oneSided = ({ op }: AnyContext, mix: Mix): Sides => {
  const positive = mix.mass();
  return apartSides(op, positive, op.Mul(positive, 0));
};

/** Coefficients at positive and at negative contributions. */
export function alongWay(op: Ops, s: Value, way: Value): readonly [plus: Value, minus: Value] {
  const plus = op.Mul(s, way);
  return [plus, op.Sub(s, plus)];
}

/** The family of units whose contributions `of` finds. */
export const mixing = (
  of: (c: AnyContext, place: Place) => Mix,
  how: (c: AnyContext, place: Place) => Contrast = () => 'whole',
): Family => ({
  single: (c, place) => shared(c, place, of(c, place)),
  pair: (p, n, place) => contrasted(p, n, place, of(p, place), how(p, place)),
});
