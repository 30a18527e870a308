import { expect, test } from 'vitest';
import { random } from '../random.js';
import { preprocess, wantedBy } from './preprocess.js';
import type { Preprocess } from './preprocessOptions.js';
import { seenIn } from './seen.js';

test('what a model saw of a picture is the picture again', () => {
  const uniform = random(3);
  const cases: readonly (readonly [1 | 3, 'NCHW' | 'NHWC', Preprocess])[] = [
    [3, 'NCHW', { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }],
    [3, 'NHWC', { channels: 'BGR', scale: 255, mean: [104, 117, 123] }],
    [1, 'NCHW', { mean: [0.5], std: [0.5] }],
  ];
  for (const [channels, layout, options] of cases) {
    const data = Float32Array.from({ length: 6 * 4 * channels }, uniform);
    const shape = layout === 'NCHW' ? [1, channels, 4, 6] : [1, 4, 6, channels];
    const { tensor } = preprocess({ width: 6, height: 4, channels, data }, options, wantedBy(shape, layout, 'x'));
    const seen = seenIn(tensor, layout, options)!;
    expect([seen.width, seen.height, seen.channels]).toEqual([6, 4, channels]);
    seen.data.forEach((v, i) => expect(v).toBeCloseTo(data[i]!, 5));
  }
  expect(seenIn({ dtype: 'float32', dims: [1, 64, 7, 7], data: new Float32Array(64 * 49) }, 'NCHW')).toBeUndefined();
});
