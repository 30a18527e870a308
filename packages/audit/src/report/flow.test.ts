import type { Conservation, LayerBooks } from '@vitrine/explain';
import { expect, test } from 'vitest';
import { flow } from './flow.js';

const layer = (value: string, relevance: number, passed: { readonly [value: string]: number }): LayerBooks => ({
  value,
  node: `/${value}`,
  opType: 'Conv',
  relevance,
  passed,
  bias: relevance - Object.values(passed).reduce((a, b) => a + b, 0),
  stabilizer: 0,
  dropped: 0,
});
const books = (layers: readonly LayerBooks[]): Conservation => ({
  name: 'relevance',
  start: 4,
  arrived: 3,
  bias: 1,
  stabilizer: 0,
  dropped: 0,
  gap: 0,
  layers,
});

test('a band for each way, as wide as its relevance, coloured by its sign', () => {
  const svg = flow(books([layer('sum', 4, { left: 3, right: 1 }), layer('left', 3, { x: 3 }), layer('right', 1, { x: -1 })]))!.html;
  const bands = [...svg.matchAll(/stroke="(var\(--\w+\))"[^>]*stroke-width="([\d.]+)"\s*>\s*<title>([^<]+)/g)].map(
    ([, colour, width, amount]) => [colour, Number(width), amount],
  );
  expect(bands).toHaveLength(4);
  const [left, right] = [bands.find(([, , amount]) => amount === '3.00')!, bands.find(([, , amount]) => amount === '1.00')!];
  expect(left[1] as number).toBeCloseTo(3 * (right[1] as number), 0);
  expect(new Set(bands.map(([colour]) => colour)).size).toBe(2);
});

test('names are escaped', () => {
  const svg = flow(books([layer('<script>', 1, { '"><img src=x>': 1 })]))!.html;
  expect(svg).not.toMatch(/<script|<img/);
});

test('nothing is drawn where there is no flow, or too much', () => {
  expect(flow(books([]))).toBeUndefined();
  expect(flow(books(Array.from({ length: 400 }, (_, i) => layer(`l${i}`, 1, { [`l${i + 1}`]: 1 }))))).toBeUndefined();
});
