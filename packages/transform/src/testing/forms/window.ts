import { distinct, form, int64, positive, shaped, x, type Form, type FormTable, around } from '../form.js';

const conv = (image: readonly number[], kernel: readonly number[], attrs: Form['attrs'] = {}): Form =>
  form([x(...image), x(...kernel), x(kernel[0]!)], attrs);
const convTranspose = (image: readonly number[], kernel: readonly number[], attrs: Form['attrs'] = {}): Form =>
  form([x(...image), x(...kernel), x(kernel[1]! * ((attrs['group'] as number | undefined) ?? 1))], attrs);
const pools = (values: (...dims: readonly number[]) => ReturnType<typeof x>, more: readonly Form['attrs'][]): readonly Form[] =>
  [
    [values(1, 2, 7), { kernel_shape: [3] }],
    [values(2, 1, 6, 5), { kernel_shape: [2, 2], strides: [2, 2] }],
    [values(1, 2, 6, 5), { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 2, 1] }],
    [values(1, 1, 6, 6), { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }],
    [values(1, 1, 7, 6), { kernel_shape: [2, 2], dilations: [2, 3] }],
    [values(1, 1, 5, 5), { kernel_shape: [3, 2], strides: [2, 2], auto_pad: 'SAME_UPPER' }],
    [values(1, 1, 5, 5), { kernel_shape: [3, 2], strides: [2, 2], auto_pad: 'SAME_LOWER' }],
    [values(1, 1, 5, 5), { kernel_shape: [2, 2], strides: [2, 2], auto_pad: 'VALID' }],
    [values(1, 1, 3, 3, 4), { kernel_shape: [2, 2, 2] }],
    ...more.map((attrs) => [values(1, 2, 6, 6), attrs] as const),
  ].map(([operand, attrs]) => form([operand as ReturnType<typeof x>], attrs as Form['attrs']));

/** Convolutions and pools. */
export const window = {
  Conv: [
    // Enough channels for the blocked layout.
    form([x(1, 16, 5, 6), x(3, 16, 3, 3)], { strides: [2, 2], pads: [1, 1, 1, 1] }),
    conv([1, 2, 7], [3, 2, 3]),
    conv([2, 2, 6, 5], [4, 2, 3, 2], { strides: [2, 1], pads: [1, 0, 2, 1] }),
    conv([1, 4, 6, 5], [4, 2, 3, 2], { group: 2, strides: [2, 2] }),
    conv([1, 4, 6, 5], [6, 2, 3, 2], { group: 2, pads: [1, 1, 1, 1] }),
    conv([1, 3, 6, 6], [3, 1, 3, 3], { group: 3, pads: [1, 1, 1, 1] }),
    conv([1, 3, 6, 6], [6, 1, 3, 3], { group: 3, strides: [2, 2], dilations: [2, 1] }),
    conv([1, 2, 8, 7], [2, 2, 3, 2], { dilations: [2, 3] }),
    conv([1, 2, 5, 6], [2, 2, 3, 2], { auto_pad: 'SAME_UPPER', strides: [2, 3] }),
    conv([1, 2, 5, 6], [2, 2, 3, 2], { auto_pad: 'SAME_LOWER', strides: [2, 3] }),
    conv([1, 2, 5, 6], [2, 2, 2, 2], { auto_pad: 'VALID' }),
    conv([1, 2, 4, 5], [2, 2, 1, 1], { strides: [2, 2] }),
    conv([1, 2, 4, 5], [2, 2, 2, 2], { strides: [3, 3] }),
    conv([1, 2, 3, 3], [2, 2, 2, 2], { pads: [3, 2, 3, 4] }),
    conv([1, 2, 3, 4, 3], [2, 2, 2, 2, 2], { strides: [1, 2, 1], pads: [0, 1, 1, 1, 0, 0] }),
    form([x(1, 2, 6), x(2, 2, 3)], { kernel_shape: [3] }),
    form([x(1, 2, 8, 8), shaped(int64(), 0)].slice(0, 1).concat([x(2, 2, 3, 3)]), { strides: [2, 2], pads: [1, 1, 1, 1] }),
  ],
  ConvTranspose: [
    convTranspose([1, 2, 5], [2, 3, 3]),
    convTranspose([1, 2, 4, 3], [2, 3, 3, 2], { strides: [2, 3] }),
    convTranspose([1, 2, 4, 3], [2, 3, 3, 2], { strides: [2, 3], pads: [1, 0, 2, 1], output_padding: [1, 2] }),
    convTranspose([1, 4, 3, 3], [4, 2, 2, 2], { group: 2, strides: [2, 1] }),
    convTranspose([1, 3, 4, 4], [3, 1, 3, 3], { group: 3, strides: [2, 2] }),
    convTranspose([1, 2, 4, 4], [2, 2, 3, 2], { dilations: [2, 2] }),
    convTranspose([1, 2, 4, 4], [2, 2, 3, 3], { strides: [2, 2], output_shape: [8, 9] }),
    convTranspose([1, 2, 4, 4], [2, 2, 3, 3], { strides: [2, 2], auto_pad: 'SAME_UPPER' }),
    convTranspose([1, 2, 4, 4], [2, 2, 3, 3], { strides: [2, 2], auto_pad: 'SAME_LOWER' }),
    convTranspose([1, 2, 4, 4], [2, 2, 2, 2], { strides: [3, 3], auto_pad: 'VALID' }),
    convTranspose([1, 1, 2, 3, 2], [1, 2, 2, 2, 2], { strides: [2, 1, 2] }),
  ],
  AveragePool: pools(x, [
    { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 },
    { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], ceil_mode: 1, count_include_pad: 1 },
    { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 0, 0], ceil_mode: 1 },
    { kernel_shape: [3, 2], dilations: [2, 1], pads: [1, 1, 1, 1] },
  ]),
  LpPool: [
    ...pools((...dims) => around([0], ...dims), []),
    form([around([0], 1, 2, 6, 5)], { kernel_shape: [3, 2], p: 1, pads: [1, 0, 1, 0] }),
    form([around([0], 1, 2, 6, 5)], { kernel_shape: [3, 2], p: 3, strides: [2, 2] }),
  ],
  MaxPool: [
    ...pools(distinct, [{ kernel_shape: [3, 3], storage_order: 1 }]),
    form([distinct(1, 1, 6, 6)], { kernel_shape: [3, 3], strides: [2, 2] }, { outputs: 2, seeded: [0] }),
    form([distinct(1, 2, 4, 6)], { kernel_shape: [3, 3], storage_order: 1 }, { outputs: 2, seeded: [0] }),
  ],
  MaxUnpool: [
    form([x(1, 1, 2, 2), shaped(int64(5, 7, 13, 15), 1, 1, 2, 2)], { kernel_shape: [2, 2], strides: [2, 2] }),
    form([x(1, 1, 2, 2), shaped(int64(5, 7, 13, 15), 1, 1, 2, 2), int64(1, 1, 5, 5)], { kernel_shape: [2, 2], strides: [2, 2] }),
  ],
  GlobalAveragePool: [form([x(2, 3, 4)]), form([x(1, 2, 3, 4)]), form([x(1, 2, 2, 3, 2)])],
  GlobalLpPool: [form([x(2, 3, 4)]), form([positive(1, 2, 3, 4)], { p: 3 }), form([around([0], 1, 2, 3)], { p: 1 })],
  GlobalMaxPool: [form([distinct(2, 3, 4)]), form([distinct(1, 2, 3, 4)])],
} satisfies FormTable;
