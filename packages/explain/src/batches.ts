import { isStatic, numbers, sizeOf, tensorOf, type Tensor, type Value } from '@vitrine/ir';
import { batchFor, type Price } from '@vitrine/runtime';

/** What one run takes of memory beside its weights, where nothing else is said: more does not stay near the processor. */
const RUN_BYTES = 8 * 2 ** 20;
/** Where examples are larger than that allows: as many as keep all threads busy. */
const FEW = 10;

/** Most items of `each` examples in one run, when one costs `one` and two cost `two`. */
export function mostFor(
  total: number,
  each: number,
  one: Price,
  two: Price | undefined,
  limits: { readonly memoryBytes: number; readonly batch?: number | undefined },
): number {
  const bytes = Math.max(1, (two?.total ?? one.total) - one.total);
  const usual = Math.max(Math.ceil(FEW / each), Math.floor(RUN_BYTES / bytes));
  const asked = limits.batch === undefined ? usual : Math.max(1, Math.floor(limits.batch / each));
  return leastPadding(total, batchFor(total, one, two, limits.memoryBytes, asked));
}

/** Whether items of several examples are small enough to be run whole. */
export const staysNear = (one: Price, two: Price): boolean => two.total - one.total <= 4 * RUN_BYTES;

/** The batch between half of the most and the most that leaves the last run fullest; the larger where several do. */
function leastPadding(total: number, most: number): number {
  const padded = (batch: number): number => Math.ceil(total / batch) * batch;
  let best = most;
  for (let batch = most - 1; batch >= most / 2; batch--) if (padded(batch) < padded(best)) best = batch;
  return best;
}

/** Points may be given in single precision, whatever the model takes. */
export const typed = (tensor: Tensor, { type }: Value): Tensor =>
  tensor.dtype === type.dtype ? tensor : tensorOf(type.dtype as 'float64', tensor.dims, numbers(tensor));

/** Examples one after the other along axis 0; the last is repeated to fill the batch. */
export function stacked(rows: readonly Tensor[], batch: number, input: Value): Tensor {
  const [first] = rows as readonly [Tensor];
  if (batch === 1) return first;
  const { shape } = input.type;
  // An input without a batch axis is the same for all.
  if (!isStatic(shape) || sizeOf(shape) === sizeOf(first.dims)) return first;
  const size = sizeOf(first.dims);
  const data = new (first.data.constructor as Float32ArrayConstructor)(size * batch);
  for (let i = 0; i < batch; i++) data.set(rows[Math.min(i, rows.length - 1)]!.data as Float32Array, i * size);
  return { dtype: first.dtype, dims: [batch, ...first.dims.slice(1)], data: data as never };
}

/** One example of a batch; the whole where there is one. */
export function row(tensor: Tensor, i: number, batch: number): Tensor {
  if (batch === 1) return tensor;
  const size = sizeOf(tensor.dims) / batch;
  return {
    dtype: tensor.dtype,
    dims: [1, ...tensor.dims.slice(1)],
    data: (tensor.data as Float32Array).slice(i * size, (i + 1) * size) as never,
  };
}
