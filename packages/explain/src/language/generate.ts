import { random } from '@vitrine/data';
import { probabilities } from '../arithmetic.js';
import { ExplainError } from '../error.js';
import type { Reader } from './reader.js';
import { checkSampling, chosen, largest, type Sampling } from './sampling.js';

/** A token that a model says, and how sure it was. */
export interface Said {
  readonly id: number;
  /** Its score, as the model gives it. */
  readonly score: number;
  /** By the model's own softmax, whatever it was drawn by. */
  readonly probability: number;
  /** The likeliest tokens there, likeliest first. */
  readonly best: readonly { readonly id: number; readonly probability: number }[];
}

export interface Generating extends Sampling {
  /** The most tokens to say. */
  readonly tokens: number;
  readonly seed?: number | undefined;
  /** Tokens that end what is said; they are said too. */
  readonly stop?: ReadonlySet<number> | undefined;
  readonly signal?: AbortSignal | undefined;
}

const BEST = 5;

/** @throws ExplainError 'bad-option' naming the option */
export function checkGenerating({ tokens, ...sampling }: Sampling & Pick<Generating, 'tokens'>): void {
  if (!Number.isInteger(tokens) || tokens < 1)
    throw new ExplainError('bad-option', `the number of tokens to generate must be a whole number above 0, not ${tokens}`);
  checkSampling(sampling);
}

/** Goes on from a prompt, a token at a time. The same seed says the same. @throws ExplainError 'bad-option', 'not-finite', RuntimeError */
export async function* generate(
  reader: Reader,
  prompt: readonly number[],
  { tokens, seed = 0, stop, signal, ...sampling }: Generating,
): AsyncGenerator<Said, void> {
  checkGenerating({ tokens, ...sampling });
  const draw = random(seed, 'generate');
  let unread = prompt;
  for (let n = 0; n < tokens; n++) {
    const scores = await reader.read(unread, signal);
    if (scores.some((s) => Number.isNaN(s)))
      throw new ExplainError('not-finite', `the model's scores for token ${n} hold NaN, so nothing can be said`);
    const p = probabilities(scores);
    const id = chosen(scores, sampling, draw);
    yield { id, score: scores[id]!, probability: p[id]!, best: largest(p, BEST).map((best) => ({ id: best, probability: p[best]! })) };
    if (stop?.has(id)) return;
    unread = [id];
  }
}
