import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { isIntact } from '@vitrine/audit';
import { tokenValues } from '@vitrine/data';
import { numbers } from '@vitrine/ir';
import { examine } from '../exam.js';
import { load } from '../model.js';
import { partValues, shownTrace, toldPrompt } from './shown.js';
import { generate, whole } from './speech.js';
import { trace, type TraceQuestion } from './trace.js';

const model = await load(fileURLToPath(new URL('../../../../models/stories260k', import.meta.url)));
afterAll(() => model.close());

const PARTS = [
  { name: 'system', text: 'Once upon a time, there was a girl named Lily and a boy named Tom.' },
  { name: 'question', text: 'Tom loved to' },
];
const speech = await generate(model, { prompt: PARTS }, { tokens: 6 });
const traced = (question: TraceQuestion) => trace(speech, question);
const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);

describe.each(['gradient', 'input-x-gradient', 'integrated-gradients', 'lrp', 'attn-lrp', 'dl-backtrace', 'attention-rollout', 'chefer'])(
  '%s',
  (method) => {
    test('a step of a trace is what is found when the token is asked about by itself', async () => {
      const { steps, encoded, reduce } = await traced({ method });
      expect(steps.map(({ said }) => said.text).join('')).toBe(await whole(speech));
      for (const { place, said, values, score } of [steps[0]!, steps.at(-1)!]) {
        const exam = await examine(model, { text: encoded.texts[0]! });
        const { explanation } = await exam.explain({ method, target: `${place - 1},${said.id}` });
        const alone = tokenValues(explanation.attributions[0]!.tensor, encoded.tokens.length, reduce);
        const largest = Math.max(...alone.map(Math.abs));
        expect(score).toBeCloseTo(explanation.target.score, 4);
        values.forEach((value, t) => expect(Math.abs(value - alone[t]!)).toBeLessThan(1e-4 * largest));
        // What comes behind a token does not change it.
        expect(Math.max(...alone.slice(place).map(Math.abs))).toBe(0);
      }
    });
  },
);

test('a word that goes on behind a token is taken away before it only', async () => {
  const ball = await generate(model, { prompt: 'Lily had a red ball. One day, Lily lost her red' }, { tokens: 2 });
  const { steps, from, encoded } = await trace(ball, { method: 'occlusion' });
  const [first, second] = ball.said;
  expect([first!.text, second!.text]).toEqual([' b', 'all']);
  const { steps: alone } = await trace(ball, { method: 'occlusion', options: { parts: 'token' } });
  // What is left of “ball” before “all” is “ b”, whole.
  expect(steps[1]!.values[from]).toBeCloseTo(alone[1]!.values[from]!, 4);
  expect(steps[1]!.values).toHaveLength(encoded.tokens.length - 1);
});

test.each(['deeplift', 'deepshap', 'crp'])('%s, which tells of no heads, is traced', async (method) => {
  const { steps } = await traced({ method, answer: 'play' });
  expect(steps[0]).not.toHaveProperty('heads');
  expect(steps[0]!.values.some((value) => value !== 0)).toBe(true);
});

test('what is said goes on where the prompt was cut', async () => {
  const cut = await generate(
    model,
    {
      prompt: [
        { name: 'a', text: 'Once upon' },
        { name: 'b', text: 'the sea' },
      ],
      maxTokens: 3,
    },
    { tokens: 2 },
  );
  const { encoded, from, prompt } = await trace(cut, { method: 'gradient' });
  expect(encoded.texts).toEqual([`Once upon${await whole(cut)}`]);
  expect(encoded.tokens[from]!.start).toBe('Once upon'.length);
  expect(prompt.parts.map(({ name }) => name)).toEqual(['a']);
});

test('integrated gradients of each token add up to what its score gains', async () => {
  // Not from zero: a normalization takes no notice of lengths, and jumps there.
  const { steps } = await traced({ method: 'integrated-gradients', options: { steps: 200, baseline: 0.3 } });
  for (const { gap, score } of steps) expect(Math.abs(gap!)).toBeLessThan(0.02 * Math.abs(score));
});

test('the same trace has the same bits', async () => {
  const [one, two] = [await traced({ method: 'attn-lrp' }), await traced({ method: 'attn-lrp' })];
  expect(two.steps.map(({ values }) => [...values])).toEqual(one.steps.map(({ values }) => [...values]));
});

test('why this token and not the runner-up is the difference of both', async () => {
  const [plain, rather] = [await traced({ method: 'input-x-gradient' }), await traced({ method: 'input-x-gradient', rather: 'runner-up' })];
  for (const [i, { place, rather: other, score, values }] of rather.steps.entries()) {
    const { best, id } = plain.said[place - plain.from]!;
    expect(other!.id).toBe(best.find((candidate) => candidate.id !== id)!.id);
    const exam = await examine(model, { text: plain.encoded.texts[0]! });
    const { explanation } = await exam.explain({ method: 'input-x-gradient', target: `${place - 1},${other!.id}` });
    expect(score).toBeCloseTo(plain.steps[i]!.score - explanation.target.score, 3);
    const less = tokenValues(explanation.attributions[0]!.tensor, plain.encoded.tokens.length);
    values.forEach((value, t) => expect(value).toBeCloseTo(plain.steps[i]!.values[t]! - less[t]!, 3));
  }
});

test('why one text rather than another is asked where the two part', async () => {
  const { steps } = await traced({ method: 'gradient', rather: ' play in' });
  expect(steps.map(({ said, rather }) => [said.text, rather?.text])).toEqual([[' with', ' in']]);
  await expect(traced({ method: 'gradient', rather: ' play in', answer: 'toys' })).rejects.toThrow('at another token than those of “toys”');
  await expect(traced({ method: 'gradient', rather: ' play with' })).rejects.toThrow('“ play with” is what the model said');
});

test('only the words of an answer are explained', async () => {
  const { steps } = await traced({ method: 'gradient', answer: 'her toys' });
  expect(steps.map(({ said }) => said.text).join('')).toBe(' her toys');
  await expect(traced({ method: 'gradient', answer: 'a bicycle' })).rejects.toThrow(
    '“a bicycle” was not said: the model said “play with her toys”',
  );
});

test('the prompt’s words add up to its parts, and all parts to all values', async () => {
  const found = await traced({ method: 'attn-lrp' });
  const parts = new Map(partValues(found).map(({ name, value }) => [name, value]));
  expect([...parts.keys()]).toEqual(['system', 'question', 'answer so far', 'other tokens']);
  const answer = sum(found.steps.flatMap(({ values }) => Array.from(values.slice(found.from))));
  expect(parts.get('answer so far')).toBeCloseTo(answer, 6);
  expect(sum(toldPrompt(found).sums)).toBeCloseTo(sum(parts.values()) - answer, 6);
  const { start } = found.prompt.parts[1]!;
  const asked = found.encoded.tokens.flatMap((token, t) =>
    t < found.from && token.start >= start ? [sum(found.steps.map(({ values }) => values[t]!))] : [],
  );
  expect(parts.get('question')).toBeCloseTo(sum(asked), 6);
});

test('methods of relevance tell of layers and heads, as their books do', async () => {
  const { steps, exam, from } = await traced({ method: 'attn-lrp' });
  for (const { layers, heads, place, said } of steps) {
    expect(layers!.map(({ name }) => name)).toEqual([0, 1, 2, 3, 4].flatMap((l) => [`layers.${l}/attention`, `layers.${l}/mlp`]));
    expect(heads!.map(({ values }) => values.length)).toEqual([8, 8, 8, 8, 8]);
    if (place > from) continue;
    const { explanation } = await exam.explain({ method: 'attn-lrp', options: { layers: 'all' }, target: `${place - 1},${said.id}` });
    const all = new Map(explanation.layers!.map(({ at, tensor }) => [at, Array.from(numbers(tensor), Number)]));
    const size = all.get('layers.0/attention/Softmax')!.length / 8;
    for (const [l, { values }] of heads!.entries())
      values.forEach((value, h) =>
        expect(value).toBeCloseTo(sum(all.get(`layers.${l}/attention/Softmax`)!.slice(h * size, (h + 1) * size)), 3),
      );
    for (const { name, value } of layers!) {
      const branches = [...all].filter(([at]) => at.startsWith(`${name}/MatMul_${name.endsWith('mlp') ? 2 : 5}`));
      expect(value).toBeCloseTo(sum(branches.flatMap(([, own]) => own)), 3);
    }
  }
  expect((await traced({ method: 'gradient' })).steps[0]).not.toHaveProperty('layers');
});

test('the lens behind the last layer is the model itself', async () => {
  const { steps, said } = await traced({ method: 'gradient', lens: true });
  for (const [i, { lens }] of steps.entries()) {
    expect(lens).toHaveLength(10);
    expect(lens!.at(-1)!.probability).toBeCloseTo(said[i]!.probability, 5);
    expect(lens!.at(-1)!.best[0]!.id).toBe(said[i]!.best[0]!.id);
  }
  expect(steps[0]!.lens!.map(({ probability }) => probability).toSorted((a, b) => a - b)[0]).toBeLessThan(0.05);
});

test('a record names the text, how it was drawn and the record of each token', async () => {
  const drawn = await generate(model, { prompt: 'Once' }, { tokens: 4, temperature: 1, topK: 20, seed: 5 });
  const { record, records } = await trace(drawn, { method: 'gradient' });
  expect(record.generation).toEqual({
    prompt: [1, 403],
    said: drawn.said.map(({ id }) => id),
    sampling: { temperature: 1, topK: 20 },
    seed: 5,
    stop: [],
  });
  expect(record.rows.map(({ record: id }) => id)).toEqual(records.map(({ id }) => id));
  expect(await isIntact(record)).toBe(true);
  expect(await isIntact({ ...record, rows: [] } as typeof record)).toBe(false);
});

test('shown tokens put together are the text', async () => {
  const shown = shownTrace(await traced({ method: 'gradient' }));
  expect(
    shown.tokens
      .slice(1)
      .map(({ text }) => text)
      .join(''),
  ).toBe(`${PARTS.map(({ text }) => text).join('\n\n')}${await whole(speech)}`);
});
