import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openTable } from '@vitrine/data/node';
import { builder, joinedBytes, tensorOf, writeModel } from '@vitrine/ir';
import { beforeAll, describe, expect, test } from 'vitest';
import { root, workplace } from '../testing/command.js';

const { at, vitrine } = workplace();
const people = path.join(root, 'examples/tables/adult.csv');
const adult = path.join(root, 'models/adult_dice.onnx');
const QUICK = ['--resamples', '60'];

/** x: a number, y: what is true (yes where x > 29), p: the opposite of it for each fifth row, s: a score that tells it, g: two groups. */
const ROWS = Array.from({ length: 60 }, (_, i) => {
  const is = i > 29;
  return [
    i + 0.25,
    is ? 'yes' : 'no',
    (i % 5 === 0) !== is ? 'yes' : 'no',
    (i + 0.5) / 60,
    i % 2 ? 'odd' : 'even',
    'one',
    '',
    i % 9 ? 0.5 : 'x',
    i % 3 ? 'ja' : 'nein',
    i,
  ];
});

/** Two scores of x: 29.5 − x and x − 29.5, no probabilities. */
function scores(file: string): void {
  const b = builder();
  const x = b.input('x', { dtype: 'float32', shape: ['N', 1] });
  const y = b.op.Gemm(x, b.initializer(tensorOf('float32', [1, 2], [-1, 1])), b.initializer(tensorOf('float32', [2], [29.5, -29.5])));
  writeFileSync(file, joinedBytes(writeModel(b.build([y]))));
}

beforeAll(() => {
  writeFileSync(at('t.csv'), `x,y,p,s,"g,1",c,none,bad,other,n\n${ROWS.map((row) => row.join(',')).join('\n')}\n`);
  writeFileSync(at('empty.csv'), 'x,y,p\n');
  writeFileSync(at('one.csv'), 'x,y,p\n1,yes,yes\n');
  writeFileSync(at('x.csv'), `x,y\n${ROWS.map(([x, y]) => `${x},${y}`).join('\n')}\nnone,yes\n`);
  scores(at('m.onnx'));
});

test('a table alone: what its columns hold', async () => {
  const { code, out, err } = await vitrine('analyze', 't.csv');
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/^t.csv {2}60 rows, 10 columns$/m);
  expect(out).toMatch(/^ {2}x +number +60 different +0\.25 … 59\.25, median 29\.75$/m);
  expect(out).toMatch(/^ {2}none +category +60 missing +0 different +nothing in any row$/m);
  expect(out).toContain('The same in every row: c, none.');
});

test('predictions in a column: metrics, slices, groups, a report, and every result as a table', async () => {
  const asked = [
    'analyze',
    't.csv',
    '--label-column',
    'y',
    '--prediction-column',
    'p',
    '--by',
    'g,1',
    '--by',
    'x+c',
    '--by',
    'c',
    '--protected',
    'g,1',
  ];
  const { code, out } = await vitrine(...asked, ...QUICK, '--save', 'out', '--format', 'parquet', '--report', 'r.html');
  expect(code).toBe(0);
  // 12 of 60 are wrong.
  expect(out).toMatch(/^ {2}Accuracy +0\.8 \(0\.682 to 0\.882\)$/m);
  expect(out).toMatch(/^ {2}g,1 = even +30 rows +Accuracy 0\.8 /m);
  expect(out).toMatch(/^ {2}g,1 = odd +DPL +/m);
  expect(out).toMatch(/^wrote .*slices.parquet$/m);
  const table = await openTable(at('out/metrics.parquet'));
  for await (const batch of table.batches({ count: 1 })) expect([batch.cell(0, 0), batch.cell(2, 0)]).toEqual(['accuracy', 0.8]);
  await table.close();
  const page = readFileSync(at('r.html'), 'utf8');
  expect(page).toContain('How right are the predictions of y?');
  expect(page).toContain('vitrine analyze t.csv --label-column y');
  expect(JSON.parse(readFileSync(at('out/analysis.json'), 'utf8'))).toMatchObject({
    predictions: { task: 'classification', positive: 'yes', rows: 60 },
  });
});

test('a column of scores, as JSON', async () => {
  const { out } = await vitrine('analyze', 't.csv', '--label-column', 'y', '--score-columns', 's', '--json', ...QUICK);
  const { predictions, label } = JSON.parse(out) as {
    label: string;
    predictions: { metrics: { metric: string; class?: string; estimate: { value: number } }[] };
  };
  expect(label).toBe('y');
  expect(predictions.metrics.find(({ metric, class: of }) => metric === 'auc' && of === 'yes')?.estimate.value).toBe(1);
});

test('a model says something of each row; softmax makes probabilities; a row that cannot be read is told', async () => {
  writeFileSync(at('names.txt'), 'no\nyes\n');
  writeFileSync(
    at('x.schema.json'),
    '{"features":[{"name":"x","kind":"number"},{"name":"y","kind":"category","categories":["no","yes"]}],"labelColumn":"y","missing":[""]}',
  );
  const { code, out, err } = await vitrine('analyze', 'x.csv', '--model', 'm.onnx', '--labels', 'names.txt', ...QUICK);
  expect(code).toBe(0);
  expect(out).toMatch(/^x.csv {2}61 rows, 2 columns, label y, predicted by m.onnx$/m);
  expect(out).toMatch(/^ {2}Accuracy +1 \(0\.94 to 1\)$/m);
  expect(err.trimEnd().split('\n')).toEqual([
    'note: x: one cell counts as missing, the first in row 60: it is "none", which is no number',
    'note: 1 of 61 rows have no prediction; the first: x.csv, row 60: x is "none", which is no number',
    'note: the scores of m.onnx are no probabilities: softmax makes them some',
  ]);
});

test('a model with its preprocessing and the schema beside it, over rows that are drawn', async () => {
  const { code, out, err } = await vitrine(
    'analyze',
    people,
    '--model',
    adult,
    '--rows',
    '150',
    '--by',
    'gender',
    '--protected',
    'gender',
    ...QUICK,
  );
  expect(code).toBe(0);
  expect(out).toMatch(/^adult.csv {2}150 rows, 9 columns, label income, predicted by adult_dice.onnx$/m);
  expect(out).toMatch(/^ {2}gender = Female +\d+ rows +Accuracy 0\.\d+ /m);
  expect(out).toMatch(/^ {2}gender = Female +TE +insufficient data: \d wrong predictions of a group, 10 are needed$/m);
  expect(err).toContain('note: 150 of 200 rows are drawn, with seed 0: all numbers are of these');
});

test('numbers have residuals, and groups by a threshold', async () => {
  const { out } = await vitrine(
    'analyze',
    't.csv',
    '--label-column',
    'n',
    '--prediction-column',
    's',
    '--protected',
    'g,1',
    '--threshold',
    '20',
    ...QUICK,
  );
  expect(out).toMatch(/^ {2}Mean absolute error +29(\.\d*)? /m);
  expect(out).toContain('Groups: > 20 is the good outcome');
});

test('one class only is analyzed, and said', async () => {
  const { code, err } = await vitrine('analyze', 't.csv', '--label-column', 'c', '--prediction-column', 'c', ...QUICK);
  expect([code, err]).toEqual([0, 'note: c is one in every row: how well classes are told apart cannot be measured\n']);
});

test('of one row nothing is told but that it is too few', async () => {
  const { code, out } = await vitrine('analyze', 'one.csv', '--label-column', 'y', '--prediction-column', 'p', '--by', 'x', ...QUICK);
  expect(code).toBe(0);
  expect(out).toMatch(/^ {2}Accuracy +insufficient data: 1 row, 30 are needed$/m);
  expect(out).toContain('Insufficient data for 1 slice: x = 1.');
});

describe('what cannot be analyzed is told in one sentence', () => {
  test.each([
    ['t.csv --label-column lable', 't.csv has no column lable: it has x, y, p, s, g,1, c, none, bad, other, n'],
    ['t.csv --label-column y --prediction-column other', 'predictions are of ja, nein, and y is none of these: it is no, yes'],
    [
      't.csv --label-column y --prediction-column x',
      'x holds numbers, and y is one of no, yes: give classes, a score for each class, or of two classes a probability',
    ],
    ['t.csv --label-column none --prediction-column p', 'the label column none is empty in every row'],
    ['t.csv --label-column y --prediction-column none', 'no row has both y and none'],
    ['t.csv --label-column y --score-columns bad', 'column bad holds names, and numbers are needed here'],
    ['t.csv --label-column y --score-columns s,x', 'predictions are of s, x, and y is none of these: it is no, yes'],
    ['t.csv --prediction-column p', 'predictions are held against a label: name the column that tells what is true'],
    [
      't.csv --label-column y --prediction-column p --by z',
      'there is no column z to slice by: there are x, y, s, g,1, c, none, bad, other, n',
    ],
    [
      't.csv --label-column y --prediction-column p --protected z',
      'there is no column z: there are x, y, p, s, g,1, c, none, bad, other, n',
    ],
    ['t.csv --label-column y --prediction-column p --positive maybe', 'y is never maybe: it is no, yes'],
    [
      't.csv --label-column n --prediction-column s --protected c',
      'groups are compared by a good outcome, and the predictions are numbers: give a threshold above which they are good',
    ],
    ['t.csv --level 95', 'a level of 95 is no confidence: it lies between 0 and 1, as 0.95'],
    ['t.csv --rows 0', '--rows must be a whole number from 1, not 0'],
    ['t.csv --model m.onnx', 'what m.onnx says is held against what is true: say which column tells that with --label-column'],
    ['t.csv --model m.onnx --label-column y --prediction-column p', 'predictions come from a model or from columns: give one of them'],
    [
      't.csv --model m.onnx --label-column y',
      "m.onnx calls its classes 0, 1, and y is no, yes: say with --labels FILE what they are called, in the model's order",
    ],
    ['empty.csv', 'empty.csv holds no row'],
    ['none.csv', 'there is no file none.csv'],
  ])('%s', async (asked, message) => {
    const { code, out, err } = await vitrine('analyze', ...asked.split(' '), ...QUICK);
    expect([code, out, err.trimEnd()]).toEqual([1, '', `vitrine: ${message}`]);
  });
});
