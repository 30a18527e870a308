import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { root, workplace } from '../testing/command.js';

const { at, vitrine } = workplace();

test('summarize writes a page with charts of each method, its rows and their names', async () => {
  const table = path.join(root, 'examples/tables/adult.csv');
  const model = path.join(root, 'models/adult_dice.onnx');
  const asked = ['--method', 'kernel-shap,gradient', '--rows', '0-9', '--report', 'why.html'];
  const { code, out } = await vitrine('summarize', model, '--input', table, ...asked);
  expect(code).toBe(0);
  expect(out).toContain('wrote why.html');
  const page = readFileSync(at('why.html'), 'utf8').replaceAll(/<script>[^]*?<\/script>/g, '');
  expect(page).toContain('<h1>What decides “income over 50K”?</h1>');
  expect(page.match(/data-chart="(\w+)"/g)).toEqual(['ranked', 'beeswarm', 'dependence', 'row', 'ranked', 'beeswarm', 'dependence', 'row'].map((name) => `data-chart="${name}"`)); // prettier-ignore
  expect(page).toContain('Over 10 rows, these count most');
  // A sum is promised by one of them: only that leads from a base to the score.
  expect(page.match(/From the base to the score/g)).toHaveLength(1);
  expect(page).toContain('age [years]');
});
