import type { Encoded, Tokenizer } from '@vitrine/data';
import { shortened } from './shortened.js';

/** What was cut off, in a sentence for each text. */
export const cutNotes = (encoded: Encoded): readonly string[] => {
  const { texts, kept, whole, tokens } = encoded;
  const read = tokens.filter(({ attended }) => attended).length;
  return texts.flatMap((text, i) =>
    kept[i] === text.length
      ? []
      : [`${named(encoded, i)} was cut: of ${whole} tokens ${read} are read, and “${shortened(text.slice(kept[i]))}” is not`],
  );
};

function named({ texts, rows }: Encoded, i: number): string {
  if (rows !== undefined) return i === 0 ? 'the text' : `choice ${i}`;
  return texts.length === 1 ? 'the text' : i === 0 ? 'the first text' : 'the second text';
}

const NAMED = 5;

/** What the vocabulary lacks. */
export function unknownNotes({ texts, tokens }: Encoded, { unknown }: Tokenizer): readonly string[] {
  const found = tokens.filter(({ id, sequence }) => id === unknown && sequence !== undefined);
  const pieces = [...new Set(found.map(({ sequence, start, end }) => `“${shortened(texts[sequence!]!.slice(start, end))}”`))];
  const shown = `${pieces.slice(0, NAMED).join(', ')}${pieces.length > NAMED ? ` and ${pieces.length - NAMED} more` : ''}`;
  return pieces.length === 0 ? [] : [`the vocabulary lacks ${shown}: the model sees ${found[0]!.text} instead`];
}

/** What was filled up for a model of fixed length. */
export function fillNotes(before: Encoded, after: Encoded, readings: ReadonlySet<string>): readonly string[] {
  const rows = after.rows ?? 1;
  const added = (after.tokens.length - before.tokens.length) / rows;
  if (added === 0) return [];
  const seen = readings.has('attention_mask') ? '' : ', which it cannot tell from text: it takes no attention_mask';
  return [`the model reads exactly ${after.tokens.length / rows} tokens: ${added} were filled up with ${after.tokens.at(-1)!.text}${seen}`];
}

/** Embeddings are often filled up to a round number, but not by so much. */
const FILLED = 0.9;

/** A tokenizer with far fewer tokens than the model embeds. */
export const fewerNotes = ({ name, vocabulary }: Tokenizer, rows: number | undefined, model: string): readonly string[] =>
  rows === undefined || vocabulary >= FILLED * rows
    ? []
    : [`${name} has ${vocabulary} tokens, and ${model} embeds ${rows}: if it is another model's, the words are read wrongly`];

/** Two texts that nothing keeps apart. */
export function pairNotes({ texts, tokens, rows }: Encoded, readings: ReadonlySet<string>): readonly string[] {
  const second = tokens.findIndex(({ sequence }) => sequence === 1);
  const isTyped = readings.has('token_type_ids') && tokens[second - 1]?.type !== tokens[second]?.type;
  const isApart = isTyped || tokens[second - 1]?.sequence === undefined;
  return texts.length !== 2 || rows !== undefined || second <= 0 || isApart
    ? []
    : ['the tokenizer puts nothing between the two texts: the model reads them as one'];
}
