import { builder, numbers, tensorOf, type AttrValue, type OpType, type Tensor } from '@vitrine/ir';
import { expect, test } from 'vitest';
import { backward } from '../backward.js';
import { fromTable } from '../rule.js';
import { runOnce } from '../testing/ort.js';
import { vjps } from './index.js';

type Numbers = readonly number[];
interface Kink {
  readonly op: OpType;
  readonly attrs?: { readonly [name: string]: AttrValue };
  /** Inputs of rank 1, or with their shape. */
  readonly x: readonly (Numbers | readonly [Numbers, Numbers])[];
  /** Gradient of the sum of the output, at the inputs listed. */
  readonly gradient: readonly (Numbers | undefined)[];
}

const INF = Infinity;
/** What the gradient is where there is none: PyTorch's choice. */
const kinks: readonly Kink[] = [
  { op: 'Abs', x: [[-1, 0, 1]], gradient: [[-1, 0, 1]] },
  { op: 'Celu', attrs: { alpha: 2 }, x: [[0, 1]], gradient: [[1, 1]] },
  {
    op: 'Clip',
    x: [
      [-1, 0, 0.5, 1, 2],
      [[], [0]],
      [[], [1]],
    ],
    gradient: [[0, 1, 1, 1, 0], [1], [1]],
  },
  { op: 'Elu', x: [[0]], gradient: [[1]] },
  { op: 'Elu', attrs: { alpha: 2 }, x: [[0]], gradient: [[2]] },
  { op: 'HardSigmoid', x: [[-2.5, 0, 2.5]], gradient: [[0, 0.2, 0]] },
  { op: 'HardSwish', x: [[-3, 3]], gradient: [[0, 1]] },
  { op: 'LeakyRelu', attrs: { alpha: 0.5 }, x: [[-1, 0, 1]], gradient: [[0.5, 0.5, 1]] },
  { op: 'PRelu', x: [[-1, 0, 1], [0.5]], gradient: [[0.5, 0.5, 1], [-1]] },
  { op: 'Relu', x: [[-1, 0, 1]], gradient: [[0, 0, 1]] },
  { op: 'Selu', attrs: { alpha: 2, gamma: 3 }, x: [[0]], gradient: [[6]] },
  { op: 'Shrink', attrs: { lambd: 0.5 }, x: [[-0.5, 0.5, 0.6]], gradient: [[0, 0, 1]] },
  { op: 'Softsign', x: [[0]], gradient: [[1]] },
  { op: 'Sqrt', x: [[0]], gradient: [[INF]] },
  { op: 'ThresholdedRelu', x: [[1, 2]], gradient: [[0, 1]] },
  {
    op: 'Pow',
    x: [
      [0, 2],
      [[], [2]],
    ],
    gradient: [[0, 4], [4 * Math.log(2)]],
  },
  {
    op: 'Pow',
    x: [
      [0, 0, 0],
      [0, 1, 2],
    ],
    gradient: [
      [0, 1, 0],
      [0, 0, 0],
    ],
  },
  // Ties: Max, Min and the reductions share; pools give all to the first in row-major order.
  {
    op: 'Max',
    x: [
      [1, 2, 3],
      [1, 3, 2],
    ],
    gradient: [
      [0.5, 0, 1],
      [0.5, 1, 0],
    ],
  },
  {
    op: 'Min',
    x: [
      [1, 2],
      [1, 3],
      [1, 2],
    ],
    gradient: [
      [1 / 3, 0.5],
      [1 / 3, 0],
      [1 / 3, 0.5],
    ],
  },
  { op: 'ReduceMax', x: [[2, 1, 2]], gradient: [[0.5, 0, 0.5]] },
  { op: 'ReduceMin', x: [[1, 1, 2]], gradient: [[0.5, 0.5, 0]] },
  {
    op: 'MaxPool',
    attrs: { kernel_shape: [2, 2] },
    x: [
      [
        [1, 1, 2, 3],
        [5, 5, 1, 5, 5, 5],
      ],
    ],
    gradient: [[1, 1, 0, 0, 0, 0]],
  },
  {
    op: 'GlobalMaxPool',
    x: [
      [
        [1, 1, 2, 2],
        [1, 3, 3, 2],
      ],
    ],
    gradient: [[0, 1, 0, 0]],
  },
  {
    op: 'ScatterElements',
    attrs: { reduction: 'max' },
    x: [
      [2, 0],
      [0, 1],
      [2, 1],
    ],
    gradient: [[0.5, 0], undefined, [0.5, 1]],
  },
  { op: 'Unique', x: [[3, 1, 3]], gradient: [[1, 1, 0]] },
  // Zeros: the norm of nothing has no direction, a product at one zero is still that of the others.
  { op: 'ReduceL1', x: [[0, 2]], gradient: [[0, 1]] },
  { op: 'ReduceL2', x: [[0, 0]], gradient: [[0, 0]] },
  { op: 'LpNormalization', x: [[0, 0]], gradient: [[0, 0]] },
  {
    op: 'GlobalLpPool',
    x: [
      [
        [1, 1, 2],
        [0, 0],
      ],
    ],
    gradient: [[0, 0]],
  },
  {
    op: 'LpPool',
    attrs: { kernel_shape: [2] },
    x: [
      [
        [1, 1, 3],
        [0, 0, 3],
      ],
    ],
    gradient: [[0, 0, 1]],
  },
  { op: 'ReduceProd', x: [[0, 2, 3]], gradient: [[6, 0, 0]] },
  { op: 'ReduceProd', x: [[0, 2, 0]], gradient: [[0, 0, 0]] },
  {
    op: 'ScatterElements',
    attrs: { reduction: 'mul' },
    x: [
      [2, 3],
      [0, 1],
      [0, 4],
    ],
    gradient: [[0, 4], undefined, [2, 3]],
  },
  { op: 'ScatterElements', attrs: { reduction: 'mul' }, x: [[2], [0, 0, 0], [0, 4, 5]], gradient: [[0], undefined, [40, 0, 0]] },
  { op: 'ScatterElements', attrs: { reduction: 'mul' }, x: [[2], [0, 0], [0, 0]], gradient: [[0], undefined, [0, 0]] },
];

const asTensor = (given: Kink['x'][number], dtype: 'float32' | 'int64'): Tensor => {
  const [dims, values] = Array.isArray(given[0]) ? (given as readonly [Numbers, Numbers]) : [[given.length], given as Numbers];
  return tensorOf(dtype, dims, values);
};

test.each(kinks.map((kink) => [`${kink.op} ${JSON.stringify(kink.attrs ?? {})} at ${JSON.stringify(kink.x)}`, kink] as const))(
  '%s',
  async (_, kink) => {
    const tensors = kink.x.map((given, i) => asTensor(given, kink.gradient[i] === undefined && i > 0 ? 'int64' : 'float32'));
    const b = builder();
    const inputs = tensors.map(({ dtype, dims }, i) => b.input(`x${i}`, { dtype, shape: dims }));
    const [y] = b.node(kink.op, inputs, kink.attrs ?? {});
    const forward = b.build([y!]);
    const feeds = new Map(tensors.map((tensor, i) => [`x${i}`, tensor]));
    const { dims } = (await runOnce(forward, feeds)).get(y!.name)!;
    const back = builder(forward);
    const seed = back.initializer(tensorOf('float32', dims, new Array<number>(dims.reduce((p, d) => p * d, 1)).fill(1)));
    const wrt = inputs.filter((__, i) => kink.gradient[i] !== undefined);
    const found = backward(back, forward, new Map([[y!, seed]]), wrt, fromTable(vjps));
    const outputs = wrt.map((value) => back.op.Identity(found.get(value)!));
    const results = await runOnce(back.build(outputs, inputs), feeds);
    const actual = outputs.map(({ name }) => [...numbers(results.get(name)!)]);
    const expected = kink.gradient.filter((gradient) => gradient !== undefined);
    actual.forEach((gradient, i) =>
      gradient.forEach((v, k) => (Number.isFinite(v) ? expect(v).toBeCloseTo(expected[i]![k]!, 5) : expect(v).toBe(expected[i]![k]))),
    );
    expect(actual.map((gradient) => gradient.length)).toEqual(expected.map((gradient) => gradient.length));
  },
);
