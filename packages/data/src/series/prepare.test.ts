import { describe, expect, test } from 'vitest';
import { axesFor, axesOf } from './axes.js';
import { readSeriesOptions, type SeriesOptions } from './options.js';
import { prepareSeries } from './prepare.js';
import { resampled } from './resample.js';
import { seriesOf, type Series } from './series.js';

const ramp = (channels: number, samples: number, more: Partial<Series> = {}): Series =>
  seriesOf(
    Array.from({ length: channels }, (_, c) => Array.from({ length: samples }, (__, t) => 10 * c + t)),
    more.names ?? Array.from({ length: channels }, (_, c) => `channel ${c}`),
    'x.csv',
    more,
  );
const prepared = (series: Series, shape: readonly (number | string)[], options: SeriesOptions = {}) =>
  prepareSeries(series, options, { name: 'x', shape, dtype: 'float32' });

describe('a series is laid out as the model takes it', () => {
  const [one, two] = [ramp(1, 3), ramp(2, 3)];
  const byChannel = [0, 1, 2, 10, 11, 12];
  const byTime = [0, 10, 1, 11, 2, 12];
  const cases: readonly (readonly [readonly (number | string)[], Series, readonly number[], readonly number[]])[] = [
    [['N', 2, 3], two, [1, 2, 3], byChannel],
    [['N', 2, 'T'], two, [1, 2, 3], byChannel],
    [['N', 'C', 'T'], two, [1, 2, 3], byChannel],
    [[1, 3, 2], two, [1, 3, 2], byTime],
    [['N', 'T', 2], two, [1, 3, 2], byTime],
    [['N', 1, 2, 3], two, [1, 1, 2, 3], byChannel],
    [['N', 2, 3, 1], two, [1, 2, 3, 1], byChannel],
    [['N', 2, 1, 3], two, [1, 2, 1, 3], byChannel],
    [[2, 3], two, [2, 3], byChannel],
    [['N', 3], one, [1, 3], [0, 1, 2]],
    [['N', 'T'], one, [1, 3], [0, 1, 2]],
    [[1, 'T'], one, [1, 3], [0, 1, 2]],
    [['T'], one, [3], [0, 1, 2]],
    [[3], one, [3], [0, 1, 2]],
    [['N', 1, 'T'], one, [1, 1, 3], [0, 1, 2]],
    [['N', 'T', 1], one, [1, 3, 1], [0, 1, 2]],
    [['N', 1, 1, 3], one, [1, 1, 1, 3], [0, 1, 2]],
  ];
  test.each(cases)('%j', (shape, series, dims, expected) => {
    const { tensor } = prepared(series, shape);
    expect(tensor.dims).toEqual(dims);
    expect(Array.from(tensor.data as Float32Array)).toEqual(expected);
  });

  test('where both ways fit, the samples tell, and else the layout that is given', () => {
    expect(axesFor(['N', 2, 3], 2, 3)).toEqual({ channel: 1, time: 2 });
    expect(axesFor(['N', 'A', 2], 2, 2)).toEqual({ channel: 2, time: 1 });
    expect(axesFor(['N', 4, 4], 4, 4)).toEqual({ channel: 1, time: 2 });
    expect(axesFor(['N', 4, 4], 4, 4, 'TC')).toEqual({ channel: 2, time: 1 });
    expect(axesFor(['N', 2, 3], 3, 2, 'CT')).toBeUndefined();
  });

  test('an array that is a series already has time along its longer axis, unless told otherwise', () => {
    expect(axesOf([1, 3, 100])).toEqual({ channel: 1, time: 2 });
    expect(axesOf([1, 100, 3])).toEqual({ channel: 2, time: 1 });
    expect(axesOf([1, 100, 3], 'CT')).toEqual({ channel: 1, time: 2 });
    expect(axesOf([1, 100])).toEqual({ channel: undefined, time: 1 });
    expect(axesOf([1, 3, 8, 8])).toBeUndefined();
  });
});

describe('channels are picked', () => {
  const named = ramp(3, 2, { names: ['a', 'b', 'c'] });
  test('by name, in the model’s order', () => {
    const { tensor, shown } = prepared(named, [1, 2, 2], { names: ['c', 'a'] });
    expect(Array.from(tensor.data as Float32Array)).toEqual([20, 21, 0, 1]);
    expect(shown.names).toEqual(['c', 'a']);
  });
  test('a file without names takes the model’s', () => {
    expect(prepared(ramp(2, 2), [1, 2, 2], { names: ['x', 'y'] }).shown.names).toEqual(['x', 'y']);
  });
  test('of a sound their mean, where the model takes one', () => {
    const { tensor, notes } = prepared(ramp(2, 2, { isSound: true, names: ['left', 'right'] }), [1, 2]);
    expect(Array.from(tensor.data as Float32Array)).toEqual([5, 6]);
    expect(notes).toEqual(['the mean of the 2 channels is fed: the model takes one']);
  });
  test('or refused, with what there is', () => {
    expect(() => prepared(named, ['N', 2, 5])).toThrow(
      'x.csv has 3 channels (a, b, c), and input x [N,2,5] takes 2 or 5: say which with --signals NAME,NAME',
    );
    expect(() => prepared(named, ['N', 2, 2], { names: ['a', 'z'] })).toThrow('x.csv has no channel z: it has a, b, c');
    expect(() => prepared(named, ['N', 3, 8, 8])).toThrow('input x has shape [N,3,8,8], which is no series');
  });
});

describe('length and scale', () => {
  test('too long is refused unless a beginning is given, by samples or in seconds', () => {
    const long = ramp(1, 10, { rateHz: 5 });
    expect(() => prepared(long, [1, 4])).toThrow(
      'x.csv has 10 samples (2 s) and input x takes 4 samples (0.8 s): say where to begin, with --from 0',
    );
    for (const from of [5, '5', '1s'])
      expect(Array.from(prepared(long, [1, 4], { from }).tensor.data as Float32Array)).toEqual([5, 6, 7, 8]);
    const { shown, notes } = prepared(long, [1, 4], { from: '1s' });
    expect([shown.start, shown.rateHz, shown.given]).toEqual([5, 5, 4]);
    expect(notes).toEqual(['of 10 samples the model reads 4, from 5 on']);
    expect(() => prepared(ramp(1, 10), [1, 4], { from: '1s' })).toThrow('nothing tells how many samples a second has');
    expect(() => prepared(long, [1, 4], { from: 10 })).toThrow('cannot be read from sample 10 on');
  });

  test('too short is refused unless something fills it up, in the model’s units', () => {
    const short = ramp(1, 2);
    expect(() => prepared(short, [1, 4])).toThrow(
      'x.csv has 2 samples and input x takes 4 samples: say what fills it up, with --pad 0 or --pad edge',
    );
    const { tensor, shown, notes } = prepared(short, [1, 4], { pad: 0, mean: [1], std: [2] });
    expect(Array.from(tensor.data as Float32Array)).toEqual([-0.5, 0, 0, 0]);
    expect([...shown.values[0]!]).toEqual([0, 1, 1, 1]);
    expect([shown.given, notes]).toEqual([2, ['the series has 2 samples and was filled up to 4, with 0']]);
    expect(Array.from(prepared(short, [1, 3], { pad: 'edge', mean: [0] }).tensor.data as Float32Array)).toEqual([0, 1, 1]);
    expect(prepared(short, ['N', 'T'], { length: 3, pad: 0 }).tensor.dims).toEqual([1, 3]);
  });

  test('each channel has its own mean and deviation, or all the same', () => {
    const { tensor, shown } = prepared(ramp(2, 2), [1, 2, 2], { mean: [1, 10], std: [2, 4] });
    expect(Array.from(tensor.data as Float32Array)).toEqual([-0.5, 0, 0, 0.25]);
    expect(shown.values.map((channel) => [...channel])).toEqual([[0, 1], [10, 11]]); // prettier-ignore
    expect(() => prepared(ramp(2, 2), [1, 2, 2], { mean: [1, 2, 3] })).toThrow('mean has 3 numbers, and x.csv has 2 channels: give 1 or 2');
  });
});

describe('another sampling rate', () => {
  const tone = (hz: number, rate: number, samples: number): Float64Array =>
    Float64Array.from({ length: samples }, (_, t) => Math.sin((2 * Math.PI * hz * t) / rate));
  /** Far from its ends, where it is told of silence beyond. */
  const middle = (y: Float64Array): Float64Array => y.subarray(y.length >> 2, (3 * y.length) >> 2);
  const worst = (a: Float64Array, b: Float64Array): number => a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i]!)), 0);

  test.each([
    [44_100, 22_050, 1000],
    [44_100, 16_000, 3000],
    [8000, 22_050, 2000],
    [100, 73, 10],
  ])('a tone at %i Hz brought to %i Hz is the same tone', (from, to, hz) => {
    const y = resampled(tone(hz, from, 4000), from, to);
    expect(worst(middle(y), middle(tone(hz, to, y.length)))).toBeLessThan(2e-4);
  });

  test('what the new rate cannot hold is gone, and makes no other tone', () => {
    const y = middle(resampled(tone(15_000, 44_100, 8000), 44_100, 16_000));
    expect(Math.max(...y.map(Math.abs))).toBeLessThan(2e-4);
  });

  test('a part of it is as the whole there', () => {
    const x = tone(440, 44_100, 4000);
    expect([...resampled(x, 44_100, 16_000, 500, 20)]).toEqual([...resampled(x, 44_100, 16_000).subarray(500, 520)]);
  });

  test('a constant stays as large as it is', () => {
    expect(worst(middle(resampled(new Float64Array(1000).fill(3), 100, 30)), new Float64Array(150).fill(3))).toBeLessThan(1e-3);
  });

  test('series are resampled to the model’s rate, and that is said', () => {
    const { shown, notes, tensor } = prepared(ramp(1, 100, { rateHz: 100 }), ['N', 'T'], { rateHz: 50 });
    expect([tensor.dims, shown.rateHz]).toEqual([[1, 50], 50]);
    expect(notes).toEqual(['x.csv was resampled from 100 Hz to 50 Hz']);
  });
});

test('options of a file are checked, each by name', () => {
  expect(readSeriesOptions({ rateHz: 100, mean: [0], std: [1], pad: 'edge', from: '1.5s' }, 'm.json')).toMatchObject({ rateHz: 100 });
  for (const [options, message] of [
    [{ rate: 1 }, 'm.json: there is no option rate for series: use rateHz, mean'],
    [{ rateHz: 0 }, 'm.json: series: rateHz must be a positive number of samples a second, not 0'],
    [{ std: [0] }, 'm.json: series: std must be a list of positive numbers, not [0]'],
    [{ names: ['a', 'a'] }, 'm.json: series: names must be a list of different names'],
    [{ from: 'later' }, 'm.json: series: from must be samples, as 1200, or seconds, as 1.5s'],
    [[1], 'm.json: series must be an object such as'],
  ] as const)
    expect(() => readSeriesOptions(options, 'm.json')).toThrow(message);
});
