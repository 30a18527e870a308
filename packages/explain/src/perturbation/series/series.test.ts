// On y = Σ w x what each part counts is known: w times what is taken away.
import { bandsOf, random } from '@vitrine/data';
import { builder, sizeOf, tensorOf, type Tensor } from '@vitrine/ir';
import type { Runtime } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asking, caseOf, listed, type Case } from '../../testing/asking.js';
import { partitionFor } from '../dividing.js';
import { seriesPartitions } from './index.js';
import type { SeriesLayout } from './timeline.js';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await nodeRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

const draw = random(1, 'series.test');
const drawn = (dims: readonly number[]): Tensor =>
  tensorOf(
    'float32',
    dims,
    Array.from({ length: sizeOf(dims) }, () => 2 * draw() - 1),
  );
/** Three channels of 24 samples, at 12 a second, from the second second on. */
const layout = (axes: SeriesLayout['axes']): SeriesLayout => ({ axes, names: ['a', 'b', 'c'], rateHz: 12, start: 24 });
const layouts = [
  { dims: [1, 3, 24], series: new Map([['x', layout({ channel: 1, time: 2 })]]), place: (c: number, t: number) => c * 24 + t },
  { dims: [1, 24, 3], series: new Map([['x', layout({ channel: 2, time: 1 })]]), place: (c: number, t: number) => t * 3 + c },
] as const;

const parts = (given: string, which: 0 | 1 = 0) => {
  const { dims, series } = layouts[which];
  const x = new Map([['x', drawn(dims)]]);
  return partitionFor({ x, series, divisions: new Map(), pictures: new Map(), model: () => builder().build([]) }, given);
};
const elementsOf = (runs: readonly (readonly [number, number])[]): readonly number[] =>
  runs.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i)).toSorted((a, b) => a - b);

describe('a series is divided', () => {
  const cases: readonly (readonly [string, number, string, readonly [c: readonly number[], from: number, to: number]])[] = [
    ['points', 24, '2.00 s', [[0, 1, 2], 0, 1]],
    ['points:channels', 72, '2.00 s of a', [[0], 0, 1]],
    ['windows', 24, '2.00 s', [[0, 1, 2], 0, 1]],
    ['windows=6', 4, '2.00–2.50 s', [[0, 1, 2], 0, 6]],
    ['windows=0.5s', 4, '2.00–2.50 s', [[0, 1, 2], 0, 6]],
    ['windows=0.5s/0.25s', 7, '2.00–2.50 s', [[0, 1, 2], 0, 6]],
    ['windows=6:channels', 12, '2.00–2.50 s of a', [[0], 0, 6]],
    ['channels', 3, 'a', [[0], 0, 24]],
  ];
  for (const which of [0, 1] as const)
    test.each(cases)(`by %s, time ${which === 0 ? 'last' : 'first'}`, (given, count, name, [channels, from, to]) => {
      const { parts: list } = parts(given, which);
      expect(list).toHaveLength(count);
      expect(list[0]!.name).toBe(name);
      const expected = channels.flatMap((c) => Array.from({ length: to - from }, (_, t) => layouts[which].place(c, from + t)));
      expect(elementsOf(list[0]!.runs.get('x')!)).toEqual(expected.toSorted((a, b) => a - b));
      if (!given.includes('/'))
        expect(elementsOf(list.flatMap(({ runs }) => runs.get('x')!))).toEqual(Array.from({ length: 72 }, (_, i) => i));
    });

  test('at changes of level', () => {
    const x = new Map([
      [
        'x',
        tensorOf(
          'float32',
          [1, 3, 24],
          Array.from({ length: 72 }, (_, i) => (i % 24 >= 10 ? 5 : 0) + draw()),
        ),
      ],
    ]);
    const divided = (given: string) =>
      partitionFor(
        { x, series: layouts[0].series, divisions: new Map(), pictures: new Map(), model: () => builder().build([]) },
        given,
      ).parts.map(({ name }) => name);
    expect(divided('segments')).toEqual(['2.00–2.83 s', '2.83–4.00 s']);
    expect(divided('segments=1e9')).toEqual(['2.00–4.00 s']);
    expect(divided('segments:channels')).toHaveLength(6);
  });

  test('every row of the table is among these tests', () => {
    expect(Object.keys(seriesPartitions)).toEqual(['points', 'windows', 'segments', 'channels', 'bands']);
  });

  test('without a known rate places are samples, and time is the longer axis', () => {
    const x = new Map([['x', drawn([1, 3, 24])]]);
    const { parts: list } = partitionFor(
      { x, series: new Map(), divisions: new Map(), pictures: new Map(), model: () => builder().build([]) },
      'windows=6',
    );
    expect(list.map(({ name }) => name)).toEqual(['samples 0–5', 'samples 6–11', 'samples 12–17', 'samples 18–23']);
  });

  test.each([
    ['windows=0', 'windows= must be samples, as 64, or seconds, as 0.5s, not 0'],
    ['windows=25', 'windows= 25 is 25 samples, and x has 24: give from 1 to 24'],
    ['windows=0.01s', 'windows= 0.01s is 0 samples'],
    ['windows=6/2/1', 'windows=6/2/1 must be WIDTH or WIDTH/STRIDE'],
    ['segments=-1', 'segments=-1 must be a penalty above 0'],
    ['bands=0', 'bands=0 must be how many, as 16, or rising frequencies between 0 and 6 Hz'],
    ['bands=4-2', 'bands=4-2 must be'],
    ['bands=8:channels', 'parts=bands takes a band away from all channels'],
  ])('%s is refused in a sentence', (given, message) => expect(() => parts(given)).toThrow(message));

  test('what is no series is refused', () => {
    const x = new Map([['x', drawn([1, 3, 8, 8])]]);
    const q = { x, series: new Map(), divisions: new Map(), pictures: new Map(), model: () => builder().build([]) };
    expect(() => partitionFor(q, 'windows=2')).toThrow('x has shape [1,3,8,8] and is no series');
  });
});

describe('what is taken away', () => {
  const { dims, series, place } = layouts[1];
  const [w, x] = [drawn(dims), drawn(dims)];
  const at = (tensor: Tensor, c: number, t: number): number => listed(tensor)[place(c, t)]!;
  const lines = (tensor: Tensor): readonly (readonly number[])[] =>
    [0, 1, 2].map((c) => Array.from({ length: 24 }, (_, t) => at(tensor, c, t)));
  const dot = (a: readonly (readonly number[])[], b: readonly ArrayLike<number>[]): number =>
    a.reduce((sum, line, c) => sum + line.reduce((s, v, t) => s + v * b[c]![t]!, 0), 0);
  const asked = async (options: object, method = 'occlusion') => {
    const b = builder();
    const input = b.input('x', { dtype: 'float32', shape: ['N', 24, 3] });
    const y = b.op.ReduceSum(b.op.Mul(input, b.initializer(w)), b.ints([1, 2]), { keepdims: 0 });
    const made: Case = await caseOf(b.build([b.op.Unsqueeze(y, b.ints([1]))]), runtime, new Map([['x', x]]), { kind: 'index', index: [0] });
    return asking(runtime)(made, method, options as { readonly [name: string]: unknown }, { series });
  };

  test('a band is what the Fourier transform has of it, and all bands are the series', async () => {
    const { parts: found } = await asked({ parts: 'bands=1-3' });
    const bands = [[0, 1 / 12], [1 / 12, 3 / 12], [3 / 12, 0.5]] as const; // prettier-ignore
    expect(found!.values.map(({ name, band }) => [name, band])).toEqual([
      ['0–1 Hz', [0, 1]],
      ['1–3 Hz', [1, 3]],
      ['3–6 Hz', [3, 6]],
    ]);
    found!.values.forEach(({ value }, i) => expect(value).toBeCloseTo(dot(lines(w), lines(x).map((line) => bandsOf(line, bands)[i]!)), 4)); // prettier-ignore
    expect(found!.values.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(dot(lines(w), lines(x)), 4);
  });

  test('values of bands lie on the elements as the bands’ energy does, and add up', async () => {
    const { attributions, completeness } = await asked({ parts: 'bands=4' }, 'kernel-shap');
    expect(completeness!.expected).toBeCloseTo(dot(lines(w), lines(x)), 4);
    expect(completeness!.gap).toBeCloseTo(0, 4);
    expect(listed(attributions[0]!.tensor).every(Number.isFinite)).toBe(true);
  });

  test('neighbouring bands may be taken away together', async () => {
    const [alone, together] = [await asked({ parts: 'bands=4' }), await asked({ parts: 'bands=4', window: '2' })];
    const values = alone.parts!.values.map(({ value }) => value);
    together.parts!.values.forEach(({ value }, i) => expect(value).toBeCloseTo(values[2 * i]! + values[2 * i + 1]!, 4));
    expect(together.parts!.values.map(({ band }) => band)).toEqual([[0, 3], [3, 6]]); // prettier-ignore
  });

  test('a gap is bridged by a straight line between what is left on its sides; at an end by what is left', async () => {
    const { parts: found } = await asked({ parts: 'windows=6', baseline: 'linear' });
    const bridged = (from: number, to: number) =>
      lines(x).map((line) =>
        line.map((v, t) => {
          if (t < from || t >= to) return v;
          const [a, b] = [line[from - 1] ?? line[to]!, line[to] ?? line[from - 1]!];
          return from === 0 || to === 24 ? a : a + ((b - a) * (t - from + 1)) / (to - from + 1);
        }),
      );
    found!.values.forEach(({ value }, i) => expect(value).toBeCloseTo(dot(lines(w), lines(x)) - dot(lines(w), bridged(6 * i, 6 * i + 6)), 4)); // prettier-ignore
  });

  test('a channel of which nothing is left is zero', async () => {
    const { parts: found } = await asked({ parts: 'channels', baseline: 'linear' });
    found!.values.forEach(({ value }, c) => expect(value).toBeCloseTo(dot([lines(w)[c]!], [lines(x)[c]!]), 4));
    await expect(asked({ parts: 'bands', baseline: 'linear' })).rejects.toThrow('baseline=linear bridges gaps in time');
  });

  test('the mean is that of each channel over time', async () => {
    const { parts: found } = await asked({ parts: 'channels', baseline: 'mean' });
    found!.values.forEach(({ value }, c) => {
      const line = lines(x)[c]!;
      const mean = line.reduce((a, v) => a + v, 0) / 24;
      expect(value).toBeCloseTo(dot([lines(w)[c]!], [line.map((v) => v - mean)]), 4);
    });
    const path = await asked({ baseline: 'mean', steps: 1 }, 'integrated-gradients');
    expect(listed(path.attributions[0]!.tensor).reduce((a, v) => a + v, 0)).toBeCloseTo(found!.values.reduce((a, { value }) => a + value, 0), 4); // prettier-ignore
  });

  test('noise is the same for the same seed', async () => {
    const [one, again, other] = [await asked({ baseline: 'noise' }), await asked({ baseline: 'noise' }), await asked({ baseline: 0.5 })];
    const values = [one, again, other].map(({ parts: found }) => found!.values.map(({ value }) => value));
    expect(values[0]).toEqual(values[1]);
    expect(values[0]).not.toEqual(values[2]);
  });
});
