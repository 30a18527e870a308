import { blurMatrix } from '@vitrine/data';
import { sizeOf, type Tensor, type Value } from '@vitrine/ir';
import { accumulator } from '../arithmetic.js';
import { ExplainError } from '../error.js';
import { ATTRIBUTION, explainer } from '../explainer.js';
import { int, number } from '../field.js';
import type { Point } from '../inquiry.js';
import { spatialAxes } from '../layout.js';
import type { Frame, Program } from '../program.js';
import { scoreOf } from '../rows.js';

/** The blur of one axis as an input of the graph: `from` and `to` are [B,n,n]. */
const nameOf = (at: string, axis: number, end: 'from' | 'to'): string => `vitrine/${end}/${at}/${axis}`;

/** The path from a blurred input to the sharp one: what each scale adds. Xu, Venugopalan and Sundararajan 2020, eq. 6. */
export const blurIg = explainer({
  name: 'blur-ig',
  title: 'Blur integrated gradients',
  paper: 'Xu, Venugopalan and Sundararajan 2020, arXiv:2004.03383',
  meaning: "this element's part in the difference between the score here and for a blurred input",
  family: 'path',
  signed: true,
  layer: 'none',
  options: {
    steps: int(50, 'scales between blurred and sharp', { min: 1, max: 1000 }),
    maxSigma: number(50, 'standard deviation of the strongest blur, in pixels', { min: 0.1 }),
  },
  async explain(q, { steps, maxSigma }) {
    const names = [...q.x.keys()];
    const axes = new Map(names.map((name) => [name, spatialAxes(q.x.get(name)!.dims)]));
    const plain = names.find((name) => axes.get(name)!.length === 0);
    if (plain !== undefined)
      throw new ExplainError(
        'bad-input',
        `blur-ig needs inputs with pixels or time steps, and ${plain} has shape [${q.x.get(plain)!.dims.join(',')}]`,
      );
    const program = blurred(names, axes);
    const matrices = (sigma: number, end: 'from' | 'to'): readonly (readonly [string, Tensor])[] =>
      names.flatMap((name) =>
        axes.get(name)!.map(
          (axis) =>
            [
              nameOf(name, axis, end),
              {
                dtype: 'float32',
                dims: [1, q.x.get(name)!.dims[axis]!, q.x.get(name)!.dims[axis]!],
                data: blurMatrix(q.x.get(name)!.dims[axis]!, sigma),
              },
            ] as const,
        ),
      );
    const sigmaAt = (i: number): number => maxSigma * (1 - i / steps);
    const total = new Map(names.map((name) => [name, accumulator(q.x.get(name)!)]));
    let start: number | undefined;
    for await (const results of q.evaluate(program, points(), steps + 1)) {
      start ??= scoreOf(results);
      for (const name of names) total.get(name)!.add(results.get(ATTRIBUTION + name)!, (v) => v);
    }
    return { attributions: names.map((name) => ({ at: name, tensor: total.get(name)!.read() })), expected: q.score - start! };

    function* points(): Iterable<Point> {
      // The first point stays where it is: it only tells the score of the blurred input.
      yield new Map([...q.x, ...matrices(maxSigma, 'from'), ...matrices(maxSigma, 'to')]);
      for (let i = 0; i < steps; i++) yield new Map([...q.x, ...matrices(sigmaAt(i), 'from'), ...matrices(sigmaAt(i + 1), 'to')]);
    }
  },
});

/** Blurs inside the graph: the gradient half-way between two scales, times what lies between them. */
function blurred(names: readonly string[], axes: ReadonlyMap<string, readonly number[]>): Program {
  const ends = new Map<string, readonly [Value, Value]>();
  return {
    key: 'blur-ig',
    place(b, x, i, batch) {
      const name = names[i]!;
      const dims = [batch, ...(x.type.shape as readonly number[]).slice(1)];
      const end = (which: 'from' | 'to'): Value =>
        axes
          .get(name)!
          .reduce(
            (v, axis) =>
              along(
                b,
                v,
                axis,
                b.input(nameOf(name, axis, which), { dtype: x.type.dtype as 'float32', shape: [batch, dims[axis]!, dims[axis]!] }),
              ),
            b.op.Expand(x, b.ints(dims)),
          );
      const pair = [end('from'), end('to')] as const;
      ends.set(name, pair);
      return b.op.Mul(b.op.Add(...pair), 0.5);
    },
    write(f) {
      const parts = f
        .gradient(f.x)
        .map((g, i) => [ATTRIBUTION + names[i]!, f.op.Mul(g, f.op.Sub(ends.get(names[i]!)![1], ends.get(names[i]!)![0]))] as const);
      return { score: f.score, ...Object.fromEntries(parts) };
    },
  };
}

/** v with its `axis` multiplied by a matrix [B,n,n]. */
function along(b: Frame['b'], v: Value, axis: number, matrix: Value): Value {
  const dims = v.type.shape as readonly number[];
  const [outer, inner] = [sizeOf(dims.slice(1, axis)), sizeOf(dims.slice(axis + 1))];
  const flat = b.op.Reshape(v, b.ints([dims[0]!, outer, dims[axis]!, inner]));
  return b.op.Reshape(b.op.MatMul(b.op.Unsqueeze(matrix, b.ints([1])), flat), b.ints(dims));
}
