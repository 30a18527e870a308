import { withoutSpace, type Encoded } from '@vitrine/data';
import { written, type Place, type Target } from '@vitrine/explain';
import type { Words } from '../ranked.js';
import { shortened } from '../shortened.js';
import { bad } from './head.js';

/** Words of a text as the tokens they are read as. */
export interface Span extends Words {
  /** Positions of its tokens, in order. */
  readonly tokens: readonly number[];
  /** Its words in quotes, for people. */
  readonly name: string;
  readonly notes: readonly string[];
}

/**
 * The span that a target names: tokens it touches, whole. Words are looked for in the texts in this order, and places are the first one's.
 * @throws ExplainError 'bad-target' where the text has none, or it was cut
 */
export function spanOf(
  target: Extract<Target, { readonly kind: 'span' }>,
  { texts, tokens, kept }: Encoded,
  order: readonly number[],
): Span {
  const asked = written(target);
  const { sequence, start, end } =
    typeof target.at === 'string' ? occurrence(target.at, texts, order) : { sequence: order[0]!, ...checked(target.at, texts[order[0]!]!) };
  const text = texts[sequence]!;
  if (end > kept[sequence]!)
    bad(`${asked} was cut off: the text is read up to place ${kept[sequence]}, so give it more room with --max-tokens`);
  const range = withoutSpace(text, { start, end });
  const cores = tokens.map((token) => withoutSpace(text, token));
  const touched = [...tokens.keys()].filter(
    (i) => tokens[i]!.sequence === sequence && cores[i]!.start < range.end && cores[i]!.end > range.start,
  );
  if (touched.length === 0) bad(`${asked} holds no token: nothing is read of ${start}..${end}`);
  const words = placeOf(touched.map((i) => cores[i]!));
  const name = quoted(text, words);
  const again = typeof target.at === 'string' ? text.split(target.at).length - 1 : 1;
  return {
    sequence,
    ...words,
    tokens: touched,
    name,
    notes: [
      ...(again > 1 ? [`${asked} stands ${again} times in the text: the first is meant, at ${start}..${end}`] : []),
      ...(words.start === range.start && words.end === range.end ? [] : [`${asked} ends within a token: ${name} is taken`]),
    ],
  };
}

/** From the first place to the last. */
export const placeOf = (places: readonly Place[]): Place => ({
  start: places.reduce((m, { start }) => Math.min(m, start), Infinity),
  end: places.reduce((m, { end }) => Math.max(m, end), 0),
});

export const quoted = (text: string, { start, end }: Place): string => `“${shortened(text.slice(start, end))}”`;

function occurrence(words: string, texts: readonly string[], order: readonly number[]): Words {
  if (words === '') return bad('a span of no words is empty: write span:"Paris"');
  for (const sequence of order) {
    const start = texts[sequence]!.indexOf(words);
    if (start >= 0) return { sequence, start, end: start + words.length };
  }
  const folded = order.flatMap((sequence) => {
    const start = texts[sequence]!.toLowerCase().indexOf(words.toLowerCase());
    return start < 0 ? [] : [texts[sequence]!.slice(start, start + words.length)];
  });
  const where = texts.length > 1 ? 'neither text holds' : 'the text does not hold';
  return bad(`${where} “${shortened(words)}”${folded.length > 0 ? `: did you mean “${shortened(folded[0]!)}”?` : ''}`);
}

function checked({ start, end }: Place, { length }: string): Place {
  if (end <= start) return bad(`span:${start}..${end} is empty: its end must lie behind its start`);
  if (end > length) return bad(`span:${start}..${end} lies outside the text, which has places 0..${length}`);
  return { start, end };
}
