// How well numbers for words agree with words that people marked, and how sure a mean is.
import { random } from '@vitrine/data';

/** Indices, highest value first. Ties fall as `draw` has it, not as the sentence runs. */
export function ranked(values, draw) {
  const lots = values.map(() => draw());
  return [...values.keys()].toSorted((a, b) => values[b] - values[a] || lots[a] - lots[b]);
}

/** Area under precision and recall by steps, without interpolation. Words of equal value pass the threshold together. */
export function averagePrecision(values, marked) {
  const total = marked.filter(Boolean).length;
  let [area, hits, seen] = [0, 0, 0];
  for (const threshold of [...new Set(values)].toSorted((a, b) => b - a)) {
    const tied = marked.filter((_, i) => values[i] === threshold);
    const found = tied.filter(Boolean).length;
    [hits, seen] = [hits + found, seen + tied.length];
    area += (found / total) * (hits / seen);
  }
  return area;
}

/** F1 of the k highest, where k words are marked: precision and recall are one. Of ties at the end, what a blind pick finds on average. */
export function topF1(values, marked) {
  const k = marked.filter(Boolean).length;
  const last = values.toSorted((a, b) => b - a)[k - 1];
  const sure = marked.filter((_, i) => values[i] > last);
  const tied = marked.filter((_, i) => values[i] === last);
  const share = tied.filter(Boolean).length / tied.length;
  return (sure.filter(Boolean).length + (k - sure.length) * share) / k;
}

/** Mean and its 95 % interval, by percentiles of means of resampled sentences: the same ones for all that is asked with one seed. */
export function meanOf(values, { seed, resamples }) {
  const draw = random(seed, 'bootstrap');
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const means = new Float64Array(resamples).map(() => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[Math.floor(draw() * values.length)];
    return sum / values.length;
  });
  means.sort();
  return { mean, low: means[Math.floor(0.025 * resamples)], high: means[Math.ceil(0.975 * resamples) - 1] };
}
