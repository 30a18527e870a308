import { caching, type Runtime } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { between } from './agreement/between.js';
import { measure, qualityMetricNamed } from './measure.js';
import { qualityMetrics } from './metrics.js';
import { known, many, rankings } from './testing/known.js';
import { linear, madeEvidence, shuffled } from './testing/made.js';

let runtime: Runtime;
beforeAll(async () => {
  runtime = caching(await nodeRuntime({ threads: 1 }));
});
afterAll(() => runtime.close());

const names = Object.keys(qualityMetrics);
/** Metrics of several examples have tests of their own below. */
const single = names.filter((name) => 'measure' in qualityMetricNamed(name));

test('every metric has a case whose value is known', () => {
  expect(single.filter((name) => known[name] === undefined)).toEqual([]);
});

describe.each(single)('%s', (name) => {
  test.each(known[name] ?? [])('is $value where $why', async ({ made, attribution, mask, truth, options, value, digits = 4 }) => {
    const e = await madeEvidence(made, runtime, { attribution, mask: mask && new Map([['x', Uint8Array.from(mask)]]), truth });
    const [reading] = await measure(name, [e], options);
    expect(reading!.value).toBeCloseTo(value, digits);
  });

  test.runIf(name in rankings)('ranks the truth above explanations drawn by chance', async () => {
    const { made, truth, options, mask: given } = rankings[name]!;
    const mask = given && new Map([['x', Uint8Array.from(given)]]);
    const sign = qualityMetricNamed(name).better === 'higher' ? 1 : -1;
    const [own] = await measure(name, [await madeEvidence(made, runtime, { attribution: truth, mask })], options);
    let sum = 0;
    for (let k = 0; k < 8; k++) {
      const [reading] = await measure(
        name,
        [await madeEvidence(made, runtime, { attribution: shuffled(truth, `chance ${k}`), mask })],
        options,
      );
      expect(sign * reading!.value).toBeLessThanOrEqual(sign * own!.value + 1e-6);
      sum += reading!.value;
    }
    expect(sign * own!.value).toBeGreaterThan((sign * sum) / 8);
  });

  test('has a row that documents it', () => {
    const row = qualityMetricNamed(name);
    expect(row.name).toBe(name);
    expect(row.paper).toMatch(/\d{4}/);
    for (const field of Object.values(row.options)) expect(field.doc.length).toBeGreaterThan(5);
  });
});

test('sufficiency is the share of like explanations with the same class', async () => {
  const write = linear([
    [1, 0],
    [0, 1],
  ]);
  const at = [
    [3, 0],
    [2.5, 0.1],
    [2.4, 2.6],
    [0, 9],
  ];
  const all = await Promise.all(at.map((x) => madeEvidence({ x, write }, runtime, { attribution: x })));
  // Largest distance 9.49; within 0.3 of it lie 0, 1 and 2 of each other, of which 2 has another class; 3 is alone.
  const found = await measure('sufficiency', all, { threshold: 0.3 });
  expect(found.map(({ value }) => value)).toEqual([0.5, 0.5, 0, NaN]);
});

test('consistency is the share of examples named alike that have the same class', async () => {
  const write = linear([
    [1, 0],
    [0, 1],
  ]);
  const at = [
    [3, 0],
    [2, 1],
    [4, 5],
    [0, 9],
  ];
  const said = [
    [1, 0],
    [2, 0],
    [3, 0],
    [0, 4],
  ];
  const all = await Promise.all(at.map((x, i) => madeEvidence({ x, write }, runtime, { attribution: said[i] })));
  expect((await measure('consistency', all)).map(({ value }) => value)).toEqual([0.5, 0.5, 0, NaN]);
});

test('focus is 1 where only the pictures of the class speak for it, and needs others', async () => {
  const write = linear([Array.from({ length: 16 }, () => 1), Array.from({ length: 16 }, () => -1)]);
  const shown = async (label: number): ReturnType<typeof madeEvidence> =>
    madeEvidence({ x: Array.from({ length: 16 }, () => 1 - 2 * label), dims: [1, 1, 4, 4], write }, runtime, { label });
  const all = await Promise.all([0, 0, 1, 1].map(shown));
  expect((await measure('focus', all)).map(({ value }) => value)).toEqual([1, 1, 1, 1]);
  expect((await measure('focus', all.slice(0, 3))).map(({ value }) => value)).toEqual([NaN, NaN, NaN]);
});

test('permuting the weights of a network that has learned something changes its explanation', async () => {
  const e = await madeEvidence(many, runtime);
  expect((await measure('mprt', [e]))[0]!.value).toBeLessThan(0.7);
});

test('what needs a mask says so', async () => {
  await expect(measure('localisation-auc', [await madeEvidence(many, runtime)])).rejects.toThrow(
    'localisation-auc needs a mask of what the answer should rest on',
  );
});

test('methods that say the same agree wholly, and those that turn it about in size alone', async () => {
  const one = await madeEvidence(many, runtime);
  const other = await madeEvidence(many, runtime, { attribution: many.x.map((_, i) => -Number(one.attribution.get('x')!.data[i])) });
  const [same, turned] = [
    between(
      new Map([
        ['a', one],
        ['b', one],
      ]),
    ),
    between(
      new Map([
        ['a', one],
        ['b', other],
      ]),
    ),
  ];
  expect(same).toHaveLength(1);
  expect(Object.values(same[0]!.values)).toEqual(Object.values(same[0]!.values).map(() => expect.closeTo(1)));
  expect(turned[0]!.values).toMatchObject({ feature: 1, rank: 1, sign: 0, 'signed-rank': 0, 'pairwise-rank': 1 });
});

test('the same seed gives the same value, another seed another', async () => {
  const of = async (seed: number): Promise<number> => {
    const e = await madeEvidence({ ...many, method: 'saliency', request: { seed } }, runtime, {
      attribution: shuffled([...many.x.keys()], 'some'),
    });
    return (await measure('faithfulness-correlation', [e], { samples: 20 }))[0]!.value;
  };
  expect(await of(1)).toBe(await of(1));
  expect(await of(1)).not.toBe(await of(2));
});

test('metrics that are not there are named with those that are', () => {
  expect(() => qualityMetricNamed('foo')).toThrow('there is no metric called foo: vitrine metrics lists them');
  expect(() => qualityMetricNamed('flipping')).toThrow('there is no metric called flipping: did you mean pixel-flipping?');
});
