import { bool, distinct, form, int32, int64, late, offset, positive, scalar, shaped, x, type Form, type FormTable } from '../form.js';

/** Values for what is there and for what is scattered: extremes must not tie. */
const valuesFor = (reduction: string): readonly [typeof x, typeof x] =>
  reduction === 'max' || reduction === 'min' ? [distinct, offset] : [positive, positive];
const scatterElements = (reduction: string): readonly Form[] => {
  const [there, updates] = valuesFor(reduction);
  return [
    form([there(3, 4), shaped(int64(0, 1, 2, 2, 0, 1), 2, 3), updates(2, 3)], { reduction }),
    form([there(3, 4), shaped(int64(-1, 1, 3, 2), 2, 2), updates(2, 2)], { axis: 1, reduction }),
  ];
};
const repeated = (reduction: string): Form => {
  const [there, updates] = valuesFor(reduction);
  return form([there(3, 2), shaped(int64(1, 1, 1, 0), 2, 2), updates(2, 2)], { reduction });
};
const scatterND = (reduction: string): readonly Form[] => {
  const [there, updates] = valuesFor(reduction);
  return [
    form([there(4, 3), shaped(int64(0, 3), 2, 1), updates(2, 3)], { reduction }),
    form([there(4, 3), shaped(int64(0, 1, 3, 2), 2, 2), updates(2)], { reduction }),
  ];
};

/** Operators that pick, order or place elements. */
export const select = {
  Compress: [
    form([x(3, 4), bool(1, 0, 1)], { axis: 0 }),
    form([x(3, 4), bool(0, 1, 1)]),
    form([x(3, 4), late(bool(0, 1, 1, 0))], { axis: -1 }),
  ],
  Gather: [
    form([x(3, 4), int64(2, 0, 2)]),
    form([x(3, 4), shaped(int64(-1, 0, 1, 1), 2, 2)], { axis: 1 }),
    form([x(3, 4), scalar(-1, 'int64')], { axis: -1 }),
    form([x(3, 4), scalar(1, 'int32')]),
    form([x(3, 4), int32(1)], { axis: 1 }),
    form([x(3, 4), late(int64(1, -2))]),
    form([x(3, 4), late(scalar(1, 'int64'))], { axis: 1 }),
    form([x(5), int64(0, 4)]),
    form([x(3, 4), int64()]),
    form([x(3, 4), shaped(int64(), 2, 0)], { axis: 1 }),
  ],
  GatherElements: [form([x(3, 4), shaped(int64(0, 2, 1, 0), 2, 2)]), form([x(3, 4), shaped(int64(-1, 0, 0, 2, 3, 3), 3, 2)], { axis: 1 })],
  GatherND: [
    form([x(3, 4), shaped(int64(0, 1, 2, 3), 2, 2)]),
    form([x(3, 4), shaped(int64(1, -1), 2, 1)]),
    form([x(2, 3, 4), shaped(int64(1, 0), 2, 1)], { batch_dims: 1 }),
    form([x(2, 3, 4), shaped(int64(1, 0, 2, 3), 2, 1, 2)], { batch_dims: 1 }),
  ],
  OneHot: [
    form([int64(0, 2, -1), scalar(3, 'int64'), x(2)]),
    form([shaped(int64(1, 0, 2, 2), 2, 2), scalar(3, 'int64'), x(2)], { axis: 1 }),
  ],
  Pad: [
    form([x(2, 3), int64(1, 0, 2, 1)]),
    form([x(2, 3), int64(1, 0, 2, 1), x()]),
    form([x(3, 3), int64(1, 0, -1, 2), x()]),
    form([x(2, 3), int64(1, 2), x(), int64(1)]),
    form([x(2, 3), late(int64(1, 0, 2, 1))]),
    ...['reflect', 'edge', 'wrap'].flatMap((mode) => [
      form([x(3, 4), int64(1, 2, 2, 1)], { mode }),
      form([x(3, 4), int64(2, 1), scalar(0.5), int64(-1)], { mode }),
    ]),
    form([x(4, 4), int64(-1, 1, 2, 0)], { mode: 'reflect' }),
    form([x(4, 4), int64(-1, 1, 2, 0)], { mode: 'edge' }),
  ],
  ReverseSequence: [form([x(4, 2, 2), int64(3, 1)]), form([x(2, 4), int64(4, 2)], { batch_axis: 0, time_axis: 1 })],
  ScatterElements: [...['none', 'add', 'mul', 'max', 'min'].flatMap(scatterElements), ...['add', 'mul', 'max', 'min'].map(repeated)],
  ScatterND: [
    ...['none', 'add', 'mul', 'max', 'min'].flatMap(scatterND),
    form([x(3, 2), shaped(int64(1, 1, 0), 3, 1), x(3, 2)], { reduction: 'add' }),
    form([positive(3, 2), shaped(int64(1, 1, 0), 3, 1), positive(3, 2)], { reduction: 'mul' }),
    form([distinct(3, 2), shaped(int64(1, -2, 0), 3, 1), offset(3, 2)], { reduction: 'max' }),
  ],
  TopK: [
    form([distinct(3, 4), int64(2)], {}, { outputs: 2, seeded: [0] }),
    form([distinct(3, 4), int64(3)], { axis: 0, largest: 0 }, { outputs: 2, seeded: [0] }),
    form([distinct(5), int64(2)], { sorted: 0 }, { outputs: 2, seeded: [0] }),
  ],
  Unique: [form([distinct(4)]), form([distinct(2, 3)], { sorted: 0 }, { outputs: 2, seeded: [0] })],
} satisfies FormTable;
