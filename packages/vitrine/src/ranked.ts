import type { ClassScore } from '@vitrine/audit';
import { largest, probabilities, type Target } from '@vitrine/explain';
import { sizeOf, type Tensor } from '@vitrine/ir';

/** Something a model may say, and how much it does. */
export interface Ranked extends ClassScore {
  /** Its place in the output, behind the batch axis; of an answer its first and its last token. */
  readonly index: readonly number[];
  /** Whether the probability is the model's own. */
  readonly given: boolean;
  /** What asks why it said so. */
  readonly target: Target;
  /** Its place in the text, where it is words of it. */
  readonly words?: Words;
}

/** Words of a text: which of two it is, and their place in UTF-16 units. */
export interface Words {
  readonly sequence: number;
  readonly start: number;
  readonly end: number;
}

const BEST = 5;

/** Scores as probabilities: as they are where they are some, else by softmax. */
export function shared(scores: ArrayLike<number>): { readonly given: boolean; readonly probabilities: ArrayLike<number> } {
  const list = Array.from(scores);
  const given = list.every((s) => s >= 0 && s <= 1) && Math.abs(list.reduce((a, b) => a + b, 0) - 1) < 1e-3;
  return { given, probabilities: given ? scores : probabilities(scores) };
}

/** The best five of scores, best first. */
export function ranked(
  scores: ArrayLike<number>,
  tell: (i: number) => Pick<Ranked, 'label' | 'index'> & { readonly target?: Target },
): readonly Ranked[] {
  const { given, probabilities: p } = shared(scores);
  return largest(scores, BEST).map((i) => {
    const { target, ...told } = tell(i);
    return { target: target ?? { kind: 'index', index: told.index }, ...told, score: scores[i]!, probability: p[i]!, given };
  });
}

/** The five best classes where the first output is one score per class; a regression's number alone. */
export function classesOf(outputs: ReadonlyMap<string, Tensor>, labels: readonly string[] | undefined): readonly Ranked[] {
  const [[name, y] = []] = outputs;
  if (name === undefined || y === undefined || !y.dtype.startsWith('float')) return [];
  const dims = y.dims[0] === 1 ? y.dims.slice(1) : y.dims;
  if (dims.filter((d) => d > 1).length > 1) return [];
  const scores = y.data as Float32Array;
  const indexOf = (i: number): readonly number[] => dims.map((d) => (d > 1 ? i : 0));
  if (sizeOf(dims) > 1) return ranked(scores, (i) => ({ label: labels?.[i] ?? `class ${i}`, index: indexOf(i) }));
  const index = indexOf(0);
  return [{ index, label: labels?.[0] ?? name, score: Number(scores[0]), given: false, target: { kind: 'index', index } }];
}

/** The numbers that a model gives, in their order; none where there are too many to list. */
export function numbersOf(outputs: ReadonlyMap<string, Tensor>, labels: readonly string[] | undefined): readonly Ranked[] {
  const all = [...outputs].flatMap(([output, y], place) => {
    const dims = y.dims[0] === 1 ? y.dims.slice(1) : y.dims;
    if (!y.dtype.startsWith('float') || sizeOf(dims) > MOST_NUMBERS) return [];
    return Array.from(y.data as Float32Array, (score, i): Ranked => {
      const index = indexAt(dims, i);
      const label =
        (place === 0 ? labels?.[i] : undefined) ??
        (sizeOf(dims) === 1 ? output : `${output} ${index.filter((_, axis) => dims[axis]! > 1).join(',')}`);
      return { label, score, index, given: false, target: { kind: 'index', output, index } };
    });
  });
  return all.length > MOST_NUMBERS ? [] : all;
}

const MOST_NUMBERS = 50;

/** The place of element `i` along each axis. */
function indexAt(dims: readonly number[], i: number): readonly number[] {
  let left = i;
  return dims
    .toReversed()
    .map((d) => {
      const at = left % d;
      left = (left - at) / d;
      return at;
    })
    .toReversed();
}
