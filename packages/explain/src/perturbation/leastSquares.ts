/** A symmetric positive definite matrix, row by row, as L Lᵀ; undefined where it is none. The lower half of what is given is read. */
export function cholesky(matrix: Float64Array, n: number): Float64Array | undefined {
  const l = new Float64Array(n * n);
  let most = 0;
  for (let i = 0; i < n; i++) most = Math.max(most, matrix[i * n + i]!);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i * n + j]!;
      for (let k = 0; k < j; k++) rest -= l[i * n + k]! * l[j * n + k]!;
      if (i !== j) l[i * n + j] = rest / l[j * n + j]!;
      else if (rest <= SINGULAR * most) return undefined;
      else l[i * n + i] = Math.sqrt(rest);
    }
  return l;
}

/** A pivot below this share of the largest diagonal element is rounding. */
const SINGULAR = 1e-12;

/** x with L Lᵀ x = b. */
export function solve(l: Float64Array, n: number, b: ArrayLike<number>): Float64Array {
  const x = Float64Array.from(b);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i]! -= l[i * n + k]! * x[k]!;
    x[i]! /= l[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i]! -= l[k * n + i]! * x[k]!;
    x[i]! /= l[i * n + i]!;
  }
  return x;
}
