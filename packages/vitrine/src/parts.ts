import type { Attribution, Explanation, Parts } from '@vitrine/explain';
import { sizeOf } from '@vitrine/ir';
import { csv } from './layers.js';
import type { Told } from './told.js';

/** A row for each part that was taken away: its name, what it counts, its standard error, its interval of 95 % and its place with how sure it is, where there are some, and its elements. */
export const valuesCsv = ({ values }: Parts): Uint8Array =>
  csv([
    ['part', 'value', 'standard_error', 'low', 'high', 'place', 'certainty', 'elements'],
    ...values.map(({ name, value, standardError, interval, rank, runs }) => [
      name,
      value,
      standardError ?? '',
      interval?.[0] ?? '',
      interval?.[1] ?? '',
      rank?.place ?? '',
      rank?.certainty ?? '',
      [...runs].map(([at, list]) => `${at} ${list.map(([start, end]) => `${start}-${end - 1}`).join(' ')}`).join('; '),
    ]),
  ]);

/** Standard errors of segments, where they are what was taken away. */
export function errorsOf(
  { parts }: Explanation,
  { at, tensor }: Attribution,
  { unit, segments, values }: Pick<Told, 'unit' | 'segments' | 'values'>,
): Pick<Told, 'errors'> {
  if (parts?.of !== unit) return {};
  const width = sizeOf(tensor.dims) / values.length;
  // Parts of another text have nothing here.
  const byToken = new Map(
    parts.values.flatMap(({ runs, standardError }) => (runs.get(at) ?? []).slice(0, 1).map(([start]) => [start / width, standardError])),
  );
  const errors = segments.flatMap(({ tokens: [first] }, i): readonly (readonly [number, number])[] => {
    const error = byToken.get(first!);
    return error === undefined ? [] : [[i, error]];
  });
  return errors.length === 0 ? {} : { errors: new Map(errors) };
}
