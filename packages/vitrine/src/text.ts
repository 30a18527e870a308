import { DataError, padded, stacked, type Encoded, type Tokenizer } from '@vitrine/data';
import { embeddingOf, nothingRead } from '@vitrine/explain';
import { VitrineError, type Graph, type Tensor, type Value } from '@vitrine/ir';
import { checkReach, over, tablesShort } from './reach.js';
import { pairsOf } from './choices.js';
import { readSaid, saidFeeds, saidInputs } from './said.js';
import type { TextModel } from './textModel.js';
import { cutNotes, fewerNotes, fillNotes, pairNotes, unknownNotes } from './textNotes.js';

/** An example given as text. */
export interface TextGiven {
  readonly text: string;
  /** A second text, for models that read two. */
  readonly pair?: string | undefined;
  /** Texts of which a model chooses the one that goes with the first. */
  readonly choices?: readonly string[] | undefined;
  /** The special tokens stand in the text already. */
  readonly plain?: boolean | undefined;
  /** What a decoder has said so far, behind the tokens that start it; for models that say another text than they read. */
  readonly decoderText?: string | undefined;
  /** Cut to this many tokens. Without it, text longer than the model reads is refused. */
  readonly maxTokens?: number | undefined;
  /** Where it stands, for messages: a file and a line. */
  readonly source?: string | undefined;
}

/** Text as it is fed. */
export interface ReadText {
  readonly encoded: Encoded;
  readonly tokenizer: Tokenizer;
  /** The input that takes the tokens. */
  readonly ids: string;
  /** The input that tells which of them count; undefined where the model takes none. */
  readonly attention: string | undefined;
  /** The embedded tokens, where the graph shows them. */
  readonly at: string | undefined;
  readonly feeds: ReadonlyMap<string, Tensor>;
  /** What was cut or filled up, in sentences. */
  readonly notes: readonly string[];
  /** What a decoder has said so far, where a model has one: outputs speak of its tokens. */
  readonly said?: ReadText | undefined;
}

/** The text whose tokens a model's outputs speak of. */
export const answered = (read: ReadText): ReadText => read.said ?? read;

/** What models of text read, by the names they give it. */
const READINGS: { readonly [reading: string]: { readonly names: RegExp; readonly of: (encoded: Encoded) => readonly number[] } } = {
  input_ids: { names: /^(input_?ids|input_word_ids|ids|tokens|token_ids)$/i, of: ({ tokens }) => tokens.map(({ id }) => id) },
  attention_mask: { names: /^(attention_?mask|input_mask|mask)$/i, of: ({ tokens }) => tokens.map(({ attended }) => Number(attended)) },
  token_type_ids: { names: /^(token_?type_?ids|segment_ids|input_type_ids)$/i, of: ({ tokens }) => tokens.map(({ type }) => type) },
  position_ids: { names: /^position_?ids$/i, of: ({ tokens, rows = 1 }) => [...tokens.keys()].map((i) => i % (tokens.length / rows)) },
};

/** The inputs that nothing but a file gives: not text, where there is some, nor what a decoder has said. */
export function untold({ inputs, ...graph }: Graph, isText: boolean): readonly Value[] {
  const said = new Set(saidInputs({ inputs, ...graph }));
  const readings = Object.values(READINGS);
  return inputs.filter(({ name }) => !said.has(name) && !(isText && readings.some(({ names }) => names.test(name.replace(/:\d+$/, '')))));
}

/** Text as the inputs of a model. @throws DataError where tokenizer, text and model do not fit together */
export async function readText(model: TextModel, given: TextGiven, others: ReadonlySet<string>): Promise<ReadText> {
  const { graph, name } = model.subject;
  const past = nothingRead(graph);
  const said = await readSaid(model, given.decoderText, others);
  const readings = readingsFor(graph, name, new Set([...others, ...past.keys(), ...(said?.feeds.keys() ?? [])]));
  const ids = [...readings].find(([, reading]) => reading === 'input_ids')?.[0];
  if (ids === undefined)
    throw new DataError('bad-input', `${name} has no input for tokens: it takes ${graph.inputs.map((v) => v.name).join(', ')}`);
  const tokenizer = await model.tokenizer();
  const embedding = embeddingOf(graph, ids);
  const rows = embedding?.rows;
  if (rows !== undefined && tokenizer.vocabulary > rows)
    throw new DataError(
      'bad-input',
      `${tokenizer.name} has ${tokenizer.vocabulary} tokens, and ${name} embeds only ${rows}: give the tokenizer.json it was trained with, as --tokenizer FILE`,
    );
  const { shape } = graph.inputs.find((v) => v.name === ids)!.type;
  const width = shape?.at(-1);
  const fixed = typeof width === 'number' ? width : undefined;
  const context = fixed ?? model.maxTokens;
  const pairs = await pairsOf(given, tokenizer, model.subject, shape);
  const longest = pairs.reduce((a, b) => (b.tokens.length > a.tokens.length ? b : a));
  if (context !== undefined && longest.tokens.length > context) throw over(longest, name, context);
  const short = given.choices === undefined ? pairs[0]! : stacked(pairs, tokenizer);
  const encoded =
    given.choices !== undefined ? stacked(pairs, tokenizer, fixed) : fixed === undefined ? short : filled(short, fixed, tokenizer, name);
  const feeds = new Map([...past, ...feedsFor(graph, readings, encoded), ...(said?.feeds ?? [])]);
  await checkReach(model, encoded, feeds, readings);
  const read = new Set(readings.values());
  return {
    encoded,
    tokenizer,
    ids,
    attention: [...readings].find(([, reading]) => reading === 'attention_mask')?.[0],
    at: embedding?.value.name,
    feeds,
    said,
    notes: [
      ...fewerNotes(tokenizer, rows, name),
      ...pairNotes(encoded, read),
      ...cutNotes(encoded),
      ...unknownNotes(encoded, tokenizer),
      ...fillNotes(short, encoded, read),
    ],
  };
}

/** The most tokens that a model reads, where it reads fewer than so many. */
export async function mostTokens(model: TextModel, read: ReadText, wanted: number): Promise<number | undefined> {
  if (model.maxTokens !== undefined) return wanted > model.maxTokens ? model.maxTokens : undefined;
  const { encoded } = answered(read);
  const [first] = encoded.tokens;
  const tokens = Array.from({ length: wanted }, () => first!);
  const { graph, name } = model.subject;
  const readings = readingsFor(graph, name, new Set([...nothingRead(graph).keys(), ...saidInputs(graph)]));
  return (await tablesShort(model, lengthened(model, read, { ...encoded, tokens }).feeds, readings)).positions;
}

const feedsFor = (graph: Graph, readings: ReadonlyMap<string, string>, encoded: Encoded): ReadonlyMap<string, Tensor> =>
  new Map([...readings].map(([input, reading]) => [input, tensorFor(graph, input, READINGS[reading]!.of(encoded), encoded.rows)]));

/** The same with more tokens behind the text, or behind what a decoder said. @throws DataError where the model reads fewer */
export function lengthened(model: TextModel, read: ReadText, encoded: Encoded): ReadText {
  const { graph, name } = model.subject;
  if (read.said !== undefined) {
    const feeds = saidFeeds(graph, encoded);
    return { ...read, feeds: new Map([...read.feeds, ...feeds]), said: { ...read.said, encoded, feeds } };
  }
  const past = nothingRead(graph);
  const readings = readingsFor(graph, name, past);
  return { ...read, encoded, feeds: new Map([...past, ...feedsFor(graph, readings, encoded)]) };
}

/** Why a model did not run on text: where nothing says how much it reads, its length is the likeliest cause. */
export function tooLong(cause: unknown, { encoded }: ReadText, { maxTokens, subject: { name } }: TextModel): unknown {
  if (maxTokens !== undefined || !(cause instanceof VitrineError) || !DOES_NOT_RUN.has(cause.code)) return cause;
  return new DataError(
    'bad-input',
    `${name} does not run on the ${encoded.tokens.length} tokens of the text (${cause.message}): if it reads fewer, cut the text with --max-tokens N`,
    { cause },
  );
}

const DOES_NOT_RUN: ReadonlySet<string> = new Set(['shape-mismatch', 'run-failed']);

const isWhole = (dtype: string): boolean => /^u?int/.test(dtype);

/** Which reading each input takes, but those that are given otherwise. */
function readingsFor(graph: Graph, model: string, others: { has(name: string): boolean }): ReadonlyMap<string, string> {
  const open = graph.inputs.filter(({ name }) => !others.has(name));
  const isRead = ({ name, type }: Value): boolean =>
    Object.values(READINGS).some(({ names }) => names.test(name.replace(/:\d+$/, ''))) ||
    (graph.inputs.length === 1 && isWhole(type.dtype));
  if (!open.some(isRead))
    throw new DataError(
      'bad-input',
      `${model} reads no text: it takes ${graph.inputs.map(({ name, type }) => `${name} ${type.dtype} [${type.shape?.join(',') ?? '?'}]`).join(', ')}`,
    );
  return new Map(
    open.map(({ name, type }) => {
      const plain = name.replace(/:\d+$/, '');
      const found = Object.entries(READINGS).find(([, { names }]) => names.test(plain));
      if (found !== undefined) return [name, found[0]];
      if (graph.inputs.length === 1 && isWhole(type.dtype)) return [name, 'input_ids'];
      throw new DataError(
        'bad-input',
        `${model} takes ${name}, which text does not give: text gives ${Object.keys(READINGS).join(', ')}; give ${name} with --input ${name}=FILE`,
      );
    }),
  );
}

/** [1,T], or [T] where the model has no batch axis; [1,C,T] of choices. */
function tensorFor(graph: Graph, input: string, values: readonly number[], rows: number | undefined): Tensor {
  const rank = graph.inputs.find(({ name }) => name === input)!.type.shape?.length;
  const each = values.length / (rows ?? 1);
  const dims = rows !== undefined ? [...(rank === 2 ? [] : [1]), rows, each] : rank === 1 ? [each] : [1, each];
  return { dtype: 'int64', dims, data: BigInt64Array.from(values, BigInt) };
}

function filled(encoded: Encoded, length: number, { padding, name }: Tokenizer, model: string): Encoded {
  if (encoded.tokens.length === length) return encoded;
  if (padding === undefined)
    throw new DataError(
      'bad-input',
      `${model} reads exactly ${length} tokens, and ${name} has no token to fill up with: give a text of that length`,
    );
  return padded(encoded, length, padding);
}
