import { tokenValues } from '@vitrine/data';
import { describe, expect, test } from 'vitest';
import { examine, examineRead } from '../exam.js';
import { textParts } from '../told.js';
import { checkpoints } from '../testing/checkpoints.js';
import { partValues, shownTrace } from './shown.js';
import { generate, whole } from './speech.js';
import { trace } from './trace.js';

const { open } = checkpoints();

describe('words taken from both texts', () => {
  /** Decoder text of as many tokens as the text has, and of fewer. */
  test.each(['the old film was good bad', 'the old'])('%s', async (decoderText) => {
    const model = await open({ checkpoint: 't5', tokenizer: 'roberta' });
    const speech = await generate(model, { prompt: 'the tower stands in paris', decoderText }, { tokens: 1 });
    const { steps, encoded, from } = await trace(speech, { method: 'occlusion' });
    const { read } = speech.prompt;
    const exam = await examineRead(model, read);
    const score = async (input: string, place: number): Promise<number> => {
      const feeds = new Map(read.feeds);
      const { dims, data } = feeds.get(input)!;
      const changed = BigInt64Array.from(data as BigInt64Array);
      if (place >= 0) changed[place] = BigInt(read.tokenizer.mask!.id);
      feeds.set(input, { dtype: 'int64', dims, data: changed });
      const scores = (await examineRead(model, { ...read, feeds })).prediction.outputs.get('logits')!;
      return Number(scores.data[scores.data.length - scores.dims.at(-1)! + speech.said[0]!.id]);
    };
    const whole = await score(read.ids, -1);
    const own = read.encoded.tokens.length;
    expect(exam.prediction.outputs.get('logits')!.dims[1]).toBe(from - own);
    for (const t of [1, 3]) expect(steps[0]!.values[t]).toBeCloseTo(whole - (await score(read.ids, t)), 4);
    for (const t of [1, 2]) expect(steps[0]!.values[own + t]).toBeCloseTo(whole - (await score(read.said!.ids, t)), 4);
    // Tokens that the tokenizer adds are never taken away.
    encoded.tokens.slice(0, from).forEach(({ special }, t) => special && expect(steps[0]!.values[t]).toBe(0));
  });

  test('both are told of one example', async () => {
    const model = await open({ checkpoint: 't5', tokenizer: 'roberta' });
    const exam = await examine(model, { text: 'the tower stands in paris', decoderText: 'the old' });
    const answer = await exam.explain({ method: 'shapley-sampling', at: [exam.text!.at!, exam.text!.said!.at!], options: { samples: 20 } });
    expect(answer.explanation.parts!.values.map(({ name }) => name)).toEqual(['the', 'tower', 'stands', 'in', 'paris', 'the', 'old']);
    expect(textParts(exam, answer).map(({ text }) => text)).toEqual(['the', 'tower', 'stands', 'in', 'paris', '<s>', '</s>']);
  });
});

test('generic attention explainability is traced to both texts', async () => {
  const model = await open({ checkpoint: 't5', tokenizer: 'roberta' });
  const speech = await generate(model, { prompt: 'the tower stands in paris' }, { tokens: 3, temperature: 1, seed: 2 });
  const { steps, exam, encoded } = await trace(speech, { method: 'chefer' });
  const own = speech.prompt.read.encoded.tokens.length;
  const { place, said, values } = steps.at(-1)!;
  const { explanation } = await exam.explain({ method: 'chefer', target: `${place - 1 - own},${said.id}` });
  const alone = [own, encoded.tokens.length - own].flatMap((count) =>
    Array.from(explanation.attributions.find(({ tensor }) => tensor.dims[1] === count)!.tensor.data as Float32Array),
  );
  expect(values).toHaveLength(place);
  values.forEach((value, t) => expect(value).toBeCloseTo(alone[t]!, 5));
});

describe.each(['t5', 'bart', 'marian'])('%s says another text than it reads', (checkpoint) => {
  test.each(['input-x-gradient', 'attn-lrp'])('each token is traced to both by %s', async (method) => {
    const model = await open({ checkpoint, tokenizer: 'roberta' });
    const speech = await generate(model, { prompt: 'the tower stands in paris' }, { tokens: 3, temperature: 1, seed: 2 });
    const said = await whole(speech);
    const { exam, steps, encoded, from, ...found } = await trace(speech, { method, lens: true });
    const read = speech.prompt.read;
    const own = read.encoded.tokens.length;
    expect(from).toBe(own + read.said!.encoded.tokens.length);
    expect(encoded.texts).toEqual(['the tower stands in paris', said]);
    expect(steps).toHaveLength(speech.said.length);
    for (const { place, values, said: token, lens } of steps) {
      const { explanation } = await exam.explain({ method, at: [read.at!, read.said!.at!], target: `${place - 1 - own},${token.id}` });
      const [source, answer] = explanation.attributions.map(({ tensor }, i) =>
        Array.from(tokenValues(tensor, i === 0 ? own : encoded.tokens.length - own)),
      ) as [number[], number[]];
      const most = Math.max(...source.map(Math.abs), ...answer.map(Math.abs));
      [...source, ...answer].slice(0, place).forEach((value, t) => expect(Math.abs(value - values[t]!)).toBeLessThan(1e-4 * most));
      expect(Math.max(0, ...answer.slice(place - own).map(Math.abs))).toBe(0);
      expect(Math.max(...source.map(Math.abs))).toBeGreaterThan(0);
      expect(lens!.at(-1)!.probability).toBeCloseTo(token.probability, 4);
    }
    const parts = new Map(partValues({ ...found, exam, steps, encoded, from }).map(({ name, value }) => [name, value]));
    expect(parts.get('prompt')).toBeCloseTo(
      steps.reduce(
        (sum, { values }) => sum + encoded.tokens.reduce((s, { sequence }, t) => s + (sequence === 0 ? (values[t] ?? 0) : 0), 0),
        0,
      ),
      6,
    );
    const shown = shownTrace({ ...found, exam, steps, encoded, from });
    const written = shown.tokens.filter((_, t) => encoded.tokens[t]!.sequence !== undefined);
    expect(written.map(({ text }) => text).join('')).toBe(`the tower stands in paris${said}`);
  });
});
