import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { random, readNpy } from '@vitrine/data';
import { memory, readModel, sizeOf, type Tensor } from '@vitrine/ir';
import { caching, type Runtime } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Explainer } from './explainer.js';
import { explainers } from './explainers.js';
import { example, explain, type Example, type Request } from './explain.js';
import { subject } from './subject.js';

const golden = (file: string): string => fileURLToPath(new URL(`../../../golden/captum/${file}`, import.meta.url));
const bytes = (file: string): Uint8Array => new Uint8Array(readFileSync(golden(file)));

let runtime: Runtime;
let resnet: Example;
const image = new Map([['image', readNpy(bytes('resnet/input.npy'))]]);
/** All signals pass it. */
const LAYER = '/layers/layers.0/act2/Relu_output_0';

beforeAll(async () => {
  runtime = caching(await nodeRuntime({ threads: 1 }));
  resnet = await example(subject(readModel(memory(bytes('resnet/model.onnx'))), 'resnet', ''), image, runtime);
});
afterAll(() => runtime.close());

/** Pictures to learn from. */
const pictures = (): Tensor => {
  const [one] = [...image.values()] as [Tensor];
  const uniform = random(1, 'pictures');
  const data = Float32Array.from(
    { length: 24 * one.data.length },
    (_, i) => (one.data as Float32Array)[i % one.data.length]! + 2 * uniform() - 1,
  );
  return { dtype: 'float32', dims: [24, ...one.dims.slice(1)], data };
};

/** Options that make each method quick, where its defaults are not. */
const quick: { readonly [method: string]: Request['options'] } = {
  'guided-ig': { steps: 100, maxDistance: 0.01 },
  'blur-ig': { steps: 40, maxSigma: 8 },
  'expected-gradients': { samples: 64 },
  smoothgrad: { samples: 6 },
  'smoothgrad-squared': { samples: 6 },
  vargrad: { samples: 6 },
  'shapley-values': { parts: 'grid=3x3' },
  'shapley-sampling': { parts: 'grid=4x4', samples: 8 },
  'partition-shap': { parts: 'grid=4x4', samples: 60 },
  'permutation-shap': { parts: 'grid=4x4', samples: 8 },
  permutation: { parts: 'grid=4x4', baseline: 'noise:draws=4' },
  'kernel-shap': { parts: 'grid=4x4', samples: 160 },
  'shapley-interactions': { parts: 'grid=3x3', order: 2 },
  'shapley-taylor': { parts: 'grid=3x3', order: 2 },
  lime: { parts: 'slic:segments=9', samples: 80 },
  rise: { samples: 40 },
  sobol: { parts: 'grid=3x3', samples: 8 },
  hsic: { parts: 'grid=3x3', samples: 80 },
  maple: { parts: 'grid=4x4', trees: 10, leaf: 3, background: pictures() },
  cem: { steps: 30, weights: 3 },
  anchors: { parts: 'grid=3x3', samples: 400 },
  l2x: { parts: 'grid=4x4', epochs: 20, hidden: 16, features: 4, background: pictures() },
};

/** How far from complete a method may be on this network, as a share of what it should add up to. */
const completeness: { readonly [method: string]: number } = {
  'integrated-gradients': 0.01,
  'expected-gradients': 0.15,
  'guided-ig': 0.05,
  'blur-ig': 0.05,
  'layer-conductance': 0.05,
  'layer-integrated-gradients': 0.01,
  deeplift: 1e-4,
  deepshap: 1e-4,
  'shapley-values': 1e-4,
  'shapley-sampling': 1e-4,
  'permutation-shap': 1e-4,
  'partition-shap': 1e-4,
  'kernel-shap': 1e-4,
  'shapley-interactions': 1e-4,
  'shapley-taylor': 1e-4,
};

const rowOf = (method: string): Explainer => explainers[method as keyof typeof explainers];
/**
 * Methods of attention are tested on transformers, in attention/attention.test.ts; those that walk along words in gradient/discretizedIg.test.ts;
 * those that need operators which this network has not, in tree/treeShap.test.ts.
 */
const names = (Object.keys(explainers) as (keyof typeof explainers)[]).filter(
  (name) => explainers[name].family !== 'attention' && !rowOf(name).words && rowOf(name).operators === undefined,
);
const asked = (method: string, more: Partial<Request> = {}): Request => ({
  method,
  inputs: image,
  options: quick[method] ?? {},
  ...(rowOf(method).layer === 'named' && { layer: LAYER }),
  ...more,
});

describe.each(names)('%s', (method) => {
  test('is finite, not all zero, and shaped as what it explains', async () => {
    const { attributions } = await explain(resnet, runtime, asked(method));
    for (const { tensor } of attributions) {
      const values = Array.from(tensor.data as Float32Array);
      expect(values.every(Number.isFinite)).toBe(true);
      expect(values.some((v) => v !== 0)).toBe(true);
      expect(values.length).toBe(sizeOf(tensor.dims));
      expect(tensor.dims[0]).toBe(1);
    }
  });

  test('gives the same bits for the same seed, one example at a time or several', async () => {
    const [a, b] = [await explain(resnet, runtime, asked(method, { seed: 3 })), await explain(resnet, runtime, asked(method, { seed: 3 }))];
    expect(a.attributions.map(({ tensor }) => tensor.data)).toEqual(b.attributions.map(({ tensor }) => tensor.data));
    const alone = await explain(resnet, runtime, asked(method, { seed: 3, limits: { batch: 1 } }));
    alone.attributions.forEach(({ tensor }, i) => expect(farthest(tensor, a.attributions[i]!.tensor)).toBeLessThan(1e-5));
  });

  test.runIf(method in completeness)('adds up to what it promises', async () => {
    const { completeness: kept } = await explain(resnet, runtime, asked(method));
    expect(Math.abs(kept!.gap / kept!.expected)).toBeLessThan(completeness[method]!);
  });

  test('has a row that documents it', () => {
    const row = rowOf(method);
    expect(row.name).toBe(method);
    expect(row.paper).toMatch(/\d{4}/);
    for (const field of Object.values(row.options)) expect(field.doc.length).toBeGreaterThan(5);
  });
});

test('methods that promise a sum are all held to it', async () => {
  const promising = [];
  for (const method of names) if ((await explain(resnet, runtime, asked(method))).completeness !== undefined) promising.push(method);
  expect(promising.toSorted()).toEqual(Object.keys(completeness).toSorted());
});

test('random methods differ for different seeds', async () => {
  for (const method of ['smoothgrad', 'expected-gradients', 'shapley-sampling', 'kernel-shap', 'lime', 'rise', 'sobol', 'hsic']) {
    const [a, b] = [await explain(resnet, runtime, asked(method, { seed: 1 })), await explain(resnet, runtime, asked(method, { seed: 2 }))];
    expect(farthest(a.attributions[0]!.tensor, b.attributions[0]!.tensor)).toBeGreaterThan(1e-3);
  }
});

/** Largest difference, as a share of the largest value. */
function farthest(a: Tensor, b: Tensor): number {
  const [x, y] = [a.data as Float32Array, b.data as Float32Array];
  const most = y.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  return x.reduce((m, v, i) => Math.max(m, Math.abs(v - y[i]!)), 0) / most;
}

test('a model too large for the budget is refused before any session is opened', async () => {
  const opened: unknown[] = [];
  const watching: Runtime = { ...runtime, open: (graph, options) => (opened.push(graph), runtime.open(graph, options)) };
  await expect(example(resnet.subject, image, watching, { memoryBytes: 1000 })).rejects.toThrow(
    /^one run needs about \d+ MB and the memory budget is 1 MB: raise --memory/,
  );
  await expect(explain(resnet, watching, asked('gradient', { limits: { memoryBytes: 1000 } }))).rejects.toThrow(/memory budget/);
  expect(opened).toEqual([]);
});

test('a linear model is explained exactly by every complete method', async () => {
  const { builder } = await import('@vitrine/ir');
  const b = builder();
  const x = b.input('x', { dtype: 'float32', shape: ['N', 3] });
  const w = b.initializer({ dtype: 'float32', dims: [3, 2], data: Float32Array.of(1, -2, 3, 4, -5, 6) });
  const y = b.op.MatMul(x, w);
  const model = { graph: b.build([y]), domains: new Map(), metadata: new Map(), producer: '', opset: 23, irVersion: 10 };
  const inputs = new Map([['x', { dtype: 'float32', dims: [1, 3], data: Float32Array.of(0.5, -1, 2) } as Tensor]]);
  const ex = await example(subject(model, 'linear', ''), inputs, runtime);
  for (const method of [
    'input-x-gradient',
    'integrated-gradients',
    'expected-gradients',
    'guided-ig',
    'deeplift',
    'deepshap',
    'shapley-values',
  ]) {
    const { attributions } = await explain(ex, runtime, { method, inputs, target: { kind: 'index', index: [1] } });
    expect(Array.from(attributions[0]!.tensor.data as Float32Array)).toEqual([-1, -4, 12].map((v) => expect.closeTo(v, 4)));
  }
});
