import { around, distinct, form, int64, late, positive, x, type Form, type FormTable, type Variable } from '../form.js';

/** A reduction over every choice of axes. */
const over = (values: (...dims: readonly number[]) => Variable): readonly Form[] => [
  form([values(2, 3, 4)]),
  form([values(2, 3, 4)], { keepdims: 0 }),
  form([values(2, 3, 4), int64(1)]),
  form([values(2, 3, 4), int64(-1, 0)], { keepdims: 0 }),
  form([values(2, 3), late(int64(1))]),
  form([values(2, 3), late(int64(0))], { keepdims: 0 }),
  form([values(2, 3)], { noop_with_empty_axes: 1 }),
  form([values()]),
  form([values(1, 3), int64(0)]),
];

/** Reductions. */
export const reduce = {
  ReduceL1: over((...dims) => around([0], ...dims)),
  ReduceL2: over(x),
  ReduceLogSum: over(positive),
  ReduceLogSumExp: over(x),
  ReduceMax: over(distinct),
  ReduceMean: over(x),
  ReduceMin: over(distinct),
  ReduceProd: over(positive),
  ReduceSum: over(x),
  ReduceSumSquare: over(x),
} satisfies FormTable;
