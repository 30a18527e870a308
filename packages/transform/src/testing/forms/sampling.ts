import { between, constant, form, int64, real, scalar, shaped, x, type Form, type FormTable } from '../form.js';

const settings = ['zeros', 'border', 'reflection'].flatMap((padding_mode) =>
  [0, 1].map((align_corners) => ({ padding_mode, align_corners })),
);
const once = { twice: false } as const;
/** Between two elements samples are linear, and bend at each. */
const bent = { ...once, bends: true } as const;
/** Points inside and outside of the image. */
const points = (...dims: readonly number[]): ReturnType<typeof x> => between(-1.6, 1.6, ...dims);

const flat = (mode: string): readonly Form[] =>
  settings.map((attrs) => form([x(2, 2, 4, 5), points(2, 3, 2, 2)], { mode, ...attrs }, bent));
const solid = (mode: string): readonly Form[] =>
  settings.map((attrs) => form([x(1, 2, 3, 4, 2), points(1, 2, 2, 2, 3)], { mode, ...attrs }, bent));
const rois = shaped(real(0.3, 0.4, 3.5, 2.9, 1.2, -0.6, 6.3, 3.1), 2, 4);
const align = (attrs: Form['attrs']): Form =>
  form(
    [x(2, 2, 5, 6), { ...between(0, 0, 2, 4), values: () => rois.values }, int64(1, 0)],
    { output_height: 2, output_width: 3, sampling_ratio: 2, ...attrs },
    { ...once, bends: true },
  );

/** Sampling, geometry and spectra. */
export const sampling = {
  AffineGrid: [
    form([x(2, 2, 3), int64(2, 3, 4, 5)]),
    form([x(2, 2, 3), int64(2, 3, 4, 5)], { align_corners: 1 }),
    form([x(1, 3, 4), int64(1, 2, 2, 3, 4)]),
    form([x(1, 3, 4), int64(1, 2, 2, 3, 1)], { align_corners: 1 }, { unrun: true }),
  ],
  GridSample: [
    ...flat('linear'),
    ...flat('nearest'),
    ...flat('cubic'),
    ...solid('linear'),
    ...solid('nearest'),
    form([x(1, 1, 1, 1), points(1, 2, 2, 2)], { padding_mode: 'reflection' }, bent),
    form([x(1, 1, 1, 1), points(1, 2, 2, 2)], { padding_mode: 'reflection', align_corners: 1 }, bent),
    form([x(3, 2, 2, 3), points(3, 2, 1, 2)], {}, bent),
    form([x(1, 2, 3, 3), { ...constant(1, 1, 2, 2, 2) }]),
  ],
  'com.microsoft.GridSample': [
    form([x(1, 2, 4, 5), points(1, 3, 2, 2)], {}, { ...once, bends: true }),
    form([x(1, 2, 4, 5), points(1, 3, 2, 2)], { mode: 'bicubic', padding_mode: 'border' }, once),
    form([x(1, 2, 4, 5), points(1, 3, 2, 2)], { mode: 'nearest', padding_mode: 'reflection', align_corners: 1 }, once),
  ],
  RoiAlign: [
    align({}),
    align({ coordinate_transformation_mode: 'output_half_pixel' }),
    align({ spatial_scale: 0.5, sampling_ratio: 3 }),
    align({ spatial_scale: 0.5, coordinate_transformation_mode: 'output_half_pixel', sampling_ratio: 1 }),
  ],
  CenterCropPad: [form([x(4, 5), int64(2, 8)]), form([x(4, 5), int64(7, 2)]), form([x(3, 4, 5), int64(5, 3)], { axes: [-1, 1] })],
  Col2Im: [
    form([x(1, 5, 5), int64(5, 5), int64(1, 5)]),
    form([x(2, 8, 9), int64(5, 5), int64(2, 2)], { dilations: [2, 2] }),
    form([x(1, 4, 12), int64(5, 7), int64(2, 2)], { strides: [2, 2], pads: [1, 0, 0, 1] }),
    form([x(1, 3, 6), int64(8), int64(3)]),
  ],
  DFT: [
    form([x(2, 5, 1), undefined, scalar(1, 'int64')]),
    form([x(2, 6, 2)]),
    form([x(2, 6, 1), scalar(8, 'int64')], { onesided: 1 }),
    form([x(2, 7, 1), scalar(5, 'int64'), scalar(-2, 'int64')], { onesided: 1 }),
    form([x(2, 3, 4, 2), undefined, scalar(1, 'int64')], { inverse: 1 }),
    form([x(2, 4, 2), scalar(6, 'int64')], { inverse: 1, onesided: 1 }, { unrun: true }),
    form([x(2, 4, 2)], { inverse: 1, onesided: 1 }, { unrun: true }),
    form([x(2, 4, 2), scalar(7, 'int64')], { inverse: 1, onesided: 1 }, { unrun: true }),
  ],
  STFT: [
    form([x(2, 12, 1), scalar(3, 'int64'), x(4)]),
    form([x(1, 12, 1), scalar(2, 'int64'), undefined, scalar(5, 'int64')], { onesided: 0 }),
  ],
  DeformConv: [
    form([x(1, 2, 4, 5), x(3, 2, 2, 2), x(1, 8, 3, 4), x(3), x(1, 4, 3, 4)], {}, bent),
    form(
      [x(2, 4, 5, 5), x(2, 2, 3, 2), x(2, 24, 3, 5)],
      { group: 2, offset_group: 2, strides: [2, 1], pads: [1, 0, 1, 1], kernel_shape: [3, 2] },
      bent,
    ),
    form([x(1, 2, 6, 6), x(2, 2, 2, 2), x(1, 8, 4, 3)], { dilations: [2, 3] }, bent),
  ],
  Det: [form([x(2, 2)]), form([x(2, 3, 3)]), form([x(1, 1)]), form([x(5, 5)], {}, once)],
} satisfies FormTable;
