import { explainer, type Found } from '../explainer.js';
import { ExplainError } from '../error.js';
import type { Estimate, Rule } from '../explanation.js';
import { choice, int, number, text } from '../field.js';
import type { Inquiry, Point } from '../inquiry.js';
import { nobody } from '../perturbation/coalition.js';
import { partitionFor } from '../perturbation/dividing.js';
import type { Partition } from '../perturbation/partition.js';
import { removing } from '../perturbation/perturbing.js';
import { removalFor, type Removal } from '../perturbation/removal.js';
import { spread } from '../perturbation/spread.js';
import { beamSearch, type Anchor, type Sampler } from './beam.js';
import { interval } from './bounds.js';
import { decisions, keepingFor, type Keeping } from './keeping.js';
import { coins, isTable, rowsOf, type Drawing, type Sample } from './drawing.js';

/** A rule of more parts is longer than anyone reads. */
const MOST_PARTS = 1000;

const options = {
  ...removing,
  threshold: number(0.95, 'the share of samples to which the rule applies that must keep the decision', { min: 0.01, max: 0.999 }),
  delta: number(0.05, 'how likely the intervals may be wrong: 0.05 for confidence of 95 %', { min: 1e-6, max: 0.5 }),
  decision: choice(
    decisions,
    'auto',
    'what must stay: class (the highest score), side (of a threshold), score (within a tolerance); auto is class for the best class, side for one probability and for differences, else score',
  ),
  cut: text('', 'the threshold of decision=side; unless given 0.5, for differences 0'),
  tolerance: number(0, 'how far the score may move with decision=score; 0 is half of its standard deviation over samples without a rule', {
    min: 0,
  }),
  bins: int(4, 'into how many quantiles of the background a number is cut: the rule asks for a number of the same', { min: 2, max: 100 }),
  present: number(0.5, 'how likely a part is there that the rule does not ask for, where there is no background', { min: 0.05, max: 0.95 }),
  beam: int(2, 'rules that are made longer at once', { min: 1, max: 100 }),
  gap: number(0.1, 'how far a rule that is kept may be behind the best that is not, in precision', { min: 0.001, max: 1 }),
  samples: int(5000, 'samples that are scored at most', { min: 100, max: 10_000_000 }),
  longest: int(0, 'parts of a rule at most; 0 for no limit', { min: 0 }),
};

/** A rule that all but fixes what the model says. Ribeiro, Singh and Guestrin 2018. */
export const anchors = explainer({
  name: 'anchors',
  title: 'Anchors',
  paper: 'Ribeiro, Singh and Guestrin 2018, AAAI; Kaufmann and Kalyanakrishnan 2013, COLT',
  meaning:
    'whether it belongs to the rule: where all that does is there, the model nearly always decides the same, whatever becomes of the rest',
  family: 'perturbation',
  signed: false,
  layer: 'none',
  forwardOnly: true,
  readsOthers: () => true,
  options,
  async explain(q, given): Promise<Found> {
    const { parts, baseline, background, bins, present, samples, longest, threshold, delta } = given;
    const removal = removalFor(q, baseline, background);
    const partition = partitionFor(q, parts);
    const players = partition.parts.length;
    checkParts(partition);
    const drawing = drawingFor(q, partition, removal, typeof baseline === 'object' || baseline === 'background', { bins, present });
    const usual = q.random('usual');
    const keeping = await keepingFor(q, given, () => drawing.draw(nobody(players), usual).point());
    const limit = longest === 0 ? players : Math.min(longest, players);
    const anchor = await beamSearch(players, drawing, sampler(q, drawing, keeping), { ...given, samples, longest: limit });
    const rule = ruleOf(anchor, partition, drawing, keeping, given);
    const indicator = new Float64Array(players);
    const rises = new Float64Array(players);
    const shares = sharesOf(q, partition, anchor.order);
    anchor.order.forEach((i, k) => ((indicator[i] = shares[k]!), (rises[i] = anchor.rises[k]!)));
    return {
      attributions: spread(q.x, partition, indicator),
      rule,
      parts: { of: partition.of, values: partition.parts.map((part, i) => ({ ...part, value: rises[i]! })) },
      ...(rule.precision.low < threshold && {
        warnings: [missed(rule, threshold, delta, limit < players && anchor.order.length === limit)],
      }),
    };
  },
});

/** One for each part of a rule; of pictures and series, where every element of them is alike, as many as it has elements. Together they are the number of parts. */
function sharesOf({ divisions }: Inquiry, { parts }: Partition, order: readonly number[]): readonly number[] {
  if (divisions.size > 0) return order.map(() => 1);
  const sizes = order.map((i) => [...parts[i]!.runs.values()].flat().reduce((n, [start, end]) => n + end - start, 0));
  const all = sizes.reduce((a, b) => a + b, 0);
  return sizes.map((size) => (all === 0 ? 1 : (size * order.length) / all));
}

function checkParts({ parts, of }: Partition): void {
  if (parts.length === 0) throw new ExplainError('bad-input', `anchors finds nothing to take away: the example has no ${of}`);
  if (parts.length > MOST_PARTS)
    throw new ExplainError(
      'bad-option',
      `anchors makes rules of at most ${MOST_PARTS} parts, and there are ${parts.length}: give larger ones with parts=`,
    );
}

const drawingFor = (
  q: Inquiry,
  partition: Partition,
  removal: Removal,
  isGiven: boolean,
  { bins, present }: { readonly bins: number; readonly present: number },
): Drawing =>
  isGiven && removal.points > 1 && partition.summands === undefined && isTable(q.x, q.series)
    ? rowsOf(q.x, partition, removal.over(partition)(nobody(partition.parts.length)), bins)
    : coins(q.x, q.fixed, partition, removal, present);

/** Scores samples, each that is the same as one before for nothing; batches of few sizes, so that few compiled graphs serve all. */
function sampler(q: Inquiry, drawing: Drawing, { program, holds }: Keeping): Sampler {
  const known = new Map<string, boolean>();
  const streams = { search: q.random('search'), verification: q.random('verification') };
  return async (rule, count, stream) => {
    const drawn = Array.from({ length: count }, () => drawing.draw(rule, streams[stream]));
    const fresh = new Map<string, Sample>(drawn.filter(({ key }) => !known.has(key)).map((sample) => [sample.key, sample]));
    const runs =
      q.limits.batch === undefined ? 2 ** Math.ceil(Math.log2(fresh.size)) : Math.ceil(fresh.size / q.limits.batch) * q.limits.batch;
    const keys = [...fresh.keys()];
    let at = 0;
    if (fresh.size > 0)
      for await (const results of q.evaluate(program, pointsOf(fresh.values()), runs)) known.set(keys[at++]!, holds(results));
    return drawn.map(({ key, holds: parts }) => ({ holds: parts, kept: known.get(key)! }));
  };
}

function* pointsOf(samples: Iterable<Sample>): Iterable<Point> {
  for (const { point } of samples) yield point();
}

function ruleOf(
  { order, rises, precision, within, samples }: Anchor,
  { parts }: Partition,
  { bins, coverage }: Drawing,
  { kept }: Keeping,
  { threshold, delta }: { readonly threshold: number; readonly delta: number },
): Rule {
  const { share, of } = coverage(Uint8Array.from(parts, (_, i) => (order.includes(i) ? 1 : 0)));
  const covered: Estimate =
    of === undefined
      ? { value: share, low: share, high: share }
      : { value: share, ...interval(Math.round(share * of), of, Math.log(2 / delta)), samples: of };
  return {
    conditions: order.map((i, k) => ({ part: i, name: parts[i]!.name, ...(bins[i] && { bin: bins[i] }), rise: rises[k]! })),
    kept,
    precision: { value: precision, ...within, samples },
    coverage: covered,
    threshold,
    confidence: 1 - delta,
  };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const missed = ({ precision: { value, low, high, samples } }: Rule, threshold: number, delta: number, isLongest: boolean): string =>
  `no rule was found that keeps the decision in ${percent(threshold)} of samples: this one does in ${percent(value)} of ${samples} (from ${percent(low)} to ${percent(high)} with confidence ${percent(1 - delta)}); ${isLongest ? 'allow a longer one with longest=' : 'give more samples=, larger parts=, or a lower threshold='}`;
