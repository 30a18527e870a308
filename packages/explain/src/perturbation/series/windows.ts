import { ExplainError } from '../../error.js';
import type { Partition, Run } from '../partition.js';
import { lengthIn, stretches, type Argument, type Timeline } from './timeline.js';

/** As many windows as there are, unless their width is given. */
const COUNT = 32;

/** Windows of one width that slide over time, as `64`, `0.5s` or `0.5s/0.25s`; the last is cut where the series ends. */
export const windows = (lines: readonly Timeline[], { text, byChannel }: Argument): Partition => ({
  of: 'window',
  parts: lines.flatMap((line) => stretches(line, cutsOf(line, text), byChannel)),
});

function cutsOf(line: Timeline, text: string): readonly Run[] {
  const [width, stride = width, ...more] = text.split('/') as [string, ...string[]];
  if (more.length > 0) throw new ExplainError('bad-option', `windows=${text} must be WIDTH or WIDTH/STRIDE, as 64/32 or 0.5s/0.25s`);
  const { samples } = line;
  if (text === '') {
    const count = Math.min(COUNT, samples);
    const cut = (k: number): number => Math.round((k * samples) / count);
    return Array.from({ length: count }, (_, k) => [cut(k), cut(k + 1)]);
  }
  const [size, step] = [lengthIn(width, line, 'windows='), lengthIn(stride, line, 'the stride of windows=')];
  const count = Math.max(1, Math.ceil((samples - size) / step) + 1);
  return Array.from({ length: count }, (_, k) => [k * step, Math.min(samples, k * step + size)]);
}
