/** Points on [0,1] and their weights. */
export interface Quadrature {
  readonly points: readonly number[];
  readonly weights: readonly number[];
}

const evenly = (n: number, offset: number): Quadrature => ({
  points: Array.from({ length: n }, (_, i) => (i + offset) / n),
  weights: new Array<number>(n).fill(1 / n),
});

/** Rules for the integral along a path, each for n points. */
export const quadratures = {
  /** Exact for polynomials up to degree 2n − 1. */
  'gauss-legendre': gaussLegendre,
  /** Ends included, each with half a weight. */
  trapezoid: (n: number): Quadrature => {
    const step = 1 / (n - 1);
    return n === 1
      ? evenly(1, 0.5)
      : {
          points: Array.from({ length: n }, (_, i) => i * step),
          weights: Array.from({ length: n }, (_, i) => (i === 0 || i === n - 1 ? step / 2 : step)),
        };
  },
  left: (n: number): Quadrature => evenly(n, 0),
  middle: (n: number): Quadrature => evenly(n, 0.5),
  right: (n: number): Quadrature => evenly(n, 1),
} satisfies { readonly [name: string]: (n: number) => Quadrature };

export type QuadratureName = keyof typeof quadratures;
export const quadratureNames = Object.keys(quadratures) as readonly QuadratureName[];

/** Roots of the Legendre polynomial by Newton's method, from Chebyshev's guess. Press et al., Numerical Recipes, 4.6. */
function gaussLegendre(n: number): Quadrature {
  const points = new Array<number>(n);
  const weights = new Array<number>(n);
  for (let i = 0; i < n; i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let slope = 1;
    for (let step = 0; step < 100; step++) {
      let [before, now] = [1, x];
      for (let k = 2; k <= n; k++) [before, now] = [now, ((2 * k - 1) * x * now - (k - 1) * before) / k];
      if (n === 1) before = 1;
      slope = (n * (x * now - before)) / (x * x - 1);
      const change = now / slope;
      x -= change;
      if (Math.abs(change) < 1e-15) break;
    }
    points[n - 1 - i] = (x + 1) / 2;
    weights[n - 1 - i] = 1 / ((1 - x * x) * slope * slope);
  }
  return { points, weights };
}
