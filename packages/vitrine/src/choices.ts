import { DataError, type Encoded, type Tokenizer } from '@vitrine/data';
import type { Shape } from '@vitrine/ir';
import type { TextGiven } from './text.js';

/** Axes of tokens that a model has which chooses between texts: [batch,choices,sequence]. */
const AXES = 3;

/** A text encoded as it is given: alone, with a second one, or with each choice. @throws DataError where a model does not read it so */
export async function pairsOf(
  { text, pair, choices, maxTokens, plain }: TextGiven,
  tokenizer: Tokenizer,
  model: string,
  shape: Shape | undefined,
): Promise<readonly Encoded[]> {
  const bad = (message: string): never => {
    throw new DataError('bad-input', message);
  };
  const count = shape?.length === AXES ? shape[1] : undefined;
  if (choices === undefined)
    return count === undefined
      ? [await tokenizer.encode(text, { pair, maxTokens, plain })]
      : bad(`${model} chooses between texts: give each that it may choose as --choice TEXT`);
  if (count === undefined) bad(`${model} reads one text at a time and chooses none: leave out the choices (--choice)`);
  if (pair !== undefined) bad('the choices are the second texts already: leave out the pair (--pair)');
  if (choices.length < 2) bad(`${model} chooses between texts, and ${choices.length} is given: give two or more as --choice TEXT`);
  if (typeof count === 'number' && count !== choices.length)
    bad(`${model} chooses between exactly ${count} texts, and ${choices.length} are given`);
  const empty = choices.findIndex((choice) => choice.trim() === '');
  if (empty >= 0) bad(`choice ${empty + 1} is empty: give some words`);
  return Promise.all(choices.map((choice) => tokenizer.encode(text, { pair: choice, maxTokens, plain })));
}

/** What a model chooses between, where it does. */
export const choicesIn = ({ texts, rows }: Encoded): readonly string[] | undefined => (rows === undefined ? undefined : texts.slice(1));
