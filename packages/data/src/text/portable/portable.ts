import { DataError } from '../../error.js';
import { tokenizerWith, type Described, type Encoder } from '../encoder.js';
import type { Token, Tokenizer } from '../tokens.js';
import { sectionsWith, type AddedToken, type Section } from './addedTokens.js';
import { placeOf, type Aligned } from './aligned.js';
import { LibraryTokenizer } from './library.js';
import { modelOf, type Model } from './models.js';
import { normalizerOf } from './normalizers.js';
import type { Part } from './part.js';
import { postProcessorOf, type Sequences } from './postProcessors.js';
import { preTokenizerOf, type PreTokenizer } from './preTokenizers.js';

interface File extends Described {
  readonly added_tokens?: readonly AddedToken[] | null;
  readonly normalizer?: Part | null;
  readonly pre_tokenizer?: Part | null;
  readonly post_processor?: Part | null;
  readonly model: Part;
}

/**
 * A tokenizer from the text of `tokenizer.json` without a native library, for the page: the same ids and places. `name` stands for it in
 * messages. @throws DataError 'malformed', or 'unsupported' for parts that are not known
 */
export async function portableTokenizer(json: string, name: string): Promise<Tokenizer> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(json));
  const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
  try {
    const file = checked(JSON.parse(json));
    return tokenizerWith(encoderOf(file), file, name, hex);
  } catch (cause) {
    const { message } = cause as Error;
    if (cause instanceof DataError && cause.code === 'unsupported') throw new DataError('unsupported', `${name}: ${message}`, { cause });
    throw new DataError('malformed', `${name} is no tokenizer.json that can be read: ${message}`, { cause });
  }
}

/** Model types by their fields, where files of old leave them out. */
function checked(value: unknown): File {
  const file = Object(value) as Partial<File>;
  const model = Object(file.model) as Partial<Part>;
  if (model['vocab'] === undefined) throw new DataError('malformed', 'it has no model with a vocabulary');
  const type = model.type ?? (Array.isArray(model['vocab']) ? 'Unigram' : 'merges' in model ? 'BPE' : 'WordPiece');
  return { ...file, model: { ...model, type } };
}

function encoderOf(file: File): Encoder {
  const added = file.added_tokens ?? [];
  // Its model and decoder; what comes before and behind is done here, where places are kept.
  const library = new LibraryTokenizer(
    { added_tokens: added, decoder: null, ...file, normalizer: null, pre_tokenizer: null, post_processor: null },
    { clean_up_tokenization_spaces: false },
  );
  const ids = new Map(library.model.tokens_to_ids);
  for (const token of strangers(file)) library.model.tokens_to_ids.delete(token);
  const steps: Steps = {
    sections: sectionsWith(added, normalizerOf(file.normalizer)),
    split: preTokenizerOf(file.pre_tokenizer),
    model: modelOf(file.model, library.model),
  };
  const process = postProcessorOf(file.post_processor);
  return {
    vocabulary: library.model.vocab.length,
    idOf: (token) => ids.get(token),
    spelled: (id) => library.model.vocab[id],
    decode: async (ids) => (ids.length === 0 ? '' : library.decode([...ids], { skip_special_tokens: true })),
    async encode(texts, { plain, most }) {
      const words = texts.map((text, sequence) => wordsOf(text, sequence, steps));
      if (most === undefined) return process(words.map(tokensOf), !plain, texts).flat();
      const added = plain
        ? 0
        : process(
            texts.map(() => []),
            true,
            texts,
          ).flat().length;
      return process(cut(words, most, added), !plain, texts).flat();
    },
  };
}

/** Added tokens that no model puts together: the library takes them for words of its vocabulary. */
function strangers({ added_tokens: added, model }: File): readonly string[] {
  const vocab = model['vocab'] as readonly (readonly [string, number])[] | object;
  const own = new Set(Array.isArray(vocab) ? vocab.map(([token]) => token as string) : Object.keys(vocab));
  return (added ?? []).flatMap(({ content }) => (own.has(content) ? [] : [content]));
}

interface Steps {
  readonly sections: (text: string) => readonly Section[];
  readonly split: PreTokenizer;
  readonly model: Model;
}

/** The tokens of a piece that a text is split into. */
interface Word {
  readonly tokens: readonly Token[];
  /** Whether it is an added token, which no model made. */
  readonly isAdded: boolean;
}

function wordsOf(text: string, sequence: number, { sections, split, model }: Steps): readonly Word[] {
  const made = (x: Aligned, from: number, to: number, id: number, spelled: string): Token => {
    const [start, end] = placeOf(x, from, to);
    return { id, text: spelled, sequence, start, end, type: sequence, special: false, attended: true };
  };
  return sections(text).flatMap(({ x, token }) =>
    token === undefined
      ? split(x).map((piece): Word => ({
          tokens: model(piece.text).map((one) => made(piece, one.from, one.to, one.id, one.text)),
          isAdded: false,
        }))
      : [{ tokens: [made(x, 0, x.text.length, token.id, x.text)], isAdded: true }],
  );
}

/** At most so many tokens with those that are added: of two texts the longer one is cut first, until both are as long. */
function cut(texts: readonly (readonly Word[])[], whole: number, added: number): Sequences {
  const most = whole - added;
  const sequences = texts.map(tokensOf);
  if (sequences.length === 1) return sequences.map((tokens) => tokens.slice(0, most));
  const [a, b] = texts.map((words) => upTo(words, whole)) as [number, number];
  let [short, long] = a > b ? [b, a] : [a, b];
  long = short > most ? short : Math.max(short, most - short);
  if (short + long > most) [short, long] = [Math.floor(most / 2), Math.floor(most / 2) + (most % 2)];
  const lengths = a > b ? [long, short] : [short, long];
  return sequences.map((tokens, i) => tokens.slice(0, lengths[i]));
}

const tokensOf = (words: readonly Word[]): readonly Token[] => words.flatMap(({ tokens }) => tokens);

/** How far a text is read before it is compared with the other: up to the piece with which a model fills the limit. */
function upTo(words: readonly Word[], most: number): number {
  let count = 0;
  for (const { tokens, isAdded } of words) {
    count += tokens.length;
    if (!isAdded && count >= most) break;
  }
  return count;
}
