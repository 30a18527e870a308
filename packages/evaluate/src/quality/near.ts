import { floats, int, isChannelLast, mapped, number, spatialAxes, type Point } from '@vitrine/explain';
import { sizeOf, type Tensor } from '@vitrine/ir';
import { EvaluateError } from '../error.js';
import { lazily } from '../lazily.js';
import type { Evidence } from './evidence.js';
import { decisionOf } from './probability.js';

export const nearOptions = {
  samples: int(10, 'points near the example', { min: 1, max: 10_000 }),
  radius: number(
    0.02,
    'how far each number moves at most: as a share of the range of a picture, a series or the vectors of a text; of a table as a share of the number itself',
    { min: 0, max: 10 },
  ),
};

interface Near {
  readonly samples: number;
  readonly radius: number;
}

/** Points in a box around the example, evenly drawn. */
export function nearby(e: Evidence, { samples, radius }: Near): readonly Point[] {
  const uniform = e.random('near');
  const reach = new Map([...e.x].map(([name, x]) => [name, reachIn(x, e.probe.q.series.has(name))]));
  return Array.from(
    { length: samples },
    (): Point => new Map([...e.x].map(([name, x]) => [name, moved(x, (v, i) => v + radius * reach.get(name)!(i) * (2 * uniform() - 1))])),
  );
}

const moved = (x: Tensor, f: (v: number, i: number) => number): Tensor => mapped(x, (i) => f(floats(x)[i]!, i));

/** How far an element reaches: the range of what it is in, or of a table its own size. */
export function reachIn(x: Tensor, isSeries: boolean): (i: number) => number {
  const values = floats(x);
  if (x.dims.length <= 2 && !isSeries) return (i) => Math.abs(values[i]!);
  const range = rangeOf(x);
  return () => range;
}

const rangeOf = lazily((x: Tensor) => {
  let [low, high] = [Infinity, -Infinity];
  for (const v of floats(x)) [low, high] = [Math.min(low, v), Math.max(high, v)];
  return high - low;
});

/** Explanations at points, each with its point. */
export async function explained(e: Evidence, points: readonly Point[]): Promise<readonly (readonly [point: Point, attribution: Point])[]> {
  const found: [Point, Point][] = [];
  for await (const attribution of e.explain(points)) found.push([points[found.length]!, attribution]);
  return found;
}

/** Points that the model gives the same class as the example; all of them where there are no classes. */
export async function ofOneClass({ probe }: Evidence, points: readonly Point[]): Promise<readonly Point[]> {
  const decide = await decisionOf(probe);
  if (decide === undefined) return points;
  const decisions: number[] = [];
  for await (const output of probe.outputs([probe.q.x, ...points], points.length + 1)) decisions.push(decide(output));
  return points.filter((_, i) => decisions[i + 1] === decisions[0]);
}

/** The example moved by so many places along its last axis of space; its edge is continued. @throws EvaluateError where there is none */
export function shifted({ x, probe }: Evidence, places: number): Point {
  return new Map(
    [...x].map(([name, tensor]) => {
      const { dims } = tensor;
      const axis = dims.length === 4 || probe.q.series.has(name) ? spatialAxes(dims).at(-1) : undefined;
      if (axis === undefined)
        throw new EvaluateError(
          'bad-input',
          `continuity moves pictures and series, and ${name} has shape [${dims.join(',')}]: leave it out`,
        );
      const [extent, inner] = [dims[axis]!, isChannelLast(dims) ? sizeOf(dims.slice(axis + 1)) : 1];
      const values = floats(tensor);
      return [
        name,
        moved(tensor, (_, e) => {
          const at = Math.floor(e / inner) % extent;
          return values[e + (Math.min(extent - 1, Math.max(0, at - places)) - at) * inner]!;
        }),
      ];
    }),
  );
}
