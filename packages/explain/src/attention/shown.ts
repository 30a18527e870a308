import { numbers, tensorOf, type Tensor, type Value } from '@vitrine/ir';
import type { Attribution } from '../explanation.js';
import type { Frame } from '../program.js';
import { gridOf } from './grid.js';
import type { Reading } from './reading.js';

/** What names a result that is no single value's: relevance of tokens, or of tokens for each token. */
export const TOKENS = 'tokens';
export const TOKENS_BY_TOKENS = 'tokens x tokens';
/** Output that tells where tokens lie: height, width and extra tokens of a picture's grid, zeros without one; the row that is read, -1 for all. */
export const PLACE = 'place';

export function placeOf(f: Frame, { keys }: { readonly keys: number }, reading: Reading): Value {
  const { height, width, extra } = gridOf(f.graph, keys) ?? { height: 0, width: 0, extra: 0 };
  const { op, b } = f;
  const ints = (values: readonly number[]): Value => b.initializer(tensorOf('int64', [values.length], values), 'grid');
  if (typeof reading === 'object') return op.Concat(ints([height, width, extra]), op.Reshape(reading, b.ints([1])), { axis: 0 });
  return ints([height, width, extra, reading === 'mean' ? -1 : reading]);
}

/** Rows of numbers as the question asks: all [1,T,T], or one over the picture [1,1,h,w] or as [1,T,1]. */
export function shown(
  place: Tensor,
  count: number,
  show: 'token' | 'all',
  rowOf: (row: number) => readonly number[],
): readonly Attribution[] {
  const [height, width, extra, read] = Array.from(numbers(place), Number) as [number, number, number, number];
  const all = (): readonly (readonly number[])[] => Array.from({ length: count }, (_, row) => rowOf(row));
  if (show === 'all') return [{ at: TOKENS_BY_TOKENS, tensor: tensorOf('float32', [1, count, count], all().flat()) }];
  const mean = (): readonly number[] => all().reduce((sum, r) => sum.map((v, i) => v + r[i]! / count), new Array<number>(count).fill(0));
  const row = read < 0 ? mean() : rowOf(read);
  const tensor = height === 0 ? tensorOf('float32', [1, count, 1], row) : tensorOf('float32', [1, 1, height, width], row.slice(extra));
  return [{ at: TOKENS, tensor }];
}
