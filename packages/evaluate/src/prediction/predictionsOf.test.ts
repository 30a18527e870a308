import { expect, test } from 'vitest';
import { categories, numbers, type Column } from '../column/column.js';
import type { Classified } from './outcome.js';
import { predictionsOf, type PredictionColumns } from './predictionsOf.js';

const label = categories('y', ['no', 'yes', null, 'yes', 'no']);
const classifiedBy = (given: Omit<PredictionColumns, 'label'>, of: Column = label) => {
  const { outcome, ...rest } = predictionsOf({ label: of, ...given });
  if (outcome.kind !== 'classification') throw new Error(outcome.kind);
  const name = (k: number): string => outcome.classes[k]!;
  return { ...rest, outcome, truth: [...outcome.truth].map(name), predicted: [...outcome.predicted].map(name) };
};
const scoresOf = ({ scores, classes }: Classified, name: string): readonly number[] =>
  [...scores!].filter((_, i) => i % classes.length === classes.indexOf(name));

test('predicted names are classes; rows that lack one are left out and counted', () => {
  const found = classifiedBy({ prediction: categories('p', ['no', 'no', 'yes', null, 'no']) });
  expect(found).toMatchObject({ left: 2, positive: 'yes', truth: ['no', 'yes', 'no'], predicted: ['no', 'no', 'no'] });
  expect([...found.rows]).toEqual([0, 1, 4]);
  expect(found.outcome.scores).toBeUndefined();
});

test('numbers from 0 to 1 beside two classes are the probability of the positive one', () => {
  const prediction = numbers('score', [0.2, 0.9, 0.5, 0.4, 0.1]);
  const found = classifiedBy({ prediction });
  expect(found.predicted).toEqual(['no', 'yes', 'no', 'no']);
  expect(scoresOf(found.outcome, 'yes')).toEqual([0.2, 0.9, 0.4, 0.1]);
  expect(found.outcome.probable).toBe(true);
  expect(classifiedBy({ prediction, positive: 'no' })).toMatchObject({ positive: 'no', predicted: ['yes', 'no', 'yes', 'yes'] });
});

test('columns of probabilities are named as classes, or end in their names', () => {
  const kinds = categories('kind', ['ant', 'red ant', 'bee']);
  const columns = [numbers('p_ant', [0.5, 0.2, 0.1]), numbers('p_red ant', [0.3, 0.7, 0.1]), numbers('proba(bee)', [0.2, 0.1, 0.8])];
  const found = classifiedBy({ probabilities: columns }, kinds);
  expect(found.predicted).toEqual(['ant', 'red ant', 'bee']);
  expect(scoresOf(found.outcome, 'red ant')).toEqual([0.3, 0.7, 0.1]);
  expect(found.positive).toBeUndefined();
  expect(() => classifiedBy({ probabilities: columns.slice(0, 2) }, kinds)).toThrow('class bee has no scores');
  expect(() => classifiedBy({ probabilities: columns.slice(0, 1) }, kinds)).toThrow(
    'p_ant is one column of probabilities, and there are 3 classes',
  );
  expect(() => classifiedBy({ probabilities: [columns[0]!, numbers('q ant', [1, 1, 1])] }, kinds)).toThrow(
    'two columns hold probabilities of ant',
  );
});

test('a label of few whole numbers is one of classes where the predictions are too; else of numbers', () => {
  const stars = numbers('stars', [1, 2, 3, 2]);
  expect(predictionsOf({ label: stars, prediction: numbers('said', [1, 2, 2, 2]) }).outcome.kind).toBe('classification');
  expect(predictionsOf({ label: stars, prediction: numbers('said', [1.2, 2.1, 2.9, 2]) }).outcome.kind).toBe('regression');
  expect(predictionsOf({ label: stars, prediction: numbers('said', [1, 2, 2, 2]), task: 'regression' }).outcome.kind).toBe('regression');
  const bits = numbers('y', [0, 1, 1, 0]);
  expect(predictionsOf({ label: bits, prediction: numbers('p', [0.1, 0.6, 1, 0]) })).toMatchObject({
    positive: '1',
    outcome: { kind: 'classification' },
  });
  expect(predictionsOf({ label: numbers('y', [0.5, 2]), prediction: numbers('p', [1, 2]) }).outcome.kind).toBe('regression');
});

test('what cannot be judged is said in a sentence', () => {
  expect(() => predictionsOf({ label })).toThrow('there are no predictions: name the column');
  expect(() => predictionsOf({ label, prediction: categories('p', [null, null, 'no', null, null]) })).toThrow('no row has both y and p');
  expect(() => predictionsOf({ label: numbers('y', [0.5, 1.5]), prediction: categories('p', ['a', 'b']) })).toThrow('column p holds names');
  expect(() => classifiedBy({ prediction: label, positive: 'maybe' })).toThrow('y is never maybe: it is no, yes');
});
