import { normal } from '@vitrine/data';
import {
  floats,
  mapped,
  permutation,
  scorer,
  type Coalition,
  type Partition,
  type Point,
  type Scorer,
  type Tensors,
} from '@vitrine/explain';
import { deviation } from '../../statistics/bootstrap.js';
import { pearson } from '../correlation.js';
import { meanOf, orderOf, stops, without } from '../curve.js';
import type { Evidence } from '../evidence.js';
import { reachIn } from '../near.js';
import { removing } from '../parts.js';
import { isRate } from '../rates.js';
import { subsets, sumOver } from '../subsets.js';
import type { SanityCheck } from './sanity.js';

/** Changes that are made, explanations drawn by chance for each kind of chance, and how rarely chance may do as well. */
const [CHANGES, CHANCES, RARE] = [128, 500, 0.003];
/** How far rates of change are followed, as a share of the range. */
const STEP = 2e-3;
/** The share of parts that are shaken, or taken away, together. */
const FEW = 0.1;
/** Orders drawn by chance of each kind, points of a curve, and how many standard deviations above chance an order must be. */
const [ORDERS, STOPS, DEVIATIONS] = [16, 10, 3];
/** Parts that there must be to be told from chance. */
const FEWEST = 3;
/** With fewer parts than this the rarest of orders is not rare: only what chance does this often counts against an explanation. */
const [MANY, OFTEN] = [8, 0.1];
const UNMOVED = 'nothing that was changed changed the score';

/** What happened to the score, and what an explanation, given as one number for each part, foretold. */
interface Trial {
  readonly happened: Float64Array;
  readonly foretold: (values: Float64Array) => Float64Array;
  /** What the explanation says of each part, as `foretold` takes it. */
  readonly own: Float64Array;
  readonly words: string;
}

/**
 * Whether an explanation foretells what the score does when parts change, better than chance does. Shares of the score are held against parts
 * that are taken away, rates of change against small moves.
 */
export async function betterThanChance(e: Evidence): Promise<SanityCheck> {
  const partition = e.partition('auto');
  const count = partition.parts.length;
  if (count < FEWEST) return { name: 'deletion', passed: undefined, why: `${count} parts are too few to tell from chance` };
  if (isRate(e.probe.explainer)) return foretells(e, await rates(e, partition), partition);
  // An explanation may be right about parts by themselves, or about many of them together.
  const few = foretells(e, await removed(e, partition), partition);
  return few.passed === false ? deletes(e, partition, few.why) : few;
}

/** Against its own numbers in another order, random numbers, and random numbers as large as the input, which follow its shape. */
function foretells(e: Evidence, { happened, foretold, own, words }: Trial, partition: Partition): SanityCheck {
  const name = 'deletion';
  const count = partition.parts.length;
  if (happened.every((v) => v === happened[0])) return { name, passed: undefined, why: UNMOVED };
  const fit = (values: Float64Array): number => {
    const r = pearson(foretold(values), happened);
    return Number.isNaN(r) ? 0 : r;
  };
  const reached = fit(own);
  const uniform = e.random('chance');
  const draw = normal(uniform);
  const input = inputSizes(e, partition);
  const signed = own.some((v) => v < 0);
  const sized = (v: number): number => (signed ? v : Math.abs(v));
  const chances: readonly (() => Float64Array)[] = [
    () => Float64Array.from(permutation(count, uniform), (i) => own[i]!),
    () => Float64Array.from({ length: count }, () => sized(draw())),
    () => input.map((v) => v * sized(draw())),
  ];
  const likely = Math.max(
    ...chances.map((chance) => {
      let better = 0;
      for (let k = 0; k < CHANCES; k++) if (fit(chance()) >= reached) better++;
      return (better + 1) / (CHANCES + 1);
    }),
  );
  if (likely > RARE && likely <= OFTEN && count < MANY)
    return {
      name,
      passed: undefined,
      why: `${count} parts are too few to tell from chance, which does as well in ${(100 * likely).toPrecision(2)} % of draws`,
    };
  return likely > RARE
    ? {
        name,
        passed: false,
        why: `chance foretells ${words} as well in ${(100 * likely).toPrecision(2)} % of draws (correlation ${reached.toFixed(2)})`,
      }
    : { name, passed: true, why: `it foretells ${words} (correlation ${reached.toFixed(2)}) better than chance` };
}

/** The area between the curves of least and of most first, against that of random orders and of orders that follow the shape of the input. */
async function deletes(e: Evidence, partition: Partition, before: string): Promise<SanityCheck> {
  const name = 'deletion';
  const score = await leftOf(e, partition);
  const count = partition.parts.length;
  const gone = stops(count, STOPS);
  const between = async (values: Float64Array): Promise<number> => {
    const order = orderOf(values, 'most', e.random('ties'));
    const [most, least] = [
      await score([...without(order, gone)] as Coalition[], gone.length),
      await score([...without(order.toReversed(), gone)] as Coalition[], gone.length),
    ];
    return meanOf(least.map((s, k) => s - most[k]!));
  };
  const own = await between(e.values(partition));
  const draw = normal(e.random('chance'));
  const input = inputSizes(e, partition);
  const chances: readonly (() => Float64Array)[] = [() => Float64Array.from({ length: count }, draw), () => input.map((v) => v * draw())];
  const above: number[] = [];
  for (const chance of chances) {
    const found: number[] = [];
    for (let k = 0; k < ORDERS; k++) found.push(await between(chance()));
    const spread = deviation(found);
    if (spread === 0) return { name, passed: undefined, why: UNMOVED };
    above.push((own - meanOf(found)) / spread);
  }
  const least = Math.min(...above);
  const said = `what counts most taken away first, and last, differ by ${least.toFixed(1)} standard deviations more than by chance`;
  return { name, passed: least >= DEVIATIONS, why: least >= DEVIATIONS ? said : `${before}, and ${said} where ${DEVIATIONS} are needed` };
}

function rates(e: Evidence, partition: Partition): Promise<Trial> {
  const isDirected = e.probe.explainer.signed && [...e.attribution.values()].some((tensor) => floats(tensor).some((v) => v < 0));
  return isDirected ? directed(e, partition) : shaken(e, partition);
}

/** A few parts taken away: the sum of theirs against what the score loses. */
async function removed(e: Evidence, partition: Partition): Promise<Trial> {
  const count = partition.parts.length;
  const score = await leftOf(e, partition);
  const gone = subsets(count, Math.max(1, Math.round(FEW * count)), CHANGES, e.random('sanity'));
  const left = await score(
    gone.map((set) => set.map((is) => 1 - is)),
    CHANGES,
  );
  return {
    happened: left.map((s) => -s),
    foretold: (values) => Float64Array.from(gone, (set) => sumOver(values, set)),
    own: e.values(partition),
    words: 'what the score loses without parts',
  };
}

async function leftOf(e: Evidence, partition: Partition): Promise<Scorer> {
  const { baseline } = await e.probe.filled(removing('auto'), { baseline: 'auto' as string | Tensors });
  return scorer(e.probe.q, partition, e.probe.removal(baseline, 'sanity'));
}

/** All parts moved a little, each up or down: the rates times the moves against the change. */
async function directed(e: Evidence, partition: Partition): Promise<Trial> {
  const uniform = e.random('sanity');
  const signs = Array.from({ length: CHANGES }, () => Float64Array.from(partition.parts, () => (uniform() < 0.5 ? -1 : 1)));
  const happened = await e.probe.scores(
    signs.map((s) => moved(e, partition, (i) => s[i]!)),
    CHANGES,
  );
  return {
    happened,
    foretold: (values) => Float64Array.from(signs, (s) => values.reduce((sum, v, i) => sum + v * s[i]!, 0)),
    own: reached(e, partition, (phi, reach) => phi * reach),
    words: 'what small moves do',
  };
}

/** A few parts shaken at random: the squares of their rates against the mean square of the change. */
async function shaken(e: Evidence, partition: Partition): Promise<Trial> {
  const uniform = e.random('sanity');
  const [times, count] = [6, partition.parts.length];
  const sets = subsets(count, Math.max(1, Math.round(FEW * count)), CHANGES, uniform);
  const draw = normal(uniform);
  const points = function* (): Iterable<Point> {
    for (const set of sets) for (let k = 0; k < times; k++) yield moved(e, partition, (i) => (set[i] === 1 ? draw() : 0), true);
  };
  const found = await e.probe.scores(points(), CHANGES * times);
  return {
    happened: Float64Array.from(sets, (_, s) => {
      let sum = 0;
      for (let k = 0; k < times; k++) sum += (found[s * times + k]! - e.score) ** 2;
      return sum;
    }),
    foretold: (values) => Float64Array.from(sets, (set) => sumOver(values, set)),
    own: reached(e, partition, (phi, reach) => (phi * reach) ** 2),
    words: 'where small moves change the score most',
  };
}

/** Parts moved by a small share of the range: as one, or each element by itself. */
function moved(e: Evidence, { parts }: Partition, by: (part: number) => number, each = false): Point {
  const data = new Map([...e.x].map(([name, x]) => [name, floats(x).slice()]));
  parts.forEach(({ runs }, i) => {
    const amount = by(i);
    if (amount === 0) return;
    for (const [name, list] of runs) {
      const [own, x] = [data.get(name), e.x.get(name)];
      if (own === undefined || x === undefined) continue;
      const reach = reachIn(x, e.probe.q.series.has(name));
      for (const [start, end] of list) for (let k = start; k < end; k++) own[k]! += STEP * reach(k) * (each ? by(i) : amount);
    }
  });
  return new Map([...e.x].map(([name, x]) => [name, mapped(x, (k) => data.get(name)![k]!)]));
}

/** Sums over parts of what is made of each element's rate and reach. */
function reached(e: Evidence, { parts }: Partition, f: (phi: number, reach: number) => number): Float64Array {
  return Float64Array.from(parts, ({ runs }) => {
    let sum = 0;
    for (const [name, list] of runs) {
      const [phi, x] = [e.attribution.get(name), e.x.get(name)];
      if (phi === undefined || x === undefined) continue;
      const [values, reach] = [floats(phi), reachIn(x, e.probe.q.series.has(name))];
      for (const [start, end] of list) for (let k = start; k < end; k++) sum += f(values[k]!, reach(k));
    }
    return sum;
  });
}

/** How much there is of the input in each part. */
const inputSizes = (e: Evidence, { parts }: Partition): Float64Array =>
  Float64Array.from(parts, ({ runs }) => {
    let sum = 0;
    for (const [name, list] of runs) {
      const x = e.x.get(name);
      if (x === undefined) continue;
      const values = floats(x);
      for (const [start, end] of list) for (let k = start; k < end; k++) sum += Math.abs(values[k]!);
    }
    return sum;
  });
