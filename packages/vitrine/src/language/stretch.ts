import { DataError, isByToken, tokenValues, type Encoded, type TokenReduction } from '@vitrine/data';
import type { Attribution, Explanation } from '@vitrine/explain';
import type { LoadedModel } from '../model.js';
import { lengthened, type ReadText } from '../text.js';
import { reductionOf } from '../told.js';
import { continued, type Spoken } from './speak.js';

/** All tokens that a model has before it: those that it reads, and those that it has said. */
export interface Stretch {
  readonly encoded: Encoded;
  /** The place of the first token that was said. */
  readonly from: number;
  /** Tokens before those whose places the outputs have: where a decoder says another text than the encoder reads. */
  readonly apart: number;
  /** The same as the model's inputs. */
  readonly read: ReadText;
  /** Where its tokens are embedded, with those of each. */
  readonly parts: readonly { readonly at: string | undefined; readonly tokens: Encoded['tokens'] }[];
}

/** A text with what was said behind it; or beside it, where a decoder says a text of its own. */
export function stretchOf(model: LoadedModel, read: ReadText, said: readonly Spoken[]): Stretch {
  if (read.said === undefined) {
    const encoded = continued(read, said);
    const parts = [{ at: read.at, tokens: encoded.tokens }];
    return { encoded, from: read.encoded.tokens.length, apart: 0, read: lengthened(model, read, encoded), parts };
  }
  const [own, answer] = [read.encoded, continued(read.said, said)];
  const behind = answer.tokens.map((token) => (token.sequence === undefined ? token : { ...token, sequence: own.texts.length }));
  const tokens = [...own.tokens, ...behind];
  return {
    encoded: { texts: [...own.texts, ...answer.texts], tokens, whole: tokens.length, kept: [...own.kept, ...answer.kept] },
    from: own.tokens.length + read.said.encoded.tokens.length,
    apart: own.tokens.length,
    read: lengthened(model, read, answer),
    parts: [
      { at: read.at, tokens: own.tokens },
      { at: read.said.at, tokens: answer.tokens },
    ],
  };
}

/** The values to attribute to, unless others are asked for. */
export const leavesOf = ({ parts }: Stretch): readonly string[] | undefined =>
  parts.length > 1 ? parts.flatMap(({ at }) => at ?? []) : undefined;

const TOKENS = 'tokens';

export interface Valued {
  readonly values: Float64Array;
  readonly reduce: TokenReduction;
  readonly signed: boolean;
}

/** One number for each token before a place. @throws DataError where an answer does not speak of tokens */
export function valuesBefore(explanation: Explanation, { parts }: Stretch, place: number, asked: TokenReduction | undefined): Valued {
  const { attributions } = explanation;
  const found = parts.map(({ at, tokens }, i): Valued => {
    // Attention tells of what a decoder said as its tokens, and of what it read as those of another stream.
    const isOf = (one: Attribution): boolean =>
      one.at === at || (one.at === TOKENS ? i > 0 : i === 0 && one.at.startsWith(TOKENS) && isByToken(one.tensor, tokens.length));
    const attribution = parts.length === 1 ? attributions[0] : attributions.find((one) => one.part === undefined && isOf(one));
    const how = attribution && reductionOf(explanation, attribution, { tokens }, asked);
    return how === undefined
      ? wordless(explanation, attribution)
      : { ...how, values: tokenValues(attribution!.tensor, tokens.length, how.reduce) };
  });
  const values = Float64Array.from(found.flatMap((one) => Array.from(one.values))).slice(0, place);
  return { ...found[0]!, values };
}

function wordless({ method }: Explanation, attribution: Attribution | undefined): never {
  throw new DataError(
    'bad-input',
    `${method}${attribution === undefined ? '' : ` at ${attribution.at}`} has no number for each token of a text: leave at its embeddings, and show at its default`,
  );
}
