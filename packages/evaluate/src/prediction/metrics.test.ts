import { random } from '@vitrine/data';
import { expect, test } from 'vitest';
import { classificationCases, regressionCase, type ClassificationCase } from '../testing/golden.js';
import { evaluate, type EvaluateOptions } from './evaluate.js';
import { predictionMetrics } from './metrics.js';
import { classified, rowsOf, type Estimated, type Outcome } from './outcome.js';

const cases = classificationCases();
const regression = regressionCase();
const outcomeOf = ({ truth, scores }: ClassificationCase): Outcome => classified({ truth, scores: new Map(Object.entries(scores)) });
const estimated: Estimated = {
  kind: 'regression',
  truth: Float64Array.from(regression.truth),
  predicted: Float64Array.from(regression.predicted),
};
const QUICK: EvaluateOptions = { resamples: 200, minimum: { rows: 1, events: 1 } };
const valueOf = (outcome: Outcome, metric: string, k?: number, options: EvaluateOptions = QUICK) => {
  const found = evaluate(outcome, { ...options, metrics: [metric] }).find(({ of }) => of === k)!.estimate;
  if (found.verdict !== 'estimated') throw new Error(found.verdict);
  return found;
};

/** Rows that no library has, or that are known by hand: below. */
const BY_HAND = new Set(['ece', 'adaptive-ece', 'mce', 'classwise-ece']);

test.each(cases.map((each) => [each.classes.length, each] as const))(
  'each metric of %s classes is what scikit-learn computes',
  (_, each) => {
    const outcome = outcomeOf(each);
    const measured = evaluate(outcome, QUICK);
    const names = new Set(predictionMetrics.classification.map(({ name }) => name));
    expect(new Set(measured.map(({ metric }) => metric))).toEqual(names);
    expect(new Set([...Object.keys(each.expected), ...BY_HAND])).toEqual(names);
    for (const { metric, of, estimate } of measured) {
      if (BY_HAND.has(metric)) continue;
      const wanted = each.expected[metric]!;
      if (estimate.verdict !== 'estimated') throw new Error(`${metric} is ${estimate.verdict}`);
      expect(estimate.value, metric).toBeCloseTo(typeof wanted === 'number' ? wanted : wanted[of!]!, 12);
    }
  },
);

test('each metric of regression is what scikit-learn computes', () => {
  const measured = evaluate(estimated, QUICK);
  expect(measured.map(({ metric }) => metric).toSorted()).toEqual(Object.keys(regression.expected).toSorted());
  for (const { metric } of measured) expect(valueOf(estimated, metric).value, metric).toBeCloseTo(regression.expected[metric]!, 12);
});

test('bootstrapped intervals are those of scipy, as far as draws tell', () => {
  const sure = { ...QUICK, resamples: 5000 };
  const check = (outcome: Outcome, metric: string, [low, high]: readonly [number, number]): void => {
    const found = valueOf(outcome, metric, undefined, sure);
    for (const [got, wanted] of [
      [found.low!, low],
      [found.high!, high],
    ] as const)
      expect(Math.abs(got - wanted), metric).toBeLessThan(0.06 * (high - low));
  };
  for (const each of cases) check(outcomeOf(each), 'f1-macro', each.bcaOfF1Macro);
  check(estimated, 'mae', regression.bcaOfMae);
});

test('every estimate lies in its interval, and says how that was made', () => {
  for (const outcome of [...cases.map(outcomeOf), estimated])
    for (const { metric, estimate } of evaluate(outcome, QUICK)) {
      if (estimate.verdict !== 'estimated') throw new Error(metric);
      if (estimate.low === undefined) {
        expect(estimate.note).toMatch(/no interval/);
        continue;
      }
      // The calibration errors are larger than what they estimate: their intervals may lie below them.
      if (!BY_HAND.has(metric)) {
        expect(estimate.low, metric).toBeLessThanOrEqual(estimate.value);
        expect(estimate.high, metric).toBeGreaterThanOrEqual(estimate.value);
      }
      expect(estimate.interval).not.toBe('');
      expect(estimate.standardError).toBeGreaterThan(0);
    }
});

test('the same seed gives the same numbers, another one other intervals', () => {
  const outcome = outcomeOf(cases[0]!);
  expect(evaluate(outcome, { ...QUICK, seed: 1 })).toEqual(evaluate(outcome, { ...QUICK, seed: 1 }));
  const [one, two] = [1, 2].map((seed) => valueOf(outcome, 'mcc', undefined, { ...QUICK, seed }));
  expect(one!.low).not.toBe(two!.low);
});

/** Two classes; `right` of the rows of each are predicted right. */
const plain = (rows: number, right: number): Outcome =>
  classified({
    truth: Array.from({ length: 2 * rows }, (_, i) => (i < rows ? 'a' : 'b')),
    predicted: Array.from({ length: 2 * rows }, (_, i) => (i % rows < right === i < rows ? 'a' : 'b')),
  });

test('numbers by hand: 15 of 20 right', () => {
  const outcome = plain(20, 15);
  expect(valueOf(outcome, 'accuracy')).toMatchObject({ value: 0.75, interval: 'Wilson', support: 40 });
  expect(valueOf(outcome, 'accuracy').low).toBeCloseTo(0.59808, 4);
  expect(valueOf(outcome, 'accuracy').high).toBeCloseTo(0.85813, 4);
  expect(valueOf(outcome, 'kappa').value).toBeCloseTo(0.5, 12);
  expect(valueOf(outcome, 'mcc').value).toBeCloseTo(0.5, 12);
  // J = 15/25: F1 = 2·0.6/1.6.
  expect(valueOf(outcome, 'f1', 0).value).toBeCloseTo(0.75, 12);
});

test('predictions that are all right are not therefore sure: intervals of formulas stay open below', () => {
  const outcome = plain(20, 20);
  for (const metric of ['accuracy', 'balanced-accuracy', 'recall', 'f1', 'precision']) {
    const found = valueOf(
      outcome,
      metric,
      predictionMetrics.classification.find(({ name }) => name === metric)!.per === 'class' ? 0 : undefined,
    );
    expect(found.value).toBe(1);
    expect(found.low).toBeGreaterThan(0.7);
    expect(found.low).toBeLessThan(0.95);
  }
  expect(valueOf(outcome, 'mcc')).toMatchObject({ value: 1, low: undefined, note: expect.stringMatching(/no interval/) as unknown });
});

test('an area of 1 has an interval by Newcombe’s method, and ties count half', () => {
  const scores = (of: (i: number) => number): Outcome =>
    classified({
      truth: Array.from({ length: 40 }, (_, i) => (i < 20 ? 'no' : 'yes')),
      scores: new Map([
        ['yes', Array.from({ length: 40 }, (_, i) => of(i))],
        ['no', Array.from({ length: 40 }, (_, i) => 1 - of(i))],
      ]),
    });
  const perfect = valueOf(
    scores((i) => i / 40),
    'auc',
    1,
  );
  expect(perfect).toMatchObject({ value: 1, high: 1 });
  expect(perfect.low).toBeGreaterThan(0.85);
  expect(perfect.low).toBeLessThan(0.97);
  const tied = valueOf(
    scores(() => 0.5),
    'auc',
    1,
  );
  expect(tied.value).toBe(0.5);
  expect([tied.low! < 0.4, tied.high! > 0.6]).toEqual([true, true]);
});

test('calibration by hand: 0.8 said where 0.6 came, in one bin', () => {
  const outcome = classified({
    truth: Array.from({ length: 100 }, (_, i) => (i < 60 ? 'yes' : 'no')),
    scores: new Map([
      ['yes', Array.from({ length: 100 }, () => 0.8)],
      ['no', Array.from({ length: 100 }, () => 0.2)],
    ]),
  });
  for (const metric of BY_HAND) expect(valueOf(outcome, metric, metric === 'classwise-ece' ? 1 : undefined).value).toBeCloseTo(0.2, 12);
  // 0.2 lies on the edge of a bin, and in the one below it.
  expect(valueOf(outcome, 'classwise-ece', 0).value).toBeCloseTo(0.2, 12);
});

test('bins of equal size keep equal probabilities together; the largest gap is that of a bin of few', () => {
  const said = Array.from({ length: 100 }, (_, i) => (i < 90 ? 0.6 : 0.9));
  const outcome = classified({
    truth: said.map((p, i) => (p === 0.6 ? (i < 54 ? 'yes' : 'no') : 'no')),
    scores: new Map([
      ['yes', said],
      ['no', said.map((p) => 1 - p)],
    ]),
  });
  expect(valueOf(outcome, 'adaptive-ece').value).toBeCloseTo(0.09, 12);
  expect(valueOf(outcome, 'ece').value).toBeCloseTo(0.09, 12);
  expect(valueOf(outcome, 'mce').value).toBeCloseTo(0.9, 12);
});

test('too few rows, or too few of a class, are said to be so', () => {
  const [first] = cases;
  const outcome = outcomeOf(first!);
  const of = (metric: string, rows: number, k?: number) =>
    evaluate(
      rowsOf(
        outcome,
        Int32Array.from({ length: rows }, (_, i) => i),
      ),
      { metrics: [metric], resamples: 100 },
    ).find(({ of: at }) => at === k)!.estimate;
  expect(of('accuracy', 29)).toEqual({ verdict: 'insufficient', support: 29, needed: 30, of: 'rows' });
  expect(of('accuracy', 30).verdict).toBe('estimated');
  expect(of('recall', 30, 2)).toMatchObject({ verdict: 'insufficient', needed: 10, of: 'rows of the class' });
});

test('what has no value says why', () => {
  const constant: Estimated = { kind: 'regression', truth: new Float64Array(40), predicted: new Float64Array(40).fill(1) };
  const of = (metric: string) => evaluate(constant, { metrics: [metric] })[0]!.estimate;
  expect(of('r2')).toEqual({ verdict: 'undefined', reason: 'all true values are the same', support: 40 });
  expect(of('mape')).toEqual({ verdict: 'undefined', reason: 'a true value is 0', support: 40 });
  expect(of('mae')).toMatchObject({ value: 1, low: undefined });
});

/** How often intervals hold the truth: a binomial test would reject outside these bounds one time in a thousand. */
const TRIALS = 300;
const SURE = { least: 0.9, most: 0.985 };

test('95 % intervals hold the truth about 95 % of the time', () => {
  const uniform = random(7, 'coverage');
  const held = new Map([
    ['accuracy', 0],
    ['f1', 0],
    ['auc', 0],
    ['f1-macro', 0],
    ['brier', 0],
  ]);
  // y ~ Bernoulli(1/2), score uniform in [0, 0.6] for no and [0.4, 1] for yes.
  const truthOf = new Map([
    ['accuracy', 5 / 6],
    ['f1', 5 / 6],
    ['f1-macro', 5 / 6],
    ['auc', 1 - (1 / 3) ** 2 / 2],
    ['brier', 0.6 ** 3 / 3 / 0.6],
  ]);
  for (let trial = 0; trial < TRIALS; trial++) {
    const truth = Array.from({ length: 80 }, () => (uniform() < 0.5 ? 'no' : 'yes'));
    const yes = truth.map((label) => (label === 'yes' ? 0.4 : 0) + 0.6 * uniform());
    const outcome = classified({
      truth,
      scores: new Map([
        ['yes', yes],
        ['no', yes.map((p) => 1 - p)],
      ]),
    });
    for (const [metric, times] of held) {
      const { low, high } = valueOf(outcome, metric, ['f1', 'auc'].includes(metric) ? 1 : undefined, { ...QUICK, resamples: 300 });
      if (low! <= truthOf.get(metric)! && truthOf.get(metric)! <= high!) held.set(metric, times + 1);
    }
  }
  for (const [metric, times] of held) {
    expect(times / TRIALS, metric).toBeGreaterThan(SURE.least);
    expect(times / TRIALS, metric).toBeLessThanOrEqual(SURE.most);
  }
});
