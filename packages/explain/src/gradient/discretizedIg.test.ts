import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { random } from '@vitrine/data';
import { builder, memory, readModel, tensorOf, type Graph, type Tensor } from '@vitrine/ir';
import { caching, type Runtime } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asking, caseOf, listed } from '../testing/asking.js';
import { vocabularyAt, type Vocabulary } from './vocabulary.js';
import { strategies, wordPaths } from './wordPath.js';

let runtime: Runtime;
beforeAll(async () => {
  runtime = caching(await nodeRuntime({ threads: 1 }));
});
afterAll(() => runtime.close());

const opened = (graph: Graph, at: string, stretchBytes?: number): Vocabulary =>
  vocabularyAt(
    { model: () => graph, runtime, domains: new Map(), limits: { memoryBytes: 2 ** 30, batch: 10 }, signal: undefined },
    at,
    stretchBytes,
  );

const [WORDS, WIDTH] = [700, 6];
const draw = random(3, 'table');
const TABLE = Array.from({ length: WORDS * WIDTH }, () => 2 * draw() - 1);
const vector = (id: number): Float32Array => Float32Array.from(TABLE.slice(id * WIDTH, (id + 1) * WIDTH));

/** Tokens [1,T] looked up in a table, and a score that is linear in the vectors, or bent. */
function network(tokens: number, bent: boolean): Graph {
  const b = builder();
  const ids = b.input('ids', { dtype: 'int64', shape: [1, tokens] });
  const table = b.initializer(tensorOf('float32', [WORDS, WIDTH], TABLE));
  const [found] = b.named({ opType: 'Gather', name: 'look', inputs: [table, ids], attrs: { axis: 0 } }, ['embedding']);
  const weights = b.initializer(tensorOf('float32', [tokens, WIDTH], WEIGHTS.slice(0, tokens * WIDTH)));
  const product = b.op.Mul(found!, weights);
  return b.build([b.op.ReduceSum(bent ? b.op.Tanh(product) : product, b.ints([1, 2]), { keepdims: 0 })]);
}
const WEIGHTS = Array.from({ length: 4 * WIDTH }, () => 2 * draw() - 1);

const ids = (values: readonly number[]): ReadonlyMap<string, Tensor> =>
  new Map([['ids', tensorOf('int64', [1, values.length], values) as Tensor]]);

test('the nearest words are those that comparing all would find, however the vocabulary is cut', async () => {
  const distance = (a: Float32Array, b: Float32Array): number => a.reduce((sum, v, i) => sum + (v - b[i]!) ** 2, 0);
  const queries = Array.from({ length: 40 }, (_, i) => vector(i * 7));
  const want = queries.map((query) =>
    Array.from({ length: WORDS }, (_, id) => id)
      .toSorted((a, b) => distance(vector(a), query) - distance(vector(b), query))
      .slice(0, 20),
  );
  for (const stretch of [undefined, 4 * WIDTH * 128, 4 * WIDTH * 3])
    expect(await opened(network(2, false), 'embedding', stretch).nearest(queries, 20)).toEqual(want);
  const all = await opened(network(2, false), 'embedding').nearest([vector(5)], 10_000);
  expect(all[0]!.toSorted((a, b) => a - b)).toEqual(Array.from({ length: WORDS }, (_, id) => id)); // prettier-ignore
});

test('words are looked up as the model does, also more than one run takes', async () => {
  const wanted = Array.from({ length: 600 }, (_, i) => (i * 11) % WORDS);
  expect(await opened(network(2, false), 'embedding').rows(wanted)).toEqual(wanted.map(vector));
});

describe.each(strategies)('%s', (strategy) => {
  test('a path goes from word to word and never back, and visits no word twice', async () => {
    const [from, to] = [vector(17), vector(400)];
    const [path] = await wordPaths(opened(network(2, false), 'embedding'), [{ from, to }], { steps: 12, strategy, neighbours: 50 });
    const { points, words } = path!;
    expect(points).toHaveLength(14);
    expect([points[0], points.at(-1)]).toEqual([from, to]);
    expect(new Set([...words, 17, 400]).size).toBe(words.length + 2);
    points.slice(1).forEach((point, k) => {
      point.forEach((v, i) => {
        const [a, b] = [points[k]![i]!, to[i]!];
        expect(v).toBeGreaterThanOrEqual(Math.min(a, b));
        expect(v).toBeLessThanOrEqual(Math.max(a, b));
      });
    });
  });

  test('of a linear function the shares are exact, whatever the path', async () => {
    const c = await caseOf(network(3, false), runtime, ids([5, 60, 7]), { kind: 'index', index: [0] });
    for (const options of [{}, { rule: 'left' }, { factor: 2 }, { baseline: 0.25 }]) {
      const { attributions, completeness } = await asking(runtime)(c, 'discretized-ig', { strategy, steps: 8, neighbours: 30, ...options });
      const start = (options as { readonly baseline?: number }).baseline ?? 0;
      const want = [5, 60, 7].flatMap((id, t) => [...vector(id)].map((v, i) => WEIGHTS[t * WIDTH + i]! * (v - start)));
      expect(listed(attributions[0]!.tensor)).toEqual(want.map((v) => expect.closeTo(v, 5)));
      expect(completeness!.gap).toBeCloseTo(0, 5);
    }
  });
});

test('what is missing of the sum shrinks as points are put between words', async () => {
  const c = await caseOf(network(4, true), runtime, ids([5, 60, 7, 300]), { kind: 'index', index: [0] });
  const gaps = [];
  for (const factor of [0, 2, 4]) {
    const { completeness } = await asking(runtime)(c, 'discretized-ig', { rule: 'left', steps: 6, neighbours: 100, factor });
    gaps.push(Math.abs(completeness!.gap));
  }
  expect(gaps[1]).toBeLessThan(gaps[0]! / 2);
  expect(gaps[2]).toBeLessThan(gaps[1]! / 2);
});

/** By the published code, run on the table of this model: from "not" to [MASK] in 30 steps among 500 neighbours. */
const PUBLISHED = {
  greedy: [
    2017, 1263, 1795, 2030, 3623, 0, 3854, 2664, 2642, 4304, 2780, 909, 1398, 2670, 970, 2665, 3079, 3, 1569, 4705, 1611, 5092, 4638, 5493,
    3858, 4713, 2023, 2791, 2655, 5016,
  ],
  maxcount: [
    467, 3623, 0, 1260, 2664, 4127, 2580, 3854, 5331, 3798, 4798, 1974, 3206, 5135, 3858, 5493, 1017, 2590, 4260, 5083, 5016, 909, 1379,
    4434, 4114, 3702, 5102, 1748, 3752, 5203,
  ],
};

test('on a real vocabulary the words are those that the published code chooses', async () => {
  const file = fileURLToPath(new URL('../../../../models/bert_mini_sst2_ts_opset14.onnx', import.meta.url));
  const { graph } = readModel(memory(new Uint8Array(readFileSync(file))));
  const vocabulary = opened(graph, '/m/bert/embeddings/word_embeddings/Gather_output_0');
  const [from, to] = await vocabulary.rows([NOT, MASK]);
  for (const strategy of strategies) {
    const [path] = await wordPaths(vocabulary, [{ from: from!, to: to! }], { steps: 30, strategy, neighbours: 500 });
    expect(path!.words).toEqual(PUBLISHED[strategy]);
  }
});
const [NOT, MASK] = [200, 4];

test('without a text, tokens are what is taken away', async () => {
  const c = await caseOf(network(3, false), runtime, ids([5, 60, 7]), { kind: 'index', index: [0] });
  const { parts } = await asking(runtime)(c, 'occlusion');
  expect(parts!.of).toBe('token');
  const want = [5, 60, 7].map((id, t) => vector(id).reduce((s, v, i) => s + WEIGHTS[t * WIDTH + i]! * v, 0));
  expect(parts!.values.map(({ value }) => value)).toEqual(want.map((v) => expect.closeTo(v, 5)));
});

test('a value that no words are looked up as is refused', async () => {
  const b = builder();
  const x = b.input('x', { dtype: 'float32', shape: ['N', 3] });
  const inputs = new Map([['x', tensorOf('float32', [1, 3], [1, 2, 3]) as Tensor]]);
  const plain = await caseOf(b.build([b.op.ReduceSum(x, b.ints([1]), { keepdims: 1 })]), runtime, inputs, { kind: 'index', index: [0] });
  await expect(asking(runtime)(plain, 'discretized-ig')).rejects.toThrow('x is no embedding of tokens that the graph looks up in a table');
});
