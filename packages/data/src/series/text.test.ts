import { describe, expect, test } from 'vitest';
import { DataError } from '../error.js';
import type { DelimitedOptions } from './delimited.js';
import { isSeriesFile, readSeries } from './read.js';
import { channelOf, type Series } from './series.js';

const all = (text: string, name: string, options?: DelimitedOptions): readonly (Series | DataError)[] => [
  ...readSeries(new TextEncoder().encode(text), name, options),
];
const good = (text: string, name: string, options?: DelimitedOptions): readonly Series[] =>
  all(text, name, options).map((one) => {
    if (one instanceof DataError) throw one;
    return one;
  });
const channels = (series: Series): readonly (readonly number[])[] => series.names.map((_, c) => [...channelOf(series, c)]);
const ts = (head: string, ...lines: readonly string[]): string => `# about it\n@problemName x\n${head}\n@data\n${lines.join('\n')}\n`;

describe('tables whose columns are channels', () => {
  test.each([
    ['names, commas', 'a,b\n1,2\n3,4\n'],
    ['names, tabs, Windows line ends and a byte order mark', '\uFEFFa\tb\r\n1\t2\r\n3\t4\r\n'],
    ['names in quotes, semicolons and commas in numbers', '"a";"b"\n1,0;2,0\n3,0;4,0'],
    ['spaces', 'a b\n 1  2\n 3  4\n'],
    ['comments and empty lines', '# made by hand\n\na,b\n1,2\n\n3,4\n'],
  ])('%s', (_, text) => {
    const [series, ...more] = good(text, 'x.csv');
    expect(more).toEqual([]);
    expect(series!.names).toEqual(['a', 'b']);
    expect(channels(series!)).toEqual([
      [1, 3],
      [2, 4],
    ]);
  });

  test('without names they are numbered; one alone is the value', () => {
    expect(good('1,2\n3,4', 'x.csv')[0]!.names).toEqual(['channel 0', 'channel 1']);
    expect(good('1\n3', 'x.csv')[0]!.names).toEqual(['value']);
    expect(channels(good('1\n3', 'x.csv')[0]!)).toEqual([[1, 3]]);
  });

  test.each([
    ['seconds', 'time,a\n0,1\n0.01,2\n0.02,3', 100],
    ['milliseconds', 'time_ms,a\n0,1\n20,2\n40,3', 50],
    ['milliseconds in brackets', 't (ms),a\n5,1\n25,2\n45,3', 50],
    ['dates', 'timestamp,a\n2024-01-01 00:00:00,1\n2024-01-01 00:00:10,2\n2024-01-01 00:00:20,3', 0.1],
    ['hours', 'Time [h],a\n0,1\n1,2\n2,3', 1 / 3600],
    ['rounded', 'time,a\n0.000,1\n0.003,2\n0.007,3\n0.010,4', 300],
  ])('a column of times in %s tells the rate and is no channel', (_, text, rate) => {
    const [series] = good(text, 'x.csv');
    expect(series!.rateHz).toBeCloseTo(rate, 6);
    expect(series!.names).toEqual(['a']);
  });

  test('times that are uneven are said to be, and told as samples', () => {
    const [series] = good('time,a\n0,1\n1,2\n7,3', 'x.csv');
    expect(series!.rateHz).toBeUndefined();
    expect(series!.notes).toEqual(['the times of x.csv are not evenly spaced: places are told as samples']);
  });

  test('what is missing lies on a line between its neighbours, and that is said', () => {
    const [series] = good('a,b\n?,1\n2,NaN\n,\n8,4\nNA,5', 'x.csv');
    expect(channels(series!)).toEqual([
      [2, 2, 5, 8, 8],
      [1, 2, 3, 4, 5],
    ]);
    expect(series!.notes).toEqual(['5 missing values were filled in, on a straight line between their neighbours in time']);
  });

  test.each([
    ['a,b\n1,2\n3', 'x.csv, line 3 has 1 fields, and the first line has 2'],
    ['a,b\n1,2\n3,x', 'x.csv, line 3: x is no number'],
    ['a,a\n1,2', 'x.csv has two columns called a'],
    ['a,b\n', 'x.csv has no row below the names of its columns'],
    ['', 'x.csv holds no values'],
    ['time\n0\n1', 'x.csv holds times and no values'],
    ['time,a\n0,1\n2,1\n1,1', 'x.csv: time does not rise from sample 1'],
    ['time,a\n0,1\n0,1', 'x.csv: time does not rise'],
    ['time,a\n0,1\nnoon,1', 'x.csv, line 3: noon is no time'],
    ['time,a\n0,1\n,1', 'x.csv, line 3: a time is missing'],
    ['a,b\n?,1\n,2', 'x.csv has no number in channel a: all are missing'],
    ['a\n1\0', 'x.csv is not text in UTF-8: it holds zero bytes'],
  ])('%j is refused in one sentence', (text, message) => expect(() => good(text, 'x.csv')).toThrow(message));
});

describe('tables whose rows are series', () => {
  const rows = (text: string, length?: number) => good(text, 'x.tsv', { by: 'rows', length });
  test('a label stands before them, as in the UCR archive, or in a column that is called so', () => {
    expect(rows('2\t0.5\t1\n1\t7\t8', 2).map((one) => [one.label, channels(one)])).toEqual([
      ['2', [[0.5, 1]]],
      ['1', [[7, 8]]],
    ]);
    expect(rows('t0,t1,class\n1,2,up\n3,4,down').map(({ label }) => label)).toEqual(['up', 'down']);
    expect(rows('cat,1,2\ndog,3,4').map(({ label }) => label)).toEqual(['cat', 'dog']);
    expect(rows('1,2\n3,4').map((one) => channels(one)[0])).toEqual([[1, 2], [3, 4]]); // prettier-ignore
  });

  test('one that cannot be read does not take the others with it', () => {
    const [first, second, third] = all('1,2\n3,x,4,y\n5,6', 'x.csv', { by: 'rows' });
    expect([first, third].every((one) => !(one instanceof DataError))).toBe(true);
    expect((second as DataError).message).toBe('x.csv, line 2: x is no number');
  });
});

describe('.ts files', () => {
  test('univariate, with classes', () => {
    const found = good(ts('@timeStamps false\n@univariate true\n@classLabel true 1 2', '0.5,-1e-3:2', '', '4,5,6:1'), 'x.ts');
    expect(found.map(({ label, names, source }) => [label, names, source])).toEqual([
      ['2', ['value'], 'x.ts, line 7'],
      ['1', ['value'], 'x.ts, line 9'],
    ]);
    expect(found.map(channels)).toEqual([[[0.5, -0.001]], [[4, 5, 6]]]);
  });

  test('multivariate, of unequal length, with missing values', () => {
    const head = '@timeStamps false\n@missing true\n@dimensions 2\n@equalLength false\n@classLabel true a b';
    const found = good(ts(head, '1,?,3:4,5,6:a', '1,2:3,4:b'), 'x.ts');
    expect(found.map(channels)).toEqual([[[1, 2, 3], [4, 5, 6]], [[1, 2], [3, 4]]]); // prettier-ignore
    expect(found[0]!.notes).toEqual(['1 missing value was filled in, on a straight line between their neighbours in time']);
  });

  test('times before values, as numbers and as dates', () => {
    const head = '@timeStamps true\n@univariate true\n@classLabel false';
    const [steps, dates] = good(ts(head, '(0,1),(0.5,2),(1,3)', '(2024-01-01 00:00:00,1),(2024-01-01 00:00:02,2)'), 'x.ts');
    expect([steps!.rateHz, dates!.rateHz]).toEqual([2, 0.5]);
    expect(channels(dates!)).toEqual([[1, 2]]);
  });

  test('numbers to be told are labels too', () => {
    expect(good(ts('@univariate true\n@targetLabel true', '1,2:0.75'), 'x.ts')[0]!.label).toBe('0.75');
  });

  test.each([
    ['1,2:9', 'x.ts, line 7 is labelled 9, and @classLabel names only 1, 2'],
    ['1,2:3,4:1', 'x.ts, line 7 has 2 channels, and the header tells of 1'],
    ['1,b:1', 'x.ts, line 7, value: b is no number'],
    ['1,,3:1', 'x.ts, line 7, value: a value is empty'],
    ['?,?:1', 'x.ts, line 7 has no number in channel value: all are missing'],
  ])('%s is refused, and the line below it read', (line, message) => {
    const [bad, next] = all(ts('@timeStamps false\n@univariate true\n@classLabel true 1 2', line, '1,2:1'), 'x.ts');
    expect((bad as DataError).message).toContain(message);
    expect(next).not.toBeInstanceOf(DataError);
  });

  test.each([
    ['export const x = 1;', 'x.ts is no file of series: no line @data stands before its values'],
    ['@univariate maybe\n@data\n1', 'x.ts, line 1: @univariate must be true or false, not maybe'],
    ['@dimensions 1e9\n@data\n1', 'x.ts, line 1: @dimensions must be a whole number above 0, not 1e9'],
    ['@dimensions 999999\n@data\n1', 'x.ts has 999,999 channels, and at most 4096 are read'],
    ['@dimensions 4000\n@seriesLength 999999999\n@data\n1', 'values, and at most 33,554,432 are read'],
    ['@problemName x\n', 'x.ts is no file of series'],
  ])('%j is refused', (text, message) => expect(() => all(text, 'x.ts')).toThrow(message));

  test('channels of different lengths are refused', () => {
    const [bad] = all(ts('@dimensions 2\n@classLabel false', '1,2:3'), 'x.ts');
    expect((bad as DataError).message).toBe('x.ts, line 6 has channels of 2 and 1 values: channels must be of one length');
  });
});

test('endings tell which files hold series', () => {
  expect(['a.WAV', 'b.ts', 'c.csv', 'd.tsv'].map(isSeriesFile)).toEqual([true, true, true, true]);
  expect(['a.png', 'b', 'c.npy'].map(isSeriesFile)).toEqual([false, false, false]);
  expect(() => all('1', 'x.dat')).toThrow('x.dat: series are read from .wav, .ts, .csv, .tsv and .npy');
});
