import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { random, readNpy } from '@vitrine/data';
import { isFloat, sizeOf, type Graph, type Tensor } from '@vitrine/ir';
import { openModel } from '@vitrine/ir/node';
import { caching, type Runtime } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { example, explain } from '../explain.js';
import { subject } from '../subject.js';
import type { Target } from '../target.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
/** A folder of further models, which may be research-only: VITRINE_ASSETS=DIR. */
const assets = process.env['VITRINE_ASSETS'];

function modelsIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    // Cases of single operators have a test of their own.
    if (entry.isDirectory()) return entry.name === 'micro' || entry.name === 'onnx-node-tests' ? [] : modelsIn(file);
    return entry.name.endsWith('.onnx') ? [file] : [];
  });
}

const floats = (dims: readonly number[], draw: () => number, scale = 0.5, offset = 0.2): Tensor => ({
  dtype: 'float32',
  dims,
  data: Float32Array.from({ length: sizeOf(dims) }, () => offset + scale * (2 * draw() - 1)),
});
const int64 = (dims: readonly number[], value: () => number): Tensor => ({
  dtype: 'int64',
  dims,
  data: BigInt64Array.from({ length: sizeOf(dims) }, () => BigInt(value())),
});

/** Inputs that shapes alone do not tell, by the model's file name. */
function inputsFor(file: string, { inputs }: Graph): { readonly [name: string]: Tensor } {
  const draw = random(5, path.basename(file));
  const tokens = (least: number, count: number): Tensor => int64([1, 12], () => least + Math.floor(draw() * count));
  const rows: readonly (readonly [RegExp, () => { readonly [name: string]: Tensor }])[] = [
    [/^silero/, () => ({ input: floats([1, 512], draw, 0.3, 0), state: floats([2, 1, 128], draw, 0.5, 0), sr: int64([], () => 16000) })],
    [/^bert/, () => ({ input_ids: tokens(1, 5000), attention_mask: int64([1, 12], () => 1), token_type_ids: int64([1, 12], () => 0) })],
    [/^stories.*ts/, () => ({ input_ids: tokens(3, 500) })],
    [/^stories.*dynamo/, () => ({ ids: tokens(3, 500) })],
    [
      /^(nnsplit|model)/,
      () => ({ input: { dtype: 'uint8', dims: [1, 24], data: Uint8Array.from({ length: 24 }, () => 97 + Math.floor(draw() * 26)) } }),
    ],
    [/^unet/, () => ({ input: floats([1, 1, 224, 224], draw, 0.5, 0.5) })],
  ];
  const special = rows.find(([name]) => name.test(path.basename(file)))?.[1]();
  const dims = (shape: readonly (number | string)[] | undefined): readonly number[] => shape!.map((d) => (typeof d === 'number' ? d : 1));
  return special ?? Object.fromEntries(inputs.map(({ name, type }) => [name, floats(dims(type.shape as readonly number[]), draw)]));
}

interface Case {
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly at?: readonly string[];
}

/** What a golden case says, or inputs made up. */
function caseOf(file: string, graph: Graph): Case {
  const folder = path.dirname(file);
  if (!existsSync(path.join(folder, 'case.json'))) return { inputs: new Map(Object.entries(inputsFor(file, graph))) };
  const npy = (name: string): Tensor => readNpy(new Uint8Array(readFileSync(path.join(folder, name))));
  const spec = JSON.parse(readFileSync(path.join(folder, 'case.json'), 'utf8')) as {
    readonly inputs: readonly { readonly name: string; readonly file: string }[];
    readonly attributed_at: readonly { readonly name: string }[];
  };
  return { inputs: new Map(spec.inputs.map((i) => [i.name, npy(i.file)])), at: spec.attributed_at.map(({ name }) => name) };
}

let runtime: Runtime;
beforeAll(async () => {
  runtime = caching(await nodeRuntime({ threads: 2 }), 2);
});
afterAll(() => runtime.close());

const files = [path.join(root, 'golden/captum'), path.join(root, 'models'), ...(assets === undefined ? [] : [assets])].flatMap(modelsIn);

test.each(files.map((file) => [path.relative(root, file), file]))('%s is complete', { timeout: 120_000 }, async (_, file) => {
  const s = subject(openModel(file), path.basename(file), '');
  const { inputs, at } = caseOf(file, s.graph);
  const ex = await example(s, inputs, runtime);
  const y = ex.outputs.get(s.graph.outputs[0]!.name)!;
  expect(isFloat(y.dtype)).toBe(true);
  const target: Target = { kind: 'index', index: y.dims.slice(1).map((d, axis, all) => (axis === all.length - 1 ? 1 % d : d >> 1)) };
  for (const options of [
    { baseline: 'zero', rule: 'rescale' },
    { baseline: 0.3, rule: 'rescale' },
    { baseline: 0.3, rule: 'reveal-cancel' },
  ]) {
    const found = await explain(ex, runtime, { method: 'deeplift', inputs, at, options, target });
    const { expected, gap } = found.completeness!;
    expect(Math.abs(gap)).toBeLessThan(1e-3 * Math.abs(expected) + 1e-5);
  }
});
