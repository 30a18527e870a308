import { floats, int, mapped, number, type Partition, type Point } from '@vitrine/explain';
import { normal } from '@vitrine/data';
import { meanOf, orderOf, type Direction } from '../curve.js';
import type { Evidence } from '../evidence.js';
import { metric, type Reading } from '../metric.js';
import { reachIn } from '../near.js';
import { removing } from '../parts.js';
import { numberOption, watched, type NumberWatched } from '../remaining.js';

const options = {
  parts: removing('auto').parts,
  number: numberOption('auto'),
  share: number(0.25, 'the largest share of all parts that are moved', { min: 0, max: 1 }),
  samples: int(50, 'draws for each number of parts', { min: 1, max: 100_000 }),
  noise: number(
    0.1,
    'standard deviation of what is added: as a share of the range of a picture, a series or the vectors of a text; of a table as a share of the number itself',
    { min: 0, max: 100 },
  ),
};

interface Asked {
  readonly parts: Parameters<Evidence['partition']>[0];
  readonly number: NumberWatched;
  readonly share: number;
  readonly samples: number;
  readonly noise: number;
}

/** Mean |f(x) − f(x')| where the first k parts move, the mean over k. */
async function gap(e: Evidence, { parts, number: which, share, samples, noise }: Asked, direction: Direction): Promise<Reading> {
  const partition = e.partition(parts);
  const order = orderOf(e.values(partition).map(Math.abs), direction, e.random('ties'));
  const most = Math.max(1, Math.round(share * order.length));
  const watch = await watched(e, which);
  const draw = normal(e.random('noise'));
  const [here] = await watch([e.x], 1);
  const points = function* (): Iterable<Point> {
    for (let k = 1; k <= most; k++) for (let s = 0; s < samples; s++) yield moved(e, partition, order.subarray(0, k), () => noise * draw());
  };
  const found = await watch(points(), most * samples);
  const values = Array.from({ length: most }, (_, k) =>
    meanOf(found.subarray(k * samples, (k + 1) * samples).map((v) => Math.abs(v - here!))),
  );
  return { value: meanOf(values), curve: { along: values.map((_, k) => (k + 1) / order.length), values } };
}

function moved(e: Evidence, { parts }: Partition, which: Uint32Array, draw: () => number): Point {
  const changed = new Map([...e.x].map(([name, x]) => [name, floats(x).slice()]));
  for (const i of which)
    for (const [name, list] of parts[i]!.runs) {
      const x = e.x.get(name);
      if (x === undefined) continue;
      const [own, reach] = [changed.get(name)!, reachIn(x, e.probe.q.series.has(name))];
      for (const [start, end] of list) for (let k = start; k < end; k++) own[k]! += reach(k) * draw();
    }
  return new Map([...e.x].map(([name, x]) => [name, mapped(x, (i) => changed.get(name)![i]!)]));
}

const shared = { family: 'faithfulness', paper: 'Agarwal et al. 2022, arXiv:2206.11104', undefinedWhere: 'never', options } as const;

/** OpenXAI, section 3.2: the largest parts move. */
export const predictionGapImportant = metric({
  ...shared,
  name: 'pgi',
  title: 'Prediction gap on important features',
  meaning: 'how far the number moves when the largest parts are moved at random, the mean over how many',
  better: 'higher',
  measure: (e, asked) => gap(e, asked, 'most'),
});

/** OpenXAI, section 3.2: the smallest parts move. */
export const predictionGapUnimportant = metric({
  ...shared,
  name: 'pgu',
  title: 'Prediction gap on unimportant features',
  meaning: 'how far the number moves when the smallest parts are moved at random, the mean over how many',
  better: 'lower',
  measure: (e, asked) => gap(e, asked, 'least'),
});
