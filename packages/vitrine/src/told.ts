import {
  DataError,
  isByToken,
  segmentsOf,
  segmentValues,
  tokenValues,
  units,
  type Encoded,
  type Segment,
  type TokenReduction,
  type Unit,
} from '@vitrine/data';
import { explainerNamed, type Attribution, type Explanation } from '@vitrine/explain';
import type { Tensor } from '@vitrine/ir';
import { errorsOf } from './parts.js';
import type { ReadText } from './text.js';

/** What attributions are told of. */
export interface Shown {
  readonly text?: ReadText | undefined;
  readonly inputs: ReadonlyMap<string, { readonly tensor: Tensor }>;
}

/** How attributions of text are told. */
export interface Telling {
  /** Of which parts of it; words unless given. */
  readonly unit?: Unit | undefined;
  /** How a token's vector becomes one number: unless given its sum, or its length where a method tells rates of change. */
  readonly reduce?: TokenReduction | undefined;
}

/** An attribution of text, told. */
export interface Told {
  readonly encoded: Encoded;
  readonly unit: Unit;
  /** How a token's vector became one number. */
  readonly reduce: TokenReduction;
  /** Whether less than zero means against. */
  readonly signed: boolean;
  /** One for each token. */
  readonly values: Float64Array;
  readonly segments: readonly Segment[];
  /** One for each segment. */
  readonly sums: Float64Array;
  /** One for each segment that was taken away by itself, where its number was estimated. */
  readonly errors?: ReadonlyMap<number, number>;
}

/** How an attribution is told by token; undefined where it has no number for each. */
export function reductionOf(
  explanation: Pick<Explanation, 'method' | 'options'>,
  { tensor }: Attribution,
  { tokens, rows }: Pick<Encoded, 'tokens' | 'rows'>,
  asked?: TokenReduction,
): { readonly reduce: TokenReduction; readonly signed: boolean } | undefined {
  // Tokens for tokens have as many columns as tokens, and are no vectors.
  const row = explainerNamed(explanation.method);
  const square = row.family === 'attention' && explanation.options['show'] === 'all';
  if (square || !isByToken(tensor, tokens.length, rows)) return undefined;
  // A part that was taken away has one number, and no direction: the length of its shares would be none.
  const reduce =
    row.family === 'perturbation' || row.family === 'surrogate'
      ? 'sum'
      : (asked ?? (row.rate || explanation.options['timesInput'] === false ? 'norm' : 'sum'));
  return { reduce, signed: row.signed && reduce !== 'norm' };
}

/** What an attribution says of text; undefined where it says something of anything else. */
export function toldOf(
  { text, inputs }: Shown,
  explanation: Explanation,
  attribution: Attribution,
  telling: Telling = {},
): Told | undefined {
  const encoded = text && encodedIn(text, attribution);
  if (encoded === undefined || inputs.get(attribution.at)?.tensor.dtype.startsWith('float')) return undefined;
  const how = reductionOf(explanation, attribution, encoded, telling.reduce);
  if (how === undefined) return undefined;
  const unit = coarser(telling.unit ?? 'word', explanation.parts?.of);
  const told = byPart(encoded, tokenValues(attribution.tensor, encoded.tokens.length, how.reduce, encoded.rows), unit);
  return { ...how, ...told, ...errorsOf(explanation, attribution, told) };
}

/** The tokens that an attribution is of: those of the text, or those that a decoder said. Attention tells of the latter as its tokens. */
function encodedIn({ encoded, said }: ReadText, { at, tensor }: Attribution): Encoded {
  if (said === undefined) return encoded;
  const both = at === said.at || at === 'tokens' ? [said.encoded, encoded] : [encoded, said.encoded];
  return both.find(({ tokens, rows }) => isByToken(tensor, tokens.length, rows)) ?? encoded;
}

/** Values of tokens, and their sums over the parts of a text. */
export function byPart(encoded: Encoded, values: Float64Array, unit: Unit = 'word'): Omit<Told, 'reduce' | 'signed'> {
  const segments = segmentsOf(encoded, unit);
  return { encoded, unit, values, segments, sums: segmentValues(segments, values) };
}

/** Parts that were taken away whole are told whole. */
const coarser = (asked: Unit, taken: string | undefined): Unit => units[Math.max(units.indexOf(asked), units.indexOf(taken as Unit))]!;

/** A part of a text, and what it counts. */
export interface TextPart {
  readonly text: string;
  readonly value: number;
  /** Of the value, where it was estimated from samples. */
  readonly standardError?: number;
  /** 0, or 1 of a pair, or the number of a choice; undefined for tokens that stand in no text. */
  readonly sequence: number | undefined;
  /** Its place, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
}

/** What the words of a text count, or other parts of it, in reading order. @throws DataError where an answer does not speak of tokens */
export function textParts(exam: Shown, { explanation }: { readonly explanation: Explanation }, telling: Telling = {}): readonly TextPart[] {
  const [attribution] = explanation.attributions;
  const told = attribution && toldOf(exam, explanation, attribution, telling);
  if (told === undefined)
    throw new DataError(
      'bad-input',
      `${explanation.method} at ${attribution?.at} has no number for each token of a text: examine { text }, and leave at its embeddings`,
    );
  return told.segments.map(({ text, sequence, start, end }, i) => {
    const standardError = told.errors?.get(i);
    return { text, value: told.sums[i]!, ...(standardError !== undefined && { standardError }), sequence, start, end };
  });
}

/** What counts most of an answer's text, the strongest first; nothing where it does not speak of text. */
export function strongest(
  exam: Shown,
  { explanation }: { readonly explanation: Explanation },
  telling: Telling,
  most: number,
): readonly TextPart[] {
  const [attribution] = explanation.attributions;
  if (attribution === undefined || toldOf(exam, explanation, attribution, telling) === undefined) return [];
  return textParts(exam, { explanation }, telling)
    .filter(({ sequence, value }) => sequence !== undefined && value !== 0)
    .toSorted((a, b) => Math.abs(b.value) - Math.abs(a.value))
    .slice(0, most);
}
