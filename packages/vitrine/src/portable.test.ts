import { createReadStream, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { preprocess, presets, random, type Encoded, type Token } from '@vitrine/data';
import { decodeImage } from '@vitrine/data/node';
import type { Attribution } from '@vitrine/explain';
import { memory, readModel, sizeOf, type Tensor } from '@vitrine/ir';
import { nodeRuntime } from '@vitrine/runtime/node';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compile } from './compile.js';
import { examine } from './exam.js';
import { load } from './model.js';
import { textParts } from './told.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const executable = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (file) => file !== undefined && existsSync(file),
);

/** Where the page finds what the packages import by name. */
const IMPORTS = {
  ...Object.fromEntries(
    ['ir', 'transform', 'runtime', 'data', 'explain'].map((name) => [`@vitrine/${name}`, `/packages/${name}/dist/index.js`]),
  ),
  '@vitrine/runtime/web': '/packages/runtime/dist/index.web.js',
  'onnxruntime-web/wasm': '/node_modules/onnxruntime-web/dist/ort.wasm.min.mjs',
  'onnxruntime-web/webgpu': '/node_modules/onnxruntime-web/dist/ort.webgpu.min.mjs',
  '@huggingface/tokenizers': '/node_modules/@huggingface/tokenizers/dist/tokenizers.mjs',
  fflate: '/node_modules/fflate/esm/browser.js',
  ...Object.fromEntries(
    ['d3-contour', 'd3-array', 'd3-color', 'd3-interpolate', 'd3-scale-chromatic'].map((name) => [
      name,
      `/node_modules/${name}/dist/${name}.mjs`,
    ]),
  ),
  internmap: '/node_modules/internmap/src/index.js',
  'pure-rand/distribution/uniformFloat64': '/node_modules/pure-rand/lib/esm/distribution/uniformFloat64.js',
  'pure-rand/generator/xoroshiro128plus': '/node_modules/pure-rand/lib/esm/generator/xoroshiro128plus.js',
};
const TYPES: { readonly [extension: string]: string } = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
  '.onnx': 'application/octet-stream',
};

let browser: Browser;
let server: Server;
let page: Page;
let scratch: string;

beforeAll(async () => {
  if (executable === undefined) throw new Error('Chromium is not installed: apt-get install chromium, or set CHROMIUM to its path');
  scratch = mkdtempSync(path.join(os.tmpdir(), 'vitrine-web-'));
  server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://localhost');
    const file = pathname.startsWith('/scratch/') ? path.join(scratch, path.basename(pathname)) : path.join(root, path.normalize(pathname));
    const isolated = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
    if (pathname === '/')
      return void response
        .writeHead(200, { ...isolated, 'Content-Type': 'text/html' })
        .end(
          `<!doctype html><script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script><script type="module" src="/packages/vitrine/testdata/page.mjs"></script>`,
        );
    if (!existsSync(file) || !statSync(file).isFile()) return void response.writeHead(404).end();
    response.writeHead(200, { ...isolated, 'Content-Type': TYPES[path.extname(file)] ?? 'text/plain' });
    createReadStream(file).pipe(response);
  }).listen(0);
  browser = await chromium.launch({
    executablePath: executable,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  page = await browser.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('response', (response) => response.ok() || complaints.push(`${response.status()} ${response.url()}`));
  await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
  await page.waitForFunction('globalThis.ready', undefined, { timeout: 20_000 }).catch(() => {
    throw new Error(`the page does not load: ${complaints.join('; ')}`);
  });
});
afterAll(async () => {
  await browser?.close();
  server?.close();
  rmSync(scratch, { recursive: true, force: true });
});

/** Tensors cross into the page as plain lists. */
type Plain = { readonly dtype: string; readonly dims: readonly number[]; readonly data: readonly number[] };
const plain = ({ dtype, dims, data }: Tensor): Plain => ({ dtype, dims, data: Array.from(data as Float32Array, Number) });
const noise = (name: string, dims: readonly number[]): Tensor => {
  const draw = random(1, name);
  return { dtype: 'float32', dims, data: Float32Array.from({ length: sizeOf(dims) }, () => 2 * draw() - 1) };
};
const photograph = async (name: string): Promise<Tensor> => {
  const image = await decodeImage(path.join(root, 'examples/pictures', name));
  return preprocess(image, presets.imagenet, { layout: 'NCHW', channels: 3, width: 224, height: 224 }).tensor;
};
const [dog, cat] = [await photograph('dog.jpg'), await photograph('cat.jpg')];
/** Share of the elements that differ by more than 1e-4 of the largest. */
const shareApart = (a: readonly number[], b: readonly number[]): number => {
  const most = b.reduce((m, v) => Math.max(m, Math.abs(v)), 1e-30);
  return a.filter((v, i) => Math.abs(v - b[i]!) > 1e-4 * most).length / a.length;
};
const apart = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((m, v, i) => Math.max(m, Math.abs(v - b[i]!)), 0) / b.reduce((m, v) => Math.max(m, Math.abs(v)), 1e-30);

interface Case {
  readonly model: string;
  readonly method: string;
  readonly inputs: { readonly [name: string]: Tensor };
  readonly target: string;
  readonly options?: { readonly [name: string]: number | string };
  /**
   * Among a million units a few lie within rounding of their kink, and the two builds round differently (so do two optimization
   * levels of one build): those few flip, and with them the gradient of the pixels they look at. All others agree.
   */
  readonly kinked?: boolean;
}

const sentence: { readonly [name: string]: Tensor } = Object.fromEntries(
  ['input_ids', 'attention_mask', 'token_type_ids'].map((name, k) => [
    name,
    {
      dtype: 'int64',
      dims: [1, 16],
      data: BigInt64Array.from({ length: 16 }, (_, i) => BigInt(k === 0 ? 5 + 37 * i : k === 1 ? 1 : 0)),
    } as Tensor,
  ]),
);

const cases: readonly Case[] = [
  { model: 'squeezenet1.1.onnx', method: 'gradient', inputs: { data: dog }, target: 'top', kinked: true },
  { model: 'squeezenet1.1.onnx', method: 'grad-cam', inputs: { data: dog }, target: '259' },
  { model: 'squeezenet1.1.onnx', method: 'guided-grad-cam', inputs: { data: cat }, target: '259', kinked: true },
  { model: 'resnet20_ts_opset13.onnx', method: 'gradient', inputs: { input: noise('small', [1, 3, 32, 32]) }, target: 'top' },
  {
    model: 'resnet20_ts_opset13.onnx',
    method: 'integrated-gradients',
    options: { steps: 8 },
    inputs: { input: noise('small', [1, 3, 32, 32]) },
    target: 'top',
    kinked: true,
  },
  {
    model: 'resnet20_ts_opset13.onnx',
    method: 'smoothgrad',
    options: { samples: 4, absoluteSigma: 0.1 },
    inputs: { input: noise('small', [1, 3, 32, 32]) },
    target: '3-5',
  },
  { model: 'resnet20_ts_opset13.onnx', method: 'lrp', inputs: { input: noise('small', [1, 3, 32, 32]) }, target: 'top' },
  { model: 'resnet20_ts_opset13.onnx', method: 'dl-backtrace', inputs: { input: noise('small', [1, 3, 32, 32]) }, target: 'top' },
  {
    model: 'resnet20_ts_opset13.onnx',
    method: 'dl-backtrace',
    options: { mode: 'contrast' },
    inputs: { input: noise('small', [1, 3, 32, 32]) },
    target: 'top',
  },
  { model: 'resnet20_ts_opset13.onnx', method: 'deeplift', inputs: { input: noise('small', [1, 3, 32, 32]) }, target: 'top' },
  { model: 'bert_mini_sst2_ts_opset14.onnx', method: 'attn-lrp', inputs: sentence, target: '1' },
  { model: 'bert_mini_sst2_ts_opset14.onnx', method: 'dl-backtrace', inputs: sentence, target: '1' },
  {
    model: 'bert_mini_sst2_ts_opset14.onnx',
    method: 'input-x-gradient',
    inputs: sentence,
    target: '1',
  },
];

describe('a compiled explainer gives the same numbers in Node and in the browser', () => {
  test.each(cases)('$method of $model', async ({ model: name, method, options, inputs, target, kinked }) => {
    const out = path.join(scratch, `${name}.${method}.onnx`);
    const model = await load(path.join(root, 'models', name));
    await compile(model, { method, target, options: options ?? {}, out });
    await model.close();

    const runtime = await nodeRuntime();
    const session = await runtime.open(readModel(memory(new Uint8Array(readFileSync(out)))).graph);
    const here = await session.run(new Map(Object.entries(inputs)));
    await runtime.close();

    const feeds = Object.fromEntries(Object.entries(inputs).map(([key, tensor]) => [key, plain(tensor)]));
    const there = (await page.evaluate(`runModel(${JSON.stringify(`/scratch/${path.basename(out)}`)}, ${JSON.stringify(feeds)})`)) as {
      readonly [name: string]: readonly number[];
    };
    expect(Object.keys(there).toSorted()).toEqual([...here.keys()].toSorted());
    for (const [key, tensor] of here) {
      const values = Array.from(tensor.data as Float32Array);
      if (kinked) expect(shareApart(there[key]!, values)).toBeLessThan(0.01);
      else expect(apart(there[key]!, values)).toBeLessThan(1e-4);
    }
  });
});

test('the library itself runs in the page and agrees with Node', async () => {
  const input = noise('small', [1, 3, 32, 32]);
  const file = 'resnet20_ts_opset13.onnx';
  const model = await load(path.join(root, 'models', file));
  const exam = await examine(model, input);
  const methods = ['integrated-gradients', 'smoothgrad', 'grad-cam', 'eigen-cam'];
  // At seed 1 no unit lies so near its kink that the last bit of a sum decides whether its gradient passes; at 8, 3 and 7 one does.
  const here = await Promise.all(
    methods.map(async (method) =>
      Array.from((await exam.explain({ method, seed: 1 })).explanation.attributions[0]!.tensor.data as Float32Array),
    ),
  );
  await model.close();
  writeFileSync(path.join(scratch, file), readFileSync(path.join(root, 'models', file)));

  const there = (await page.evaluate(
    `explainModel(${JSON.stringify(`/scratch/${file}`)}, ${JSON.stringify(plain(input))}, ${JSON.stringify(methods)})`,
  )) as readonly (readonly number[])[];
  here.forEach((values, i) => expect(apart(there[i]!, values)).toBeLessThan(1e-4));
});

describe('text in the page', () => {
  const bert = 'bert_mini_sst2_ts_opset14.onnx';
  const vocabulary = 'models/bert_mini_sst2.tokenizer.json';
  const text = 'Never boring 😀: “crème” is not 难看, unwatchable?';

  test('a tokenizer in the page and a compiled explainer give what Node gives', async () => {
    const out = path.join(scratch, 'words.onnx');
    const model = await load(path.join(root, 'models', bert));
    const { inputs, assumed } = await compile(model, { method: 'input-x-gradient', target: 'label:good', dims: new Map([['S', 24]]), out });
    expect(inputs.map(({ name, shape }) => [name, shape])).toEqual(
      ['input_ids', 'attention_mask', 'token_type_ids'].map((name) => [name, [1, 24]]),
    );
    expect([...assumed]).toEqual([]);
    const exam = await examine(model, { text });
    const { explanation } = await exam.explain({ method: 'input-x-gradient', target: 'label:good' });
    await model.close();

    const { read, filled } = (await page.evaluate(`readText(${JSON.stringify(`/${vocabulary}`)}, ${JSON.stringify(text)}, 24)`)) as {
      readonly read: Encoded;
      readonly filled: Encoded;
    };
    expect(JSON.parse(JSON.stringify(read))).toEqual(JSON.parse(JSON.stringify(exam.text!.encoded)));
    const column = (of: (token: Token) => number): Plain => ({ dtype: 'int64', dims: [1, 24], data: filled.tokens.map(of) });
    const feeds = {
      input_ids: column(({ id }) => id),
      attention_mask: column(({ attended }) => Number(attended)),
      token_type_ids: column(({ type }) => type),
    };
    const there = (await page.evaluate(`runModel('/scratch/words.onnx', ${JSON.stringify(feeds)})`)) as {
      readonly [name: string]: readonly number[];
    };
    const [{ at, tensor }] = explanation.attributions as readonly [Attribution];
    const values = there[`attribution/${at}`]!;
    expect(values).toHaveLength((24 * tensor.data.length) / read.tokens.length);
    // What is filled up changes nothing, and counts nothing.
    expect(apart(values.slice(0, tensor.data.length), Array.from(tensor.data as Float32Array))).toBeLessThan(1e-4);
    expect(Math.max(...values.slice(tensor.data.length).map(Math.abs))).toBe(0);
  });

  test('the library explains it by its words', async () => {
    const question = { method: 'integrated-gradients', target: 'label:good' };
    const model = await load(path.join(root, 'models', bert));
    const exam = await examine(model, { text });
    const here = textParts(exam, await exam.explain(question));
    await model.close();
    const asked = [`/models/${bert}`, `/${vocabulary}`, text, question].map((value) => JSON.stringify(value)).join(', ');
    const there = (await page.evaluate(`explainText(${asked})`)) as {
      readonly best: string;
      readonly parts: typeof here;
      readonly failure: string;
    };
    expect(there.best).toBe(exam.prediction.classes[0]!.label);
    expect(there.parts.map(({ text: word, start, end }) => [word, start, end])).toEqual(
      here.map(({ text: word, start, end }) => [word, start, end]),
    );
    expect(
      apart(
        there.parts.map(({ value }) => value),
        here.map(({ value }) => value),
      ),
    ).toBeLessThan(1e-4);
    expect(there.failure).toBe('the text has 92 tokens, and model reads at most 64: shorten it, or cut it with --max-tokens 64');
  });
});
