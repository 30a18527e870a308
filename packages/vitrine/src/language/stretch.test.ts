import { tokenValues } from '@vitrine/data';
import { describe, expect, test } from 'vitest';
import { checkpoints } from '../testing/checkpoints.js';
import { partValues, shownTrace } from './shown.js';
import { generate, whole } from './speech.js';
import { trace } from './trace.js';

const { open } = checkpoints();

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
