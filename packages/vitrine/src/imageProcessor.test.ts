import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import type { Preprocess } from '@vitrine/data';
import { numbers } from '@vitrine/ir';
import { imageProcessorIn } from './imageProcessor.js';
import { loadInput } from './input.js';
import { load } from './model.js';

const golden = fileURLToPath(new URL('../../../golden/huggingface', import.meta.url));
const scratch = mkdtempSync(path.join(tmpdir(), 'vitrine-pictures-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

test.each(['vit-image', 'clip'])('a picture for %s becomes what transformers makes of it', async (name) => {
  const folder = path.join(golden, name);
  const { dims, data } = JSON.parse(readFileSync(path.join(folder, 'picture.json'), 'utf8')) as {
    readonly dims: readonly number[];
    readonly data: readonly number[];
  };
  const model = await load(folder);
  const input = model.subject.graph.inputs.find((v) => v.name === 'pixel_values')!;
  const { tensor } = await loadInput(path.join(folder, 'picture.png'), input, model);
  expect(tensor.dims).toEqual(dims);
  const apart = Array.from(numbers(tensor)).map((v, i) => Math.abs(v - data[i]!));
  // transformers rounds to whole levels after resizing each way.
  expect(Math.max(...apart) * 255 * Math.max(...model.preprocess.std!)).toBeLessThan(1.5);
  await model.close();
});

let count = 0;
function said(json: object, name = 'preprocessor_config.json'): Preprocess | undefined {
  const folder = path.join(scratch, `p${count++}`);
  mkdirSync(folder);
  writeFileSync(path.join(folder, name), JSON.stringify(json));
  return imageProcessorIn(folder);
}

const full = {
  do_normalize: true,
  do_rescale: true,
  do_resize: true,
  image_mean: [0.5, 0.5, 0.5],
  image_std: [0.25, 0.25, 0.25],
  image_processor_type: 'ViTImageProcessor',
  resample: 3,
  rescale_factor: 0.00392156862745098,
  size: { height: 32, width: 48 },
};
const plain = { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25], scale: 1, interpolation: 'bicubic' };

const forms: readonly (readonly [what: string, json: object, expected: object])[] = [
  ['both sides', full, { ...plain, resize: { width: 48, height: 32 } }],
  ['one number, as old files have it, as both sides', { ...full, size: 32 }, { ...plain, resize: { width: 32, height: 32 } }],
  [
    'the shorter side, and a crop',
    { ...full, size: { shortest_edge: 40 }, do_center_crop: true, crop_size: { height: 32, width: 32 } },
    { ...plain, resize: 40, crop: { width: 32, height: 32 } },
  ],
  [
    'old numbers before a crop, as the shorter side',
    { ...full, size: 40, do_center_crop: true, crop_size: 32 },
    { ...plain, resize: 40, crop: { width: 32, height: 32 } },
  ],
  ['values up to 255', { ...full, do_rescale: false, do_resize: false }, { ...plain, scale: 255 }],
  ['values from -1 to 1 by their factor', { ...full, rescale_factor: 1 / 127.5, do_resize: false }, { ...plain, scale: 2 }],
  ['no normalization', { ...full, do_normalize: false, do_resize: false }, { scale: 1, interpolation: 'bicubic' }],
];

test.each(forms)('reads %s', (_, json, expected) => {
  expect(said(json)).toEqual(expected);
  expect(said({ image_processor: json }, 'processor_config.json')).toEqual(expected);
});

test('what describes sounds says nothing of pictures', () => {
  expect(said({ feature_extractor_type: 'WhisperFeatureExtractor', feature_size: 80 })).toBeUndefined();
});

const refused: readonly (readonly [what: string, json: object, message: RegExp])[] = [
  ['other filters', { ...full, resample: 1 }, /preprocessor_config\.json: resample is 1, and only 0, 2 and 3 .* with --preprocess FILE/],
  ['sizes by the longer side', { ...full, size: { longest_edge: 9 } }, /size \{"longest_edge":9\} is not supported/],
  ['padding', { ...full, do_pad: true }, /padded/],
  ['numbers that are none', { ...full, image_mean: ['a'] }, /preprocessor_config\.json: mean must be a list of numbers/],
];

test.each(refused)('refuses %s', (_, json, message) => {
  expect(() => said(json)).toThrow(message);
});
