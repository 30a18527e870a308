import { segmentsOf, units, type Encoded, type Tokenizer, type Unit } from '@vitrine/data';
import { atPositions, type Division, type Group, type StandIn } from '@vitrine/explain';
import type { Tensor } from '@vitrine/ir';
import type { ReadText } from './text.js';

/** Ways to divide a text, words first. Tokens that the tokenizer added are of no part: they are never taken away. */
export function divisionsOf({ encoded, tokenizer, attention }: ReadText): ReadonlyMap<string, Division> {
  const names = ['word', ...units.filter((unit) => unit !== 'word')] as const;
  const beside = attention === undefined ? [] : [attention];
  return new Map(
    names.map((unit) => [
      unit,
      (x) => atPositions(unit, groupsOf(encoded, unit, removable(encoded, tokenizer)), encoded.tokens.length, x, beside, encoded.rows),
    ]),
  );
}

/** Tokens of the tokenizer's own stay, also those that stand in the text: a mask to be told, the marks of a conversation. */
const removable =
  ({ tokens }: Encoded, tokenizer: Tokenizer) =>
  (t: number): boolean => {
    const { id, special } = tokens[t]!;
    // What the vocabulary lacks is text all the same.
    return !special && (id === tokenizer.unknown || !tokenizer.isSpecial(id));
  };

function groupsOf(encoded: Encoded, unit: Unit, own: (t: number) => boolean): readonly Group[] {
  return segmentsOf(encoded, unit)
    .map(({ text, tokens }) => ({ name: text, positions: tokens.filter(own) }))
    .filter(({ positions }) => positions.length > 0);
}

/** What may stand in for the tokens of a text: the mask token first, if there is one. */
export function standInsOf({ encoded, tokenizer, feeds, ids, attention }: ReadText): ReadonlyMap<string, StandIn> {
  const { mask, unknown, padding } = tokenizer;
  const own = removable(encoded, tokenizer);
  const tokens = { mask: mask?.id, unknown, pad: padding?.id };
  const found = new Map<string, StandIn>();
  for (const [name, id] of Object.entries(tokens)) if (id !== undefined) found.set(name, { inputs: replaced(ids, id), looksUp: true });
  if (attention !== undefined) found.set('attention', { inputs: replaced(attention, 0), looksUp: false });
  return found;

  /** One number in the place of every token but those that were added. */
  function replaced(input: string, value: number): ReadonlyMap<string, Tensor> {
    const { dims, data } = feeds.get(input)!;
    const changed = BigInt64Array.from(data as BigInt64Array, (given, t) => (own(t) ? BigInt(value) : given));
    return new Map([[input, { dtype: 'int64', dims, data: changed }]]);
  }
}
