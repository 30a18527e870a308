import type { TraceShown } from '../report/trace.js';

/** A number from -1 to 1 that depends on its place alone. */
const noise = (a: number, b: number): number => {
  const v = Math.sin(12.9898 * a + 78.233 * b) * 43758.5453;
  return 2 * (v - Math.floor(v)) - 1;
};

const PROMPT: readonly (readonly [string, readonly string[]])[] = [
  ['system', ['<s>', 'You', ' answer', ' from', ' the', ' documents', ' only', '.', '\n']],
  ['document 1', ['The', ' Louvre', ' stands', ' in', ' Paris', ',', ' on', ' the', ' Seine', '.', '\n']],
  ['document 2', ['The', ' Prado', ' opened', ' in', ' 18', '19', ' in', ' Madrid', '.', '\n']],
  ['question', ['Where', ' does', ' the', ' Louvre', ' stand', '?', '\n', '\n', 'Answer', ':']],
];
const ANSWER = [' The', ' Louvre', ' stands', ' in', ' Paris', ',', ' on', ' the', ' Se', 'ine', '.', '</s>'];

/** A trace of any size, its values made up: small noise, the same word and the place asked for stand out. */
export function traceOf(
  prompt: readonly (readonly [string, readonly string[]])[] = PROMPT,
  answer: readonly string[] = ANSWER,
  signed = true,
): TraceShown {
  const before = prompt.flatMap(([part, texts]) => texts.map((text) => ({ text, part, generated: false })));
  const tokens = [
    ...before,
    ...answer.map((text, i) => ({ text, part: 'answer', generated: true, probability: 0.5 + 0.49 * noise(i, 3) })),
  ];
  const rows = answer.map((text, i) => {
    const token = before.length + i;
    const values = tokens.slice(0, token).map((other, t) => {
      const v = 0.15 * noise(i, t) + (other.text === text ? 0.9 : 0) - (other.text === ' Madrid' && text === ' Paris' ? 0.7 : 0);
      return signed ? v : Math.abs(v);
    });
    return { token, values, score: values.reduce((a, b) => a + b, 0.5), gap: 0.5, ...(text === ' Paris' && { rather: ' Madrid' }) };
  });
  const layers = ['layer 0', 'layer 1', 'layer 2', 'layer 3'];
  return {
    method: 'AttnLRP',
    meaning: 'how much of the score of a generated token this token carries',
    signed,
    tokens,
    rows,
    layers: { names: layers, values: rows.map((_, r) => layers.map((__, l) => noise(r, l + 100))) },
    heads: { names: layers, values: layers.map((_, l) => Array.from({ length: 6 }, (__, h) => noise(l, h + 200))) },
    parts: prompt.map(([name], p) => ({ name, value: noise(p, 300) })),
    lens: layers.map((layer, l) => ({
      layer,
      answer: (l + 1) / 5,
      best: answer.slice(0, 3).map((text, k) => ({ text, probability: 0.5 / (k + 1) })),
    })),
  };
}
