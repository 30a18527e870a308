import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { padded } from '@vitrine/data';
import { memory, numbers, readModel, tensorOf, type Tensor } from '@vitrine/ir';
import { nodeRuntime } from '@vitrine/runtime/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compile } from './compile.js';
import { examine } from './exam.js';
import { load, type LoadedModel } from './model.js';
import { checkpoints } from './testing/checkpoints.js';
import { root } from './testing/command.js';

const { open } = checkpoints();
let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(path.join(os.tmpdir(), 'vitrine-compile-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const models: { readonly [name: string]: () => Promise<LoadedModel> } = {
  'an export of BERT': () => load(path.join(root, 'models/bert_mini_sst2_ts_opset14.onnx')),
  'a folder of RoBERTa': () => open({ checkpoint: 'roberta-sequence', tokenizer: 'roberta' }),
};
const methods = ['gradient', 'input-x-gradient', 'integrated-gradients', 'smoothgrad', 'attn-lrp'];

describe.each(Object.keys(models))('%s', (name) => {
  test.each(methods)('%s, compiled, takes token ids and gives what explain gives, filled up or not', async (method) => {
    const model = await models[name]!();
    const exam = await examine(model, { text: 'the old river city' });
    const { explanation } = await exam.explain({ method, target: '1', seed: 3 });
    const { encoded, tokenizer } = exam.text!;
    const { length } = encoded.tokens;
    const symbol = String(model.subject.graph.inputs[0]!.type.shape![1]);
    for (const width of method === 'smoothgrad' ? [length] : [length, length + 5]) {
      const out = path.join(scratch, `${method}.${width}.onnx`);
      const { inputs } = await compile(model, { method, target: '1', seed: 3, dims: new Map([[symbol, width]]), out });
      expect(inputs.map((input) => input.name)).toEqual(['input_ids', 'attention_mask', 'token_type_ids']);
      const { tokens } = padded(encoded, width, tokenizer.padding!);
      const int = (values: readonly number[]): Tensor => tensorOf('int64', [1, width], values);
      const feeds = new Map([
        ['input_ids', int(tokens.map(({ id }) => id))],
        ['attention_mask', int(tokens.map(({ attended }) => Number(attended)))],
        ['token_type_ids', int(tokens.map(({ type }) => type))],
      ]);
      const runtime = await nodeRuntime();
      const session = await runtime.open(readModel(memory(new Uint8Array(readFileSync(out)))).graph);
      const results = await session.run(feeds);
      await runtime.close();
      const [{ at, tensor }] = explanation.attributions as unknown as readonly [{ readonly at: string; readonly tensor: Tensor }];
      const [here, there] = [Array.from(numbers(tensor), Number), Array.from(numbers(results.get(`attribution/${at}`)!), Number)];
      const most = here.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
      expect(most).toBeGreaterThan(0);
      here.forEach((v, i) => expect(Math.abs(v - there[i]!)).toBeLessThan(1e-4 * most));
      expect(Number(results.get('score')!.data[0])).toBeCloseTo(explanation.target.score, 3);
    }
    if (name.startsWith('an export')) await model.close();
  });
});

test('a length that nobody gave is told, and one of another name refused', async () => {
  const model = await load(path.join(root, 'models/bert_mini_sst2_ts_opset14.onnx'));
  const out = path.join(scratch, 'assumed.onnx');
  expect([...(await compile(model, { method: 'gradient', out })).assumed]).toEqual([['S', 16]]);
  await expect(compile(model, { method: 'gradient', out, dims: new Map([['T', 4]]) })).rejects.toThrow('has no free extent T: it has B, S');
  await model.close();
});
