import { normal } from '@vitrine/data';
import { floats, mapped, type Point, type Probe } from '@vitrine/explain';
import type { Tensor } from '@vitrine/ir';
import type { Says } from '../evidence.js';
import { permuted, weightLayers } from '../permuted.js';
import { told } from '../told.js';

/** Ways to explain that know nothing of the model, or of what it has learned: what a score is worth is told beside theirs. */
export const floors = {
  /** Random numbers, others at each point. */
  random: async function* ({ q }, points) {
    for (const point of points) {
      const draw = normal(q.random(`floor/${keyOf(point)}`));
      yield shaped(point, () => draw());
    }
  },
  /** The size of the input itself. */
  input: async function* (_, points) {
    for (const point of points) yield shaped(point, (v) => Math.abs(v));
  },
  /** The same everywhere. */
  constant: async function* (_, points) {
    for (const point of points) yield shaped(point, () => 1);
  },
  /** What the method says of the same model, all its weights permuted. */
  permuted: async function* (probe, points) {
    const other = await strange(probe);
    for await (const found of other.attributions(points)) yield told(other, found);
  },
} as const satisfies { readonly [name: string]: Says };

export type FloorName = keyof typeof floors;

const shaped = (point: Point, f: (v: number) => number): Point =>
  new Map([...point].map(([name, x]): [string, Tensor] => [name, mapped(x, (i) => f(floats(x)[i]!))]));

/** Tells points apart. */
function keyOf(point: Point): string {
  let sum = 0;
  for (const tensor of point.values()) floats(tensor).forEach((v: number, i: number) => (sum += v * ((i % 97) + 1)));
  return String(sum);
}

const known = new WeakMap<Probe, Promise<Probe>>();

/** A probe of the same model with all weights permuted. */
export function strange(probe: Probe, stream = 'floor'): Promise<Probe> {
  if (stream !== 'floor') return made(probe, stream);
  let found = known.get(probe);
  if (found === undefined) known.set(probe, (found = made(probe, stream)));
  return found;
}

async function made(probe: Probe, stream: string): Promise<Probe> {
  const weights = weightLayers(probe.model).flatMap((layer) => layer.weights);
  return probe.changed(await permuted(probe, probe.model, weights, stream));
}
