/** Discrete Fourier transforms of any length, in place: radix 2 (Cooley and Tukey 1965), other lengths as a convolution (Bluestein 1970). */
export function fourier(re: Float64Array, im: Float64Array, inverse = false): void {
  const n = re.length;
  // With the parts changed the transform is the inverse one, but for the factor.
  const [a, b] = inverse ? [im, re] : [re, im];
  if ((n & (n - 1)) === 0) radix2(a, b);
  else bluestein(a, b);
  if (inverse)
    for (let i = 0; i < n; i++) {
      re[i]! /= n;
      im[i]! /= n;
    }
}

function radix2(re: Float64Array, im: Float64Array): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j]!, re[i]!];
      [im[i], im[j]] = [im[j]!, im[i]!];
    }
  }
  const cos = Float64Array.from({ length: n / 2 }, (_, k) => Math.cos((2 * Math.PI * k) / n));
  const sin = Float64Array.from({ length: n / 2 }, (_, k) => -Math.sin((2 * Math.PI * k) / n));
  for (let size = 2; size <= n; size *= 2)
    for (let start = 0; start < n; start += size)
      for (let k = 0, i = start, step = n / size; k < size / 2; k++, i++) {
        const [c, s, j] = [cos[k * step]!, sin[k * step]!, i + size / 2];
        const [x, y] = [re[j]! * c - im[j]! * s, re[j]! * s + im[j]! * c];
        [re[j], im[j]] = [re[i]! - x, im[i]! - y];
        re[i]! += x;
        im[i]! += y;
      }
}

function bluestein(re: Float64Array, im: Float64Array): void {
  const n = re.length;
  const size = 2 ** Math.ceil(Math.log2(2 * n - 1));
  const [ar, ai, br, bi] = Array.from({ length: 4 }, () => new Float64Array(size)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  // k² is taken modulo 2n, so that large angles lose no digits.
  const angle = Float64Array.from({ length: n }, (_, k) => (Math.PI * ((k * k) % (2 * n))) / n);
  for (let k = 0; k < n; k++) {
    const [c, s] = [Math.cos(angle[k]!), Math.sin(angle[k]!)];
    ar[k] = re[k]! * c + im[k]! * s;
    ai[k] = im[k]! * c - re[k]! * s;
    br[k] = br[(size - k) % size] = c;
    bi[k] = bi[(size - k) % size] = s;
  }
  radix2(ar, ai);
  radix2(br, bi);
  for (let k = 0; k < size; k++) [ar[k], ai[k]] = [ar[k]! * br[k]! - ai[k]! * bi[k]!, ar[k]! * bi[k]! + ai[k]! * br[k]!];
  radix2(ai, ar);
  for (let k = 0; k < n; k++) {
    const [c, s, x, y] = [Math.cos(angle[k]!), Math.sin(angle[k]!), ar[k]! / size, ai[k]! / size];
    re[k] = x * c + y * s;
    im[k] = y * c - x * s;
  }
}

/**
 * A signal as a sum of signals, one for each band of frequencies. Bands are [low, high) in cycles per sample, up to 0.5, which is of the
 * last; bands without gaps add up to the signal.
 */
export function bandsOf(x: ArrayLike<number>, bands: readonly (readonly [low: number, high: number])[]): readonly Float64Array[] {
  const n = x.length;
  const [re, im] = [Float64Array.from(x), new Float64Array(n)];
  fourier(re, im);
  return bands.map(([low, high]) => {
    const [r, i] = [new Float64Array(n), new Float64Array(n)];
    for (let k = 0; k < n; k++) {
      const frequency = Math.min(k, n - k) / n;
      if (frequency < low || (frequency >= high && !(high >= 0.5 && frequency === 0.5))) continue;
      [r[k], i[k]] = [re[k]!, im[k]!];
    }
    fourier(r, i, true);
    return r;
  });
}
