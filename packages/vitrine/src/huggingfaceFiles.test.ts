import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { numbers, tensorOf } from '@vitrine/ir';
import { examine } from './exam.js';
import { load } from './model.js';

const llama = fileURLToPath(new URL('../../../golden/huggingface/llama', import.meta.url));
const made: string[] = [];
afterAll(() => made.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

interface Tensors {
  readonly [name: string]: { readonly dtype: string; readonly shape: readonly number[]; readonly bytes: Uint8Array };
}

function read(file: string): Tensors {
  const bytes = readFileSync(file);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as {
    readonly [name: string]: {
      readonly dtype: string;
      readonly shape: readonly number[];
      readonly data_offsets: readonly [number, number];
    };
  };
  return Object.fromEntries(
    Object.entries(header).flatMap(([name, { dtype, shape, data_offsets: at }]) =>
      name === '__metadata__' ? [] : [[name, { dtype, shape, bytes: bytes.subarray(8 + length + at[0], 8 + length + at[1]) }]],
    ),
  );
}

/** Written so that the first tensor starts at an odd byte. */
function write(file: string, tensors: Tensors): void {
  let at = 0;
  const entries = Object.entries(tensors).map(([name, { dtype, shape, bytes }]) => [
    name,
    { dtype, shape, data_offsets: [at, (at += bytes.length)] },
  ]);
  const text = JSON.stringify(Object.fromEntries(entries));
  const header = Buffer.from(text.padEnd(text.length + ((8 - (text.length % 8)) % 8) + 1));
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(file, Buffer.concat([head, header, ...Object.values(tensors).map(({ bytes }) => bytes)]));
}

function folder(): string {
  const to = mkdtempSync(path.join(tmpdir(), 'vitrine-hf-'));
  made.push(to);
  writeFileSync(path.join(to, 'config.json'), readFileSync(path.join(llama, 'config.json')));
  return to;
}

/** Largest difference of the logits from the reference. */
async function difference(from: string): Promise<number> {
  const { inputs, outputs } = JSON.parse(readFileSync(path.join(llama, 'reference.json'), 'utf8')) as {
    readonly [what: string]: { readonly [name: string]: { readonly dims: readonly number[]; readonly data: readonly number[] } };
  };
  const model = await load(from);
  const given = Object.entries(inputs!).map(([name, { dims, data }]) => [name, tensorOf('int64', dims, data)] as const);
  const { prediction } = await examine(model, new Map(given));
  await model.close();
  const { data } = outputs!['logits']!;
  return Array.from(numbers(prediction.outputs.get('logits')!)).reduce((most, v, i) => Math.max(most, Math.abs(v - data[i]!)), 0);
}

const tensors = read(path.join(llama, 'model.safetensors'));

test('weights at odd places run', async () => {
  const to = folder();
  write(path.join(to, 'model.safetensors'), tensors);
  expect(await difference(to)).toBeLessThan(1e-4);
});

test('weights in several files run', async () => {
  const to = folder();
  const shardOf = (name: string): string => (name.includes('.1.') ? 'model-2.safetensors' : 'model-1.safetensors');
  const map = Object.fromEntries(Object.keys(tensors).map((name) => [name, shardOf(name)]));
  for (const file of new Set(Object.values(map)))
    write(path.join(to, file), Object.fromEntries(Object.entries(tensors).filter(([name]) => map[name] === file)));
  writeFileSync(path.join(to, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }));
  expect(await difference(to)).toBeLessThan(1e-4);
});

test.each(['float16', 'bfloat16', 'float64'] as const)('weights in %s, beside others in float32, run', async (dtype) => {
  const to = folder();
  const names = { float16: 'F16', bfloat16: 'BF16', float64: 'F64' };
  const narrowed = Object.entries(tensors).map(([name, { shape, bytes, ...rest }], i) => {
    if (i % 3 === 0) return [name, { ...rest, shape, bytes }] as const;
    const values = new Float32Array(new Uint8Array(bytes).buffer);
    const { data } = tensorOf(dtype, shape, values);
    return [name, { dtype: names[dtype], shape, bytes: new Uint8Array(data.buffer as ArrayBuffer) }] as const;
  });
  write(path.join(to, 'model.safetensors'), Object.fromEntries(narrowed));
  expect(await difference(to)).toBeLessThan(dtype === 'float64' ? 1e-4 : dtype === 'float16' ? 2e-2 : 1e-1);
});

test('half weights are widened once each', async () => {
  const { subject, close } = await load(path.join(llama, '../llama3-tied-bfloat16'));
  const { nodes, initializers } = subject.graph;
  const half = [...initializers.keys()].filter(({ type }) => type.dtype === 'bfloat16');
  expect(half.length).toBeGreaterThan(10);
  const widened = nodes.filter(({ opType, inputs }) => opType === 'Cast' && half.includes(inputs[0]!));
  expect(widened).toHaveLength(half.length);
  expect(
    nodes
      .filter(({ inputs }) => inputs.some((v) => widened.some(({ outputs }) => outputs[0] === v)))
      .filter(({ opType }) => opType === 'Cast'),
  ).toEqual([]);
  await close();
});
