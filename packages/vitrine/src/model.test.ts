import { fileURLToPath } from 'node:url';
import { presets } from '@vitrine/data';
import { expect, test } from 'vitest';
import { load } from './model.js';

const squeezenet = fileURLToPath(new URL('../../../models/squeezenet1.1.onnx', import.meta.url));

test('what adjusts the preprocessing is laid over the file beside the model, or over what is given', async () => {
  expect((await load(squeezenet)).preprocess).toEqual(presets.imagenet);
  expect((await load(squeezenet, { adjust: { interpolation: 'bicubic' } })).preprocess).toEqual({
    ...presets.imagenet,
    interpolation: 'bicubic',
  });
  expect((await load(squeezenet, { preprocess: 'tf', adjust: { scale: 1 } })).preprocess).toEqual({ ...presets.tf, scale: 1 });
  await expect(load(squeezenet, { adjust: { scale: -1 } })).rejects.toThrow('adjust: scale must be a positive number');
});
