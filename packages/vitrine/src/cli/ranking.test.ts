import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { builder, joinedBytes, tensorOf, writeModel } from '@vitrine/ir';
import { beforeAll, describe, expect, test } from 'vitest';
import { root, workplace } from '../testing/command.js';

const { at, vitrine } = workplace();
const hotels = path.join(root, 'examples/tables/hotels.csv');
const ranker = path.join(root, 'examples/ranking/hotel_ranker.onnx');

/** Scores 2a − b + 0c. */
function linear(file: string, outputs = 1): void {
  const b = builder();
  const x = b.input('x', { dtype: 'float32', shape: ['N', 3] });
  const weights = [2, -1, 0].flatMap((weight) => Array.from({ length: outputs }, (_, k) => (k + 1) * weight));
  writeFileSync(file, joinedBytes(writeModel(b.build([b.op.MatMul(x, b.initializer(tensorOf('float32', [3, outputs], weights)))]))));
}

beforeAll(() => {
  linear(at('m.onnx'));
  linear(at('two.onnx'), 2);
  const rows = Array.from({ length: 30 }, (_, i) => [i < 2 ? `lone ${i}` : i % 4, (7 * i) % 11, (3 * i) % 8, (5 * i) % 6, i % 3]);
  writeFileSync(at('r.csv'), `q,a,b,c,y\n${rows.map((row) => row.join(',')).join('\n')}\n`);
  writeFileSync(at('odd.csv'), 'q,a,b,c\n1,1,2,3\n1,2,x,3\n2,1,1,1\n');
  writeFileSync(
    at('odd.schema.json'),
    '{"features":[{"name":"a","kind":"number"},{"name":"b","kind":"number"},{"name":"c","kind":"number"}]}',
  );
});
const asked = (query: string, method: string, ...more: readonly string[]) =>
  vitrine(
    'explain',
    'm.onnx',
    '--input',
    'r.csv',
    '--query-column',
    'q',
    '--query',
    query,
    '--label-column',
    'y',
    '--method',
    method,
    ...more,
  );

describe('a ranker of hotels, whose truth is known', () => {
  test('the features that decide are found, those that say nothing are not, and one place is told from another', async () => {
    const methods = 'ranking-validity,ranking-permutation,tree-shap';
    const { code, out } = await vitrine(
      'explain',
      ranker,
      '--input',
      hotels,
      '--query-column',
      'search',
      '--query',
      '7',
      '--method',
      methods,
      '--places',
      '1:4',
    );
    expect(code).toBe(0);
    expect(out).toMatch(/^search 7 {2}8 rows of hotels.csv, put in order by hotel_ranker.onnx$/m);
    expect(out).toMatch(/^ {2}1\. +row 76 +1\.179 +grade 4$/m);
    expect(out).toMatch(/^ {2}The order is kept \(τ 1\.00\) by guests' rating, distance, price and breakfast alone; without them τ is /m);
    expect(out).toMatch(/^ {4}pool +\+0\.000$/m);
    expect(out).toMatch(/^ {4}guests' rating +\+0\.[67]\d\d ± 0\.0\d+$/m);
    expect(out).toMatch(/^ {2}place 1 above place 4$/m);
    expect(out).toMatch(/^ {4}\+2\.\d+ +price +80 € a night rather than 205 € a night$/m);
  });

  test('orders of all queries are measured, with intervals', async () => {
    const { out } = await vitrine('analyze', hotels, '--model', ranker, '--query-column', 'search', '--resamples', '200');
    expect(out).toMatch(/^ {2}NDCG +0\.9\d+ \(0\.9\d* to 0\.9\d*\)$/m);
    expect(out).toMatch(/^ {2}Kendall’s τ +0\.7\d+ \(0\.7\d* to 0\.8\d*\)$/m);
  });

  test('fewer rows than there are means whole queries', async () => {
    const { out, err } = await vitrine('analyze', hotels, '--model', ranker, '--query-column', 'search', '--rows', '100', '--json');
    const { ranking } = JSON.parse(out) as { ranking: { queries: number; each: { documents: number }[] } };
    const drawn = ranking.each.reduce((sum, { documents }) => sum + documents, 0);
    expect(drawn).toBeLessThanOrEqual(100);
    expect(drawn).toBeGreaterThan(80);
    expect(err).toContain(`note: ${drawn} of 444 rows are drawn, those of whole queries, with seed 0`);
  });
});

test('of a sum, differences of what features count are the differences of their terms', async () => {
  const { code, out } = await asked('3', 'shapley-values', '--json');
  expect(code).toBe(0);
  const { documents, answers } = JSON.parse(out) as {
    documents: { row: number; score: number }[];
    answers: { scores: { name: string; value: number; attribution: number }[][] }[];
  };
  const [first, second] = answers[0]!.scores as [(typeof answers)[0]['scores'][0], (typeof answers)[0]['scores'][0]];
  for (const [i, weight] of [2, -1, 0].entries())
    expect(first[i]!.attribution - second[i]!.attribution).toBeCloseTo(weight * (first[i]!.value - second[i]!.value), 4);
  expect(documents[0]!.score).toBeGreaterThan(documents[1]!.score);
});

test('files: a table of each answer, a record, a report; NDCG where grades are known', async () => {
  const more = ['--option', 'measure=ndcg', '--option', 'samples=20', '--save', 'out', '--report', 'r.html'];
  const { code } = await asked('2', 'ranking-permutation,occlusion', ...more);
  expect(code).toBe(0);
  expect(readFileSync(at('out/ranking-permutation.csv'), 'utf8')).toMatch(/^feature,label,value,standard_error\na,a,-?[\d.]+,[\d.]+\n/);
  expect(readFileSync(at('out/ranking-permutation.csv'), 'utf8')).toMatch(/^c,c,0,0$/m);
  expect(readFileSync(at('out/occlusion.pair.csv'), 'utf8')).toMatch(/^feature,label,place_1,place_2,difference,standard_error\n/);
  expect(JSON.parse(readFileSync(at('out/ranking.json'), 'utf8'))).toMatchObject({ query: '2', seed: 0, answers: { length: 2 } });
  expect(readFileSync(at('r.html'), 'utf8')).toContain('Why this order of q 2?');
});

test('a row that cannot be read is told and left out', async () => {
  writeFileSync(at('odd.csv'), 'q,a,b,c\n1,1,2,3\n1,2,x,3\n1,3,1,1\n2,1,1,1\n');
  const { code, err } = await vitrine(
    'explain',
    'm.onnx',
    '--input',
    'odd.csv',
    '--query-column',
    'q',
    '--query',
    '1',
    '--method',
    'ranking-validity',
  );
  expect([code, err]).toEqual([0, 'note: odd.csv, row 1: b is "x", which is no number: left out\n']);
});

describe('what cannot be asked is told in one sentence', () => {
  test.each([
    [['--query-column', 'q', '--query', 'lone 0', '--method', 'ranking-validity'], 'q lone 0 has one row: an order needs two or more'],
    [
      ['--query-column', 'q', '--query', '9', '--method', 'ranking-validity'],
      'r.csv has no row whose q is 9: it is lone 0, lone 1, 2, 3, 0, …',
    ],
    [['--query-column', 'z', '--query', '9', '--method', 'ranking-validity'], 'r.csv has no column z: it has q, a, b, c, y'],
    [['--method', 'ranking-validity'], "ranking-validity explains the order of a query's rows: say with --query-column and --query which"],
    [
      ['--query-column', 'q', '--method', 'ranking-validity'],
      '--query-column tells queries apart: say with --query which of them is explained',
    ],
    [['--query', '2', '--method', 'lime'], '--query names a query: say with --query-column which column tells queries apart'],
    [['--query-column', 'q', '--query', '2', '--method', 'lime', '--row', '2'], '--query chooses the rows: leave out --row and --rows'],
    [['--query-column', 'q', '--query', '2', '--method', 'lime', '--places', '1:90'], '--places 1:90: q 2 has 7 places'],
    [['--query-column', 'q', '--query', '2', '--method', 'lime', '--places', '2:2'], '--places must be two, as 1:2, not 2:2'],
    [
      ['--query-column', 'q', '--query', '2', '--method', 'ranking-validity', '--target', 'span:x'],
      'documents are put in order by one number that m.onnx says of each: name it as --target 0 or label:NAME, not span:x',
    ],
    [
      ['--query-column', 'q', '--query', '2', '--method', 'ranking-validity', '--target', '3'],
      'm.onnx says 1 number of each row: there is no 3',
    ],
    [
      ['--query-column', 'q', '--query', '2', '--method', 'ranking-validity', '--option', 'feature=2'],
      'ranking-validity has no option feature: use features, weighted',
    ],
  ] as const)('%j', async (more, message) => {
    const { code, out, err } = await vitrine('explain', 'm.onnx', '--input', 'r.csv', '--label-column', 'y', ...more);
    expect([code, out, err.trimEnd()]).toEqual([1, '', `vitrine: ${message}`]);
  });

  test('a model of several numbers, queries of analyze, grades that are none', async () => {
    const two = await vitrine(
      'explain',
      'two.onnx',
      '--input',
      'r.csv',
      '--query-column',
      'q',
      '--query',
      '2',
      '--label-column',
      'y',
      '--method',
      'ranking-validity',
    );
    expect(two.err).toBe('vitrine: two.onnx says 2 numbers of each row, and an order needs one: choose it with --target, as 0\n');
    const chosen = await vitrine(
      'explain',
      'two.onnx',
      '--input',
      'r.csv',
      '--query-column',
      'q',
      '--query',
      '2',
      '--label-column',
      'y',
      '--method',
      'ranking-validity',
      '--target',
      '1',
    );
    expect(chosen.code).toBe(0);
    const many = await vitrine('analyze', 'r.csv', '--query-column', 'q', '--model', 'two.onnx', '--label-column', 'y');
    expect(many.err).toBe('vitrine: rows are put in order by one score: name one column, or a model that says one number\n');
    const none = await vitrine('analyze', 'r.csv', '--query-column', 'z', '--label-column', 'y', '--prediction-column', 'a');
    expect(none.err).toBe('vitrine: r.csv has no column z: it has q, a, b, c, y\n');
  });
});
