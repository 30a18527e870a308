import { sizeOf, type Tensor } from '@vitrine/ir';
import { floats, mapped } from '../arithmetic.js';
import type { Attribution } from '../explanation.js';
import type { Point } from '../inquiry.js';
import type { Partition } from './partition.js';

/** Values of parts on the elements they are made of, in equal shares; where parts overlap, the mean of what they give. */
export function spread(x: Point, { parts, summands }: Partition, values: Float64Array): readonly Attribution[] {
  if (summands !== undefined) return byEnergy(x, summands, values);
  const totals = new Map(
    [...x].map(([at, { dims }]) => [at, { sum: new Float64Array(sizeOf(dims)), times: new Uint32Array(sizeOf(dims)) }]),
  );
  parts.forEach(({ runs }, i) => {
    const own = [...runs].filter(([at]) => totals.has(at));
    const size = own.reduce((n, [, list]) => list.reduce((m, [start, end]) => m + end - start, n), 0);
    for (const [at, list] of own) {
      const { sum, times } = totals.get(at)!;
      for (const [start, end] of list)
        for (let e = start; e < end; e++) {
          sum[e]! += values[i]! / size;
          times[e]!++;
        }
    }
  });
  return [...x].map(([at, like]): { readonly at: string; readonly tensor: Tensor } => {
    const { sum, times } = totals.get(at)!;
    return { at, tensor: mapped(like, (e) => (times[e] === 0 ? 0 : sum[e]! / times[e]!)) };
  });
}

/** Values of summands on all elements, as each summand's square lies on them: a tone on where it sounds. */
function byEnergy(x: Point, summands: NonNullable<Partition['summands']>, values: Float64Array): readonly Attribution[] {
  const all = [...x].map(([at, like]) => ({ at, like, each: summands(at, floats(like)) }));
  const energy = values.map((_, i) => all.reduce((sum, { each }) => sum + each[i]!.reduce((a, v) => a + v * v, 0), 0));
  const count = all.reduce((n, { like }) => n + sizeOf(like.dims), 0);
  return all.map(({ at, like, each }) => ({
    at,
    tensor: mapped(like, (e) =>
      values.reduce((sum, value, i) => sum + value * (energy[i]! > 0 ? each[i]![e]! ** 2 / energy[i]! : 1 / count), 0),
    ),
  }));
}
