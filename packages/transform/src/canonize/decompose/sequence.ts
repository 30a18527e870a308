import { attrsOf, numbersOf, type Builder, type Value } from '@vitrine/ir';
import type { DecompositionContext, DecompositionTable } from '../decomposition.js';

/** Elements of a sequence that nodes of this graph put together; undefined where it comes from elsewhere or hangs on what only running tells. */
function elementsOf(b: Builder, sequence: Value): readonly Value[] | undefined {
  const node = b.producer(sequence);
  return node !== undefined && Object.hasOwn(origins, node.opType) ? origins[node.opType]!(b, node) : undefined;
}

/** Where an element stands in a list of this length; the end when no position is given. */
function placeOf(position: Value | undefined, length: number): number | undefined {
  if (position === undefined) return length;
  const [at] = numbersOf(position) ?? [];
  return at !== undefined && at < 0 ? at + length : at;
}

type Made = NonNullable<ReturnType<Builder['producer']>>;

const origins: { readonly [opType: string]: (b: Builder, node: Made) => readonly Value[] | undefined } = {
  SequenceConstruct: (_, { inputs }) => inputs as readonly Value[],
  SequenceEmpty: () => [],
  SequenceErase: (b, { inputs: [sequence, position] }) => {
    const list = elementsOf(b, sequence!);
    const at = list && placeOf(position, list.length - (position === undefined ? 1 : 0));
    return at === undefined ? undefined : list!.toSpliced(at, 1);
  },
  SequenceInsert: (b, { inputs: [sequence, tensor, position] }) => {
    const list = elementsOf(b, sequence!);
    const at = list && placeOf(position, list.length);
    return at === undefined ? undefined : list!.toSpliced(at, 0, tensor!);
  },
  SplitToSequence: (b, node) => {
    const { op } = b;
    const { axis, keepdims } = attrsOf<'SplitToSequence'>(node);
    const [x, split] = node.inputs as readonly [Value, Value?];
    const extent = x.type.shape?.at(axis);
    const given = numbersOf(split);
    if (typeof extent !== 'number' || (split !== undefined && given === undefined)) return undefined;
    // One number is the size of every part, the last one but.
    const size = split === undefined ? 1 : split.type.shape?.length === 0 ? given![0]! : undefined;
    const count = size === undefined ? 0 : Math.ceil(extent / size);
    const sizes = size === undefined ? given! : Array.from({ length: count }, (_, i) => Math.min(size, extent - i * size));
    const parts = op.Split(x, b.ints(sizes), { axis, outputs: sizes.length });
    return split === undefined && keepdims === 0 ? parts.map((part) => op.Squeeze(part, b.ints([axis]))) : parts;
  },
};

const elements = (c: DecompositionContext<never>, sequence: Value): readonly Value[] =>
  elementsOf(c.b, sequence) ?? c.fail('takes a sequence that only running makes');

/** Tensors taken out of sequences: where a sequence is put together in the same graph, there is no need for it. */
export const sequences = {
  ConcatFromSequence: (c) => {
    const { op, b, attrs } = c;
    const parts = elements(c as never, c.x[0]);
    const lifted = attrs.new_axis === 1 ? parts.map((part) => op.Unsqueeze(part, b.ints([attrs.axis]))) : parts;
    return [op.Concat(...lifted, { axis: attrs.axis })];
  },
  SequenceAt: (c) => {
    const parts = elements(c as never, c.x[0]);
    return [parts[placeOf(c.x[1], parts.length) ?? -1] ?? c.fail('takes an element that only running tells')];
  },
} satisfies DecompositionTable;
