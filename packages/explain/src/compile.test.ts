import { builder, specialize, tensorOf, type Model, type Tensor } from '@vitrine/ir';
import type { Runtime } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compile } from './compile.js';
import { example, explain } from './explain.js';
import { subject } from './subject.js';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await nodeRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

const wave = (n: number, step: number): readonly number[] => Array.from({ length: n }, (_, i) => Math.sin(1 + step * i));

/** y = tanh(x w) v: smooth everywhere. */
function smooth(): Model {
  const b = builder();
  const x = b.input('x', { dtype: 'float32', shape: ['N', 6] });
  const h = b.op.Tanh(b.op.MatMul(x, b.initializer(tensorOf('float32', [6, 8], wave(48, 0.7)))));
  const y = b.op.MatMul(h, b.initializer(tensorOf('float32', [8, 3], wave(24, 1.3))));
  return { graph: b.build([y]), domains: new Map(), metadata: new Map(), producer: '', opset: 23, irVersion: 10 };
}

describe('a compiled explainer agrees with explain', () => {
  // A range far from 1, so that noise in its units differs from noise in the units of the input.
  const x = tensorOf('float32', [1, 6], [-2, 0.3, 1, 3.5, -0.4, 0.1]);
  const cases: readonly (readonly [string, { readonly [option: string]: unknown }])[] = [
    ['smoothgrad', {}],
    ['smoothgrad', { absoluteSigma: 0.2 }],
    ['smoothgrad', { noise: tensorOf('float32', [2, 6], wave(12, 0.9)) }],
    ['smoothgrad-squared', {}],
    ['vargrad', {}],
    ['vargrad', { sigma: 0.01 }],
    ['integrated-gradients', { steps: 9 }],
    ['expected-gradients', { sigma: 0.1 }],
  ];
  test.each(cases)('%s %j', async (method, options) => {
    const model = smooth();
    const graphAt = (batch: number) => specialize(model.graph, { shapes: new Map([['x', [batch, 6]]]) }).graph;
    const target = { kind: 'index', index: [1] } as const;
    const ex = await example(subject(model, 'smooth', ''), new Map([['x', x as Tensor]]), runtime);
    const told = await explain(ex, runtime, { method, inputs: ex.feeds, target, options, seed: 7 });
    const session = await runtime.open(compile(graphAt, true, { method, target, at: undefined, layer: undefined, options, seed: 7 }));
    const results = await session.run(new Map([['x', x as Tensor]]));
    const [expected, found] = [told.attributions[0]!.tensor, results.get('attribution/x')!].map((t) => [...(t.data as Float32Array)]);
    const largest = expected!.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    expect(largest).toBeGreaterThan(0);
    found!.forEach((v, i) => expect(Math.abs(v - expected![i]!)).toBeLessThan(1e-4 * largest));
  });
});
