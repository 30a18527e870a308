import { normal } from '@vitrine/data';
import { sizeOf } from '@vitrine/ir';
import type { Point } from '../inquiry.js';
import type { Setting } from '../rows.js';

/** Normal noise of one sample, by the standard deviation of each value: the same whenever it is drawn. */
export const drawn = ({ random, shapes }: Setting, sample: number, deviations: ReadonlyMap<string, number>): Point =>
  new Map(
    [...shapes].map(([name, dims]) => {
      const draw = normal(random(`noise/${name}/${sample}`));
      const deviation = deviations.get(name)!;
      return [name, { dtype: 'float32', dims, data: Float32Array.from({ length: sizeOf(dims) }, () => deviation * draw()) }] as const;
    }),
  );
