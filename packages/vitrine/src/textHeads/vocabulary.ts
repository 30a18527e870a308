import { outputOf, written, type Target } from '@vitrine/explain';
import { isFloat, type Tensor } from '@vitrine/ir';
import { ranked, type Ranked } from '../ranked.js';
import { isCausal, lastRead } from './causal.js';
import { bad, together, tokenScores, type Found, type Scene, type TextHead, type TokenScores } from './head.js';
import { spanOf } from './span.js';

/** What a language model says of a text. */
interface Vocabulary {
  readonly scene: Scene;
  readonly output: string | undefined;
  readonly y: Tensor;
  /** Undefined where only the next token is told. */
  readonly byToken: TokenScores | undefined;
  /** Positions of masks. */
  readonly masks: readonly number[];
  /** As the tokenizer spells a mask, if it has one. */
  readonly mask: string | undefined;
  /** Whether it tells the next token; otherwise it tells what stands at a mask. */
  readonly goesOn: boolean;
}

/**
 * Language models: scores of the vocabulary for each token, [1,T,V], or of the next token only, [1,V]. Where the text holds masks, the
 * model tells what stands there; else what comes next.
 */
export async function vocabularyHead(scene: Scene, output?: string): Promise<TextHead | undefined> {
  const found = await vocabularyOf(scene, output);
  if (found === undefined) return undefined;
  const { masks, mask, goesOn } = found;
  const said = goesOn
    ? likeliest(found, lastRead(scene.text.encoded.tokens))
    : masks.length === 1
      ? likeliest(found, masks[0]!)
      : masks.flatMap((place, i) => likeliest(found, place, ` at ${mask} ${i + 1}`).slice(0, 1));
  return {
    row: 'Token',
    said,
    top() {
      placeFor(found, 'top', undefined);
      return { target: said[0]!.target };
    },
    lookups: { token: (target) => tokenIn(found, target), span: (target) => spanIn(found, target) },
  };
}

async function vocabularyOf(scene: Scene, output: string | undefined): Promise<Vocabulary | undefined> {
  const { tokenizer, encoded } = scene.text;
  const y = outputOf(output, scene.example.outputs);
  const width = y.dims.at(-1) ?? 0;
  if (!isFloat(y.dtype) || width < tokenizer.vocabulary) return undefined;
  const byToken = tokenScores(scene, 1).find(({ tensor }) => tensor === y);
  if (byToken === undefined && y.data.length !== width) return undefined;
  const masks = [...encoded.tokens.keys()].filter((t) => encoded.tokens[t]!.id === tokenizer.mask?.id && encoded.tokens[t]!.attended);
  // Few tokenizers of models that go on with a text have a mask: only then the model is asked.
  const goesOn = masks.length === 0 && (tokenizer.mask === undefined || byToken === undefined || (await isCausal(scene, byToken)));
  return { scene, output, y, byToken, masks, mask: tokenizer.mask?.text, goesOn };
}

/** @throws ExplainError 'bad-target' where no place is meant, or several may be */
function placeFor({ scene, masks, mask, goesOn }: Vocabulary, asked: string, nth: number | undefined): number {
  if (nth !== undefined)
    return masks[nth - 1] ?? bad(`${asked} asks for mask ${nth}, and the text holds ${masks.length === 0 ? 'none' : masks.length}`);
  if (masks.length > 1) return bad(`the text holds ${masks.length} ${mask}: say which, as token:"WORD"@2 for the second`);
  if (masks.length === 1) return masks[0]!;
  const { text, model } = scene;
  return goesOn
    ? lastRead(text.encoded.tokens)
    : bad(`${model.subject.name} tells what stands at ${mask}, and the text holds none: put ${mask} in the place of a word`);
}

const indexOf = ({ byToken }: Vocabulary, place: number, id: number): readonly number[] => (byToken === undefined ? [id] : [place, id]);
const elementOf = (found: Vocabulary, place: number, id: number): Extract<Target, { readonly kind: 'index' }> => ({
  kind: 'index',
  ...(found.output !== undefined && { output: found.output }),
  index: indexOf(found, place, id),
});

/** The likeliest tokens at a place; `at` says which, where there are several. */
function likeliest(found: Vocabulary, place: number, at = ''): readonly Ranked[] {
  const { y, byToken, scene } = found;
  return ranked(byToken?.row(place) ?? (y.data as Float32Array), (id) => {
    const label = `“${scene.text.tokenizer.spelled(id) ?? id}”${at}`;
    return { label, index: indexOf(found, place, id), target: { ...elementOf(found, place, id), name: label } };
  });
}

async function tokenIn(found: Vocabulary, target: Extract<Target, { readonly kind: 'token' }>): Promise<Found> {
  const asked = written(target);
  const [piece, ...more] = await found.scene.text.tokenizer.pieces(target.text);
  if (piece === undefined) return bad(`${asked} holds no token`);
  if (more.length > 0) {
    const spelled = [piece, ...more].map(({ text }) => text).join(' ');
    const instead = found.goesOn ? `, or put it into the text and ask for span:"${target.text}"` : '';
    return bad(`${asked} is ${more.length + 1} tokens (${spelled}): name a word that is one${instead}`);
  }
  return { target: { ...elementOf(found, placeFor(found, asked, target.mask), piece.id), name: `“${target.text}”` } };
}

/** Each token of the words as the one before tells it. */
async function spanIn(found: Vocabulary, target: Extract<Target, { readonly kind: 'span' }>): Promise<Found> {
  const { scene, byToken, mask } = found;
  const { encoded } = scene.text;
  const { name: model } = scene.model.subject;
  const asked = written(target);
  if (target.label !== undefined) bad(`${asked} names a label, and ${model} labels no tokens`);
  if (byToken === undefined) return bad(`${asked} needs scores for each token, and ${model} tells the next token only`);
  // Without a mask among its tokens a model may still see the words behind.
  if (!found.goesOn || (mask === undefined && !(await isCausal(scene, byToken))))
    return bad(
      `${asked} asks how the words before it tell it, and ${model} sees those behind it too${mask === undefined ? '' : `: put ${mask} in its place and ask for token:"WORD"`}`,
    );
  const { tokens, name, notes } = spanOf(target, encoded, [...encoded.texts.keys()]);
  if (tokens[0] === 0) bad(`${asked} begins with the first token of the text, which no word before it tells: leave it out of the span`);
  return {
    target: together(
      tokens.map((t) => elementOf(found, t - 1, encoded.tokens[t]!.id)),
      name,
    ),
    notes,
  };
}
