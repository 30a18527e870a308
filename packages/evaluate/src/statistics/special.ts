const LN_SQRT_2PI = Math.log(2 * Math.PI) / 2;
/** B(2k) / (2k (2k − 1)), the terms of Stirling's series. */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156] as const;
/** From here on the series is exact to the last bit. */
const LARGE = 15;
const TINY = 1e-300;
const MOST_TERMS = 100_000;

/** ln Γ(x), x > 0. Abramowitz & Stegun 1964, 6.1.15 and 6.1.41. */
export function logGamma(x: number): number {
  let [shifted, product] = [x, 1];
  for (; shifted < LARGE; shifted++) product *= shifted;
  return (shifted - 0.5) * Math.log(shifted) - shifted + LN_SQRT_2PI + stirling(shifted) - Math.log(product);
}

function stirling(x: number): number {
  const inverse = 1 / (x * x);
  let sum = 0;
  for (let k = STIRLING.length - 1; k >= 0; k--) sum = sum * inverse + STIRLING[k]!;
  return sum / x;
}

const EULER = 0.5772156649015329;

/** ψ(n), the derivative of ln Γ, at whole numbers from 1 to `most`. Abramowitz & Stegun 1964, 6.3.2. */
export function digammas(most: number): Float64Array {
  const values = new Float64Array(most + 1).fill(-EULER);
  values[0] = NaN;
  for (let n = 2; n <= most; n++) values[n] = values[n - 1]! + 1 / (n - 1);
  return values;
}

/** Q(a, x) = Γ(a, x) / Γ(a), the upper regularized incomplete gamma function. Abramowitz & Stegun 1964, 6.5.29 and 6.5.31. */
export function gammaUpper(a: number, x: number): number {
  if (x <= 0) return 1;
  if (x === Infinity) return 0;
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let [term, sum] = [1 / a, 1 / a];
    for (let n = 1; n < MOST_TERMS && term > sum * Number.EPSILON; n++) sum += term *= x / (a + n);
    return 1 - scale * sum;
  }
  return scale / continued((n) => (n === 0 ? [1, x + 1 - a] : [-n * (n - a), x + 2 * n + 1 - a]));
}

/** I(x; a, b), the regularized incomplete beta function. Abramowitz & Stegun 1964, 26.5.8. */
export function beta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast on this side of the mean only.
  if (x > (a + 1) / (a + b + 2)) return 1 - beta(1 - x, b, a);
  const scale = Math.exp(a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b)) / a;
  return (
    scale /
    continued((n) => {
      if (n === 0) return [1, 1];
      const m = Math.floor(n / 2);
      return n % 2 === 0 ? [(m * (b - m) * x) / ((a + n - 1) * (a + n)), 1] : [(-(a + m) * (a + b + m) * x) / ((a + n - 1) * (a + n)), 1];
    })
  );
}

/** b0 + a1 / (b1 + a2 / (b2 + …)), given [an, bn] for each n. Lentz 1976, as modified by Thompson & Barnett 1986. */
function continued(terms: (n: number) => readonly [number, number]): number {
  let value = terms(0)[1] || TINY;
  let [c, d] = [value, 0];
  for (let n = 1; n < MOST_TERMS; n++) {
    const [a, b] = terms(n);
    d = 1 / (b + a * d || TINY);
    c = b + a / c || TINY;
    value *= c * d;
    if (Math.abs(c * d - 1) < 2 * Number.EPSILON) break;
  }
  return value;
}
