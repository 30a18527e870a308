import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { importFolder } from './importFolder.node.js';
import { entry, safetensors } from './testing/safetensors.js';

const scratch = mkdtempSync(path.join(tmpdir(), 'vitrine-formats-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

let count = 0;
/** A new folder of these files; values that are no bytes are written as JSON. */
function folder(files: { readonly [name: string]: object | Uint8Array }, name = `m${count++}`): string {
  const made = path.join(scratch, name);
  mkdirSync(made, { recursive: true });
  for (const [file, content] of Object.entries(files))
    writeFileSync(path.join(made, file), content instanceof Uint8Array ? content : JSON.stringify(content));
  return made;
}

const gpt2 = { architectures: ['GPT2Model'], model_type: 'gpt2', vocab_size: 3, n_embd: 2, n_layer: 1, n_head: 1, n_positions: 4 };
const shapes: { readonly [name: string]: readonly number[] } = {
  'wte.weight': [3, 2],
  'wpe.weight': [4, 2],
  'h.0.ln_1.weight': [2],
  'h.0.ln_1.bias': [2],
  'h.0.attn.c_attn.weight': [2, 6],
  'h.0.attn.c_proj.weight': [2, 2],
  'h.0.ln_2.weight': [2],
  'h.0.ln_2.bias': [2],
  'h.0.mlp.c_fc.weight': [2, 8],
  'h.0.mlp.c_proj.weight': [8, 2],
  'ln_f.weight': [2],
  'ln_f.bias': [2],
};
/** A file of zeros of these tensors. */
function weights(of: { readonly [name: string]: readonly number[] }, dtype: 'F32' | 'I32' = 'F32'): Uint8Array {
  let at = 0;
  const place = (shape: readonly number[]): object => entry(dtype, shape, at, (at += 4 * shape.reduce((a, b) => a * b, 1)));
  return safetensors(Object.fromEntries(Object.entries(of).map(([name, shape]) => [name, place(shape)])), at);
}
const single = (config: object, of = shapes): string => folder({ 'config.json': config, 'model.safetensors': weights(of) });

test('a folder becomes a graph whose weights are places in its files', () => {
  const made = single(gpt2);
  const { model, main, labels } = importFolder(made);
  expect(main).toBe(path.join(made, 'config.json'));
  expect(labels).toBeUndefined();
  expect(model.graph.inputs.map(({ name, type }) => [name, type.shape])).toEqual([
    ['input_ids', ['batch', 'sequence']],
    ['attention_mask', ['batch', 'sequence']],
  ]);
  expect(model.graph.outputs.map(({ name, type }) => [name, type.shape])).toEqual([['last_hidden_state', ['batch', 'sequence', 2]]]);
  const files = [...model.graph.initializers.values()].flatMap((content) =>
    'at' in content && 'file' in content.at ? [content.at.file] : [],
  );
  expect(files).toHaveLength(Object.keys(shapes).length);
  expect(new Set(files)).toEqual(new Set([path.join(made, 'model.safetensors')]));
});

/** The same tensors in two files. */
function sharded(change: { readonly [tensor: string]: string } = {}): string {
  const names = Object.keys(shapes);
  const part = (from: number, to: number) => weights(Object.fromEntries(names.slice(from, to).map((name) => [name, shapes[name]!])));
  const map = Object.fromEntries(names.map((name, i) => [name, i < 5 ? 'a.safetensors' : 'b.safetensors']));
  return folder({
    'config.json': gpt2,
    'model.safetensors.index.json': { weight_map: { ...map, ...change } },
    'a.safetensors': part(0, 5),
    'b.safetensors': part(5, 99),
  });
}

test('buffers and heads of another task may lie there too', () => {
  const extra = { ...shapes, 'h.0.attn.bias': [1], 'h.0.attn.masked_bias': [1], 'score.weight': [2, 2] };
  expect(importFolder(single(gpt2, extra)).model.graph.outputs).toHaveLength(1);
});

test('weights may lie in several files', () => {
  const { model } = importFolder(sharded());
  expect(model.graph.nodes.length).toBe(importFolder(single(gpt2)).model.graph.nodes.length);
});

const [, ...others] = Object.entries(shapes);
const refused: readonly (readonly [what: string, made: () => string, message: RegExp])[] = [
  ['an empty folder', () => folder({}), /holds no model: give an ONNX file, or a folder with config\.json/],
  ['a missing tensor', () => single(gpt2, Object.fromEntries(others)), /no file holds tensor wte\.weight, which config\.json asks for/],
  ['a missing layer', () => single({ ...gpt2, n_layer: 2 }), /no file holds tensor h\.1\.ln_1\.weight, which config\.json asks for/],
  [
    'another shape',
    () => single({ ...gpt2, n_positions: 5 }),
    /model\.safetensors: tensor wpe\.weight has shape \[4,2\], and config\.json asks for \[5,2\]/,
  ],
  [
    'whole-number weights',
    () => folder({ 'config.json': gpt2, 'model.safetensors': weights(shapes, 'I32') }),
    /tensor wte\.weight is int32, and weights are floats/,
  ],
  ['a missing shard', () => sharded({ 'ln_f.bias': 'c.safetensors' }), /c\.safetensors, one of the 3 files with its weights, is missing/],
  [
    'a shard elsewhere',
    () => sharded({ 'ln_f.bias': '../x.safetensors' }),
    /names a file \.\.\/x\.safetensors, which leads out of the folder/,
  ],
  ['an absolute shard', () => sharded({ 'ln_f.bias': '/etc/x.safetensors' }), /leads out of the folder|is missing/],
  ['a tensor in the wrong shard', () => sharded({ 'ln_f.bias': 'a.safetensors' }), /a\.safetensors lacks tensor ln_f\.bias/],
  ['a shard that is no safetensors', () => sharded({ 'ln_f.bias': 'config.json' }), /which is no safetensors file/],
  [
    'an unknown type',
    () => single({ ...gpt2, architectures: ['FooForBar'], model_type: 'foo' }),
    /add packages\/formats\/src\/huggingface\/architectures\/foo\.ts/,
  ],
  [
    'an unknown class',
    () => single({ ...gpt2, architectures: ['GPT2ForBar'] }),
    /GPT2ForBar is not read yet: add it to the classes of gpt2/,
  ],
  ['no architecture', () => single({ ...gpt2, architectures: [] }), /architectures must name the class/],
  ['too many layers', () => single({ ...gpt2, n_layer: 1001 }), /n_layer must be a whole number from 1 to 1000, not 1001/],
  ['a size that is no number', () => single({ ...gpt2, n_embd: '2' }), /n_embd must be a whole number/],
  ['heads that do not divide', () => single({ ...gpt2, n_head: 3 }), /shared|shape/],
  ['quantized weights', () => single({ ...gpt2, quantization_config: {} }), /quantized weights are not supported/],
  [
    'no JSON',
    () => folder({ 'config.json': new TextEncoder().encode('{'), 'model.safetensors': weights(shapes) }),
    /config\.json is not valid JSON/,
  ],
];

test.each(refused)('refuses %s', (_, made, message) => {
  const found = made();
  expect(() => importFolder(found)).toThrow(message);
});

test('a link may not lead out of the folder, but for those of the Hugging Face cache', () => {
  const outside = folder({ 'model.safetensors': weights(shapes) });
  const linked = folder({ 'config.json': gpt2 });
  symlinkSync(path.join(outside, 'model.safetensors'), path.join(linked, 'model.safetensors'));
  expect(() => importFolder(linked)).toThrow(/is a link that leads out of the folder/);
  const blobs = folder({ abc: weights(shapes) }, 'cache/blobs');
  const snapshot = folder({ 'config.json': gpt2 }, 'cache/snapshots/1');
  symlinkSync(path.join(blobs, 'abc'), path.join(snapshot, 'model.safetensors'));
  expect(importFolder(snapshot).model.graph.nodes.length).toBeGreaterThan(0);
});
