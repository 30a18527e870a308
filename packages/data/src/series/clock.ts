import { DataError } from '../error.js';

/** How far a sample may lie from where it should, as a share of a step: printed times are rounded, and months differ. */
const UNEVEN = 0.5;

/** How many samples a second there are, by their times in seconds; undefined, and said so, where they are not evenly spaced. @throws DataError where time does not rise */
export function clockOf(
  times: ArrayLike<number>,
  name: string,
): { readonly rateHz: number | undefined; readonly notes: readonly string[] } {
  const count = times.length;
  if (count < 2) return { rateHz: undefined, notes: [] };
  const [first, last] = [times[0]!, times[count - 1]!];
  const step = (last - first) / (count - 1);
  let worst = 0;
  for (let i = 1; i < count; i++) {
    if (!(times[i]! >= times[i - 1]!) || step <= 0)
      throw new DataError('malformed', `${name}: time does not rise from sample ${i - 1} to the next, but series go on in time`);
    worst = Math.max(worst, Math.abs(times[i]! - first - i * step));
  }
  return worst <= UNEVEN * step
    ? { rateHz: rounded(1 / step), notes: [] }
    : { rateHz: undefined, notes: [`the times of ${name} are not evenly spaced: places are told as samples`] };
}

/** Without the noise of printed times: 99.9998 samples a second are 100. */
function rounded(rate: number): number {
  const near = Number(rate.toPrecision(3));
  return Math.abs(rate - near) < 1e-4 * near ? near : rate;
}
