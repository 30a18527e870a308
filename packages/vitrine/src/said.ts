import { DataError, type Encoded, type Token, type Tokenizer } from '@vitrine/data';
import { embeddingOf } from '@vitrine/explain';
import type { Graph, Tensor } from '@vitrine/ir';
import type { TextModel } from './textModel.js';
import type { ReadText } from './text.js';

/** What a decoder reads of what it has said, by the names that models give it. */
const READINGS: { readonly [reading: string]: { readonly names: RegExp; readonly of: (token: Token) => number } } = {
  decoder_input_ids: { names: /^decoder_input_?ids$/i, of: ({ id }) => id },
  decoder_attention_mask: { names: /^decoder_attention_?mask$/i, of: ({ attended }) => Number(attended) },
};

/** The inputs that what was said gives, where a model reads that. */
export const saidInputs = ({ inputs }: Graph): readonly string[] =>
  inputs.flatMap(({ name }) => (Object.values(READINGS).some(({ names }) => names.test(name)) ? [name] : []));

/**
 * What a decoder has said so far: the tokens that start it, and a text behind them. Undefined for models without a decoder, and where
 * its tokens are given otherwise. @throws DataError where nothing says how it starts
 */
export async function readSaid(
  model: TextModel,
  given: string | undefined,
  others: { has(name: string): boolean },
): Promise<ReadText | undefined> {
  const { graph, name } = model.subject;
  const ids = graph.inputs.find((input) => READINGS['decoder_input_ids']!.names.test(input.name))?.name;
  if (ids === undefined || others.has(ids)) {
    if (given === undefined) return undefined;
    const why =
      ids === undefined ? `${name} has no decoder: it takes ${graph.inputs.map((v) => v.name).join(', ')}` : `${ids} is given twice`;
    throw new DataError('bad-input', `${why}; --decoder-text is what a decoder has said so far`);
  }
  if (model.decoderStart.length === 0)
    throw new DataError(
      'bad-input',
      `${name} takes ${ids}, and no config.json beside it names a decoder_start_token_id: give all tokens, as --input ${ids}=FILE`,
    );
  const tokenizer = await model.tokenizer();
  const behind = given === undefined || given === '' ? undefined : await tokenizer.encode(given, { plain: true });
  const encoded = started(model.decoderStart, tokenizer, behind);
  const { length } = encoded.tokens;
  if (model.maxTokens !== undefined && length > model.maxTokens)
    throw new DataError(
      'bad-input',
      `what was said has ${length} tokens, and ${name} reads at most ${model.maxTokens}: give less as --decoder-text`,
    );
  const attention = saidInputs(graph).find((input) => input !== ids);
  return { encoded, tokenizer, ids, attention, at: embeddingOf(graph, ids)?.value.name, feeds: saidFeeds(graph, encoded), notes: [] };
}

/** The start, and what was said behind it. */
function started(start: readonly number[], tokenizer: Tokenizer, behind: Encoded | undefined): Encoded {
  const tokens = [...start.map((id) => startToken(id, tokenizer)), ...(behind?.tokens ?? [])];
  return { texts: behind?.texts ?? [''], tokens, whole: tokens.length, kept: behind?.kept ?? [0] };
}

const startToken = (id: number, tokenizer: Tokenizer): Token => ({
  id,
  text: tokenizer.spelled(id) ?? String(id),
  sequence: undefined,
  start: 0,
  end: 0,
  type: 0,
  special: true,
  attended: true,
});

/** Tokens as the inputs that hold what was said: [1,T]. */
export const saidFeeds = (graph: Graph, { tokens }: Encoded): ReadonlyMap<string, Tensor> =>
  new Map(
    saidInputs(graph).map((input) => {
      const { of } = Object.values(READINGS).find(({ names }) => names.test(input))!;
      return [input, { dtype: 'int64', dims: [1, tokens.length], data: BigInt64Array.from(tokens, (token) => BigInt(of(token))) }];
    }),
  );
