import type { Encoded, Token } from './tokens.js';

/** Parts of a text that attributions are told of. A phrase ends at a comma, a colon, a dash or where its sentence does. */
export const units = ['token', 'word', 'phrase', 'sentence'] as const;
export type Unit = (typeof units)[number];

/** A part of a text, and the tokens that it is read as. */
export interface Segment {
  /** 0, or 1 of a pair; undefined for a token that stands in no text. */
  readonly sequence: number | undefined;
  /** Its place in its text, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Positions of its tokens. */
  readonly tokens: readonly number[];
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * The segments of an encoded text in reading order, tokens without a place last. Every token is of one segment: parts that share a token
 * are one segment, and so are tokens that share a character (the bytes of an emoji, a letter and its accent).
 */
export function segmentsOf({ texts, tokens }: Encoded, unit: Unit): readonly Segment[] {
  const placed = texts.flatMap((text, sequence) => inText(text, sequence, tokens, splitters[unit](text)));
  const taken = new Set(placed.flatMap((segment) => segment.tokens));
  const loose = tokens.flatMap(({ text }, i): readonly Segment[] =>
    taken.has(i) ? [] : [{ sequence: undefined, start: 0, end: 0, text, tokens: [i] }],
  );
  return [...placed, ...loose];
}

/** Joins parts that a token spans, and drops those that no token is of. */
function inText(text: string, sequence: number, tokens: readonly Token[], parts: readonly Range[]): readonly Segment[] {
  const held = tokens
    .flatMap((token, i) => (token.sequence === sequence && token.end > token.start ? [{ i, ...withoutSpace(text, token) }] : []))
    .toSorted((a, b) => a.start - b.start || a.i - b.i);
  const segments: { start: number; end: number; tokens: number[]; last: number }[] = [];
  let part = 0;
  for (const { i, start, end } of held) {
    while (part < parts.length && parts[part]!.end <= start) part++;
    let to = part;
    while (to + 1 < parts.length && parts[to + 1]!.start < end) to++;
    const open = segments.at(-1);
    if (open !== undefined && part <= open.last) {
      open.tokens.push(i);
      open.end = Math.max(open.end, parts[to]!.end);
      open.last = Math.max(open.last, to);
    } else segments.push({ start: parts[part]!.start, end: parts[to]!.end, tokens: [i], last: to });
  }
  return segments.map(({ start, end, tokens: of }) => {
    const place = withoutSpace(text, { start, end });
    return { sequence, ...place, text: text.slice(place.start, place.end), tokens: of.toSorted((a, b) => a - b) };
  });
}

/** A range of a text without the space around it, unless it is all space. */
export function withoutSpace(text: string, { start, end }: Range): Range {
  const piece = text.slice(start, end);
  const inner = piece.trim();
  if (inner === '') return { start, end };
  const from = start + piece.indexOf(inner);
  return { start: from, end: from + inner.length };
}

/** One after the other they cover the text. */
const splitters: { readonly [unit in Unit]: (text: string) => readonly Range[] } = {
  token: (text) => segmented(text, 'grapheme'),
  word: (text) => spaceless(text, segmented(text, 'word')),
  phrase: (text) => segmented(text, 'sentence').flatMap(({ start, end }) => phrases(text, start, end)),
  sentence: (text) => segmented(text, 'sentence'),
};

/** By the rules of Unicode, with dictionaries for Chinese, Japanese, Thai and others that are written without spaces. */
function segmented(text: string, granularity: 'grapheme' | 'word' | 'sentence'): readonly Range[] {
  const found = new Intl.Segmenter('en', { granularity }).segment(text);
  return Array.from(found, ({ index, segment }) => ({ start: index, end: index + segment.length }));
}

/** Space goes with what follows it; at the end, with what came before. */
function spaceless(text: string, parts: readonly Range[]): readonly Range[] {
  const solid = parts.filter(({ start, end }) => text.slice(start, end).trim() !== '');
  const last = solid.length - 1;
  return last < 0 ? parts : solid.map(({ end }, i) => ({ start: solid[i - 1]?.end ?? 0, end: i === last ? text.length : end }));
}

/** A comma, colon, semicolon or dash of some script that a space or the next character follows; not the comma in 1,000 nor the colon in 12:30. */
const PHRASE_END = /(?:[,;:،؛၊]+(?=\s)|\s[-–—]+(?=\s)|[—、，；：]+)\s*/gu;

function phrases(text: string, start: number, end: number): readonly Range[] {
  const ends = Array.from(text.slice(start, end).matchAll(PHRASE_END), (match) => start + match.index + match[0].length);
  const cuts = [start, ...ends.filter((at) => at < end), end];
  return cuts.slice(1).map((to, i) => ({ start: cuts[i]!, end: to }));
}
