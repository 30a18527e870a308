import * as library from '@huggingface/tokenizers';

/** What is used of `@huggingface/tokenizers`: its own types leave out file endings, which cannot be resolved here. */
interface Library {
  readonly SplitPreTokenizer: new (part: object) => { readonly pattern: RegExp | null };
  readonly Tokenizer: new (json: object, config: object) => LibraryTokenizer;
}

export interface LibraryTokenizer {
  readonly model: LibraryModel;
  decode(ids: readonly number[], options: { readonly skip_special_tokens: boolean }): string;
}

export interface LibraryModel {
  readonly vocab: readonly (string | undefined)[];
  readonly tokens_to_ids: Map<string, number>;
  /** WordPiece: tokens of words. */
  encode(words: readonly string[]): readonly string[];
  /** BPE: pieces of a word. */
  bpe(word: string): readonly string[];
  /** Unigram: pieces of a word. */
  tokenize(word: string): readonly string[];
}

export const { SplitPreTokenizer, Tokenizer: LibraryTokenizer } = library as unknown as Library;
