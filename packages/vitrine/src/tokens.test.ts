import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { examine } from './exam.js';
import { load, type LoadedModel } from './model.js';
import { report } from './report.js';
import { filesOf } from './save.js';
import { piecesOf, shownText } from './tokens.js';
import { textParts, toldOf } from './told.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const text = 'An unwatchable <b>mess</b> 😀,\nשלום wonderful!';
let model: LoadedModel;
beforeAll(async () => {
  model = await load(path.join(root, 'models/bert_mini_sst2_ts_opset14.onnx'));
});
afterAll(() => model.close());

test('the report shows the text marked, from start to end', async () => {
  const exam = await examine(model, { text, pair: 'a good film' });
  const answers = [await exam.explain({ method: 'input-x-gradient', target: 'label:good' })];
  const { document } = parseHTML(await report(exam, answers, 'vitrine explain'));
  const passages = [...document.querySelectorAll('.method .passage')];
  expect(passages.map((p) => p.textContent)).toEqual([text, 'a good film']);
  expect([...document.querySelectorAll('.given')].map((p) => p.textContent)).toEqual([text, 'a good film']);
  expect(document.querySelectorAll('.method .passage span').length).toBeGreaterThan(3);
  expect(document.querySelectorAll('.passage b, .passage script')).toHaveLength(0);
  expect(document.querySelector('.method')!.textContent).toMatch(/Of the two texts, these words speak most for good: “/);
  expect(document.querySelector('.method')!.textContent).toMatch(/Each word shows/);
});

test('sums over words add up to the attribution, and pieces to the text', async () => {
  const exam = await examine(model, { text });
  const { explanation } = await exam.explain({ method: 'integrated-gradients' });
  const [attribution] = explanation.attributions;
  const total = (attribution!.tensor.data as Float32Array).reduce((a, b) => a + b, 0);
  for (const unit of ['token', 'word', 'phrase', 'sentence'] as const) {
    const told = toldOf(exam, explanation, attribution!, { unit })!;
    expect(textParts(exam, { explanation }, { unit }).map(({ value }) => value)).toEqual([...told.sums]);
    expect(told.sums.reduce((a, b) => a + b, 0)).toBeCloseTo(total, 4);
    expect(
      piecesOf(told, 0)
        .map((piece) => piece.text)
        .join(''),
    ).toBe(text);
    expect(shownText(told, '').rows.flatMap(({ tokens }) => tokens)).toHaveLength(exam.text!.encoded.tokens.length);
  }
  const norms = toldOf(exam, explanation, attribution!, { reduce: 'norm' })!;
  expect([norms.signed, Math.min(...norms.values) >= 0]).toEqual([false, true]);
});

test('saved tokens name their place and their word', async () => {
  const exam = await examine(model, { text: 'unwatchable, "good"' });
  const files = await filesOf(exam, await exam.explain({ method: 'input-x-gradient' }));
  const rows = new TextDecoder().decode(files.get('input-x-gradient.tokens.csv')).trimEnd().split('\n');
  expect(rows).toEqual([
    'token,start,end,value,word,text',
    expect.stringMatching(/^\[CLS\],,,/),
    ...['unw,', '##atch,', '##able,'].map((token) => expect.stringMatching(new RegExp(`^${token}.*,unwatchable,0$`))),
    expect.stringMatching(/^",",/),
    expect.stringMatching(/^\[UNK\],13,14,.*,"""",0$/),
    expect.stringMatching(/^good,/),
    expect.stringMatching(/^\[UNK\],18,19,.*,"""",0$/),
    expect.stringMatching(/^\[SEP\],,,/),
  ]);
  expect(rows.find((row) => row.startsWith('good,'))).toMatch(/^good,14,18,-?[\d.e-]+,good,0$/);
});

test('rates of change are told by the length of their vectors', async () => {
  const exam = await examine(model, { text });
  const { explanation } = await exam.explain({ method: 'gradient' });
  const [attribution] = explanation.attributions;
  // Behind a layer normalization the elements of a gradient add up to zero.
  expect(Math.max(...toldOf(exam, explanation, attribution!, { reduce: 'sum' })!.values)).toBeLessThan(1e-4);
  const told = toldOf(exam, explanation, attribution!)!;
  expect([told.reduce, told.signed]).toEqual(['norm', false]);
  expect(Math.max(...told.values)).toBeGreaterThan(1e-2);
});

test('attention of tokens for tokens is no vector for each token', async () => {
  const exam = await examine(model, { text });
  const all = await exam.explain({ method: 'attention-rollout', options: { show: 'all' } });
  expect(toldOf(exam, all.explanation, all.explanation.attributions[0]!)).toBeUndefined();
  expect(() => textParts(exam, all)).toThrow('attention-rollout at tokens x tokens has no number for each token of a text');
  const one = await exam.explain({ method: 'attention-rollout' });
  expect(toldOf(exam, one.explanation, one.explanation.attributions[0]!)?.signed).toBe(false);
});
