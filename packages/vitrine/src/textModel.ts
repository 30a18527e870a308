import type { Tokenizer } from '@vitrine/data';
import type { Subject } from '@vitrine/explain';
import type { Runtime } from '@vitrine/runtime';

/** A model as far as text goes: in Node and in the page. */
export interface TextModel {
  readonly subject: Subject;
  readonly labels: readonly string[] | undefined;
  /** Whether what it gives are numbers of their own, a forecast as much as a price, and no scores of classes. */
  readonly regresses?: boolean;
  /** Most tokens it reads, where a file beside it says so. */
  readonly maxTokens: number | undefined;
  /** Tokens that start what a decoder says; none where no file says so. */
  readonly decoderStart: readonly number[];
  /** What is to be said about every answer of this model. */
  readonly notes: readonly string[];
  /** Read when first needed. @throws DataError when there is none */
  tokenizer(): Promise<Tokenizer>;
  /** Started when first needed. */
  runtime(): Promise<Runtime>;
}
