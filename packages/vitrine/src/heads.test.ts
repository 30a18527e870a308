import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { examine } from './exam.js';
import { headsOf } from './heads.js';
import { load, type LoadedModel } from './model.js';
import { report } from './report.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const text = 'An unwatchable <b>mess</b>';
const LABELS = ['[CLS]', 'An', 'unw', 'atch', 'able', '<', 'b', '>', 'mess', '<', '/', 'b', '>', '[SEP]'];
let model: LoadedModel;
beforeAll(async () => {
  model = await load(path.join(root, 'models/bert_mini_sst2_ts_opset14.onnx'));
});
afterAll(() => model.close());

test('attention over a text names its tokens and the strongest pairs of each head', async () => {
  const exam = await examine(model, { text });
  const { explanation } = await exam.explain({ method: 'attention', options: { show: 'all' } });
  const shown = (await headsOf(exam, explanation))!;
  expect(shown.labels).toEqual(LABELS);
  for (const [l, { heads }] of shown.layers.entries())
    for (const [h, { pairs }] of heads.entries()) {
      const [count, values] = [LABELS.length, explanation.attributions[l]!.tensor.data as Float32Array];
      const plane = values.subarray(h * count * count, (h + 1) * count * count);
      const others = Array.from(plane, (value, i) => ({ from: Math.floor(i / count), to: i % count, value })).filter(
        ({ from, to }) => from !== to,
      );
      expect(pairs).toEqual(others.toSorted((a, b) => b.value - a.value).slice(0, 16));
    }
});

test('the report joins them by arcs, for heads and for methods that roll all heads up', async () => {
  const exam = await examine(model, { text });
  const all = { show: 'all' };
  const answers = [
    await exam.explain({ method: 'attention', options: all }),
    await exam.explain({ method: 'attention-rollout', options: all }),
    await exam.explain({ method: 'attention', options: all }),
  ];
  const { document } = parseHTML(await report(exam, answers, 'vitrine explain'));
  const figures = [...document.querySelectorAll('.heads')];
  expect(figures.map((figure) => figure.querySelectorAll('svg.arcs').length)).toEqual([8, 1, 8]);
  // Groups of buttons that shared a name would undo each other's choice.
  expect(figures.map((figure) => new Set([...figure.querySelectorAll('input')].map((b) => b.getAttribute('name'))).size)).toEqual([
    1, 0, 1,
  ]);
  expect(new Set([...document.querySelectorAll('input')].map((b) => b.getAttribute('name'))).size).toBe(2);
  expect([...figures[0]!.querySelector('svg')!.querySelectorAll('text')].map((word) => word.textContent)).toEqual(LABELS);
  expect(document.querySelectorAll('.heads b, script').length).toBe(0);
});

test('where nothing was read as text, tokens have no names', async () => {
  const exam = await examine(model, { text });
  const { explanation } = await exam.explain({ method: 'attention', options: { show: 'all' } });
  const { text: _, ...rest } = exam;
  const shown = (await headsOf(rest as typeof exam, explanation))!;
  expect([shown.labels, shown.tokens]).toEqual([undefined, LABELS.length]);
});
