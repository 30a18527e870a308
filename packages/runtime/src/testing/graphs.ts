import { builder, tensorOf, type Dim, type Graph, type Tensor } from '@vitrine/ir';

export const floats = (dims: readonly number[], values: readonly number[]): Tensor => tensorOf('float32', dims, values);

/** y = x + `by`, which is held `times` times. */
export function adding(by: number, shape: readonly Dim[] = [2], times = 1): Graph {
  const b = builder();
  const x = b.input('x', { dtype: 'float32', shape });
  const [y] = b.named(
    {
      opType: 'Add',
      name: 'add',
      inputs: [
        x,
        b.initializer(
          floats(
            [times],
            Array.from({ length: times }, () => by),
          ),
          'by',
        ),
      ],
      attrs: {},
    },
    ['y'],
  );
  return b.build([y!]);
}

const SIDE = 1024;

/** Long work: a power of x. */
export function toiling(count: number): Graph {
  const b = builder();
  const x = b.input('x', { dtype: 'float32', shape: [SIDE, SIDE] });
  let y = x;
  for (let i = 0; i < count; i++) y = b.op.MatMul(y, x);
  return b.build([y]);
}
export const toil = new Map([
  [
    'x',
    floats(
      [SIDE, SIDE],
      Array.from({ length: SIDE ** 2 }, () => 1e-3),
    ),
  ],
]);

/** A graph that takes as much memory as its input says. */
export function greedy(): Graph {
  const b = builder();
  const [y] = b.node('ConstantOfShape', [b.input('x', { dtype: 'int64', shape: [1] })]);
  return b.build([y!]);
}

/** A graph that ONNX Runtime does not load. */
export function unloadable(): Graph {
  const b = builder();
  const x = b.input('x', { dtype: 'float32', shape: [2] });
  return b.build([b.named({ opType: 'my.domain.Mystery', name: 'mystery', inputs: [x], attrs: {} }, ['y'])[0]!]);
}
