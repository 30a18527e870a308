/** Places where a series may change: more would take long, and are grouped. */
const MOST_PLACES = 4096;

/**
 * Where the levels of channels change together: the beginnings of segments, the first 0, that have the least sum of squared distances from
 * their means plus `penalty` for each segment. Exact: PELT, Killick, Fearnhead and Eckley 2012, JASA 107, section 3; of a series of
 * more than 4096 samples, among every second, third … place.
 */
export function changePoints(channels: readonly ArrayLike<number>[], penalty: number): readonly number[] {
  const samples = channels[0]!.length;
  const step = Math.ceil(samples / MOST_PLACES);
  const places = Array.from({ length: Math.ceil(samples / step) + 1 }, (_, k) => Math.min(samples, k * step));
  const cost = costOf(channels, places);
  const count = places.length - 1;
  const best = new Float64Array(count + 1);
  const from = new Int32Array(count + 1);
  best[0] = -penalty;
  let candidates = [0];
  for (let t = 1; t <= count; t++) {
    best[t] = Infinity;
    const totals = candidates.map((s) => best[s]! + cost(s, t));
    candidates.forEach((s, i) => {
      if (totals[i]! + penalty < best[t]!) [best[t], from[t]] = [totals[i]! + penalty, s];
    });
    // What is worse even without a penalty can be no last change any more.
    candidates = [...candidates.filter((_, i) => totals[i]! <= best[t]!), t];
  }
  const starts: number[] = [];
  for (let t = count; t > 0; t = from[t]!) starts.push(places[from[t]!]!);
  return starts.toReversed();
}

/** Sums of squared distances from the mean between two places, over all channels. */
function costOf(channels: readonly ArrayLike<number>[], places: readonly number[]): (s: number, t: number) => number {
  const sums = channels.map((channel) => {
    const [first, second] = [new Float64Array(places.length), new Float64Array(places.length)];
    const middle = meanOf(channel); // Squares of small numbers keep their digits.
    for (let k = 1; k < places.length; k++) {
      [first[k], second[k]] = [first[k - 1]!, second[k - 1]!];
      for (let i = places[k - 1]!; i < places[k]!; i++) {
        const v = channel[i]! - middle;
        first[k]! += v;
        second[k]! += v * v;
      }
    }
    return { first, second };
  });
  return (s, t) => {
    const size = places[t]! - places[s]!;
    let total = 0;
    for (const { first, second } of sums) total += Math.max(0, second[t]! - second[s]! - (first[t]! - first[s]!) ** 2 / size);
    return total;
  };
}

const meanOf = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0) / values.length;

/** The median size of a normal variable with deviation 1. */
const NORMAL = 0.6745;

/** A channel in units of its noise, as its steps from sample to sample tell: their median size, over √2. All zeros where it never moves. */
export function byNoise(channel: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(channel);
  const steps = values.slice(1).map((v, i) => Math.abs(v - values[i]!));
  const moving = steps.filter((v) => v > 0).toSorted();
  if (moving.length === 0) return new Float64Array(values.length);
  // Of a channel that rests for most of the time, the steps that it makes.
  const median = steps.toSorted()[steps.length >> 1]! || moving[moving.length >> 1]!;
  const sigma = median / NORMAL / Math.SQRT2;
  return values.map((v) => v / sigma);
}
