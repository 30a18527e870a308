import type { Value } from '@vitrine/ir';
import { extents } from '../../../fit.js';
import type { DecompositionContext, DecompositionTable } from '../../decomposition.js';

/** Larger matrices have more minors than are worth writing out. */
const MAX_SIZE = 6;

/** Laplace's expansion by the last rows: each minor of the last k rows is made once from those of the last k − 1. */
function determinant(c: DecompositionContext<'Det'>): readonly [Value] {
  const { op, b, node, x } = c;
  const size = extents(x[0], node).at(-1)!;
  if (size > MAX_SIZE) c.fail(`is of a matrix of ${size} rows: up to ${MAX_SIZE} are written out`);
  const element = (row: number, column: number): Value =>
    op.Gather(op.Gather(x[0], b.scalar(row, 'int64'), { axis: -2 }), b.scalar(column, 'int64'), { axis: -1 });
  const minors = new Map<string, Value>();
  const minor = (columns: readonly number[]): Value => {
    const known = minors.get(columns.join());
    if (known !== undefined) return known;
    const row = size - columns.length;
    const parts = columns.map((column, i) => {
      const rest = columns.toSpliced(i, 1);
      return rest.length === 0 ? element(row, column) : op.Mul(element(row, column), minor(rest));
    });
    const sum = parts.reduce((total, part, i) => (i % 2 === 0 ? op.Add(total, part) : op.Sub(total, part)));
    minors.set(columns.join(), sum);
    return sum;
  };
  return [minor(Array.from({ length: size }, (_, i) => i))];
}

export const determinants = { Det: determinant } satisfies DecompositionTable;
