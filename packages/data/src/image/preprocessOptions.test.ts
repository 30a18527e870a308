import { expect, test } from 'vitest';
import { DataError } from '../error.js';
import { presetNamed, presets, readPreprocess } from './preprocessOptions.js';

test('options are read, on top of a preset when one is named', () => {
  const options = {
    resize: { width: 8, height: 6 },
    crop: 4,
    interpolation: 'bicubic',
    antialias: false,
    layout: 'NHWC',
    channels: 'BGR',
    scale: 255,
    mean: [1, 2, 3],
    std: [1],
  };
  expect(readPreprocess(options, 'x.json')).toEqual(options);
  expect(readPreprocess({ preset: 'imagenet', crop: 299 }, 'x.json')).toEqual({ ...presets.imagenet, crop: 299 });
  expect(readPreprocess({}, 'x.json')).toEqual({});
  expect(presetNamed('tf')).toBe(presets.tf);
});

const PIXELS = 'a number of pixels or {"width": …, "height": …}, each from 1 to 65535';
test.each<[unknown, string]>([
  [null, 'x.json must hold an object of preprocessing options'],
  [[], 'x.json must hold an object of preprocessing options'],
  ['imagenet', 'x.json must hold an object of preprocessing options'],
  [
    { size: 224 },
    'x.json: there is no preprocessing option size: use resize, crop, interpolation, antialias, layout, channels, scale, mean, std or preset',
  ],
  [
    { toString: 1 },
    'x.json: there is no preprocessing option toString: use resize, crop, interpolation, antialias, layout, channels, scale, mean, std or preset',
  ],
  [{ preset: 'caffe' }, 'x.json: there is no preset called caffe: use imagenet, tf, zero-one'],
  [{ preset: ['tf'] }, 'x.json: there is no preset called ["tf"]: use imagenet, tf, zero-one'],
  [{ resize: '256' }, `x.json: resize must be ${PIXELS}, not "256"`],
  [{ resize: { width: 8 } }, `x.json: resize must be ${PIXELS}, not {"width":8}`],
  [{ resize: { width: 8, height: 1e9 } }, `x.json: resize must be ${PIXELS}, not {"width":8,"height":1000000000}`],
  [{ crop: 0 }, `x.json: crop must be ${PIXELS}, not 0`],
  [{ crop: 1.5 }, `x.json: crop must be ${PIXELS}, not 1.5`],
  [{ interpolation: 'lanczos' }, 'x.json: interpolation must be nearest, bilinear or bicubic, not "lanczos"'],
  [{ antialias: 1 }, 'x.json: antialias must be true or false, not 1'],
  [{ layout: 'nchw' }, 'x.json: layout must be NCHW or NHWC, not "nchw"'],
  [{ channels: 3 }, 'x.json: channels must be RGB, BGR or grey, not 3'],
  [{ scale: 0 }, 'x.json: scale must be a positive number, not 0'],
  [{ mean: 0.5 }, 'x.json: mean must be a list of numbers, not 0.5'],
  [{ mean: [] }, 'x.json: mean must be a list of numbers, not []'],
  [{ std: [1, 0, 1] }, 'x.json: std must be a list of positive numbers, not [1,0,1]'],
])('%j is refused', (value, message) => expect(() => readPreprocess(value, 'x.json')).toThrow(new DataError('bad-option', message)));
