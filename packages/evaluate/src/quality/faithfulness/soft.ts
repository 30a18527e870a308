import { floats, int, mapped, number, type Partition, type Point } from '@vitrine/explain';
import { meanOf } from '../curve.js';
import type { Evidence } from '../evidence.js';
import { metric } from '../metric.js';
import { removing } from '../parts.js';
import { numberOption, watched, type NumberWatched } from '../remaining.js';

const options = {
  parts: removing('finest').parts,
  number: numberOption('probability'),
  samples: int(20, 'times elements are drawn', { min: 1, max: 100_000 }),
  kept: number(0, 'the share of elements that is kept on average, the same for every method; 0 keeps what each says', { min: 0, max: 1 }),
};

interface Asked {
  readonly parts: Parameters<Evidence['partition']>[0];
  readonly number: NumberWatched;
  readonly samples: number;
  readonly kept: number;
}

/** Zhao and Aletras 2023, section 3: each element stays with a probability that its part's size sets, else it is zero. */
async function softly(e: Evidence, { parts, number: which, samples, kept }: Asked, turned: boolean) {
  const partition = e.partition(parts);
  const sizes = e.values(partition).map(Math.abs);
  const most = sizes.reduce((a, v) => Math.max(a, v), 0);
  const stay = retained(
    sizes.map((v) => (most === 0 ? 0 : turned ? 1 - v / most : v / most)),
    kept,
  );
  const watch = await watched(e, which);
  const uniform = e.random('soft');
  const nothing: Point = new Map([...e.x].map(([name, x]) => [name, mapped(x, () => 0)]));
  const points = function* (): Iterable<Point> {
    yield e.x;
    yield nothing;
    for (let s = 0; s < samples; s++) yield thinned(e.x, partition, stay, uniform);
  };
  const [here, none, ...soft] = await watch(points(), samples + 2);
  // Of nothing: 1 − max(0, p(x) − p(0)).
  return { drop: meanOf(soft.map((s) => Math.max(0, here! - s))), whole: Math.max(0, here! - none!) };
}

/** Probabilities scaled so that their mean is the share asked for, none above 1. */
function retained(stay: Float64Array, kept: number): Float64Array {
  if (kept === 0) return stay;
  let [low, high] = [0, 1e6];
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (meanOf(stay.map((p) => Math.min(1, p * middle))) < kept) low = middle;
    else high = middle;
  }
  return stay.map((p) => Math.min(1, p * high));
}

function thinned(x: Point, { parts }: Partition, stay: Float64Array, uniform: () => number): Point {
  const data = new Map([...x].map(([name, tensor]) => [name, floats(tensor).slice()]));
  parts.forEach(({ runs }, i) => {
    for (const [name, list] of runs) {
      const own = data.get(name);
      if (own !== undefined) for (const [start, end] of list) for (let k = start; k < end; k++) if (uniform() >= stay[i]!) own[k] = 0;
    }
  });
  return new Map([...x].map(([name, tensor]) => [name, mapped(tensor, (k) => data.get(name)![k]!)]));
}

const shared = {
  family: 'faithfulness',
  paper: 'Zhao and Aletras 2023, arXiv:2305.10496',
  undefinedWhere: 'the probability is no higher at the example than with nothing there',
  options,
} as const;

/** Zhao and Aletras 2023, eq. 4 and 5: (S − S0) / (1 − S0), S = 1 − max(0, p(x) − p(x')). */
export const softSufficiency = metric({
  ...shared,
  name: 'soft-ns',
  title: 'Soft normalised sufficiency',
  meaning: 'how much of the probability stays when elements stay the likelier the more they count',
  better: 'higher',
  async measure(e, asked) {
    const { drop, whole } = await softly(e, asked, false);
    return { value: whole === 0 ? NaN : (whole - drop) / whole };
  },
});

/** Zhao and Aletras 2023, eq. 6 and 7: max(0, p(x) − p(x')) / (1 − S0), elements going the likelier the more they count. */
export const softComprehensiveness = metric({
  ...shared,
  name: 'soft-nc',
  title: 'Soft normalised comprehensiveness',
  meaning: 'how much of the probability goes when elements go the likelier the more they count',
  better: 'higher',
  async measure(e, asked) {
    const { drop, whole } = await softly(e, asked, true);
    return { value: whole === 0 ? NaN : drop / whole };
  },
});
