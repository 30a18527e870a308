/** Means of vectors given one by one, and the standard errors of these means. */
export interface Moments {
  add(values: ArrayLike<number>): void;
  mean(): Float64Array;
  /** Undefined before there are two vectors. */
  standardErrors(): Float64Array | undefined;
}

/** Deviations are counted from the mean so far (Welford 1962), so that rounding does not show up as an error. */
export function moments(length: number): Moments {
  const [mean, squares] = [new Float64Array(length), new Float64Array(length)];
  let count = 0;
  return {
    add(values) {
      count++;
      for (let i = 0; i < length; i++) {
        const before = values[i]! - mean[i]!;
        mean[i]! += before / count;
        squares[i]! += before * (values[i]! - mean[i]!);
      }
    },
    mean: () => mean.slice(),
    standardErrors: () => (count < 2 ? undefined : squares.map((s) => Math.sqrt(s / (count - 1) / count))),
  };
}
