import { DataError, type Encoded, type Token, type Tokenizer } from '@vitrine/data';
import {
  ExplainError,
  cachedReader,
  checkGenerating,
  generate,
  readsOn,
  subject,
  wholeReader,
  type Generating,
  type Reader,
  type Said,
} from '@vitrine/explain';
import type { Tensor } from '@vitrine/ir';
import type { LoadedModel } from '../model.js';
import { answered, lengthened, mostTokens, type ReadText } from '../text.js';

/** A token that a model says, and what it adds to the text: nothing while the bytes of a character are not all there. */
export interface Spoken extends Said {
  readonly text: string;
}

export interface Speaking extends Omit<Generating, 'stop'> {
  /** Texts that end what is said, beside the model's own tokens for it. */
  readonly stop?: readonly string[] | undefined;
}

/** @throws ExplainError 'bad-option' before anything is said */
export function checkSpeaking({ stop = [], ...how }: Speaking): void {
  checkGenerating(how);
  if (stop.includes('')) throw new ExplainError('bad-option', 'a text to stop behind is empty: give some characters, or leave it out');
}

/** Goes on with a text, token by token. @throws DataError, ExplainError where the model tells no next token */
export async function* speak(model: LoadedModel, read: ReadText, { stop = [], ...how }: Speaking): AsyncGenerator<Spoken, void> {
  const { tokens } = answered(read).encoded;
  const most = await mostTokens(model, read, tokens.length + how.tokens);
  if (most !== undefined)
    throw new DataError(
      'bad-input',
      `${tokens.length} tokens of the prompt and ${how.tokens} more are over the ${most} that ${model.subject.name} reads: ask for fewer, or shorten the prompt`,
    );
  const tell = teller(read.tokenizer, tokens);
  let all = '';
  for await (const said of generate(
    await readerOf(model, read),
    tokens.map(({ id }) => id),
    { ...how, stop: model.stops },
  )) {
    const text = await tell(said.id);
    all += text;
    yield { ...said, text };
    if (stop.some((end) => all.includes(end))) return;
  }
}

async function readerOf(model: LoadedModel, read: ReadText): Promise<Reader> {
  const runtime = await model.runtime();
  const { subject: whole, cached } = model;
  const { domains } = whole.model;
  const [output] = whole.graph.outputs;
  const { shape } = output!.type;
  if (shape?.length !== 3 || Number(shape.at(-1)) < read.tokenizer.vocabulary)
    throw new DataError(
      'bad-input',
      `${whole.name} tells no next token: that takes an output with a score for each of ${read.tokenizer.vocabulary} tokens at each place, and ${output!.name} has shape [${shape?.join(',') ?? '?'}]`,
    );
  if (readsOn(whole.graph)) return cachedReader(whole.graph, runtime, domains);
  if (cached !== undefined) return cachedReader(subject(cached(), whole.name, whole.digest).graph, runtime, domains);
  const fixed = read.said === undefined && whole.graph.inputs.find(({ type: { shape } }) => typeof shape?.at(-1) === 'number');
  if (fixed)
    throw new DataError(
      'bad-input',
      `${whole.name} reads exactly ${fixed.type.shape!.at(-1)} tokens (input ${fixed.name}), so it cannot go on with a text: export it with a free number of tokens`,
    );
  const feeds = (ids: readonly number[]): ReadonlyMap<string, Tensor> =>
    lengthened(model, read, { ...answered(read).encoded, tokens: ids.map(bare) }).feeds;
  return wholeReader(whole.graph, runtime, feeds, domains);
}

const bare = (id: number): Token => ({ id, text: '', sequence: undefined, start: 0, end: 0, type: 0, special: false, attended: true });

/** Tokens of the prompt that are decoded with what is said: how a token is written depends on those before. */
const CONTEXT = 4;
/** What bytes that are no whole character are written as. */
const BROKEN = '\uFFFD';
const CUT = /\uFFFD+$/;

/** Tells what each token adds to the text. */
function teller(tokenizer: Tokenizer, prompt: readonly Token[]): (id: number) => Promise<string> {
  let ids = prompt.slice(-CONTEXT).map(({ id }) => id);
  let known: string | undefined;
  return async (id) => {
    // A text may be cut within a character.
    known ??= (await tokenizer.decode(ids)).replace(CUT, '');
    ids = [...ids, id];
    const now = await tokenizer.decode(ids);
    if (now.endsWith(BROKEN)) return '';
    const added = now.slice(known.length);
    // What was told needs not be decoded again; a few tokens of it are kept as context.
    ids = ids.slice(-CONTEXT);
    known = await tokenizer.decode(ids);
    return added;
  };
}

/** How a token is written behind others; one that adds nothing by itself as the vocabulary spells it. */
export async function writtenBehind(tokenizer: Tokenizer, before: readonly Token[], id: number): Promise<string> {
  const added = await teller(tokenizer, before)(id);
  return added === '' ? (tokenizer.spelled(id) ?? String(id)) : added;
}

/** A text without what was cut of it: what is said goes on from there. */
export const readOf = ({ texts: [text], kept: [end] }: Encoded): string => text!.slice(0, end);

/** The tokens of a text with those said behind it, as one text. */
export function continued({ encoded, tokenizer }: ReadText, said: readonly Spoken[]): Encoded {
  const tokens: Token[] = [...encoded.tokens];
  let text = readOf(encoded);
  let waiting: number[] = [];
  for (const { id, text: added } of said) {
    const special = tokenizer.isSpecial(id);
    const [start, end] = [text.length, text.length + added.length];
    text += added;
    tokens.push({
      id,
      text: tokenizer.spelled(id) ?? String(id),
      sequence: special ? undefined : 0,
      start: special ? 0 : start,
      end: special ? 0 : end,
      type: 0,
      special,
      attended: true,
    });
    if (special) continue;
    waiting.push(tokens.length - 1);
    if (added === '') continue;
    // Bytes of one character stand where it stands.
    for (const t of waiting) tokens[t] = { ...tokens[t]!, start, end };
    waiting = [];
  }
  return { texts: [text], tokens, whole: tokens.length, kept: [text.length] };
}
