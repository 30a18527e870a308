import { builder, specialize, tensorOf, type Graph, type Model } from '@vitrine/ir';
import type { Runtime } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compile } from './compile.js';
import { example, explain, type Example } from './explain.js';
import type { Explanation } from './explanation.js';
import { reads } from './score.js';
import { subject } from './subject.js';
import type { Target } from './target.js';
import { listed } from './testing/asking.js';

const wave = (n: number, step: number): readonly number[] => Array.from({ length: n }, (_, i) => Math.sin(1 + step * i));
const x = tensorOf('float32', [1, 6], [-2, 0.3, 1, 3.5, -0.4, 0.1]);

/** y = tanh(x a) b [N,3,2] and z = tanh(x a) c [N,4]. */
function twoHeaded(): Model {
  const b = builder();
  const input = b.input('x', { dtype: 'float32', shape: ['N', 6] });
  const h = b.op.Tanh(b.op.MatMul(input, b.initializer(tensorOf('float32', [6, 8], wave(48, 0.7)))));
  const y = b.op.Reshape(b.op.MatMul(h, b.initializer(tensorOf('float32', [8, 6], wave(48, 1.3)))), b.ints([-1, 3, 2]));
  const z = b.op.MatMul(h, b.initializer(tensorOf('float32', [8, 4], wave(32, 0.4))));
  const graph = b.build([
    b.named({ opType: 'Identity', name: 'y', inputs: [y], attrs: {} }, ['y'])[0]!,
    b.named({ opType: 'Identity', name: 'z', inputs: [z], attrs: {} }, ['z'])[0]!,
  ]);
  return { graph, domains: new Map(), metadata: new Map(), producer: '', opset: 23, irVersion: 10 };
}

let runtime: Runtime;
let ex: Example;
beforeAll(async () => {
  runtime = await nodeRuntime({ threads: 1 });
  ex = await example(subject(twoHeaded(), 'two-headed', ''), new Map([['x', x]]), runtime);
});
afterAll(() => runtime.close());

const ask = (target: Target, method: string, options: object = {}): Promise<Explanation> =>
  explain(ex, runtime, { method, target, inputs: ex.feeds, options: { ...options } });

const parts: readonly Target[] = [
  { kind: 'index', index: [2, 1] },
  { kind: 'difference', of: { kind: 'index', output: 'z', index: [3] }, minus: { kind: 'index', index: [0, 0] } },
  { kind: 'top', output: 'z' },
  { kind: 'index', output: 'z', index: [0] },
  { kind: 'index', index: [2, 1] },
  { kind: 'class', class: 1 },
];
const weights = [2, -1, 0.5, 1, 3, -0.25];
const sum: Target = { kind: 'sum', of: parts, weights, name: 'a sum' };

test('a sum is its parts, weighted: the score and its gradient', async () => {
  const [y, z] = ['y', 'z'].map((name) => listed(ex.outputs.get(name)!)) as [readonly number[], readonly number[]];
  const scores = [y[5]!, z[3]! - y[0]!, Math.max(...z), z[0]!, y[5]!, y[2]! + y[3]!];
  const found = await ask(sum, 'gradient');
  expect(found.target.label).toBe('a sum');
  expect(found.target.score).toBeCloseTo(
    scores.reduce((total, score, i) => total + weights[i]! * score, 0),
    4,
  );
  const singles = await Promise.all(parts.map(async (part) => listed((await ask(part, 'gradient')).attributions[0]!.tensor)));
  const expected = Array.from({ length: 6 }, (_, k) => singles.reduce((total, g, i) => total + weights[i]! * g[k]!, 0));
  listed(found.attributions[0]!.tensor).forEach((g, k) => expect(g).toBeCloseTo(expected[k]!, 4));
});

test('without weights each part counts once', async () => {
  const y = listed(ex.outputs.get('y')!);
  const plain = await ask({ kind: 'sum', of: [parts[0]!, { kind: 'index', index: [1, 0] }] }, 'gradient');
  expect(plain.target.score).toBeCloseTo(y[5]! + y[2]!, 5);
  expect(plain.target.label).toBeUndefined();
});

test.each([
  ['integrated-gradients', { steps: 200 }, 0.01],
  ['deeplift', {}, 1e-4],
] as const)('%s of a sum adds up', async (method, options, tolerance) => {
  const { completeness } = await ask(sum, method, options);
  expect(Math.abs(completeness!.expected)).toBeGreaterThan(0.5);
  expect(Math.abs(completeness!.gap)).toBeLessThan(tolerance * Math.abs(completeness!.expected));
});

test('relevance of a sum starts with the whole score', async () => {
  const { conservation, target } = await ask(sum, 'lrp', { composite: 'epsilon' });
  expect(conservation![0]!.start).toBeCloseTo(target.score, 3);
});

test('a compiled explainer takes a sum', async () => {
  const { graph } = twoHeaded();
  const graphAt = (batch: number): Graph => specialize(graph, { shapes: new Map([['x', [batch, 6]]]) }).graph;
  const told = await ask(sum, 'integrated-gradients', { steps: 9 });
  const session = await runtime.open(
    compile(graphAt, true, { method: 'integrated-gradients', target: told.target.resolved, options: { steps: 9 } }),
  );
  const results = await session.run(new Map([['x', x]]));
  expect(listed(results.get('score')!)[0]).toBeCloseTo(told.target.score, 4);
  const expected = listed(told.attributions[0]!.tensor);
  listed(results.get('attribution/x')!).forEach((v, i) => expect(v).toBeCloseTo(expected[i]!, 4));
});

test('a sum of nothing, or with other weights than parts, is refused', async () => {
  await expect(ask({ kind: 'sum', of: [] }, 'gradient')).rejects.toThrow('a sum needs at least one target');
  await expect(ask({ kind: 'sum', of: parts, weights: [1] }, 'gradient')).rejects.toThrow('a sum of 6 targets has 1 weights');
});

test('what a sum reads is told once', () => {
  expect(
    reads({
      kind: 'sum',
      of: [
        { kind: 'index', index: [0] },
        { kind: 'index', output: 'z', index: [0] },
        { kind: 'index', index: [1] },
      ],
    }),
  ).toEqual([undefined, 'z']);
});
