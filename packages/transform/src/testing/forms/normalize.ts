import { form, positive, real, x, around, type FormTable } from '../form.js';

/** Softmax and the normalizations. */
export const normalize = {
  BatchNormalization: [
    form([x(2, 3, 4), real(1, 2, 0.5), real(0.1, 0, -1), real(0, 0.3, 1), real(1, 0.5, 2)]),
    form([x(2, 3), real(1, 2, 0.5), real(0.1, 0, -1), real(0, 0.3, 1), real(1, 0.5, 2)], { epsilon: 1e-2 }),
    form([x(2, 2, 2, 3), real(1, 2), real(0, -1), real(0, 1), real(1, 2)]),
  ],
  GroupNormalization: [
    form([x(2, 4, 3), x(4), x(4)], { num_groups: 2 }),
    form([x(1, 4, 2, 3), x(4), x(4)], { num_groups: 4, epsilon: 1e-2 }),
  ],
  InstanceNormalization: [form([x(2, 3, 4), x(3), x(3)]), form([x(1, 2, 2, 3), x(2), x(2)], { epsilon: 1e-2 })],
  LayerNormalization: [
    form([x(2, 3, 4), x(4), x(4)]),
    form([x(2, 3, 4), x(3, 4)], { axis: 1 }),
    form([x(2, 3, 4), x(4), x(4)], { axis: -1, epsilon: 1e-2 }, { outputs: 3, seeded: [0] }),
    // The statistics come out in float32.
    form([x(2, 3, 4), x(4), x(4)], {}, { outputs: 3, tolerance: 1e-3 }),
    form([x(2, 3, 4), x(4), x(4)], {}, { outputs: 3, seeded: [1, 2], tolerance: 1e-3 }),
    form([x(2, 3), x(1), x(3)]),
  ],
  LogSoftmax: [form([x(3, 4)]), form([x(2, 3, 4)], { axis: 1 })],
  LpNormalization: [form([x(3, 4)]), form([around([0], 3, 4)], { axis: 0, p: 1 }), form([x(2, 3)], { axis: 1, p: 2 })],
  LRN: [
    form([x(1, 4, 2, 2)], { size: 3, alpha: 0.9 }),
    form([x(2, 5, 3)], { size: 5, alpha: 0.5 }, { unrun: true }),
    form([x(1, 4, 2, 2)], { size: 2, alpha: 0.1, beta: 0.5, bias: 2 }, { unrun: true }),
  ],
  MeanVarianceNormalization: [form([x(2, 3, 2, 2)]), form([x(2, 3, 4)], { axes: [2] })],
  RMSNormalization: [form([x(2, 3, 4), x(4)]), form([x(2, 3, 4), x(3, 4)], { axis: 1, epsilon: 1e-2 })],
  SimplifiedLayerNormalization: [form([x(2, 3, 4), x(4)]), form([x(2, 3, 4), positive(4)], { axis: -1 }, { outputs: 2, seeded: [0] })],
  Softmax: [form([x(3, 4)]), form([x(2, 3, 4)], { axis: 1 }), form([x(4)], { axis: 0 })],
} satisfies FormTable;
