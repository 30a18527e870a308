import type { Builder, Value } from '@vitrine/ir';
import { caching, type Runtime } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { drawn, linear, madeEvidence, type Made } from '../testing/made.js';
import { floors } from './floors.js';
import { sanity, toldSanity, type Sanity } from './sanity.js';

let runtime: Runtime;
beforeAll(async () => {
  runtime = caching(await nodeRuntime({ threads: 1 }), 64);
});
afterAll(() => runtime.close());

const [INPUTS, HIDDEN] = [24, 40];

/** A network of two layers that bends everywhere. */
const network = (b: Builder, x: Value): Value => {
  const rows = (count: number, width: number, name: string): readonly (readonly number[])[] =>
    Array.from({ length: count }, (_, i) => drawn(width, `${name} ${i}`));
  const hidden = b.op.Tanh(linear(rows(HIDDEN, INPUTS, 'first'))(b, x));
  return linear(rows(3, HIDDEN, 'second'))(b, hidden);
};
const EXAMPLES = 6;
const made = (method: string, k: number): Made => ({ x: drawn(INPUTS, `example ${k}`), write: network, method, request: { seed: k } });

async function verdicts(method: string, says?: (typeof floors)[keyof typeof floors]): Promise<readonly Sanity[]> {
  const all: Sanity[] = [];
  for (let k = 0; k < EXAMPLES; k++) all.push(await sanity(await madeEvidence(made(method, k), runtime, { says })));
  return all;
}

test.each(['gradient', 'saliency', 'integrated-gradients', 'occlusion'])('%s of a network passes', async (method) => {
  for (const found of await verdicts(method)) expect(toldSanity(found)).toBe('no check failed');
});

test.each(Object.entries(floors).flatMap(([name, says]) => ['gradient', 'integrated-gradients'].map((as) => [name, as, says] as const)))(
  '%s in place of %s is not to be trusted',
  async (_, as, says) => {
    for (const { verdict } of await verdicts(as, says)) expect(verdict).toBe('not to be trusted');
  },
);

test('few parts tell little: what is right is not rejected, and what is wrong is', async () => {
  const few: Made = {
    x: [1, 1, 1, 1, 1],
    write: linear([
      [1, 2, 3, 4, 5],
      [0, 1, 0, 1, 0],
    ]),
    method: 'occlusion',
  };
  const right = await sanity(await madeEvidence(few, runtime));
  const wrong = await sanity(await madeEvidence(few, runtime, { attribution: [5, 4, 3, 2, 1] }));
  const deletion = ({ checks }: Sanity): boolean | undefined => checks.find(({ name }) => name === 'deletion')!.passed;
  expect([deletion(right), deletion(wrong)]).toEqual([undefined, false]);
});

test('of one part nothing can be told', async () => {
  const { verdict, checks } = await sanity(await madeEvidence({ x: [1], write: linear([[1], [2]]), method: 'occlusion' }, runtime));
  expect(verdict).toBe('could not be checked');
  expect(checks.map(({ passed }) => passed)).toEqual([undefined, undefined, undefined, undefined]);
});

test('the verdict says why', async () => {
  const e = await madeEvidence(made('gradient', 0), runtime, { says: floors.input });
  expect(toldSanity(await sanity(e))).toMatch(
    /^not to be trusted: it stays alike \(correlation 1\.00\) when all weights of the model are permuted; chance foretells where small moves change the score most as well in \d/,
  );
});

test('a sum that is missed is told', async () => {
  const [found] = [await sanity(await madeEvidence({ ...made('integrated-gradients', 1), request: { options: { steps: 1 } } }, runtime))];
  expect(found.checks.find(({ name }) => name === 'completeness')).toMatchObject({
    passed: false,
    why: expect.stringMatching(/^it misses what it should add up to by [\d.]+ %$/) as string,
  });
});
