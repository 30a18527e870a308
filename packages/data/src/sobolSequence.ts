/** Bits of each number. */
const BITS = 32;

/**
 * Points [dimensions] in (0,1) that fill the unit cube evenly. Sobol' 1967, as Bratley and Fox 1988 write it, ACM TOMS 14(1), in Gray code
 * order. Primitive polynomials are searched for in order; the first direction numbers, odd and otherwise free, are drawn, and all points
 * of a dimension are shifted digit by digit by one number, so that different streams give independent sets of points.
 */
export function* sobolSequence(dimensions: number, uniform: () => number): Iterable<Float64Array> {
  const polynomials = primitivePolynomials(dimensions - 1);
  const directions = Array.from({ length: dimensions }, (_, d) => directionsOf(d === 0 ? undefined : polynomials[d - 1]!, uniform));
  const state = Uint32Array.from({ length: dimensions }, () => Math.floor(uniform() * 2 ** BITS));
  for (let n = 1; ; n++) {
    // Half a step from zero: a number is never 0 or 1.
    yield Float64Array.from(state, (bits) => (bits + 0.5) / 2 ** BITS);
    const lowest = 31 - Math.clz32(n & -n);
    for (let d = 0; d < dimensions; d++) state[d]! ^= directions[d]![lowest]!;
  }
}

/** A polynomial over two elements as bits, the constant last. */
function directionsOf(polynomial: number | undefined, uniform: () => number): Uint32Array {
  const degree = polynomial === undefined ? BITS : 31 - Math.clz32(polynomial);
  const found = new Uint32Array(BITS);
  for (let k = 0; k < BITS; k++) {
    if (k < degree) {
      const odd = polynomial === undefined ? 1 : 2 * Math.floor(uniform() * 2 ** k) + 1;
      found[k] = (odd * 2 ** (BITS - 1 - k)) >>> 0;
      continue;
    }
    let bits = found[k - degree]! ^ (found[k - degree]! >>> degree);
    for (let i = 1; i < degree; i++) if ((polynomial! >>> (degree - i)) & 1) bits ^= found[k - i]!;
    found[k] = bits >>> 0;
  }
  return found;
}

/** The first so many, by degree: those whose powers of x run through all remainders but 0. */
function primitivePolynomials(count: number): readonly number[] {
  const found: number[] = [];
  for (let degree = 1; found.length < count; degree++) {
    const [order, factors] = [2 ** degree - 1, primeFactors(2 ** degree - 1)];
    for (let p = 2 ** degree + 1; p < 2 ** (degree + 1) && found.length < count; p += 2)
      if (power(order, p, degree) === 1 && factors.every((f) => power(order / f, p, degree) !== 1)) found.push(p);
  }
  return found;
}

/** xⁿ modulo a polynomial. */
function power(n: number, polynomial: number, degree: number): number {
  let [result, base] = [1, degree === 1 ? 1 : 2];
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = times(result, base, polynomial, degree);
    base = times(base, base, polynomial, degree);
  }
  return result;
}

function times(a: number, b: number, polynomial: number, degree: number): number {
  let [product, shifted] = [0, a];
  for (let rest = b; rest > 0; rest >>>= 1) {
    if (rest & 1) product ^= shifted;
    shifted <<= 1;
    if ((shifted >>> degree) & 1) shifted ^= polynomial;
  }
  return product;
}

function primeFactors(n: number): readonly number[] {
  const found: number[] = [];
  let rest = n;
  for (let f = 2; f * f <= rest; f++)
    if (rest % f === 0) {
      found.push(f);
      while (rest % f === 0) rest /= f;
    }
  return rest > 1 ? [...found, rest] : found;
}
