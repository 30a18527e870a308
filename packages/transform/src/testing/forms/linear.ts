import { form, x, type FormTable, type Variable } from '../form.js';

const einsum = (equation: string, ...shapes: readonly (readonly number[])[]): ReturnType<typeof form> =>
  form(
    shapes.map((dims) => x(...dims)),
    { equation },
  );

const nearUnit = (...dims: readonly number[]): Variable => ({
  kind: 'variable',
  dims,
  values: (count, next) => {
    const n = dims.at(-1)!;
    return Array.from({ length: count }, (_, i) => 0.4 * next() + (Math.floor(i / n) % n === i % n ? 1 : 0));
  },
});

/** Matrix products and contractions. */
export const linear = {
  MatMul: [
    form([x(2, 3), x(3, 4)]),
    form([x(3), x(3)]),
    form([x(3), x(3, 4)]),
    form([x(2, 3), x(3)]),
    form([x(5, 2, 3), x(3, 4)]),
    form([x(2, 3), x(5, 3, 4)]),
    form([x(3), x(5, 3, 4)]),
    form([x(5, 2, 3), x(3)]),
    form([x(2, 1, 2, 3), x(5, 3, 4)]),
    form([x(2, 1, 2, 3), x(1, 3, 3, 2)]),
    form([x(1, 1), x(1, 1)]),
  ],
  Gemm: [
    ...[0, 1].flatMap((transA) =>
      [0, 1].map((transB) =>
        form([x(...(transA ? [3, 2] : [2, 3])), x(...(transB ? [4, 3] : [3, 4])), x(4)], { transA, transB, alpha: 0.7, beta: 1.5 }),
      ),
    ),
    form([x(2, 3), x(3, 4)]),
    form([x(2, 3), x(3, 4), x(2, 1)]),
    form([x(2, 3), x(3, 4), x()], { beta: 2 }),
    form([x(2, 3), x(3, 4), x(2, 4)]),
    form([x(2, 3), x(3, 4), x(1, 4)], { alpha: 2 }),
  ],
  Einsum: [
    einsum('ij,jk->ik', [2, 3], [3, 4]),
    einsum('bij,bjk', [2, 2, 3], [2, 3, 4]),
    einsum('ij->ji', [2, 3]),
    einsum('ij->', [2, 3]),
    einsum('ij->j', [2, 3]),
    einsum('ii->i', [3, 3]),
    einsum('ii', [3, 3]),
    einsum('iij->j', [2, 2, 3]),
    einsum('i,j->ij', [2], [3]),
    einsum('i,i,i->', [3], [3], [3]),
    einsum('...ij,...jk->...ik', [2, 1, 2, 3], [1, 2, 3, 4]),
    einsum('b...d,d->b...', [2, 3, 2, 4], [4]),
    einsum('bhqd,bhkd->bhqk', [1, 2, 3, 4], [1, 2, 2, 4]),
    einsum('ij,kj->i', [2, 3], [4, 3]),
    einsum(' i j , j k -> i k ', [2, 3], [3, 2]),
  ],
  // Well conditioned: the unit matrix and a little.
  'com.microsoft.Inverse': [form([nearUnit(3, 3)]), form([nearUnit(2, 2, 2)])],
} satisfies FormTable;
