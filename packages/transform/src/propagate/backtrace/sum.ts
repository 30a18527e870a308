import { isStatic, type Node, type Value } from '@vitrine/ir';
import { vjps } from '../../vjp/index.js';
import type { AnyContext } from '../lrp.js';
import type { Parts, Place } from './family.js';
import { alongWay, apartSides, type Mix, type Sides, type Way } from './mix.js';
import { amountOf, floored, negativePart, positivePart } from './numbers.js';

/** Inputs that a sum or average adds up, by operator; all of them unless listed. */
const addends: { readonly [opType: string]: readonly number[] } = {
  AveragePool: [0],
  CumSum: [0],
  Einsum: [0],
  GlobalAveragePool: [0],
  ReduceMean: [0],
  ReduceSum: [0],
  Resize: [0],
  ScatterElements: [0, 2],
  ScatterND: [0, 2],
};

const PAIRS: ReadonlySet<string> = new Set(['Add', 'Sum']);
const sameShape = (a: Value, b: Value): boolean => isStatic(a.type.shape) && a.type.shape.join() === b.type.shape?.join();

/** Whether input i is a contribution to the result. */
const isAddend = ({ opType }: Node, i: number): boolean => addends[opType]?.includes(i) ?? true;

/**
 * Sums and averages, whatever their windows and axes: contributions are the addends times factors that are not negative, so the operator
 * itself adds up their amounts. Sections 1.4 and 1.6.
 */
export function sumMix(c: AnyContext, place: Place): Mix {
  const { op, b, node, x, y } = c;
  const opType = node.opType === 'Sub' ? 'Add' : node.opType;
  const stray = x.findIndex((v, i) => v !== undefined && place.carries(i) && !isAddend(node, i));
  if (stray >= 0) c.fail(`takes its places from the input (operand ${stray}), for which DL-Backtrace has no rule`);
  const used = (i: number): boolean => x[i] !== undefined && isAddend(node, i);
  const positiveOf = (v: Value, i: number): Value | undefined =>
    place.nonNegative(i) ? (turned(i) ? undefined : v) : turned(i) ? negativePart(b, v) : positivePart(b, v);
  const negativeOf = (v: Value, i: number): Value | undefined =>
    place.nonNegative(i) ? (turned(i) ? v : undefined) : turned(i) ? positivePart(b, v) : negativePart(b, v);
  const turned = (i: number): boolean => node.opType === 'Sub' && i === 1;
  const amount = (v: Value, i: number): Value => (place.nonNegative(i) ? v : amountOf(b, v));
  const run = (part: (v: Value, i: number) => Value): Value =>
    b.node(
      opType,
      x.map((v, i) => (v !== undefined && used(i) ? part(v, i) : v)),
      node.attrs,
    )[0]!;
  const side = (part: (v: Value, i: number) => Value | undefined): Value => {
    const [only, ...others] = x.flatMap((v, i) => (v !== undefined && used(i) ? (part(v, i) ?? []) : []));
    // What is left of a sum of two where one has nothing of this sign.
    if (others.length === 0 && PAIRS.has(opType) && only !== undefined && sameShape(only, y)) return only;
    return run((v, i) => part(v, i) ?? op.Mul(v, 0));
  };
  const rule = vjps[opType as 'Add'] as unknown as (c: unknown) => Parts;
  const pull = (s: Value): Parts => rule({ ...c, node: { ...node, opType }, g: s, gs: [s], needs: used });
  const allPositive = x.every((v, i) => !used(i) || v === undefined || (place.nonNegative(i) && !turned(i)));
  const sides = (): Sides => apartSides(op, side(positiveOf), side(negativeOf));
  return {
    total: y,
    mass: () => floored(op, allPositive ? y : run(amount)),
    sides: () => (allPositive ? undefined : sides()),
    back(s: Value, way: Way) {
      if (way === 'both') {
        const pulled = pull(s);
        return x.map((v, i) => (v !== undefined && used(i) && pulled[i] ? op.Mul(amount(v, i), pulled[i]) : null));
      }
      const [plus, minus] = alongWay(op, s, way).map(pull) as [Parts, Parts];
      return x.map((v, i) => {
        if (v === undefined || !used(i) || !plus[i]) return null;
        const [up, down] = [positiveOf(v, i), negativeOf(v, i)];
        const parts = [...(up ? [op.Mul(up, plus[i])] : []), ...(down ? [op.Mul(down, minus[i]!)] : [])];
        return parts.reduce((sum, part) => op.Add(sum, part));
      });
    },
  };
}

/** Powers that norms and sums of powers add up; what is done with the sum is a function of one value. */
const powers: { readonly [opType: string]: 1 | 2 } = { ReduceL1: 1, ReduceL2: 2, ReduceLogSum: 1, ReduceSumSquare: 2 };

/** Norms: every element takes its share of the sum of powers. */
export function normMix(c: AnyContext): Mix {
  const { op, b, node, x, y } = c;
  const v = x[0]!;
  const amount = powers[node.opType] === 2 ? op.Mul(v, v) : amountOf(b, v);
  const rule = vjps.ReduceSum as unknown as (c: unknown) => Parts;
  const as = { ...node, opType: 'ReduceSum' };
  return {
    total: y,
    mass: () => floored(op, b.node('ReduceSum', [amount, ...x.slice(1)], node.attrs)[0]!),
    sides: () => undefined,
    back: (s) => [op.Mul(amount, rule({ ...c, node: as, g: s, gs: [s] })[0]!)],
  };
}
