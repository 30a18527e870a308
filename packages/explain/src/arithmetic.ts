import { sizeOf, type Tensor } from '@vitrine/ir';

/** A float tensor's elements; those of float64 have the same methods. */
export const floats = ({ data }: Tensor): Float32Array<ArrayBuffer> => data as Float32Array<ArrayBuffer>;

/** A tensor shaped and typed as `like`, from a function of each position. */
export function mapped(like: Tensor, f: (i: number) => number): Tensor {
  const data = new (like.dtype === 'float64' ? Float64Array : Float32Array)(sizeOf(like.dims));
  for (let i = 0; i < data.length; i++) data[i] = f(i);
  return { dtype: like.dtype, dims: like.dims, data } as Tensor;
}

export const subtract = (a: Tensor, b: Tensor): Tensor => mapped(a, (i) => floats(a)[i]! - floats(b)[i]!);

/** Sum in double precision. */
export function sum(tensor: Tensor): number {
  let total = 0;
  for (const v of floats(tensor)) total += v;
  return total;
}

/** A sum of many tensors of one shape, kept in double precision until it is read. */
export interface Accumulator {
  /** Adds f(value, position) for each element. */
  add(tensor: Tensor, f: (value: number, i: number) => number): void;
  read(f?: (total: number, i: number) => number): Tensor;
  /** The sum at a position, in double precision. */
  at(i: number): number;
}

export function accumulator(like: Tensor): Accumulator {
  const total = new Float64Array(sizeOf(like.dims));
  return {
    add(tensor, f) {
      const values = floats(tensor);
      for (let i = 0; i < values.length; i++) total[i]! += f(values[i]!, i);
    },
    read: (f = (v) => v) => mapped(like, (i) => f(total[i]!, i)),
    at: (i) => total[i]!,
  };
}

/** All elements of a point in one vector, and back. */
export function flattened(point: ReadonlyMap<string, Tensor>): Float64Array<ArrayBuffer> {
  const parts = [...point.values()].map(floats);
  const vector = new Float64Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    vector.set(part, at);
    at += part.length;
  }
  return vector;
}

export function unflattened(vector: Float64Array, like: ReadonlyMap<string, Tensor>): ReadonlyMap<string, Tensor> {
  let at = 0;
  return new Map(
    [...like].map(([name, tensor]) => {
      const start = at;
      at += sizeOf(tensor.dims);
      return [name, mapped(tensor, (i) => vector[start + i]!)];
    }),
  );
}

/** softmax(scores). */
export function probabilities(scores: ArrayLike<number>, temperature = 1): Float64Array {
  const values = Float64Array.from(scores, (s) => s / temperature);
  const most = values.reduce((a, b) => Math.max(a, b), -Infinity);
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i] = Math.exp(values[i]! - most);
  return values.map((v) => v / total);
}
