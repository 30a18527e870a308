import { random } from '@vitrine/data';
import { expect, test } from 'vitest';
import { categories, numbers } from '../column/column.js';
import { classified } from '../prediction/outcome.js';
import { quantileOfSorted } from '../statistics/bootstrap.js';
import { bias, judged, type Bias, type Judged } from './bias.js';
import { biasMetrics, type Facets } from './biasMetrics.js';
import { rowsIn, type Cells } from './cells.js';

/** Rows as counts say: of each group true positives, false positives, false negatives, true negatives. */
function rows(groups: { readonly [name: string]: readonly [number, number, number, number] }): {
  readonly judged: Judged;
  readonly names: string[];
} {
  const [names, positive, predicted]: [string[], number[], number[]] = [[], [], []];
  for (const [name, counts] of Object.entries(groups))
    for (const [cell, count] of counts.entries())
      for (let i = 0; i < count; i++) {
        names.push(name);
        positive.push(cell === 0 || cell === 2 ? 1 : 0);
        predicted.push(cell < 2 ? 1 : 0);
      }
  return { judged: { positive: Uint8Array.from(positive), predicted: Uint8Array.from(predicted), of: 'yes' }, names };
}

const told = (all: readonly Bias[], group: string, metric: string): Bias =>
  all.find((each) => each.group === group && each.metric === metric)!;
const valueOf = ({ estimate }: Bias): number => (estimate.verdict === 'estimated' ? estimate.value : NaN);

test('the eight metrics, and the rejections, by hand', () => {
  // a: 100 rows, 60 positive, 70 predicted. d: 50 rows, 20 positive, 20 predicted.
  const { judged: of, names } = rows({ a: [50, 20, 10, 20], d: [15, 5, 5, 25] });
  const all = bias(of, categories('sex', names), { minimum: { rows: 1, events: 1 } });
  const by = {
    DPL: 0.7 - 0.4,
    DI: 0.4 / 0.7,
    DCO: 60 / 70 - 20 / 20,
    'DCO-rejection': 30 / 30 - 40 / 30,
    RD: 50 / 60 - 15 / 20,
    DLR: 50 / 70 - 15 / 20,
    'DLR-rejection': 25 / 30 - 20 / 30,
    AD: 0.7 - 0.8,
    TE: 5 / 5 - 10 / 20,
    CDDPL: 30 / 60 - 20 / 90,
  };
  expect(Object.keys(by)).toEqual(biasMetrics.map(({ name }) => name));
  for (const [metric, value] of Object.entries(by)) expect(valueOf(told(all, 'd', metric)), metric).toBeCloseTo(value, 12);
});

test('of two groups both directions are told: differences change sign, the ratio turns over', () => {
  const { judged: of, names } = rows({ a: [50, 20, 10, 20], d: [15, 5, 5, 25] });
  const all = bias(of, categories('sex', names), { minimum: { rows: 1, events: 1 } });
  for (const { name, none } of biasMetrics) {
    const [one, other] = ['a', 'd'].map((group) => told(all, group, name));
    expect(valueOf(one!), name).toBeCloseTo(none === 0 ? -valueOf(other!) : 1 / valueOf(other!), 12);
    expect(one!.p, name).toBeCloseTo(other!.p!, 9);
  }
});

test('what a third column explains is no disparity within it', () => {
  // In each department both groups are accepted alike; more of d go where fewer are.
  const [group, department, predicted]: [string[], string[], number[]] = [[], [], []];
  const add = (g: string, s: string, accepted: number, rejected: number): void => {
    for (let i = 0; i < accepted + rejected; i++) {
      group.push(g);
      department.push(s);
      predicted.push(i < accepted ? 1 : 0);
    }
  };
  add('a', 'easy', 80, 20);
  add('d', 'easy', 16, 4);
  add('a', 'hard', 4, 16);
  add('d', 'hard', 20, 80);
  add('d', 'closed', 0, 30);
  const of: Judged = { positive: Uint8Array.from(predicted), predicted: Uint8Array.from(predicted), of: 'in' };
  const without = told(bias(of, categories('group', group)), 'd', 'CDDPL');
  const within = told(bias(of, categories('group', group), { condition: categories('department', department) }), 'd', 'CDDPL');
  expect(valueOf(without)).toBeGreaterThan(0.3);
  expect(valueOf(within)).toBeCloseTo(0, 12);
  expect(within.p).toBeCloseTo(1, 6);
  expect(within.estimate).toMatchObject({ note: '1 of 3 strata left out: all of their rows were accepted, or all rejected' });
});

test('verdicts compare the interval with bounds, which can be set', () => {
  const { judged: of, names } = rows({ a: [400, 100, 50, 450], d: [100, 50, 300, 550], same: [400, 100, 50, 450] });
  const all = bias(of, categories('g', names));
  expect(told(all, 'd', 'DPL').verdict).toBe('beyond');
  expect(told(all, 'a', 'DI').verdict).toBe('beyond');
  expect(told(all, 'd', 'TE').verdict).toBe('no bounds');
  const { estimate } = told(all, 'd', 'DPL');
  if (estimate.verdict !== 'estimated') throw new Error('no estimate');
  const bounded = (bounds: readonly [number, number]) =>
    told(bias(of, categories('g', names), { bounds: { DPL: bounds } }), 'd', 'DPL').verdict;
  expect(bounded([-1, 1])).toBe('within');
  expect(bounded([-1, estimate.value])).toBe('undecided');
});

test('too few rows of a group, of the others, or of what a metric rests on, are said to be so', () => {
  const { judged: of, names } = rows({ a: [40, 20, 20, 20], d: [5, 5, 5, 5], e: [2, 20, 2, 40] });
  const all = bias(of, categories('g', names));
  expect(told(all, 'd', 'DPL')).toMatchObject({
    verdict: 'insufficient',
    estimate: { verdict: 'insufficient', support: 20, needed: 30, of: 'rows of the group' },
  });
  expect(told(all, 'e', 'RD').estimate).toEqual({ verdict: 'insufficient', support: 4, needed: 10, of: 'positive rows of a group' });
  expect(told(all, 'e', 'DPL').verdict).not.toBe('insufficient');
  expect(told(all, 'd', 'DPL').p).toBeUndefined();
});

test('a ratio over nothing is not defined, and an interval may have no end', () => {
  const { judged: of, names } = rows({ a: [50, 0, 20, 20], d: [40, 20, 20, 20] });
  const all = bias(of, categories('g', names));
  expect(told(all, 'd', 'TE').estimate).toMatchObject({ verdict: 'undefined' });
  const few = rows({ a: [50, 1, 20, 20], d: [40, 20, 20, 20] });
  const { estimate } = told(bias(few.judged, categories('g', few.names)), 'd', 'TE');
  expect(estimate).toMatchObject({ verdict: 'estimated', value: 1 - 20 });
});

test('numbers are made two by a threshold, groups of numbers by their quantiles', () => {
  const of = judged({ kind: 'regression', truth: Float64Array.of(1, 2, 3, 4), predicted: Float64Array.of(4, 1, 2.5, 3) }, '2.5');
  expect([of.of, [...of.positive], [...of.predicted]]).toEqual(['> 2.5', [0, 0, 1, 1], [1, 0, 0, 1]]);
  expect(new Set(bias(of, numbers('age', [20, 30, 40, 50]), { bins: 2 }).map(({ group }) => group))).toEqual(new Set(['≤ 35', '> 35']));
  expect(() => judged({ kind: 'regression', truth: Float64Array.of(1), predicted: Float64Array.of(1) }, 'rich')).toThrow(
    'rich is no number',
  );
  expect(() => judged(classified({ truth: ['a'], predicted: ['b'] }), 'c')).toThrow('there is no class c: there are a, b');
});

const uniform = random(11, 'bias');
/** A group whose rows are positive, accepted when positive, and accepted when not, as often as this. */
function drawn(size: number, [positive, whenPositive, whenNot]: readonly [number, number, number]): Cells {
  const cells = { tp: 0, fp: 0, fn: 0, tn: 0 };
  for (let i = 0; i < size; i++) {
    const is = uniform() < positive;
    const said = uniform() < (is ? whenPositive : whenNot);
    cells[said ? (is ? 'tp' : 'fp') : is ? 'fn' : 'tn']++;
  }
  return cells;
}
const facets = (a: Cells, d: Cells): Facets => ({ a, d, strata: [{ a, d }] });
const RATES = [0.4, 0.75, 0.2] as const;
const Z = 1.959963984540054;

test('groups treated alike: the interval holds nothing in 93 to 97 % of draws', () => {
  const trials = 2000;
  const held = new Map(biasMetrics.map(({ name }) => [name, 0]));
  for (let trial = 0; trial < trials; trial++) {
    const of = facets(drawn(400, RATES), drawn(150, RATES));
    for (const { name, at, none } of biasMetrics) {
      const { low, high } = at(of, Z);
      if (low <= none && none <= high) held.set(name, held.get(name)! + 1);
    }
  }
  for (const [name, times] of held) {
    expect(times / trials, name).toBeGreaterThan(0.93);
    expect(times / trials, name).toBeLessThan(0.97);
  }
});

test('a gap of ten points among 500 rows is found', () => {
  let found = 0;
  for (let trial = 0; trial < 200; trial++) {
    const { low } = biasMetrics[0]!.at(facets(drawn(250, [0.5, 0.9, 0.3]), drawn(250, [0.5, 0.8, 0.2])), Z);
    if (low > 0) found++;
  }
  // A two-sample test of proportions has power 0.62 there.
  expect(found / 200).toBeGreaterThan(0.5);
});

test('intervals by formula are those of resampling', () => {
  const of = facets({ tp: 220, fp: 110, fn: 90, tn: 380 }, { tp: 80, fp: 70, fn: 60, tn: 190 });
  const redrawn = (cells: Cells): Cells => {
    const counts = { tp: 0, fp: 0, fn: 0, tn: 0 };
    const size = rowsIn(cells);
    for (let i = 0; i < size; i++) {
      let at = uniform() * size;
      for (const cell of ['tp', 'fp', 'fn', 'tn'] as const)
        if ((at -= cells[cell]) < 0) {
          counts[cell]++;
          break;
        }
    }
    return counts;
  };
  const samples = Array.from({ length: 2000 }, () => facets(redrawn(of.a), redrawn(of.d)));
  for (const { name, at } of biasMetrics) {
    const values = Float64Array.from(samples, (sample) => at(sample, 0).value).toSorted();
    const [low, high] = [quantileOfSorted(values, 0.025), quantileOfSorted(values, 0.975)];
    const closed = at(of, Z);
    expect(Math.abs(closed.low - low), name).toBeLessThan(0.12 * (high - low));
    expect(Math.abs(closed.high - high), name).toBeLessThan(0.12 * (high - low));
  }
});
