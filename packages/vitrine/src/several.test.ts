import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { examine } from './exam.js';
import { load, type LoadedModel } from './model.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
let model: LoadedModel;
beforeAll(async () => {
  const tokenizer = path.join(root, 'packages/data/testdata/text/byte-level.json');
  model = await load(path.join(root, 'models/stories260k_ts_opset14.onnx'), { tokenizer });
});
afterAll(() => model.close());

const methods = [
  ['integrated-gradients', { steps: 8 }],
  ['guided-ig', { steps: 8 }],
  ['occlusion', { parts: 'sentence' }],
  ['shapley-sampling', { parts: 'token', samples: 64, until: 1e-4 }],
] as const;

test.each(methods)('%s tells of one place among several what it tells of it alone', async (method, options) => {
  const exam = await examine(model, { text: 'One day a girl' });
  const last = exam.text!.encoded.tokens.length - 1;
  const target = { kind: 'index', index: [last - 1, 5] } as const;
  const alone = await exam.explain({ method, options, target });
  await exam.explain({ method, options, several: true, target: { kind: 'index', index: [last, 7] } });
  const among = await exam.explain({ method, options, several: true, target });
  const [want, got] = [alone, among].map(({ explanation }) => Array.from(explanation.attributions[0]!.tensor.data as Float32Array));
  const most = Math.max(...want!.map(Math.abs));
  got!.forEach((v, i) => expect(Math.abs(v - want![i]!)).toBeLessThan(1e-4 * most));
});
