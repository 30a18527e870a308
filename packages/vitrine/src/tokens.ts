import { signed, type TextShown } from '@vitrine/audit';
import { csv } from './layers.js';
import type { Told } from './told.js';

/** The told text as the report shows it. */
export function shownText(told: Told, caption: string): TextShown {
  const { encoded, unit, values, segments, sums, errors } = told;
  return {
    caption,
    unit,
    signed: told.signed,
    passages: encoded.texts.map((_, sequence) => piecesOf(told, sequence)),
    rows: segments.map(({ text, tokens }, i) => ({
      text,
      value: sums[i]!,
      ...(errors?.has(i) && { standardError: errors.get(i)! }),
      tokens: tokens.map((t) => {
        const { text: spelled, sequence, start, end } = encoded.tokens[t]!;
        return { text: spelled, place: sequence === undefined ? '' : `${start}–${end}`, value: values[t]! };
      }),
    })),
  };
}

/** A text in pieces that are it again when put together. */
export function piecesOf(
  { encoded, segments, sums }: Told,
  sequence: number,
): readonly { readonly text: string; readonly value?: number }[] {
  const text = encoded.texts[sequence]!;
  const own = segments.flatMap(({ sequence: of, start, end }, i) => (of === sequence ? [{ start, end, value: sums[i]! }] : []));
  const pieces = own.flatMap(({ start, end, value }, i) => [
    { text: text.slice(own[i - 1]?.end ?? 0, start) },
    { text: text.slice(start, end), value },
  ]);
  return [...pieces, { text: text.slice(own.at(-1)?.end ?? 0) }].filter((piece) => piece.text !== '');
}

/** What the told numbers cannot show. */
export const limitsOfTold = ({ reduce }: Told): readonly string[] =>
  reduce === 'norm' ? ['Of each token the length of its vector is shown: it tells how much, and not whether for or against.'] : [];

const NAMED = 3;

/** What counts most, in sentences. */
export function foundIn({ segments, sums, unit, signed: isSigned, encoded }: Told, target: string): readonly string[] {
  const order = [...segments.keys()].filter((i) => segments[i]!.sequence !== undefined && sums[i] !== 0);
  const named = (list: readonly number[]): string => list.map((i) => `“${segments[i]!.text}” (${signed(sums[i]!)})`).join(', ');
  const pro = order.filter((i) => sums[i]! > 0).toSorted((a, b) => sums[b]! - sums[a]!);
  const con = order.filter((i) => sums[i]! < 0).toSorted((a, b) => sums[a]! - sums[b]!);
  const of = `Of ${encoded.rows !== undefined ? (encoded.texts[0] === '' ? 'the texts' : 'the text and its choices') : encoded.texts.length > 1 ? 'the two texts' : 'the text'}, these ${unit}s ${isSigned ? 'speak most' : 'count most'} for ${target}`;
  const added = segments.flatMap(({ sequence }, i) => (sequence === undefined ? [sums[i]!] : []));
  return [
    ...(pro.length > 0 ? [`${of}: ${named(pro.slice(0, NAMED))}.`] : [`Nothing in the text speaks for ${target}.`]),
    ...(con.length > 0 ? [`Most against it: ${named(con.slice(0, NAMED))}.`] : []),
    ...(added.length > 0
      ? [`Tokens that stand in no text, as [CLS] does, hold ${signed(added.reduce((a, b) => a + b, 0))} together.`]
      : []),
  ];
}

/** A row for each token: its spelling, its place in UTF-16 units, its value, its word, and which text it is of: 0, 1 of a pair, or the number of a choice. */
export function tokensCsv({ encoded, values, segments }: Told): Uint8Array {
  const words = new Map(segments.flatMap(({ text, tokens }) => tokens.map((t) => [t, text] as const)));
  return csv([
    ['token', 'start', 'end', 'value', 'word', 'text'],
    ...encoded.tokens.map(({ text, start, end, sequence }, t) =>
      sequence === undefined ? [text, '', '', values[t]!, '', ''] : [text, start, end, values[t]!, words.get(t) ?? '', sequence],
    ),
  ]);
}
