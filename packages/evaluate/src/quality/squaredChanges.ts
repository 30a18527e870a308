import type { Partition, Tensors } from '@vitrine/explain';
import type { Evidence } from './evidence.js';
import { remaining, type NumberWatched } from './remaining.js';
import { eachGone } from './subsets.js';

interface Drawing {
  readonly baseline: string | number | Tensors;
  readonly number: NumberWatched;
  readonly samples: number;
}

/** The mean squared change of the number when each part alone is drawn anew, so many times. */
export async function squaredChanges(e: Evidence, partition: Partition, { baseline, number, samples }: Drawing): Promise<Float64Array> {
  const count = partition.parts.length;
  const squares = new Float64Array(count);
  for (let k = 0; k < samples; k++) {
    const score = await remaining(e, partition, e.probe.removal(baseline, `draw ${k}`), number);
    const [all] = await score([new Uint8Array(count).fill(1)], 1);
    (await score(eachGone(count), count)).forEach((s, i) => (squares[i]! += (all! - s) ** 2 / samples));
  }
  return squares;
}
