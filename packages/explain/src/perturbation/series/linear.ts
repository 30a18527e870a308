import { interpolate } from '@vitrine/data';
import type { Tensor } from '@vitrine/ir';
import { floats } from '../../arithmetic.js';
import { ExplainError } from '../../error.js';
import type { Removing } from '../removal.js';
import { linesOf } from './timeline.js';

/** Half of a part, where parts are there in part. */
const HALF = 0.5;

/** Straight lines across gaps in time; a channel of which nothing is left is zero. */
export const linear: Removing<Record<never, never>> = {
  doc: 'along a series a line from what is left on one side to the other',
  options: {},
  standIn({ x, series }, _, { parts, summands }) {
    if (summands !== undefined)
      throw new ExplainError('bad-option', 'baseline=linear bridges gaps in time, and a band of frequencies leaves none: use zero or mean');
    const all = [...x].map(([name, given]) => ({ name, given, lines: linesOf(name, given.dims, series) }));
    return (presence) =>
      new Map(
        all.map(({ name, given, lines }) => {
          const data = floats(given).slice();
          const absent = new Uint8Array(data.length);
          parts.forEach(({ runs }, i) => {
            if (presence[i]! < HALF) for (const [start, end] of runs.get(name) ?? []) absent.fill(1, start, end);
          });
          for (const line of lines) bridge(data, line, absent);
          return [name, { ...given, data } as Tensor];
        }),
      );
  },
};

function bridge(data: Float32Array, line: readonly number[], absent: Uint8Array): void {
  const values = Float64Array.from(line, (e) => data[e]!);
  let before = -1;
  for (let t = 0; t <= line.length; t++) {
    if (t < line.length && absent[line[t]!] === 1) continue;
    if (before < 0 && t === line.length) values.fill(0);
    else interpolate(values, before, t);
    before = t;
  }
  line.forEach((e, t) => (data[e] = values[t]!));
}
