import { expect, test } from 'vitest';
import { classificationCases, type ClassificationCase } from '../../testing/golden.js';
import { classified, whole, type Classified } from '../outcome.js';
import { heightAt, withoutCollinear } from './curve.js';
import { drawCurves } from './draw.js';
import { gain, lift } from './gain.js';
import { precisionRecall } from './precisionRecall.js';
import { roc, rocMacro } from './roc.js';

const outcomeOf = ({ truth, scores }: ClassificationCase): Classified => classified({ truth, scores: new Map(Object.entries(scores)) });
const close = (got: readonly number[], wanted: readonly number[]): void => {
  expect(got).toHaveLength(wanted.length);
  got.forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 12));
};

test.each(classificationCases().map((each) => [each.classes.length, each] as const))(
  'ROC and precision–recall of %s classes are scikit-learn’s, ties together',
  (_, each) => {
    const sample = whole(outcomeOf(each));
    for (const k of each.classes.keys()) {
      const points = roc.points(sample, k);
      close(points.x, each.roc[k]!.fpr);
      close(points.y, each.roc[k]!.tpr);
      close(
        points.threshold.slice(1),
        each.roc[k]!.threshold.slice(1).map((t) => t!),
      );
      // scikit-learn goes from the lowest threshold to the highest.
      const { x, y, threshold } = precisionRecall.points(sample, k);
      close(x.toReversed(), each.precisionRecall[k]!.recall);
      close(y.toReversed(), each.precisionRecall[k]!.precision);
      close(threshold.toReversed().slice(0, -1), each.precisionRecall[k]!.threshold);
    }
    const macro = rocMacro(sample, [...each.classes.keys()]);
    close(macro.x.slice(1), each.rocMacro.fpr);
    close(macro.y.slice(1), each.rocMacro.tpr);
  },
);

/** Scores 4, 3, 2, 1; the first and third are what is looked for. */
const four = classified({
  truth: ['yes', 'no', 'yes', 'no'],
  scores: new Map([
    ['yes', [4, 3, 2, 1]],
    ['no', [-4, -3, -2, -1]],
  ]),
});
const YES = 1;

test('gain and lift by hand', () => {
  close(gain.points(whole(four), YES).x, [0, 0.25, 0.5, 0.75, 1]);
  close(gain.points(whole(four), YES).y, [0, 0.5, 0.5, 1, 1]);
  close(lift.points(whole(four), YES).y, [2, 1, 4 / 3, 1]);
  expect(lift.chance(whole(four), YES)(0.3)).toBe(1);
  expect(precisionRecall.chance(whole(four), YES)(0.3)).toBe(0.5);
});

test('heights between points lie on a line, or are those of the next point; at a cliff, its top', () => {
  const points = { x: [0, 0, 1], y: [0, 0.5, 1], threshold: [Infinity, 1, 0] };
  expect(heightAt(points, 'line', 0)).toBe(0.5);
  expect(heightAt(points, 'line', 0.5)).toBe(0.75);
  expect(heightAt(points, 'step', 0.5)).toBe(1);
  expect(heightAt(points, 'line', 1)).toBe(1);
});

test('points on a line between others are dropped, corners stay', () => {
  const kept = withoutCollinear({ x: [0, 0, 0, 0.5, 1], y: [0, 0.2, 0.4, 0.7, 1], threshold: [9, 8, 7, 6, 5] });
  expect(kept).toEqual({ x: [0, 0, 1], y: [0, 0.4, 1], threshold: [9, 7, 5] });
});

test('bands hold the curve, are narrower for more rows, and the same for the same seed', () => {
  const [each] = classificationCases();
  const outcome = outcomeOf(each!);
  const twice = classified({
    truth: [...each!.truth, ...each!.truth, ...each!.truth, ...each!.truth],
    scores: new Map(Object.entries(each!.scores).map(([name, of]) => [name, [...of, ...of, ...of, ...of]])),
  });
  const drawn = drawCurves(outcome, { resamples: 200 });
  expect(drawn).toEqual(drawCurves(outcome, { resamples: 200 }));
  expect(drawn.map(({ kind, of }) => `${kind} ${of}`)).toEqual(
    ['roc', 'precision-recall', 'gain', 'lift'].flatMap((kind) => [
      ...each!.classes.map((name) => `${kind} ${name}`),
      ...(kind === 'roc' ? ['roc macro'] : []),
      `${kind} micro`,
    ]),
  );
  const width = (curves: typeof drawn): number =>
    curves.reduce((sum, { band }) => sum + band.reduce((all, { low, high }) => all + high - low, 0) / band.length, 0);
  expect(width(drawCurves(twice, { resamples: 200 })) / width(drawn)).toBeLessThan(0.6);
  for (const { kind, points, band } of drawn) {
    const outside = band.filter(({ x, low, high }) => {
      const height = heightAt(points, kind === 'precision-recall' ? 'step' : 'line', x);
      return height < low - 1e-9 || height > high + 1e-9;
    });
    expect(outside.length / band.length, kind).toBeLessThan(0.1);
  }
});

test('without scores there are no curves; a class that no row is of has none', () => {
  expect(drawCurves(classified({ truth: ['a', 'b'], predicted: ['a', 'b'] }))).toEqual([]);
  const never = classified({
    truth: ['a', 'b', 'a'],
    scores: new Map([
      ['a', [1, 2, 3]],
      ['b', [3, 2, 1]],
      ['c', [0, 0, 0]],
    ]),
  });
  expect(drawCurves(never, { resamples: 10, averages: false }).map(({ of }) => of)).not.toContain('c');
});
