// Series of which it is known where their event lies (golden/series/events.json, by tools/series/make.py).
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { examineEach, load, type Exam, type LoadedModel } from '../index.js';
import { filesOf } from '../save.js';
import { report } from '../report.js';
import { root } from '../testing/command.js';
import { seriesWords, toldSeries } from './told.js';

interface Golden {
  readonly tolerance: number;
  readonly examples: readonly {
    readonly label: string;
    readonly channel: number;
    readonly from: number;
    readonly to: number;
    readonly scores: readonly number[];
  }[];
}
const golden = JSON.parse(readFileSync(path.join(root, 'golden/series/events.json'), 'utf8')) as Golden;

let model: LoadedModel;
const exams: Exam[] = [];
beforeAll(async () => {
  model = await load(path.join(root, 'models/events_cnn.onnx'));
  for await (const { exam } of examineEach(model, path.join(root, 'golden/series/events.ts'))) exams.push(exam!);
});
afterAll(() => model.close());

test('scores are those of PyTorch, and the best is the label', () => {
  expect(exams).toHaveLength(golden.examples.length);
  for (const [i, { prediction }] of exams.entries()) {
    const { scores, label } = golden.examples[i]!;
    const own = Array.from(prediction.outputs.get('scores')!.data as Float32Array);
    own.forEach((v, k) => expect(Math.abs(v - scores[k]!)).toBeLessThan(golden.tolerance));
    expect(prediction.classes[0]!.label).toBe(label);
  }
});

/** The receptive field of one unit reaches so far beyond an event. */
const REACH = 14;

describe('what counts lies where the event does', () => {
  test.each([
    ['integrated-gradients', {}, 0.6],
    ['input-x-gradient', {}, 0.6],
    ['lrp', {}, 0.6],
    ['occlusion', { parts: 'windows=20/10:channels' }, 0.5],
    ['occlusion', { parts: 'segments:channels' }, 0.5],
    ['kernel-shap', { parts: 'windows=20:channels', baseline: 'linear' }, 0.5],
  ] as const)('%s %j', async (method, options, least) => {
    const shares: number[] = [];
    for (const [i, exam] of exams.entries()) {
      const { channel, from, to } = golden.examples[i]!;
      const { explanation } = await exam.explain({ method, options });
      const { values } = toldSeries(exam, explanation, explanation.attributions[0]!)!;
      const positive = (line: ArrayLike<number>): number => Array.from(line).reduce((sum, v) => sum + Math.max(0, v), 0);
      const inside = positive(values[channel]!.subarray(Math.max(0, from - REACH), to + REACH));
      shares.push(inside / values.reduce((sum, line) => sum + positive(line), 0));
    }
    // The stretch is a tenth of all elements.
    expect(shares.reduce((a, b) => a + b, 0) / shares.length).toBeGreaterThan(least);
  });

  test('the channel that counts most is the event’s', async () => {
    for (const [i, exam] of exams.entries()) {
      const { explanation } = await exam.explain({ method: 'shapley-values', options: { parts: 'channels' } });
      const values = explanation.parts!.values.map(({ value }) => value);
      expect(values.indexOf(Math.max(...values))).toBe(golden.examples[i]!.channel);
    }
  });

  test('the band that counts most of a tone at 20 Hz holds 20 Hz', async () => {
    const { explanation } = await exams[1]!.explain({ method: 'occlusion', options: { parts: 'bands=10' } });
    const strongest = explanation.parts!.values.toSorted((a, b) => b.value - a.value)[0]!;
    expect(strongest.band![0]).toBeLessThanOrEqual(20);
    expect(strongest.band![1]).toBeGreaterThanOrEqual(20);
  });
});

test('words say when, and of which channel', async () => {
  const exam = exams[1]!;
  const { from, to } = golden.examples[1]!;
  for (const [method, options] of [
    ['integrated-gradients', {}],
    ['occlusion', { parts: 'windows=0.2s:channels' }],
  ] as const) {
    const { explanation } = await exam.explain({ method, options });
    const [first] = seriesWords(toldSeries(exam, explanation, explanation.attributions[0]!)!, 'burst');
    const [, start, end] = /^([\d.]+)–([\d.]+) s of b speaks most for burst/.exec(first!)!;
    expect(Number(start) * 100).toBeLessThan(to);
    expect(Number(end) * 100).toBeGreaterThan(from);
  }
});

test('files and report have the series', async () => {
  const exam = exams[0]!;
  const answers = [
    await exam.explain({ method: 'integrated-gradients' }),
    await exam.explain({ method: 'occlusion', options: { parts: 'bands=8' } }),
  ];
  const sheet = new TextDecoder().decode((await filesOf(exam, answers[0]!)).get('integrated-gradients.series.csv')!).split('\n');
  expect(sheet[0]).toBe('time,channel,value,attribution');
  expect(sheet).toHaveLength(1 + 3 * 200 + 1);
  expect(sheet[201]).toMatch(/^0,b,/);
  const page = await report(exam, answers, 'vitrine');
  // The series and what bands count as bars for a page and for a phone, and bands over frequency.
  expect(page.replaceAll(/<script>[^]*?<\/script>/g, '').match(/<svg/g)).toHaveLength(5);
  expect(page).toMatch(/s of a speaks most for bump/);
  expect(page).toMatch(/Hz\s*<\/text/);
});
