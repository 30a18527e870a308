import { form, int64, real, shaped, x, type Form, type FormTable } from '../form.js';

const none = undefined;
const scales = (...by: readonly number[]): ReturnType<typeof real> => ({ ...real(...by), dtype: 'float32' });
const coordinates = ['half_pixel', 'half_pixel_symmetric', 'pytorch_half_pixel', 'align_corners', 'asymmetric'];
const modes: readonly Form['attrs'][] = [
  ...['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'].map((nearest_mode) => ({ mode: 'nearest', nearest_mode })),
  { mode: 'linear' },
  { mode: 'cubic' },
  { mode: 'cubic', cubic_coeff_a: -0.5, exclude_outside: 1 },
];

/** Resize in all modes × all coordinates, growing and shrinking. */
export const resize = {
  Resize: [
    ...modes.flatMap((mode) =>
      coordinates.flatMap((coordinate_transformation_mode) => [
        form([x(1, 2, 4, 5), none, none, int64(1, 2, 7, 4)], { ...mode, coordinate_transformation_mode }),
        form([x(1, 1, 4, 5), none, scales(1, 1, 1.6, 0.7)], { ...mode, coordinate_transformation_mode }),
      ]),
    ),
    form([x(1, 1, 2, 3), none, scales(1, 1, 2, 3)]),
    form([x(1, 1, 4, 6), none, scales(0.5, 2)], { axes: [2, -1], mode: 'linear' }),
    form([x(1, 1, 4, 6), none, none, int64(8, 8)], { axes: [3, 2], mode: 'linear', keep_aspect_ratio_policy: 'not_larger' }),
    form([x(1, 1, 4, 6), none, none, int64(8, 8)], { axes: [2, 3], mode: 'nearest', keep_aspect_ratio_policy: 'not_smaller' }),
    form([x(1, 1, 7, 8), none, none, int64(1, 1, 3, 3)], { mode: 'linear', antialias: 1 }),
    form([x(1, 1, 7, 8), none, none, int64(1, 1, 3, 3)], { mode: 'cubic', antialias: 1 }),
    form([x(1, 1, 7, 8), none, none, int64(1, 1, 3, 3)], { mode: 'cubic', antialias: 1, exclude_outside: 1 }),
    form([x(1, 1, 4, 4), none, none, int64(1, 1, 9, 9)], { mode: 'linear', antialias: 1 }),
    form([x(1, 1, 5, 6), real(0, 0, 0.2, 0.3, 1, 1, 0.8, 1.4), none, int64(1, 1, 3, 4)], {
      mode: 'linear',
      coordinate_transformation_mode: 'tf_crop_and_resize',
    }),
    form([x(1, 1, 5, 6), real(0, 0, 0.2, 0.3, 1, 1, 0.8, 0.9), none, int64(1, 1, 3, 4)], {
      mode: 'nearest',
      coordinate_transformation_mode: 'tf_crop_and_resize',
      extrapolation_value: 2,
    }),
    form([x(1, 2, 5), none, scales(1, 1, 2)], { mode: 'linear' }),
    form([x(4, 5), none, none, int64(2, 8)], { mode: 'cubic' }),
    form([x(1, 1, 3, 4, 3), none, none, int64(1, 1, 4, 2, 6)], { mode: 'linear' }),
    form([x(1, 1, 1, 4), none, none, int64(1, 1, 1, 1)], { mode: 'linear', coordinate_transformation_mode: 'align_corners' }),
    form([x(2, 3), { ...shaped(real(), 0) }, shaped(scales(), 0), int64(4, 3)], { mode: 'nearest' }),
  ],
} satisfies FormTable;
