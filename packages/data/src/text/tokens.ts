import { DataError } from '../error.js';

/** One token of an encoded text. */
export interface Token {
  readonly id: number;
  /** As the vocabulary spells it: `##ing`, `Ġgood`. */
  readonly text: string;
  /** The text it is of: 0, or 1 of a pair, or the number of a choice; undefined for what the tokenizer added. */
  readonly sequence: number | undefined;
  /** Its place in that text, in UTF-16 units. Tokens may share a character, as the bytes of an emoji do; `start = end` where it has none. */
  readonly start: number;
  readonly end: number;
  /** Which of two segments the model is told it is of. */
  readonly type: number;
  /** Added by the tokenizer: [CLS], </s>, padding. */
  readonly special: boolean;
  /** Whether the model looks at it; false for padding. */
  readonly attended: boolean;
}

/** A text, or two, as a model reads it; or a text with each of several choices. */
export interface Encoded {
  /** One, a pair, or a text and its choices. */
  readonly texts: readonly string[];
  readonly tokens: readonly Token[];
  /** Tokens before anything was cut. */
  readonly whole: number;
  /** Where each text was cut, in UTF-16 units; its length where it was not. */
  readonly kept: readonly number[];
  /** How many rows of as many tokens follow each other, where a model reads several side by side. */
  readonly rows?: number;
}

export interface EncodeOptions {
  /** A second text, behind the first. */
  readonly pair?: string | undefined;
  /** Most tokens, added ones counted: what is beyond is cut, of the longer text first. No limit unless given. */
  readonly maxTokens?: number | undefined;
  /** The text has the special tokens in it already, as a filled in template has: none are added. */
  readonly plain?: boolean | undefined;
}

/** Most UTF-16 units that one text may have: the models that read most read a million tokens. */
export const MAX_TEXT = 2 ** 22;

/** What turns text into tokens. In Node `readTokenizer` makes one. */
export interface Tokenizer {
  /** Name for messages: its file's. */
  readonly name: string;
  /** SHA-256 of its `tokenizer.json`. */
  readonly digest: string;
  /** One more than the greatest id. */
  readonly vocabulary: number;
  /** Token that fills up. */
  readonly padding: { readonly id: number; readonly text: string } | undefined;
  /** Token that stands for a word to be told, as [MASK] does; undefined where text cannot hold one. */
  readonly mask: { readonly id: number; readonly text: string } | undefined;
  /** Id of the token for what it does not know; undefined where it knows all text. */
  readonly unknown: number | undefined;
  /** @throws DataError 'bad-input' for empty text and half characters */
  encode(text: string, options?: EncodeOptions): Promise<Encoded>;
  /** The tokens of a piece of text that stands inside a longer one: nothing is added. */
  pieces(text: string): Promise<readonly Token[]>;
  /** The text that tokens stand for, special ones left out. */
  decode(ids: readonly number[]): Promise<string>;
  /** Whether a token is one of the tokenizer's own, as [SEP] or <|eot|> are. */
  isSpecial(id: number): boolean;
  /** How the vocabulary spells a token; undefined beyond its end. */
  spelled(id: number): string | undefined;
}

/** Fills up with tokens that the model does not look at, on the right. */
export function padded(encoded: Encoded, length: number, padding: { readonly id: number; readonly text: string }): Encoded {
  const missing = Math.max(0, length - encoded.tokens.length);
  const filler: Token = { ...padding, sequence: undefined, start: 0, end: 0, type: 0, special: true, attended: false };
  return { ...encoded, tokens: [...encoded.tokens, ...Array.from({ length: missing }, () => filler)] };
}

/**
 * A text with each of its choices, as rows of as many tokens: each encoded as a pair with the same first text. Shorter ones are filled
 * up, and the text's own tokens stand in every row. @throws DataError 'bad-input' where there is no token to fill up with
 */
export function stacked(pairs: readonly Encoded[], { padding, name }: Pick<Tokenizer, 'padding' | 'name'>, length = 0): Encoded {
  const width = pairs.reduce((most, { tokens }) => Math.max(most, tokens.length), length);
  const isFull = pairs.every(({ tokens }) => tokens.length === width);
  if (!isFull && padding === undefined)
    throw new DataError(
      'bad-input',
      `${name} has no token to fill up with, which choices of different lengths need: give choices of as many tokens each`,
    );
  const [text] = pairs[0]!.texts as readonly [string];
  return {
    texts: [text, ...pairs.map(({ texts }) => texts[1]!)],
    tokens: pairs.flatMap((pair, row) =>
      (isFull ? pair : padded(pair, width, padding!)).tokens.map((token) =>
        token.sequence === 1 ? { ...token, sequence: 1 + row } : token,
      ),
    ),
    whole: pairs.reduce((sum, { whole }) => sum + whole, 0),
    kept: [Math.min(...pairs.map(({ kept }) => kept[0]!)), ...pairs.map(({ kept }) => kept[1]!)],
    rows: pairs.length,
  };
}
