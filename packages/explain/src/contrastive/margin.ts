import { dtypes, tensorOf, type Builder, type Tensor, type Value } from '@vitrine/ir';
import { classesAt, type Decision } from '../decision.js';
import type { Program } from '../program.js';
import { GRADIENT } from '../rows.js';

/** Low enough to be no rival, in single precision too. */
const NEVER = -1e30;

/**
 * How far an example is from another decision, and the slope of that: of a class its score less the highest of the others, of a side the distance from the threshold.
 * With its slopes, or alone. Below zero the decision is another. `rival` is the class with the highest score but the decided one. [B] each. Dhurandhar et al. 2018, eq. 2 and 4.
 */
export const marginProgram = (decision: Decision, at: readonly string[], how: 'slopes' | 'alone'): Program => ({
  key: `margin/${how}:${JSON.stringify(decision)}`,
  write(f) {
    const { op, b } = f;
    const named = (slopes: readonly Value[]): { readonly [name: string]: Value } =>
      Object.fromEntries(slopes.map((slope, i) => [GRADIENT + at[i]!, slope]));
    if (decision.kind === 'side') {
      const sign = decision.above ? 1 : -1;
      const margin = op.Mul(op.Sub(f.score, decision.cut), sign);
      return { score: f.score, margin, ...(how === 'slopes' && named(f.gradient(f.x).map((g) => op.Mul(g, sign)))) };
    }
    const { output, count, row, classes, scores } = classesAt(f, decision.target);
    const { dtype } = output.type;
    const own = decision.target.index.at(-1)!;
    const one = constantOf(b, dtype, [1, classes], (i) => Number(i === own));
    const others = op.Add(
      scores,
      constantOf(b, dtype, [1, classes], (i) => (i === own ? NEVER : 0)),
    );
    const rival = op.ArgMax(others, { axis: 1, keepdims: 0 });
    const margin = op.Sub(
      op.ReduceSum(op.Mul(scores, one), b.ints([1]), { keepdims: 0 }),
      op.ReduceMax(others, b.ints([1]), { keepdims: 0 }),
    );
    if (how === 'alone') return { score: f.score, margin, rival };
    const numbers = b.ints(Array.from({ length: classes }, (_, i) => i));
    const isRival = op.Cast(op.Equal(op.Reshape(rival, b.ints([-1, 1])), op.Reshape(numbers, b.ints([1, -1]))), {
      to: dtypes[dtype as 'float32'].code,
    });
    // One at the class, minus one at its rival, where they lie in the output.
    const signal = op.Mul(
      op.Reshape(op.Sub(one, isRival), b.ints([f.batch, 1, classes])),
      constantOf(b, dtype, [1, count, 1], (i) => Number(i === row)),
    );
    const seeds = new Map([[output, op.Reshape(signal, b.ints(output.type.shape as readonly number[]))]]);
    return { score: f.score, margin, rival, ...named(f.gradient(f.x, { seeds })) };
  },
});

const constantOf = (b: Builder, dtype: string, dims: readonly number[], of: (i: number) => number): Value =>
  b.initializer(
    tensorOf(
      dtype as 'float32',
      dims,
      Array.from({ length: dims.reduce((n, d) => n * d, 1) }, (_, i) => of(i)),
    ),
    'class',
  );

/** What a run says of a point. */
export interface Reading {
  readonly margin: number;
  readonly score: number;
  readonly rival: number | undefined;
}

export const readingOf = (results: ReadonlyMap<string, Tensor>): Reading => {
  const number = (name: string): number => Number(results.get(name)!.data[0]);
  return { margin: number('margin'), score: number('score'), rival: results.has('rival') ? number('rival') : undefined };
};
