import { between, form, int64, late, scalar, x, type FormTable } from '../form.js';

/** Operators that arrange elements anew. */
export const shape = {
  Concat: [
    form([x(2, 3), x(2, 1)], { axis: 1 }),
    form([x(2, 3), x(1, 3), x(4, 3)], { axis: -2 }),
    form([x(3)], { axis: 0 }),
    form([x(0, 2), x(3, 2)], { axis: 0 }),
  ],
  DepthToSpace: [form([x(2, 8, 2, 3)], { blocksize: 2 }), form([x(1, 8, 2, 3)], { blocksize: 2, mode: 'CRD' })],
  Expand: [form([x(3, 1), int64(2, 3, 4)]), form([x(3, 1), int64(1, 1)]), form([x(), int64(2, 2)]), form([x(2, 3), int64(3)])],
  Flatten: [
    form([x(2, 3, 4)]),
    form([x(2, 3, 4)], { axis: 0 }),
    form([x(2, 3, 4)], { axis: -1 }),
    form([x(2, 3)], { axis: 2 }),
    form([x()], { axis: 0 }),
  ],
  Reshape: [
    form([x(2, 3, 4), int64(4, -1)]),
    form([x(2, 3, 4), int64(0, 12)]),
    form([x(1), { ...int64(), dims: [0] }]),
    form([x(), int64(1, 1)]),
  ],
  SpaceToDepth: [form([x(2, 2, 4, 6)], { blocksize: 2 }), form([x(1, 1, 3, 3)], { blocksize: 3 })],
  Squeeze: [form([x(1, 3, 1)]), form([x(1, 3, 1), int64(0)]), form([x(1, 3, 1), int64(-1, 0)]), form([x(1)])],
  Transpose: [form([x(2, 3, 4)]), form([x(2, 3, 4)], { perm: [1, 2, 0] }), form([x(3)]), form([x()])],
  Unsqueeze: [form([x(2, 3), int64(1, -1)]), form([x(), int64(0)])],
  Tile: [form([x(2, 3), int64(2, 1)]), form([x(2, 3), int64(3, 2)]), form([x(2), int64(1)])],
  Split: [
    form([x(2, 5)], { axis: 1, num_outputs: 2 }, { outputs: 2 }),
    form([x(5, 2), int64(1, 3, 1)], {}, { outputs: 3 }),
    form([x(5, 2), int64(1, 3, 1)], { axis: -2 }, { outputs: 3, seeded: [1] }),
    form([x(4), int64(4, 0)], {}, { outputs: 2, seeded: [0] }),
  ],
  Slice: [
    form([x(5, 4), int64(1), int64(4)]),
    form([x(5, 4), int64(0, 1), int64(5, -1), int64(0, 1), int64(2, 1)]),
    form([x(5, 4), int64(-1), int64(-100), int64(0), int64(-1)]),
    form([x(5, 4), int64(-2), int64(0), int64(-2), int64(-2)]),
    form([x(7), int64(1), int64(6), int64(0), int64(3)]),
    form([x(5, 4), int64(3), int64(1)]),
    form([x(5, 4), int64(1), int64(3), int64(0), int64(-1)]),
    form([x(5, 4), late(int64(4)), late(int64(-6)), int64(0), int64(-2)]),
    form([x(5, 4), int64(0), int64(2 ** 31)]),
  ],
  Trilu: [
    form([x(3, 4)]),
    form([x(2, 3, 3)], { upper: 0 }),
    form([x(3, 4), scalar(1, 'int64')]),
    form([x(3, 4), scalar(-1, 'int64')], { upper: 0 }),
  ],
  CumSum: [0, 1].flatMap((exclusive) =>
    [0, 1].map((reverse) => form([between(-1, 1, 3, 4), scalar(exclusive === reverse ? 1 : -2, 'int64')], { exclusive, reverse })),
  ),
} satisfies FormTable;
