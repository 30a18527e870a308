import { dtypes, type Value } from '@vitrine/ir';
import type { RuleContext, RuleTable } from '../rule.js';
import { zeros } from './select.js';

type Scatter = 'ScatterElements' | 'ScatterND';

/** A scatter with its places filled in. */
interface Places {
  readonly put: (ground: Value, updates: Value, reduction: string) => Value;
  readonly take: (from: Value) => Value;
}
type Signals = readonly [data: Value, indices: null, updates: Value];

/** Each factor's signal is that of the product times all the others: divided out where that goes, the rest where it is the only zero. */
function product({ op, b, g, x: [data, , updates] }: RuleContext<Scatter>, { put, take }: Places): Signals {
  const asFloat = (condition: Value): Value => op.Cast(condition, { to: dtypes[g.type.dtype as 'float32'].code });
  const isZero = op.Equal(updates, 0);
  const nonzero = op.Where(isZero, 1, updates);
  const others = take(put(data, nonzero, 'mul'));
  const otherZeros = op.Sub(take(put(zeros(b, data, g), asFloat(isZero), 'add')), asFloat(isZero));
  const toUpdates = op.Where(op.Equal(otherZeros, 0), op.Div(others, nonzero), 0);
  return [put(g, updates, 'mul'), null, op.Mul(take(g), toUpdates)];
}

/** Elements equal to the extreme, data and updates alike, share its signal equally. */
function extreme({ op, y, g, x: [data, , updates] }: RuleContext<Scatter>, { put, take }: Places): Signals {
  const asFloat = (condition: Value): Value => op.Cast(condition, { to: dtypes[g.type.dtype as 'float32'].code });
  const [stayed, won] = [asFloat(op.Equal(data, y)), asFloat(op.Equal(updates, take(y)))];
  const share = op.Div(g, put(stayed, won, 'add'));
  return [op.Mul(stayed, share), null, op.Mul(won, take(share))];
}

/** What was overwritten gets no signal, what was written gets its place's. */
function scatter(c: RuleContext<Scatter>, places: Places): Signals {
  const {
    b,
    x: [, , updates],
    g,
    attrs: { reduction },
  } = c;
  if (reduction === 'mul') return product(c, places);
  if (reduction === 'max' || reduction === 'min') return extreme(c, places);
  return [reduction === 'add' ? g : places.put(g, zeros(b, updates, g), 'none'), null, places.take(g)];
}

/** Operators that put elements in places. */
export const scattering = {
  ScatterElements: (c) => {
    const { op, attrs } = c;
    const [, indices] = c.x;
    return scatter(c, {
      put: (ground, updates, reduction) => op.ScatterElements(ground, indices, updates, { axis: attrs.axis, reduction }),
      take: (from) => op.GatherElements(from, indices, { axis: attrs.axis }),
    });
  },
  ScatterND: (c) => {
    const { op } = c;
    const [, indices] = c.x;
    return scatter(c, {
      put: (ground, updates, reduction) => op.ScatterND(ground, indices, updates, { reduction }),
      take: (from) => op.GatherND(from, indices),
    });
  },
} satisfies RuleTable;
