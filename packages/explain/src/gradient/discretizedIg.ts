import { sizeOf, type Tensor } from '@vitrine/ir';
import { accumulator, floats, sum } from '../arithmetic.js';
import { baselinesFor } from '../baseline.js';
import { ExplainError } from '../error.js';
import { collect, explainer } from '../explainer.js';
import { baseline as field, choice, int } from '../field.js';
import { gradientOf, gradientProgram, scoreOf, scoreProgram } from '../rows.js';
import { vocabularyAt } from './vocabulary.js';
import { strategies, wordPaths, type WordPath } from './wordPath.js';

/** The path from baseline to input goes by way of words, where the network has been trained. Sanyal and Ren 2021, eq. 3 and section 3. */
export const discretizedIg = explainer({
  name: 'discretized-ig',
  title: 'Discretized integrated gradients',
  paper: 'Sanyal and Ren 2021, arXiv:2108.13654',
  meaning: "this element's part in the difference between the score here and at the baseline, along a path from word to word",
  family: 'path',
  signed: true,
  layer: 'none',
  words: true,
  options: {
    steps: int(30, 'words on the path of each token', { min: 1, max: 1000 }),
    strategy: choice(strategies, 'greedy', 'the next word is the one that has to move least, or in fewest elements, to lie on the way'),
    neighbours: int(500, 'how many neighbours of a word may be the next', { min: 1, max: 10_000 }),
    factor: int(0, 'how often a point is put halfway between each two', { min: 0, max: 8 }),
    rule: choice(['trapezoid', 'left'], 'trapezoid', 'quadrature along the path; left is that of the paper'),
    baseline: field(
      'auto',
      'where the path starts: mask, unknown, pad (tokens), zero, a number or a .npy file; auto is the first of the three that there is, else zero',
    ),
  },
  async explain(q, { steps, strategy, neighbours, factor, rule, baseline }) {
    const [[at, x], ...more] = [...q.x] as [[string, Tensor], ...[string, Tensor][]];
    if (more.length > 0) throw new ExplainError('bad-option', 'discretized-ig walks along one embedding: name one value with --at');
    const vocabulary = vocabularyAt(q, at);
    const [start] = baselinesFor({ x: q.x, shapes: new Map([[at, x.dims]]), random: q.random }, baseline);
    const width = x.dims.at(-1)!;
    const [from, to] = [tokensOf(x, width), tokensOf(start!.get(at)!, width)];
    const moving = [...from.keys()].filter((t) => from[t]!.some((v, i) => v !== to[t]![i]));
    const paths = await wordPaths(
      vocabulary,
      moving.map((t) => ({ from: from[t]!, to: to[t]! })),
      { steps, strategy, neighbours },
    );
    const points = refined(pointsOf(x, width, moving, paths), factor);
    const total = accumulator(x);
    // With the rule of the paper the gradient at the input itself is not asked for.
    const asked = rule === 'left' ? points.slice(0, -1) : points;
    let k = 0;
    for await (const results of q.evaluate(
      gradientProgram([at]),
      asked.map((point) => new Map([[at, point]])),
      asked.length,
    )) {
      const [before, here, after] = [points[k - 1], points[k]!, points[k + 1]].map((point) => point && floats(point));
      const weight = (i: number): number => {
        const ahead = after === undefined ? 0 : after[i]! - here![i]!;
        return rule === 'left' ? ahead : (ahead + (before === undefined ? 0 : here![i]! - before[i]!)) / 2;
      };
      total.add(gradientOf(results, at), (g, i) => g * weight(i));
      k++;
    }
    const [end] = await collect(q.evaluate(scoreProgram, [start!], 1));
    const [tensor, expected] = [total.read(), q.score - scoreOf(end!)];
    return { attributions: [{ at, tensor }], expected, warnings: missed(sum(tensor), expected) };
  },
});

/** What adds up to less than half or more than twice of what it should says nothing of amounts. */
const missed = (found: number, expected: number): readonly string[] =>
  Math.abs(found - expected) > Math.max(Math.abs(found), Math.abs(expected)) / 2
    ? [
        'along this path the score bends faster than the points show: put more between words with factor=2, or start elsewhere with baseline=',
      ]
    : [];

/** The vectors of a value [1,T,D] or [T,D]. */
const tokensOf = (value: Tensor, width: number): readonly Float32Array[] =>
  Array.from({ length: sizeOf(value.dims) / width }, (_, t) => Float32Array.from(floats(value).subarray(t * width, (t + 1) * width)));

/** Points of all tokens together, the baseline first; tokens that have no path stay where they are. */
function pointsOf(x: Tensor, width: number, moving: readonly number[], paths: readonly WordPath[]): readonly Tensor[] {
  const length = paths[0]?.points.length ?? 1;
  return Array.from({ length }, (_, k) => {
    const data = floats(x).slice();
    moving.forEach((t, i) => data.set(paths[i]!.points[length - 1 - k]!, t * width));
    return { ...x, data } as Tensor;
  });
}

/** With a point halfway between each two, so many times. */
function refined(points: readonly Tensor[], times: number): readonly Tensor[] {
  if (times === 0) return points;
  const denser = points.flatMap((point, k) => {
    const next = points[k + 1];
    if (next === undefined) return [point];
    const [a, b] = [floats(point), floats(next)];
    return [point, { ...point, data: a.map((v, i) => (v + b[i]!) / 2) } as Tensor];
  });
  return refined(denser, times - 1);
}
