import { DataError, type Encoded, type Tokenizer } from '@vitrine/data';
import type { Subject } from '@vitrine/explain';
import { isFloat, type Graph, type Shape } from '@vitrine/ir';
import type { TextGiven } from './text.js';

/** Axes of tokens that a model has which chooses between texts: [batch,choices,sequence]. */
const AXES = 3;

/** Whether texts have an axis of their own, [texts,sequence], beside examples of something else: each picture is held against each text. */
export function areBeside({ inputs }: Graph, shape: Shape | undefined): boolean {
  const axis = shape?.length === 2 ? shape[0] : undefined;
  const other = (first: Shape[number] | undefined): boolean => typeof first === 'string' && first !== axis;
  return typeof axis === 'string' && inputs.some(({ type }) => isFloat(type.dtype) && other(type.shape?.[0]));
}

/** A text encoded as it is given: alone, with a second one, or with each choice; choices alone where each is a text beside something else. @throws DataError where a model does not read it so */
export async function pairsOf(
  { text, pair, choices, maxTokens, plain }: TextGiven,
  tokenizer: Tokenizer,
  { name: model, graph }: Pick<Subject, 'name' | 'graph'>,
  shape: Shape | undefined,
): Promise<readonly Encoded[]> {
  const bad = (message: string): never => {
    throw new DataError('bad-input', message);
  };
  if (choices !== undefined && areBeside(graph, shape)) {
    if (text !== '' || pair !== undefined) bad(`${model} reads each text by itself: give all as --choice TEXT`);
    if (choices.length < 2) bad(`${model} chooses between texts, and ${choices.length} is given: give two or more as --choice TEXT`);
    return Promise.all(choices.map(async (choice) => behindNothing(await tokenizer.encode(choice, { maxTokens, plain }))));
  }
  if (choices !== undefined && text === '') bad('the text is empty, and --choice goes with a text: give it as --text');
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

/** A text as the second of two, the first of which is empty. */
const behindNothing = ({ texts, tokens, kept, whole }: Encoded): Encoded => ({
  texts: ['', ...texts],
  tokens: tokens.map((token) => (token.sequence === 0 ? { ...token, sequence: 1 } : token)),
  kept: [0, ...kept],
  whole,
});

/** What a model chooses between, where it does. */
export const choicesIn = ({ texts, rows }: Encoded): readonly string[] | undefined => (rows === undefined ? undefined : texts.slice(1));
