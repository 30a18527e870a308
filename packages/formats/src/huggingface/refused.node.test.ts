import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { importFolder } from '../importFolder.node.js';

const golden = fileURLToPath(new URL('../../../../golden/huggingface', import.meta.url));
const scratch = mkdtempSync(path.join(tmpdir(), 'vitrine-refused-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** A checkpoint whose config.json says something else. */
function changed(name: string, change: object): string {
  const folder = mkdtempSync(path.join(scratch, `${name}-`));
  const config = JSON.parse(readFileSync(path.join(golden, name, 'config.json'), 'utf8')) as object;
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify({ ...config, ...change }));
  copyFileSync(path.join(golden, name, 'model.safetensors'), path.join(folder, 'model.safetensors'));
  return folder;
}

const refused: readonly (readonly [name: string, change: object, message: RegExp])[] = [
  [
    't5',
    { relative_attention_num_buckets: 7 },
    /config\.json: 7 buckets for distances up to 5 are not supported: their number must be even/,
  ],
  ['t5', { feed_forward_proj: 'swash' }, /config\.json: activation swash is not one of gelu/],
  ['t5', { feed_forward_proj: 'gated-gelu' }, /no file holds tensor encoder\.block\.0\.layer\.1\.DenseReluDense\.wi_0\.weight/],
  ['t5', { num_decoder_layers: 3 }, /no file holds tensor decoder\.block\.2\./],
  ['t5', { num_decoder_layers: 1 }, /holds tensor decoder\.block\.1\..*, which the model that config\.json names has no use for/],
  ['t5-sequence', { decoder_start_token_id: undefined }, /config\.json: decoder_start_token_id must be a number, not undefined/],
  ['bart', { decoder_layers: 1001 }, /config\.json: decoder_layers must be a whole number from 1 to 1000, not 1001/],
  [
    'bart',
    { max_position_embeddings: 30 },
    /tensor model\.encoder\.embed_positions\.weight has shape \[34,16\], and config\.json asks for \[32,16\]/,
  ],
  ['marian', { share_encoder_decoder_embeddings: false }, /two vocabularies \(share_encoder_decoder_embeddings: false\) are not supported/],
  ['vit-image', { patch_size: 13 }, /config\.json: a patch of 13 × 13 does not fit a picture of 12 × 12/],
  ['vit-image', { image_size: [12] }, /config\.json: image_size must be a whole number from 1 to \d+, or two, not \[12\]/],
  [
    'vit-image',
    { image_size: 16 },
    /tensor vit\.embeddings\.position_embeddings has shape \[1,10,16\], and config\.json asks for \[1,17,16\]/,
  ],
  ['clip', { text_config: 3 }, /config\.json: text_config must be an object/],
  ['clip', { vision_config: { hidden_size: 'x' } }, /config\.json: vision_config: hidden_size must be a whole number/],
  ['whisper-audio', { use_weighted_layer_sum: true }, /config\.json: a sum over all layers \(use_weighted_layer_sum\) is not supported/],
  ['whisper', { architectures: ['WhisperForCausalLM'] }, /WhisperForCausalLM is not read yet: add it to the classes of whisper/],
];

test.each(refused)('%s with %j is refused', (name, change, message) => {
  expect(() => importFolder(changed(name, change))).toThrow(message);
});

test('a layer that lost its bias is refused, not read without', () => {
  const folder = changed('gpt2', {});
  const file = path.join(folder, 'model.safetensors');
  const bytes = readFileSync(file);
  const length = Number(bytes.readBigUInt64LE());
  const lost = 'transformer.h.0.attn.c_attn.bias';
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as { readonly [name: string]: object };
  const rest = JSON.stringify(Object.fromEntries(Object.entries(header).filter(([name]) => name !== lost)));
  bytes.write(rest.padEnd(length), 8);
  writeFileSync(file, bytes);
  expect(() => importFolder(folder)).toThrow(`model.safetensors holds no tensor ${lost}, though other layers have theirs`);
});
