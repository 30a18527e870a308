import { mkdtempSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { examine, type Exam } from '../exam.js';
import { load, type LoadedModel } from '../model.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const horizontal = path.join(root, 'examples/series/horizontal.csv');
const file = path.join(root, 'models/forecast_mlp.onnx');
const golden = JSON.parse(readFileSync(path.join(root, 'golden/series/forecast.json'), 'utf8')) as { readonly forecast: readonly number[]; readonly anomaly: number }; // prettier-ignore
const KNOWN = 48;

const opened: LoadedModel[] = [];
afterAll(() => Promise.all(opened.map((model) => model.close())));
const exam = async (): Promise<Exam> => {
  const model = await load(file);
  opened.push(model);
  return examine(model, { series: horizontal });
};

test('a forecast is what it is in PyTorch, told as numbers and not as classes', async () => {
  const { prediction } = await exam();
  expect(prediction.row).toBe('Number');
  expect(prediction.classes.map(({ label }) => label)).toEqual([...golden.forecast.map((_, i) => `forecast ${i}`), 'anomaly']);
  expect(prediction.classes.every(({ probability }) => probability === undefined)).toBe(true);
  [...golden.forecast, golden.anomaly].forEach((value, i) => expect(prediction.classes[i]!.score / value).toBeCloseTo(1, 3));
});

test('what came explains that it was not foreseen, and what was known the forecast', async () => {
  const asked = await exam();
  const shareOfKnown = async (target: string): Promise<number> => {
    const { explanation } = await asked.explain({ method: 'shapley-sampling', target, options: { parts: 'windows=6', samples: 50 } });
    expect(explanation.target.label).toBe(target === '3' ? 'forecast 3' : 'anomaly');
    expect(explanation.completeness!.gap).toBeCloseTo(0, 4);
    const sizes = Array.from(explanation.attributions[0]!.tensor.data as Float32Array, Math.abs);
    const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
    return sum(sizes.slice(0, KNOWN)) / sum(sizes);
  };
  expect(await shareOfKnown('output:anomaly,0')).toBeLessThan(0.1);
  expect(await shareOfKnown('3')).toBeCloseTo(1, 6);
});

test('which of several numbers is meant has to be said', async () => {
  await expect((await exam()).explain({ method: 'gradient' })).rejects.toThrow(
    'forecast_mlp.onnx gives several numbers (forecast [1,12], anomaly [1,1]): say which one to explain, as target=output:forecast,0',
  );
});

test('a task that there is not is named', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'vitrine-task-'));
  copyFileSync(file, path.join(folder, 'm.onnx'));
  writeFileSync(path.join(folder, 'm.json'), '{"task": "ranking"}');
  await expect(load(path.join(folder, 'm.onnx'))).rejects.toThrow('m.json: task must be classification or regression, not "ranking"');
});
