import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readNpy } from '@vitrine/data';
import { builder, memory, numbers, readModel, sizeOf, tensorOf, type Tensor } from '@vitrine/ir';
import { caching, type Runtime } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compile } from '../compile.js';
import { example, explain, type Example, type Request } from '../explain.js';
import { shaped, subject } from '../subject.js';

const golden = (file: string): Uint8Array =>
  new Uint8Array(readFileSync(fileURLToPath(new URL(`../../../../golden/captum/${file}`, import.meta.url))));

let runtime: Runtime;
beforeAll(async () => {
  runtime = caching(await nodeRuntime({ threads: 1 }));
});
afterAll(() => runtime.close());

type Inputs = ReadonlyMap<string, Tensor>;
const opened = async (name: string, inputs: Inputs): Promise<Example> =>
  example(subject(readModel(memory(golden(`${name}/model.onnx`))), name, ''), inputs, runtime);
const valuesOf = (tensor: Tensor): readonly number[] => [...numbers(tensor)].map(Number);
const target = { kind: 'index', index: [0] } as const;

const image: Inputs = new Map([['image', readNpy(golden('cnn_convs/input.npy'))]]);
/** K pictures made of one: as it is, mirrored, darker … */
const background = (count: number): Tensor => {
  const x = image.get('image')!;
  const values = valuesOf(x);
  const rows = Array.from({ length: count }, (_, k) =>
    values.map((_v, i) => values[(i * (k + 1) + 7 * k) % values.length]! * (1 - k / count)),
  );
  return tensorOf('float32', [count, ...x.dims.slice(1)], rows.flat());
};
const rowOf = (tensor: Tensor, k: number): Tensor => {
  const size = sizeOf(tensor.dims.slice(1));
  return { ...tensor, dims: [1, ...tensor.dims.slice(1)], data: tensor.data.slice(k * size, (k + 1) * size) } as Tensor;
};

describe('Deep SHAP', () => {
  test('is the mean of DeepLIFT over the background, and adds up to the mean difference', async () => {
    const [ex, set] = [await opened('cnn_convs', image), background(7)];
    const ask = (method: string, baseline: Tensor, more: Partial<Request> = {}) =>
      explain(ex, runtime, { method, inputs: image, target, options: { baseline }, ...more });
    const all = await ask('deepshap', set);
    expect(Math.abs(all.completeness!.gap)).toBeLessThan(1e-4 * Math.abs(all.completeness!.expected));
    const singles = await Promise.all(Array.from({ length: 7 }, (_, k) => ask('deeplift', rowOf(set, k))));
    const mean = valuesOf(all.attributions[0]!.tensor).map(
      (_, i) => singles.reduce((s, { attributions }) => s + valuesOf(attributions[0]!.tensor)[i]!, 0) / 7,
    );
    const most = Math.max(...mean.map(Math.abs));
    valuesOf(all.attributions[0]!.tensor).forEach((v, i) => expect(Math.abs(v - mean[i]!)).toBeLessThan(1e-5 * most));
    expect(all.completeness!.expected).toBeCloseTo(singles.reduce((s, { completeness }) => s + completeness!.expected, 0) / 7, 4);
  });

  test('runs baselines together, with the same result as one at a time', async () => {
    const ex = await opened('cnn_convs', image);
    const ask = (batch: number) =>
      explain(ex, runtime, { method: 'deepshap', inputs: image, target, options: { baseline: background(5) }, limits: { batch } });
    const [one, many] = [await ask(1), await ask(5)];
    expect(many.graph.batch).toBe(5);
    const most = Math.max(...valuesOf(one.attributions[0]!.tensor).map(Math.abs));
    valuesOf(one.attributions[0]!.tensor).forEach((v, i) =>
      expect(Math.abs(v - valuesOf(many.attributions[0]!.tensor)[i]!)).toBeLessThan(1e-5 * most),
    );
  });
});

describe('compiled', () => {
  test.each([
    ['deeplift', 'a zero baseline', 'zero'],
    ['deeplift', 'a number', 0.25],
    ['deeplift', 'one tensor', rowOf(background(2), 1)],
    ['deeplift', 'several tensors', background(3)],
    ['deepshap', 'a background', background(4)],
  ] as const)('%s with %s gives what running it gives', async (method, _, baseline) => {
    for (const rule of method === 'deeplift' ? (['rescale', 'reveal-cancel'] as const) : [undefined]) {
      const options = { baseline, ...(rule && { rule }) };
      const ex = await opened('cnn_convs', image);
      const found = await explain(ex, runtime, { method, inputs: image, target, options });
      const { graphAt, batchable } = await shaped(ex.subject, ex.feeds, runtime, 2 ** 30);
      const graph = compile(graphAt, batchable, { method, target, options });
      const session = await runtime.open(graph);
      const results = await session.run(new Map(image));
      expect(Number(results.get('score')!.data[0])).toBeCloseTo(found.target.score, 4);
      const [expected, got] = [valuesOf(found.attributions[0]!.tensor), valuesOf(results.get('attribution/image')!)];
      const most = Math.max(...expected.map(Math.abs));
      expected.forEach((v, i) => expect(Math.abs(v - got[i]!)).toBeLessThan(2e-5 * most));
    }
  });

  test('the class that is explained is that of the example, at the baseline too', async () => {
    const ex = await opened('cnn_convs', image);
    const { graphAt, batchable } = await shaped(ex.subject, ex.feeds, runtime, 2 ** 30);
    const session = await runtime.open(compile(graphAt, batchable, { method: 'deeplift', target: { kind: 'top' } }));
    const results = await session.run(new Map(image));
    const found = await explain(ex, runtime, { method: 'deeplift', inputs: image });
    expect(Number(results.get('score')!.data[0])).toBeCloseTo(found.target.score, 4);
    const total = valuesOf(results.get('attribution/image')!).reduce((s, v) => s + v, 0);
    expect(total).toBeCloseTo(found.completeness!.expected, 3);
  });
});

describe('several inputs', () => {
  test('add up together, with a baseline for each', async () => {
    const spec = JSON.parse(new TextDecoder().decode(golden('multi_input/case.json'))) as {
      readonly inputs: readonly { readonly name: string; readonly file: string }[];
    };
    const inputs = new Map(spec.inputs.map(({ name, file }) => [name, readNpy(golden(`multi_input/${file}`))]));
    const ex = await opened('multi_input', inputs);
    const baseline = new Map(
      [...inputs].map(([name, v]) => [name, { ...v, data: (v.data as Float32Array).map((w) => w / 3 + 0.1) } as Tensor]),
    );
    for (const rule of ['rescale', 'reveal-cancel']) {
      const { attributions, completeness } = await explain(ex, runtime, { method: 'deeplift', inputs, options: { baseline, rule } });
      expect(attributions.map(({ at }) => at).toSorted()).toEqual([...inputs.keys()].toSorted());
      expect(Math.abs(completeness!.gap)).toBeLessThan(1e-3 * Math.abs(completeness!.expected) + 1e-5);
    }
  });
});

test('a baseline at a pole is refused, and named as the cause', async () => {
  const b = builder();
  const x = b.input('x', { dtype: 'float32', shape: ['N', 2] });
  const graph = b.build([b.op.Log(x)]);
  const model = { graph, domains: new Map(), metadata: new Map(), producer: '', opset: 23, irVersion: 10 };
  const inputs: Inputs = new Map([['x', tensorOf('float32', [1, 2], [1, 2])]]);
  const ex = await example(subject(model, 'log', ''), inputs, runtime);
  await expect(explain(ex, runtime, { method: 'deeplift', inputs, target })).rejects.toThrow(
    /^the explained number is -Infinity at the baseline, so nothing can be compared with it: choose another baseline/,
  );
});
