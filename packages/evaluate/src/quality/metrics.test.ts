import { caching, type Runtime } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
  test.each(known[name] ?? [])('is $value where $why', async ({ made, attribution, options, value }) => {
    const [reading] = await measure(name, [await madeEvidence(made, runtime, { attribution })], options);
    expect(reading!.value).toBeCloseTo(value, 4);
  });

  test.runIf(name in rankings)('ranks the truth above explanations drawn by chance', async () => {
    const { made, truth, options } = rankings[name]!;
    const sign = qualityMetricNamed(name).better === 'higher' ? 1 : -1;
    const [own] = await measure(name, [await madeEvidence(made, runtime, { attribution: truth })], options);
    let sum = 0;
    for (let k = 0; k < 8; k++) {
      const [reading] = await measure(name, [await madeEvidence(made, runtime, { attribution: shuffled(truth, `chance ${k}`) })], options);
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
  expect(() => qualityMetricNamed('flipping')).toThrow('there is no metric called flipping: did you mean pixel-flipping?');
});
