import { choice, int } from '../field.js';
import { nobody, type Coalition } from './coalition.js';
import { heap } from './heap.js';
import { hierarchies, suited } from './hierarchy/hierarchies.js';
import type { Tree } from './hierarchy/tree.js';
import { perturbing, removing, type Fitted, type Playing } from './perturbing.js';

/** Nodes opened before priorities are looked at again: their sets are scored together. */
const ROUND = 16;

/**
 * Shares along a hierarchy of parts: each half comes before the other in half of all orders, the other half of the tree there as a whole or not at
 * all. Owen 1977; of many levels Winter 1989. What is not opened within the samples is shared equally, as Lundberg's PartitionExplainer does.
 */
export const partitionShap = perturbing({
  name: 'partition-shap',
  title: 'PartitionSHAP (Owen values)',
  paper: 'Owen 1977, Lecture Notes in Economics and Mathematical Systems 141; Winter 1989, International Journal of Game Theory 18',
  meaning:
    'its part in the difference between the score here and with everything taken away, parts that belong together coming and going together',
  options: {
    ...removing,
    hierarchy: choice(
      ['auto', ...(Object.keys(hierarchies) as (keyof typeof hierarchies)[])],
      'auto',
      'what belongs together: groups (sentences and phrases of a text, groups of the schema), correlation (of columns among background rows), places (halves of a picture or of time, again and again), order; auto is the first of them that there is',
    ),
    samples: int(1024, 'sets of parts that are scored, where the score changes most; of 32 parts it takes 682 for the exact answer', {
      min: 4,
      max: 1_000_000,
    }),
  },
  play: (game, { hierarchy, samples }) => {
    const { x, rows, partition } = game;
    const divided = { x, background: rows, parts: partition.parts };
    const building = hierarchies[hierarchy === 'auto' ? suited(divided) : hierarchy];
    return owen(
      game,
      building(
        divided,
        partition.parts.map((_, i) => i),
      ),
      samples,
    );
  },
});

/** A node of the tree beside a set of others: what it adds to them, and how much that weighs. */
interface Step {
  readonly tree: Tree;
  readonly context: Coalition;
  readonly low: number;
  readonly high: number;
  readonly weight: number;
}

export async function owen({ full, score }: Pick<Playing, 'full' | 'score'>, tree: Tree, samples: number): Promise<Fitted> {
  const players = tree.members.length;
  const values = new Float64Array(players);
  const [empty] = await score([nobody(players)], 1);
  const closed = heap<Step>(({ weight, low, high }) => weight * Math.abs(high - low));
  let told = 0;
  const take = (step: Step): void => {
    const { tree: own, low, high, weight } = step;
    if (own.halves !== undefined) return closed.push(step);
    values[own.members[0]!]! += weight * (high - low);
    told += weight * Math.abs(high - low);
  };
  take({ tree, context: nobody(players), low: empty!, high: full, weight: 1 });
  for (let left = samples - 1; left >= 2 && closed.size() > 0;) {
    const steps = Array.from({ length: Math.min(ROUND, closed.size(), Math.floor(left / 2)) }, () => closed.pop()!);
    left -= 2 * steps.length;
    const beside = steps.flatMap(({ tree: { halves }, context }) => halves!.map(({ members }) => joining(context, members)));
    const scores = await score(beside, beside.length);
    steps.forEach(({ tree: { halves }, context, low, high, weight: whole }, k) => {
      const weight = whole / 2;
      halves!.forEach((half, side) => {
        const [own, other] = [2 * k + side, 2 * k + 1 - side];
        take({ tree: half, context, low, high: scores[own]!, weight });
        take({ tree: half, context: beside[other]!, low: scores[other]!, high, weight });
      });
    });
  }
  let [shared, largest] = [0, 0];
  for (const { tree: own, low, high, weight } of closed.all()) {
    for (const i of own.members) values[i]! += (weight * (high - low)) / own.members.length;
    shared += weight * Math.abs(high - low);
    if (high !== low) largest = Math.max(largest, own.members.length);
  }
  const share = shared / (shared + told);
  return { values, expected: full - empty!, ...(share > LITTLE && { warnings: [untold(share, largest)] }) };
}

const LITTLE = 0.01;
const untold = (share: number, largest: number): string =>
  `${Math.round(100 * share)} % of what parts count is shared equally within groups of up to ${largest} parts that were not opened: give more samples to tell these parts apart`;

function joining(context: Coalition, members: readonly number[]): Coalition {
  const coalition = context.slice();
  for (const i of members) coalition[i] = 1;
  return coalition;
}
