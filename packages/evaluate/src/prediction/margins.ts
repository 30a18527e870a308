import { lazily } from '../lazily.js';
import type { Classified, Sample } from './outcome.js';

/** Rows of each class, rows predicted to be of it, and those that are both, [C] each. */
export interface Margins {
  readonly actual: Float64Array;
  readonly predicted: Float64Array;
  readonly right: Float64Array;
  readonly rows: number;
}

export const marginsOf = lazily(({ outcome, counts }: Sample<Classified>): Margins => {
  const width = outcome.classes.length;
  const [actual, predicted, right] = [new Float64Array(width), new Float64Array(width), new Float64Array(width)];
  let rows = 0;
  for (let i = 0; i < counts.length; i++) {
    const [count, is, said] = [counts[i]!, outcome.truth[i]!, outcome.predicted[i]!];
    rows += count;
    actual[is]! += count;
    predicted[said]! += count;
    if (is === said) right[is]! += count;
  }
  return { actual, predicted, right, rows };
});

/** Classes that are true or predicted of some row. */
export const presentIn = ({ actual, predicted }: Margins): readonly number[] =>
  Array.from(actual.keys()).filter((k) => actual[k]! + predicted[k]! > 0);
