/** Zero crossings of the sinc on either side, and the Kaiser window's shape: images and aliases lie 80 dB down. */
const [ZEROS, BETA] = [24, 8];
/** Half of the filter's fall lies below the lower of the two half rates. */
const ROLLOFF = 0.94;

/**
 * Samples `start` to `start + count` of a signal at another rate, by a Kaiser-windowed sinc that lets nothing pass above half of the lower
 * rate; beyond its ends the signal is 0. Smith 2002, Digital Audio Resampling; Kaiser and Schafer 1980.
 */
export function resampled(
  x: Float32Array | Float64Array,
  fromHz: number,
  toHz: number,
  start = 0,
  count = Math.ceil((x.length * toHz) / fromHz),
): Float64Array {
  const step = fromHz / toHz;
  const cutoff = ROLLOFF * Math.min(1, toHz / fromHz);
  const reach = ZEROS / cutoff;
  const kernel = sampledKernel();
  const y = new Float64Array(count);
  for (let n = 0; n < count; n++) {
    const at = (start + n) * step;
    const [first, last] = [Math.max(0, Math.ceil(at - reach)), Math.min(x.length - 1, Math.floor(at + reach))];
    let sum = 0;
    for (let i = first; i <= last; i++) sum += x[i]! * kernel(Math.abs(i - at) * cutoff);
    y[n] = sum * cutoff;
  }
  return y;
}

/** Points of the kernel between two zero crossings: a straight line between them is 120 dB near. */
const FINE = 2048;

/** The windowed sinc at a distance counted in zero crossings. */
function sampledKernel(): (distance: number) => number {
  const table = Float64Array.from({ length: ZEROS * FINE + 2 }, (_, i) => {
    const d = i / FINE;
    const sinc = d === 0 ? 1 : Math.sin(Math.PI * d) / (Math.PI * d);
    return d >= ZEROS ? 0 : (sinc * bessel(BETA * Math.sqrt(1 - (d / ZEROS) ** 2))) / bessel(BETA);
  });
  return (distance) => {
    const at = distance * FINE;
    const i = Math.floor(at);
    return i > ZEROS * FINE ? 0 : table[i]! + (table[i + 1]! - table[i]!) * (at - i);
  };
}

/** The modified Bessel function of the first kind and order 0, as its power series. */
function bessel(x: number): number {
  let [sum, term] = [1, 1];
  for (let k = 1; term > 1e-16 * sum; k++) sum += term *= (x / (2 * k)) ** 2;
  return sum;
}
