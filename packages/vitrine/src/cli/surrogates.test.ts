import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ExplanationRecord } from '@vitrine/audit';
import { expect, test } from 'vitest';
import { root, workplace, type Outcome } from '../testing/command.js';

const { at, vitrine } = workplace();
const adult = path.join(root, 'models/adult_dice.onnx');
const people = path.join(root, 'examples/tables/adult.csv');
const explain = (...args: readonly string[]): Promise<Outcome> => vitrine('explain', adult, '--input', people, ...args);

test('maple explains a row by its neighbours in a table, and says how well', async () => {
  const asked = ['--row', '3', '--method', 'maple', '--background', people] as const;
  const { code, out, err } = await explain(...asked, '--report', 'why.html', '--save', 'out');
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('200 model runs');
  expect(out).toMatch(/^ +−0\.1\d+ +± 0\.0\d+ +education +School$/m);
  const shares = [...out.matchAll(/^ {2}R² (\d\.\d+) on (.*)$/gm)].map(([, share, on]) => [Number(share), on]);
  expect(shares).toEqual([
    [expect.closeTo(0.97, 1), expect.stringContaining('neighbours that the line was fitted to')],
    [expect.closeTo(0.94, 1), '40 held-out examples, each by a line of its own'],
  ]);
  const record = JSON.parse(readFileSync(at('out/maple.json'), 'utf8')) as ExplanationRecord;
  expect(record.fidelity).toHaveLength(3);
  expect(readFileSync(at('why.html'), 'utf8')).toContain('It explains a model of the model, which learned from examples.');
  const [again] = JSON.parse((await explain(...asked, '--json')).out) as readonly [ExplanationRecord];
  expect(again.attributions[0]!.digest).toBe(record.attributions[0]!.digest);
});

test('l2x learns once for several rows of a table, and tells which few features tell the answer', async () => {
  const { code, out, err } = await explain('--rows', '3-5', '--method', 'l2x', '--background', people, '--save', 'few');
  expect([code, err]).toEqual([0, '']);
  const shares = [...out.matchAll(/^ {2}accuracy (\d\.\d+) on 40 held-out examples, (told|by the model)/gm)].map(([, share]) =>
    Number(share),
  );
  expect(shares).toHaveLength(6);
  expect(Math.min(...shares)).toBeGreaterThan(0.8);
  expect(new Set(shares).size).toBeLessThanOrEqual(2);
  const records = [3, 4, 5].map((row) => JSON.parse(readFileSync(at(`few/${row}/l2x.json`), 'utf8')) as ExplanationRecord);
  expect(records.map(({ evaluations }) => evaluations)).toEqual([601, 601, 601]);
  for (const { parts } of records) expect(parts!.list!.some(({ value }) => value > 0.5)).toBe(true);
});

test('a method that learns says what it learns from where nothing is given', async () => {
  const { code, err } = await explain('--row', '3', '--method', 'maple');
  expect([code, err.trimEnd()]).toEqual([
    1,
    'vitrine: maple learns from many examples: give rows with --background TABLE, or arrays with --option background=FILE.npy',
  ]);
});
