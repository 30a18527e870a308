import { random } from '@vitrine/data';
import { builder, tensorOf, type Builder, type Tensor, type Value } from '@vitrine/ir';
import { caching, type Runtime } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Explanation } from '../explanation.js';
import { fromBits, type Coalition } from '../perturbation/coalition.js';
import { asking, caseOf, listed, type Case } from '../testing/asking.js';
import { beamSearch, type Searching } from './beam.js';
import { divergence, interval } from './bounds.js';
import type { Drawing } from './drawing.js';

let runtime: Runtime;
beforeAll(async () => {
  runtime = caching(await nodeRuntime({ threads: 1 }));
});
afterAll(() => runtime.close());

const ask = (c: Case, options = {}, more = {}): Promise<Explanation> => asking(runtime)(c, 'anchors', options, more);

/** Two classes of which the second wins where a function of x [N,F] is above zero. */
async function decider(x: readonly number[], write: (b: Builder, x: Value) => Value): Promise<Case> {
  const b = builder();
  const input = b.input('x', { dtype: 'float32', shape: ['N', x.length] });
  const margin = b.op.Reshape(b.op.ReduceSum(write(b, input), b.ints([1]), { keepdims: 1 }), b.ints([-1, 1]));
  const y = b.op.Concat(b.op.Mul(margin, 0), margin, { axis: 1 });
  const inputs = new Map([['x', tensorOf('float32', [1, x.length], x) as Tensor]]);
  return caseOf(b.build([y]), runtime, inputs, { kind: 'top' });
}
const ones = (count: number): readonly number[] => Array.from({ length: count }, () => 1);
const weighed = (weights: readonly number[], less: number): Promise<Case> =>
  decider(ones(weights.length), (b, x) =>
    b.op.Sub(b.op.Mul(x, b.initializer(tensorOf('float32', [1, weights.length], weights))), less / weights.length),
  );
const partsOf = ({ rule }: Explanation): readonly number[] => rule!.conditions.map(({ part }) => part).toSorted((a, b) => a - b);

describe('anchors of decisions whose anchors are known', () => {
  test('two parts that only decide together are the rule, and nothing else', async () => {
    const found = await ask(await weighed([1, 0, 0, 1, 0, 0, 0, 0], 1.5));
    expect(partsOf(found)).toEqual([0, 3]);
    expect(found.rule!.precision.value).toBe(1);
    expect(found.rule!.precision.low).toBeGreaterThanOrEqual(0.95);
    expect(found.rule!.coverage).toEqual({ value: 0.25, low: 0.25, high: 0.25 });
    expect(listed(found.attributions[0]!.tensor)).toEqual([1, 0, 0, 1, 0, 0, 0, 0]);
    expect(found.warnings).toEqual([]);
    // One of four without a rule, one of two with one of the parts.
    const rises = found.rule!.conditions.map(({ rise }) => rise);
    expect(rises[0]).toBeGreaterThan(0.1);
    expect(rises[1]).toBeGreaterThan(0.3);
    expect(found.parts!.values.map(({ value }) => value)).toEqual([rises[0], 0, 0, rises[1], 0, 0, 0, 0].map((v, i) => (i === 0 ? rises[found.rule!.conditions.findIndex(({ part }) => part === 0)] : i === 3 ? rises[found.rule!.conditions.findIndex(({ part }) => part === 3)] : v))); // prettier-ignore
  });

  test('of two parts that each decide alone one is enough', async () => {
    const found = await ask(await weighed([1, 1, 0, 0, 0, 0], 0.5));
    expect(partsOf(found)).toHaveLength(1);
    expect([0, 1]).toContain(partsOf(found)[0]);
    expect(found.rule!.coverage.value).toBe(0.5);
  });

  test('a decision that nothing changes needs nothing', async () => {
    const found = await ask(await weighed([1, 1, 1], -1));
    expect(found.rule!.conditions).toEqual([]);
    expect(found.rule!.coverage.value).toBe(1);
  });

  test('a majority of five, with a threshold below 7 of 8, needs two', async () => {
    const found = await ask(await weighed([1, 1, 1, 1, 1], 2.5), { threshold: 0.8 });
    expect(found.rule!.conditions).toHaveLength(2);
    expect(found.rule!.precision.low).toBeLessThan(0.875);
    expect(found.rule!.precision.high).toBeGreaterThan(0.875);
    expect((await ask(await weighed([1, 1, 1, 1, 1], 2.5))).rule!.conditions).toHaveLength(3);
  });

  test('parts are there as often as is asked for', async () => {
    const found = await ask(await weighed([1, 0, 0, 1, 0, 0, 0, 0], 1.5), { present: 0.25 });
    expect(found.rule!.coverage.value).toBeCloseTo(0.0625, 12);
  });

  test('what cannot be reached is said, and what was found is told with its interval', async () => {
    const found = await ask(await weighed(ones(12), 11.5), { longest: 2, samples: 600 });
    expect(found.rule!.precision.high).toBeLessThan(0.95);
    expect(found.warnings[0]).toMatch(
      /^no rule was found that keeps the decision in 95.0 % of samples: .* allow a longer one with longest=$/,
    );
    expect(found.evaluations).toBeLessThanOrEqual(601);
  });
});

describe('what stays', () => {
  const probability = async (weights: readonly number[], less: number): Promise<Case> => {
    const b = builder();
    const input = b.input('x', { dtype: 'float32', shape: ['N', weights.length] });
    const sum = b.op.ReduceSum(b.op.Mul(input, b.initializer(tensorOf('float32', [1, weights.length], weights))), b.ints([1]));
    const inputs = new Map([['x', tensorOf('float32', [1, weights.length], ones(weights.length)) as Tensor]]);
    return caseOf(b.build([b.op.Sigmoid(b.op.Sub(sum, less))]), runtime, inputs, { kind: 'top' });
  };

  test('of one probability is the side of a half', async () => {
    const found = await ask(await probability([4, 1, 1, 0], 3));
    expect(found.rule!.kept).toEqual({ kind: 'side', cut: 0.5, above: true });
    expect(partsOf(found)).toEqual([0]);
  });

  test('of one probability is the side of another number, if it is given', async () => {
    const found = await ask(await probability([4, 1, 1, 0], 3), { cut: '0.9' });
    expect(found.rule!.kept).toEqual({ kind: 'side', cut: 0.9, above: true });
    expect(partsOf(found)).toEqual([0, 1, 2]);
  });

  test('of a difference is its sign', async () => {
    const c = await weighed([1, 0, 0, 1, 0, 0], 1.5);
    const target = { kind: 'difference', of: { kind: 'index', index: [1] }, minus: { kind: 'index', index: [0] } } as const;
    const found = await ask({ ...c, target });
    expect(found.rule!.kept).toEqual({ kind: 'side', cut: 0, above: true });
    expect(partsOf(found)).toEqual([0, 3]);
  });

  test('of any other number is the number, within a tolerance', async () => {
    const c = await weighed([1, 0.1, 0.1, 3, 0, 0], 1.5);
    const target = { kind: 'index', index: [0] } as const;
    const other = await ask({ ...c, target }, { tolerance: 0.5 });
    expect(other.rule!.conditions).toEqual([]);
    const found = await ask(c, { decision: 'score', tolerance: 0.5 });
    expect(found.rule!.kept).toEqual({ kind: 'score', low: expect.closeTo(2.2, 5), high: expect.closeTo(3.2, 5) });
    expect(partsOf(found)).toEqual([0, 3]);
  });

  test('of a class that is not the best is refused to be the class', async () => {
    const c = await weighed([1, 0, 0, 1], 1.5);
    await expect(ask({ ...c, target: { kind: 'index', index: [0] } }, { decision: 'class' })).rejects.toThrow(
      'anchors: decision=class is about the class with the highest score, and the target is none: use decision=side',
    );
  });
});

describe('rows of a background', () => {
  /** Numbers 0 to 99 in the first column, 0 or 1 in the second, anything in the third. */
  const rows = 100;
  const background = tensorOf('float32', [rows, 3], Array.from({ length: rows }, (_, k) => [k, k % 2, Math.sin(k)]).flat());
  const table = (x: readonly number[], least: number): Promise<Case> =>
    decider(x, (b, input) => {
      const [number, flag] = b.op.Split(input, b.ints([1, 1, 1]), { axis: 1, outputs: 3 });
      // Positive where the number is above a bound and the flag is set.
      return b.op.Sub(b.op.Min(b.op.Sub(number!, least), b.op.Sub(b.op.Mul(flag!, 1000), 500)), 0);
    });

  test('a number is asked for by its quantile, a flag as it is', async () => {
    const found = await ask(await table([90, 1, 0], 60), { baseline: background });
    expect(partsOf(found)).toEqual([0, 1]);
    const [number, flag] = found.rule!.conditions.toSorted((a, b) => a.part - b.part);
    expect(number!.bin).toEqual({ at: 'x', element: 0, above: 74 });
    expect(flag!.bin).toBeUndefined();
    // Odd numbers from 75: 13 of 100.
    expect(found.rule!.coverage).toMatchObject({ value: 0.13, samples: 100 });
    expect(found.rule!.coverage.low).toBeLessThan(0.13);
    expect(found.rule!.precision.value).toBe(1);
  });

  test('a quantile that holds more than one answer is not enough, and finer ones are', async () => {
    const coarse = await ask(await table([90, 1, 0], 80), { baseline: background });
    expect(coarse.rule!.precision.low).toBeLessThan(0.95);
    expect(coarse.warnings).toHaveLength(1);
    const fine = await ask(await table([90, 1, 0], 80), { baseline: background, bins: 10 });
    expect(fine.rule!.conditions.find(({ part }) => part === 0)!.bin).toEqual({ at: 'x', element: 0, above: 89 });
    const within = await ask(await table([86, 1, 0], 80), { baseline: background, bins: 10, threshold: 0.85 });
    expect(within.rule!.conditions.find(({ part }) => part === 0)!.bin).toEqual({ at: 'x', element: 0, above: 79, upTo: 89 });
    // Nine of the ten numbers from 80 to 89 are above 80.
    expect(within.rule!.precision.low).toBeLessThan(0.9);
    expect(within.rule!.precision.high).toBeGreaterThan(0.9);
  });
});

/** A search on a game without a model: parts are coins, and the decision stays where their weights exceed a bound. */
async function search(weights: readonly number[], bound: number, seed: number, more: Partial<Searching> = {}) {
  const players = weights.length;
  const keeps = (holds: Coalition): boolean => weights.reduce((sum, w, i) => sum + w * holds[i]!, 0) > bound;
  const drawing: Drawing = {
    nested: true,
    bins: [],
    coverage: (rule) => ({ share: 0.5 ** rule.reduce((n, there) => n + there, 0) }),
    draw: () => {
      throw new Error('not asked');
    },
  };
  const streams = { search: random(seed, 'search'), verification: random(seed, 'verification') };
  const found = await beamSearch(
    players,
    drawing,
    async (rule, count, stream) =>
      Array.from({ length: count }, () => {
        const holds = rule.map((there) => (there === 1 || streams[stream]() < 0.5 ? 1 : 0));
        return { holds, kept: keeps(holds) };
      }),
    { threshold: 0.9, delta: 0.05, beam: 2, gap: 0.1, samples: 3000, longest: players, ...more },
  );
  /** The precision of the rule, over all sets of the other parts. */
  let [kept, all] = [0, 0];
  for (let bits = 0; bits < 2 ** players; bits++) {
    const holds = fromBits(bits, players);
    if (!found.order.every((i) => holds[i] === 1)) continue;
    all++;
    kept += Number(keeps(holds));
  }
  return { found, truth: kept / all };
}

describe('what is said of precision holds', () => {
  test('in at least 95 of 100 searches, for the rule that was chosen', async () => {
    let [held, above, claimed] = [0, 0, 0];
    const runs = 300;
    for (let seed = 0; seed < runs; seed++) {
      const draw = random(seed, 'weights');
      const weights = Array.from({ length: 8 }, () => draw() ** 2);
      const sum = weights.reduce((a, b) => a + b, 0);
      const { found, truth } = await search(weights, 0.55 * sum, seed, { delta: 0.05 });
      held += Number(truth >= found.within.low && truth <= found.within.high);
      claimed += Number(found.within.low >= 0.9);
      above += Number(found.within.low >= 0.9 && truth >= 0.9);
    }
    expect(held / runs).toBeGreaterThanOrEqual(0.95);
    expect(claimed).toBeGreaterThan(0.9 * runs);
    expect(above / claimed).toBeGreaterThanOrEqual(0.95);
  });

  test('when errors are allowed often, they are rarer still', async () => {
    let wrong = 0;
    for (let seed = 0; seed < 200; seed++) {
      const { found, truth } = await search([3, 2, 2, 1, 1, 1], 5.5, seed, { delta: 0.3 });
      wrong += Number(truth < found.within.low || truth > found.within.high);
    }
    expect(wrong / 200).toBeLessThanOrEqual(0.3);
  });

  test('more samples are never drawn than allowed', async () => {
    let drawn = 0;
    const counting: Drawing = { nested: true, bins: [], coverage: () => ({ share: 1 }), draw: () => { throw new Error('not asked'); } }; // prettier-ignore
    for (const samples of [100, 250, 1000]) {
      drawn = 0;
      await beamSearch(20, counting, async (rule, count) => ((drawn += count), Array.from({ length: count }, () => ({ holds: rule, kept: false }))), { threshold: 0.9, delta: 0.05, beam: 3, gap: 0.1, samples, longest: 20 }); // prettier-ignore
      expect(drawn).toBeLessThanOrEqual(samples);
      expect(drawn).toBeGreaterThan(samples / 2);
    }
  });
});

describe('bounds', () => {
  test('are where the divergence reaches the level', () => {
    const { low, high } = interval(80, 100, 3);
    expect(100 * divergence(0.8, low)).toBeCloseTo(3, 6);
    expect(100 * divergence(0.8, high)).toBeCloseTo(3, 6);
    expect(interval(0, 0, 3)).toEqual({ low: 0, high: 1 });
    // What always holds: n ln(1 / low) = level.
    expect(interval(50, 50, 2)).toEqual({ low: expect.closeTo(Math.exp(-2 / 50), 9), high: 1 });
    expect(interval(0, 50, 2)).toEqual({ low: 0, high: expect.closeTo(1 - Math.exp(-2 / 50), 9) });
  });

  test('are wrong no more often than they say', () => {
    const draw = random(1, 'coins');
    let wrong = 0;
    for (let run = 0; run < 4000; run++) {
      const kept = Array.from({ length: 60 }, () => draw() < 0.9).filter(Boolean).length;
      wrong += Number(interval(kept, 60, Math.log(1 / 0.1)).low > 0.9);
    }
    expect(wrong / 4000).toBeLessThan(0.1);
    expect(wrong).toBeGreaterThan(0);
  });
});

test('the same seed gives the same bits, another one other samples', async () => {
  const c = await weighed([5, 3, 2, 2, 1, 1, 1, 1, 1, 1], 9.5);
  const [first, again, other] = [await ask(c, {}, { seed: 5 }), await ask(c, {}, { seed: 5 }), await ask(c, {}, { seed: 6 })];
  expect(again).toEqual(first);
  expect(other.rule).not.toEqual(first.rule);
});

test('what cannot be asked for ends in a sentence', async () => {
  const c = await weighed([1, 0], 0.5);
  await expect(ask(c, { threshold: 1 })).rejects.toThrow('anchors: option threshold must be a number from 0.01 to 0.999, not 1');
  await expect(ask(c, { cut: 'half' })).rejects.toThrow('anchors: option cut must be a number, not half');
  await expect(ask(c, { samples: 5 })).rejects.toThrow('anchors: option samples must be a whole number from 100 to 10000000, not 5');
  await expect(ask(c, { parts: 'regions' })).rejects.toThrow('there is no partition called regions');
  await expect(ask(await weighed(ones(1200), 1), { parts: 'elements' })).rejects.toThrow(
    'anchors makes rules of at most 1000 parts, and there are 1200: give larger ones with parts=',
  );
});
