import { bandsOf } from '@vitrine/data';
import { ExplainError } from '../../error.js';
import type { Partition } from '../partition.js';
import type { Argument, Timeline } from './timeline.js';

const COUNT = 16;
const HALF = 0.5;

/** Bands of frequencies, all channels together: so many of equal width, or between frequencies in Hz, as `4-8-13-30`. What is taken away is set to zero in the Fourier domain. */
export function bands(lines: readonly Timeline[], { text, byChannel }: Argument): Partition {
  const [line, ...more] = lines as [Timeline, ...Timeline[]];
  if (more.length > 0) throw new ExplainError('bad-option', 'parts=bands divides one value: name it with --at');
  if (byChannel) throw new ExplainError('bad-option', 'parts=bands takes a band away from all channels: leave :channels out');
  const rate = line.layout.rateHz ?? 1;
  const unit = line.layout.rateHz === undefined ? 'cycles per sample' : 'Hz';
  const edges = edgesFor(text, rate, unit);
  const cuts = edges.slice(1).map((high, i) => [edges[i]!, high] as const);
  const number = (hz: number): string => String(Number(hz.toPrecision(3)));
  const runs = line.runs(0, line.samples);
  return {
    of: 'band',
    parts: cuts.map(([low, high]) => ({ name: `${number(low)}–${number(high)} ${unit}`, runs, band: [low, high] })),
    summands(_, values) {
      const all = cuts.map(() => new Float64Array(values.length));
      for (const elements of line.lines)
        bandsOf(
          elements.map((e) => values[e]!),
          cuts.map(([low, high]) => [low / rate, high / rate]),
        ).forEach((band, i) => elements.forEach((e, t) => (all[i]![e] = band[t]!)));
      return all;
    },
  };
}

/** Ends of bands from 0 to half of the rate. @throws ExplainError 'bad-option' */
function edgesFor(text: string, rate: number, unit: string): readonly number[] {
  if (text === '' || /^[1-9]\d{0,3}$/.test(text)) {
    const count = text === '' ? COUNT : Number(text);
    return Array.from({ length: count + 1 }, (_, i) => (i * HALF * rate) / count);
  }
  const given = text.split('-').map(Number);
  const inner = given.filter((f) => f > 0 && f < HALF * rate);
  if (inner.length === 0 || given.some((f, i) => !(f >= 0 && f <= HALF * rate) || (i > 0 && f <= given[i - 1]!)))
    throw new ExplainError(
      'bad-option',
      `bands=${text} must be how many, as 16, or rising frequencies between 0 and ${HALF * rate} ${unit}, as 4-8-13-30`,
    );
  return [0, ...inner, HALF * rate];
}
