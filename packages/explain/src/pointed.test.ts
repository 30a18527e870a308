import { builder, tensorOf, type Graph, type Tensor } from '@vitrine/ir';
import type { Runtime } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asking, caseOf, listed, type Case } from './testing/asking.js';
import type { Target } from './target.js';

const [T, D, V] = [4, 6, 9];
const wave = (...dims: readonly number[]): Tensor =>
  tensorOf(
    'float32',
    dims,
    Array.from({ length: dims.reduce((n, d) => n * d, 1) }, (_, i) => Math.sin(1 + 0.7 * i + dims.length)),
  );

/** Scores of a vocabulary [1,T,V] behind a mixing of places and a dense part. */
function decoder(): Graph {
  const b = builder();
  const { op } = b;
  const x = b.input('x', { dtype: 'float32', shape: ['N', T, D] });
  const state = op.Add(x, op.MatMul(op.Softmax(op.MatMul(x, op.Transpose(x, { perm: [0, 2, 1] })), { axis: -1 }), x));
  const inner = op.Gelu(op.MatMul(state, b.initializer(wave(D, 8), 'up')));
  return b.build([op.MatMul(op.Add(state, op.MatMul(inner, b.initializer(wave(8, D), 'down'))), b.initializer(wave(D, V), 'head'))]);
}

let runtime: Runtime;
let made: Case;
beforeAll(async () => {
  runtime = await nodeRuntime({ threads: 1 });
  made = await caseOf(decoder(), runtime, new Map([['x', wave(1, T, D)]]), { kind: 'top' });
});
afterAll(() => runtime.close());

const at = (place: number, token: number): Target => ({ kind: 'index', index: [0, place, token] });
const questions: readonly (readonly [string, { readonly [name: string]: string | number }])[] = [
  ['gradient', {}],
  ['integrated-gradients', { steps: 4 }],
  ['deeplift', {}],
  ['lrp', {}],
  ['attn-lrp', {}],
  ['dl-backtrace', {}],
  ['dl-backtrace', { mode: 'contrast' }],
  ['dl-backtrace', { scaler: 1 }],
  ['dl-backtrace', { task: 'generation' }],
];

test.each(questions)('%s %o of one token is what it is among all, at any place', async (method, options) => {
  const ask = asking(runtime);
  for (const target of [at(T - 1, 3), at(1, V - 1)]) {
    const one = await ask({ ...made, target }, method, options);
    // A sum of one is asked of the whole output.
    const among = await ask({ ...made, target: { kind: 'sum', of: [target] } }, method, options);
    expect(one.target.score).toBeCloseTo(among.target.score, 4);
    const [a, b] = [one, among].map(({ attributions }) => listed(attributions[0]!.tensor));
    const most = Math.max(...b!.map(Math.abs));
    expect(most).toBeGreaterThan(0);
    expect(Math.max(...a!.map((v, i) => Math.abs(v - b![i]!)))).toBeLessThan(1e-4 * most);
  }
});

test('one token rather than another is the difference of the two', async () => {
  const ask = asking(runtime);
  const of = (target: Target): Promise<readonly number[]> =>
    ask({ ...made, target }, 'gradient').then(({ attributions }) => listed(attributions[0]!.tensor));
  const [this_, that] = [at(2, 5), at(2, 0)];
  const [both, first, second] = await Promise.all([{ kind: 'difference', of: this_, minus: that } as const, this_, that].map(of));
  both!.forEach((v, i) => expect(v).toBeCloseTo(first![i]! - second![i]!, 5));
});
