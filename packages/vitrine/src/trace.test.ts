import type { TraceShown } from '@vitrine/audit';
import { decodeBytes } from '@vitrine/data/node';
import { expect, test } from 'vitest';
import { pictured, traceCsv } from './trace.js';

/** A trace of as many generated tokens over as long a prompt, and its values. */
const traceOf = (prompt: number, generated: number, value: (row: number, t: number) => number): TraceShown => ({
  method: 'm',
  meaning: 'm',
  signed: true,
  tokens: Array.from({ length: prompt + generated }, (_, t) => ({
    text: t === 0 ? '"a", b\n' : ` w${t}`,
    generated: t >= prompt,
    ...(t < prompt && { part: 'question' }),
  })),
  rows: Array.from({ length: generated }, (_, r) => ({
    token: prompt + r,
    values: Array.from({ length: prompt + r }, (__, t) => value(r, t)),
    score: 0,
  })),
});

test('a row of CSV for each generated token and each token before it', () => {
  const text = new TextDecoder().decode(traceCsv(traceOf(2, 2, (r, t) => r - t / 4)));
  expect(text).toBe(
    [
      'token,position,context,context position,part,value',
      ' w2,2,"""a"", b\n",0,question,0',
      ' w2,2, w1,1,question,-0.25',
      ' w3,3,"""a"", b\n",0,question,1',
      ' w3,3, w1,1,question,0.75',
      ' w3,3, w2,2,,0.5\n',
    ].join('\n'),
  );
});

test('a short trace needs no picture', async () => {
  const trace = traceOf(10, 10, () => 1);
  expect(await pictured(trace)).toBe(trace);
});

async function pixelsOf(trace: TraceShown): ReturnType<typeof decodeBytes> {
  const { picture } = await pictured(trace);
  expect(picture).toMatch(/^data:image\/png;base64,/);
  return decodeBytes(Buffer.from(picture!.slice(picture!.indexOf(',') + 1), 'base64'), 'picture');
}

test('a long one is drawn: striped where less than zero, blank where zero', async () => {
  const image = await pixelsOf(traceOf(100, 100, (r, t) => (r === 0 && t === 0 ? 1 : r === 0 && t === 1 ? -1 : 0)));
  expect([image.width, image.height]).toEqual([199 * 4, 100 * 4]);
  // Transparency is laid over black or white by the reader: cells that are drawn differ from those that are not.
  const at = (x: number, y: number): string =>
    Array.from(image.data.subarray(image.channels * (y * image.width + x), image.channels * (y * image.width + x + 1)), (v) =>
      v.toFixed(2),
    ).join();
  const cell = (c: number): readonly string[] => Array.from({ length: 16 }, (_, i) => at(4 * c + (i % 4), Math.floor(i / 4)));
  const blank = at(40, 40);
  expect(cell(0).filter((colour) => colour === blank)).toHaveLength(0);
  expect(cell(1).filter((colour) => colour === blank)).toHaveLength(4);
  expect(cell(2).filter((colour) => colour === blank)).toHaveLength(16);
});

test('of neighbours that do not fit the strongest is drawn, and the picture stays bounded', async () => {
  const image = await pixelsOf(traceOf(4001, 3, (r, t) => (r === 1 && t === 4000 ? -1 : 0)));
  expect([image.width, image.height]).toEqual([Math.ceil(4003 / 3) * 4, 3 * 16]);
  expect(new Set(image.data).size).toBeGreaterThan(1);
});
