import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { examine } from './exam.js';
import { load } from './model.js';
import { report } from './report.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

test('an answer that is checked says so, in the answer, the record and the report', async () => {
  const model = await load(path.join(root, 'models/adult_dice.onnx'));
  const exam = await examine(model, { table: path.join(root, 'examples/tables/adult.csv'), row: 3 });
  const answer = await exam.explain({ method: 'occlusion', sanity: true });
  expect(answer.explanation.warnings[0]).toBe('sanity: no check failed');
  expect(JSON.stringify(answer.record)).toContain('sanity: no check failed');
  expect(await report(exam, [answer], 'a test')).toContain('sanity: no check failed');
  const half = await exam.explain({ method: 'integrated-gradients', options: { steps: 1 }, sanity: true });
  expect(half.explanation.warnings[0]).toMatch(/^sanity: not to be trusted: it misses what it should add up to by [\d.e+]+ %/);
  const plain = await exam.explain({ method: 'occlusion' });
  expect(plain.explanation.warnings.join()).not.toContain('sanity');
  await model.close();
});
