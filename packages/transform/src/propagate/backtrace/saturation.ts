import type { Ops, Value } from '@vitrine/ir';
import { everything, type AnyContext } from '../lrp.js';
import { dropped, type Family, type Parts, type Place } from './family.js';
import { layer, type Layer } from './layer.js';
import { contrasted, shared } from './mix.js';
import { floored, isNothing } from './numbers.js';

/** Convolutions and dense layers. Sections 1.2 and 1.3. */
export const layers: Family = {
  single(c, place) {
    const l = layer(c, place);
    if (place.limits === undefined) return shared(c, place, l);
    return place.profile === 'reference' && isConvolution(c) ? published(c, place, l) : saturated(c, place, l);
  },
  // Activations play no part here.
  pair: (p, n, place) => contrasted(p, n, place, layer(p, place), place.profile === 'reference' && isConvolution(p) ? 'lossy' : 'whole'),
};

const isConvolution = ({ node }: AnyContext): boolean => node.opType === 'Conv';

/**
 * r |z| / (k⁺P + k⁻N + |b|), over what the activation behind the layer still answers to: below its lower limit nothing that raises T,
 * above its upper one nothing that lowers it. Section 1.2, default mode.
 */
function saturated(c: AnyContext, place: Place, l: Layer): Parts {
  const { op, g } = c;
  const { low, high } = place.limits!;
  const amount = l.amount();
  const signed = l.bias === undefined ? l.total : op.Sub(l.total, l.bias);
  const below = low === undefined ? undefined : op.Less(l.total, low);
  const above = high === undefined ? undefined : op.Greater(l.total, high);
  // Below a lower limit N outweighs P, so that the difference of two sums has digits enough; above an upper one it is the other way round.
  const lowered = below === undefined ? amount : op.Where(below, op.Mul(op.Sub(amount, signed), 0.5), amount);
  const counted = above === undefined ? lowered : op.Where(above, op.Mul(op.Add(amount, signed), 0.5), lowered);
  const mass = floored(op, l.bias === undefined ? counted : op.Add(counted, op.Abs(l.bias)));
  const s = op.Div(g, mass);
  if (l.biasShare !== undefined) c.absorb('bias', () => l.biasShare!(s));
  dropped(c, () => isNothing(op, mass));
  return l.weighed(below === undefined ? s : op.Where(below, 0, s), above === undefined ? s : op.Where(above, 0, s));
}

/** x σ(0.75 x), the published swish. */
const swish = (op: Ops, v: Value): Value => op.Mul(v, op.Sigmoid(op.Mul(v, 0.75)));
/** Below this two values of it are the same. */
const ALIKE = 1e-5;

/**
 * The published convolution: it holds limits against P + N, keeps what is masked in the denominator, and so loses its share.
 * Section 1.3, default mode.
 */
function published(c: AnyContext, place: Place, l: Layer): Parts {
  const { op, g } = c;
  const { low, high, rises } = place.limits!;
  const amount = l.amount();
  const mass = l.bias === undefined ? amount : op.Add(amount, op.Abs(l.bias));
  const s = op.Div(g, mass);
  let plus: readonly Value[] = low === undefined || low < 0 ? [] : [op.Greater(amount, low)];
  let minus: readonly Value[] = high === undefined ? [] : [op.Less(amount, high)];
  if (rises === false) {
    const [P, N] = l.apart();
    const [up, down] = l.bias === undefined ? [P, N] : [op.Add(P, op.Relu(l.bias)), op.Add(N, op.Relu(op.Neg(l.bias)))];
    const differs = (v: Value): Value => op.Greater(op.Abs(op.Sub(swish(op, amount), swish(op, v))), ALIKE);
    minus = [...minus, differs(up)];
    plus = [...plus, differs(op.Neg(down))];
  }
  const kept = (masks: readonly Value[]): Value => masks.reduce((v, mask) => op.Where(mask, v, 0), s);
  const [sPlus, sMinus] = [kept(plus), kept(minus)];
  const parts = l.weighed(sPlus, sMinus);
  if (l.biasShare !== undefined) c.absorb('bias', () => l.biasShare!(s));
  dropped(c, () => isNothing(op, mass));
  c.absorb('dropped', () =>
    parts.reduce<Value>((rest, part) => (part === null ? rest : op.Sub(rest, everything(c, part))), everything(c, op.Mul(s, amount))),
  );
  return parts;
}
