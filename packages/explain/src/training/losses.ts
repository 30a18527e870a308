import type { Builder, Value } from '@vitrine/ir';

/** How far what a network says [N,C] is from what is so [N,C], over all examples. */
export type Loss = (b: Builder, said: Value, so: Value) => Value;

/** Of scores before softmax, and probabilities of classes. */
export const crossEntropy: Loss = (b, said, so) => {
  const { op } = b;
  return op.Neg(op.ReduceMean(op.ReduceSum(op.Mul(so, op.LogSoftmax(said, { axis: 1 })), b.ints([1])), undefined, { keepdims: 0 }));
};

/** Of scores before the logistic function, and probabilities, each by itself. */
export const binaryCrossEntropy: Loss = (b, said, so) => {
  const { op } = b;
  return op.ReduceMean(op.Sub(op.Softplus(said), op.Mul(so, said)), undefined, { keepdims: 0 });
};

export const squaredError: Loss = (b, said, so) => {
  const off = b.op.Sub(said, so);
  return b.op.ReduceMean(b.op.Mul(off, off), undefined, { keepdims: 0 });
};
