import { constant, form, int32, late, type Fixed, type Form, type FormTable, x } from '../form.js';

interface Cell {
  readonly gates: number;
  /** Number of states: h, and c. */
  readonly states: number;
}
interface Options {
  readonly directions?: number;
  readonly bias?: boolean;
  readonly lengths?: Fixed;
  readonly initial?: boolean;
  readonly peepholes?: boolean;
  readonly seeded?: readonly number[];
  readonly unrun?: boolean;
}
const BENT = new Set(['Elu', 'HardSigmoid', 'LeakyRelu', 'Relu', 'ThresholdedRelu']);
const [T, N, F, H] = [4, 2, 3, 2];

/** A recurrent network with the parts asked for. Its weights are inputs too: they get gradients like everything else. */
function network({ gates, states }: Cell, attrs: Form['attrs'], options: Options = {}): Form {
  const { directions: d = 1, bias = true, lengths, initial = false, peepholes = false, seeded, unrun = false } = options;
  // Clipping and piecewise linear activations bend: small steps.
  const small =
    attrs['clip'] !== undefined || (attrs['activations'] as readonly string[] | undefined)?.some((name) => BENT.has(name))
      ? { bends: true }
      : {};
  const batchFirst = attrs['layout'] === 1;
  const state = batchFirst ? [N, d, H] : [d, N, H];
  const operands = [
    x(...(batchFirst ? [N, T, F] : [T, N, F])),
    x(d, gates * H, F),
    x(d, gates * H, H),
    bias ? x(d, 2 * gates * H) : undefined,
    lengths,
    ...Array.from({ length: states }, () => (initial ? x(...state) : undefined)),
    ...(peepholes ? [x(d, 3 * H)] : []),
  ];
  return form(operands, { hidden_size: H, ...attrs }, { outputs: states + 1, twice: false, unrun, ...small, ...(seeded && { seeded }) });
}

const common = (cell: Cell): readonly Form[] => [
  network(cell, {}),
  network(cell, {}, { bias: false, initial: true }),
  network(cell, { direction: 'reverse' }, { initial: true, seeded: [0] }),
  network(cell, { direction: 'bidirectional' }, { directions: 2, initial: true }),
  network(cell, { direction: 'bidirectional' }, { directions: 2, lengths: int32(4, 2), initial: true }),
  network(cell, {}, { lengths: late(int32(1, 3)) }),
  network(cell, { direction: 'reverse' }, { lengths: late(int32(3, 2)), initial: true, seeded: [1] }),
  network(cell, { clip: 0.4 }),
  // ONNX Runtime has no kernel for batches first.
  network(cell, { layout: 1 }, { unrun: true }),
  network(cell, { layout: 1, direction: 'bidirectional' }, { directions: 2, initial: true, lengths: int32(2, 3), unrun: true }),
];
const [RNN, GRU, LSTM] = [
  { gates: 1, states: 1 },
  { gates: 3, states: 1 },
  { gates: 4, states: 2 },
] as const;
const activations = [
  'Relu',
  'Affine',
  'LeakyRelu',
  'ThresholdedRelu',
  'ScaledTanh',
  'HardSigmoid',
  'Elu',
  'Softsign',
  'Softplus',
  'Sigmoid',
];
const [activation_alpha, activation_beta] = [[0.3], [0.6]];

/** Recurrent networks. */
export const recurrent = {
  RNN: [...common(RNN), ...activations.map((name) => network(RNN, { activations: [name], activation_alpha, activation_beta }))],
  GRU: [
    ...common(GRU),
    ...common(GRU).map(({ operands, attrs, ...options }) => form(operands, { ...attrs, linear_before_reset: 1 }, options)),
    network(GRU, { activations: ['HardSigmoid', 'Softsign'], activation_alpha: [0.3], activation_beta: [0.4] }),
    network(
      GRU,
      {
        direction: 'bidirectional',
        activations: ['Sigmoid', 'ScaledTanh', 'HardSigmoid', 'Elu'],
        activation_alpha: [0.7, 0.3, 1.2],
        activation_beta: [0.6, 0.4],
      },
      { directions: 2 },
    ),
  ],
  LSTM: [
    ...common(LSTM),
    network(LSTM, {}, { peepholes: true, initial: true }),
    network(LSTM, { direction: 'bidirectional', clip: 0.5 }, { directions: 2, peepholes: true }),
    network(LSTM, { input_forget: 1 }),
    network(LSTM, { input_forget: 1 }, { peepholes: true, lengths: late(int32(2, 4)) }),
    network(LSTM, {
      activations: ['HardSigmoid', 'ScaledTanh', 'Affine'],
      activation_alpha: [0.3, 0.9, 0.8],
      activation_beta: [0.4, 1.1, 0.1],
    }),
    form([x(3, 1, 2), constant(1, 1, 8, 2), constant(2, 1, 8, 2)], { hidden_size: 2 }, { outputs: 3 }),
  ],
} satisfies FormTable;
