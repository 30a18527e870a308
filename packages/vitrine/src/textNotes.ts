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
