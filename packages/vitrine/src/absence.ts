import { segmentsOf, units, type Encoded, type Tokenizer, type Unit } from '@vitrine/data';
import { atPositions, type Division, type Group, type Partition, type Point, type StandIn } from '@vitrine/explain';
import type { Tensor } from '@vitrine/ir';
import type { ReadText } from './text.js';

/**
 * Ways to divide a text, or texts that are embedded at different places, words first. Tokens that the tokenizer added are of no part: they
 * are never taken away.
 */
export function divisionsOf(texts: readonly ReadText[]): ReadonlyMap<string, Division> {
  const names = ['word', ...units.filter((unit) => unit !== 'word')] as const;
  return new Map(names.map((unit) => [unit, (x) => together(texts.map((text) => dividedBy(unit, text, beside(text, texts, x))))]));
}

/** All values but those where another text is embedded. */
const beside = ({ at: own }: ReadText, texts: readonly ReadText[], x: Point): Point =>
  new Map([...x].filter(([at]) => at === own || !texts.some((text) => text.at === at)));

function dividedBy(unit: Unit, { encoded, tokenizer, attention }: ReadText, x: Point): Partition | undefined {
  const hidden = attention === undefined ? [] : [attention];
  return atPositions(unit, groupsOf(encoded, unit, removable(encoded, tokenizer)), encoded.tokens.length, x, hidden, encoded.rows);
}

function together(partitions: readonly (Partition | undefined)[]): Partition | undefined {
  const found = partitions.filter((partition) => partition !== undefined);
  return found.length === partitions.length ? { of: found[0]!.of, parts: found.flatMap(({ parts }) => parts) } : undefined;
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
  const coarser = units.slice(units.indexOf(unit) + 1).toReversed();
  const around = coarser.map((one) => new Map(segmentsOf(encoded, one).flatMap(({ tokens }, k) => tokens.map((t) => [t, `${one} ${k}`]))));
  return segmentsOf(encoded, unit)
    .map(({ text, tokens, sequence }) => ({
      name: text,
      positions: tokens.filter(own),
      within: [`text ${sequence}`, ...around.map((of) => of.get(tokens[0]!)!)],
    }))
    .filter(({ positions }) => positions.length > 0);
}

/** What may stand in for the tokens of all texts: the mask token first, if there is one. */
export function standInsOf(texts: readonly ReadText[]): ReadonlyMap<string, StandIn> {
  const [first, ...others] = texts.map(standInsIn);
  return new Map(
    [...first!].flatMap(([name, { inputs, looksUp }]) => {
      const more = others.map((found) => found.get(name)?.inputs);
      return more.every((one) => one !== undefined)
        ? [[name, { inputs: new Map([...inputs, ...more.flatMap((one) => [...one])]), looksUp }]]
        : [];
    }),
  );
}

function standInsIn({ encoded, tokenizer, feeds, ids, attention }: ReadText): ReadonlyMap<string, StandIn> {
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
