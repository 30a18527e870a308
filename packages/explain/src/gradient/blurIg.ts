import { blur } from '@vitrine/data';
import { accumulator, floats, mapped } from '../arithmetic.js';
import { ExplainError } from '../error.js';
import { explainer } from '../explainer.js';
import { int, number } from '../field.js';
import type { Point } from '../inquiry.js';
import { spatialAxes } from '../layout.js';
import { gradientOf, gradientProgram, scoreOf, scoreProgram } from '../rows.js';

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
    const at = (sigma: number): Point =>
      new Map(names.map((name) => [name, sigma === 0 ? q.x.get(name)! : blur(q.x.get(name)!, sigma, axes.get(name)!)]));
    const path = Array.from({ length: steps + 1 }, (_, i) => at(maxSigma * (1 - i / steps)));
    const total = new Map(names.map((name) => [name, accumulator(q.x.get(name)!)]));
    let i = 0;
    for await (const results of q.evaluate(gradientProgram(names), midpoints(path), steps)) {
      for (const name of names) {
        const [from, to] = [floats(path[i]!.get(name)!), floats(path[i + 1]!.get(name)!)];
        total.get(name)!.add(gradientOf(results, name), (g, k) => g * (to[k]! - from[k]!));
      }
      i++;
    }
    let blurred = 0;
    for await (const results of q.evaluate(scoreProgram, [path[0]!], 1)) blurred = scoreOf(results);
    return { attributions: names.map((name) => ({ at: name, tensor: total.get(name)!.read() })), expected: q.score - blurred };
  },
});

function* midpoints(path: readonly Point[]): Iterable<Point> {
  for (let i = 0; i + 1 < path.length; i++) {
    const [a, b] = [path[i]!, path[i + 1]!];
    yield new Map([...a].map(([name, tensor]) => [name, mapped(tensor, (k) => (floats(tensor)[k]! + floats(b.get(name)!)[k]!) / 2)]));
  }
}
