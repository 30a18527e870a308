import { dtypes, parseEinsum, type Value } from '@vitrine/ir';
import { extents, rankOf } from '../fit.js';
import type { RuleContext, RuleTable } from '../rule.js';

/** Letters for the labels of one equation: the ellipsis' axes get letters that no term uses. */
function lettering(labels: readonly string[]): (label: string) => string {
  const used = new Set(labels.filter((l) => !/\d/.test(l)));
  const free = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'].filter((l) => !used.has(l));
  const names = new Map<string, string>();
  return (label) => {
    if (!/\d/.test(label)) return label;
    if (!names.has(label)) names.set(label, free.shift()!);
    return names.get(label)!;
  };
}

/** Signal at operand i: the other operands and g contracted to its labels; labels that only it has are repeated, a diagonal is put back on its diagonal. */
const einsum = (c: RuleContext<'Einsum'>): readonly (Value | null)[] => {
  const { op, b, node, x, g, attrs, needs } = c;
  const { terms, output } = parseEinsum(
    c,
    attrs.equation,
    x.map((v) => rankOf(v, node)),
  );
  const letter = lettering([...terms.flat(), ...output]);
  return x.map((operand, i) => {
    if (!needs(i)) return null;
    const own = terms[i]!;
    const distinct = [...new Set(own)];
    const others = x.filter((_, k) => k !== i);
    const otherTerms = terms.filter((_, k) => k !== i);
    const shape = extents(operand, node);
    const extentOf = (label: string): number => shape[own.indexOf(label)]!;
    const reached = distinct.filter((label) => output.includes(label) || otherTerms.some((term) => term.includes(label)));
    const word = (labels: readonly string[]): string => labels.map(letter).join('');
    let signal = op.Einsum(g, ...others, { equation: `${[output, ...otherTerms].map(word).join(',')}->${word(reached)}` });
    const lacking = distinct.flatMap((label, axis) => (reached.includes(label) ? [] : [axis]));
    if (lacking.length > 0) signal = op.Unsqueeze(signal, b.ints(lacking));
    // Labels of extent 1 broadcast; what was broadcast is summed.
    const wide = distinct.flatMap((label, axis) => (extentOf(label) === 1 && signal.type.shape![axis] !== 1 ? [axis] : []));
    if (wide.length > 0) signal = op.ReduceSum(signal, b.ints(wide));
    signal = op.Expand(signal, b.ints(distinct.map(extentOf)));
    if (distinct.length === own.length) return signal;
    return onDiagonal(c, signal, own, distinct);
  });
};

function onDiagonal({ op, b, g }: RuleContext<'Einsum'>, signal: Value, own: readonly string[], distinct: readonly string[]): Value {
  const extent = (label: string): number => (signal.type.shape as readonly number[])[distinct.indexOf(label)]!;
  // First occurrences keep their axis; repeated ones are masked by an identity matrix.
  const firsts = own.map((label, axis) => own.indexOf(label) === axis);
  let result = op.Reshape(signal, b.ints(own.map((label, axis) => (firsts[axis] ? extent(label) : 1))));
  own.forEach((label, axis) => {
    if (firsts[axis]) return;
    const n = extent(label);
    const range = op.Range(b.scalar(0, 'int64'), b.scalar(n, 'int64'), b.scalar(1, 'int64'));
    const along = (at: number): Value => op.Reshape(range, b.ints(own.map((_, k) => (k === at ? n : 1))));
    const diagonal = op.Cast(op.Equal(along(own.indexOf(label)), along(axis)), { to: dtypes[g.type.dtype as 'float32'].code });
    result = op.Mul(result, diagonal);
  });
  return result;
}

export const contraction = { Einsum: einsum } satisfies RuleTable;
