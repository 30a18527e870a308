import { written, type Target, type TextTarget } from '@vitrine/explain';
import { bad, type Found, type Scene, type TextHead } from './head.js';
import { questionHead } from './question.js';
import { tagsHead } from './tags.js';
import { vocabularyHead } from './vocabulary.js';

/** What is asked in turn whether outputs are its own. */
const heads: readonly ((scene: Scene) => TextHead | undefined | Promise<TextHead | undefined>)[] = [vocabularyHead, questionHead, tagsHead];

/** The head that a model of text ends in; undefined for one that classifies it. */
export async function textHead(scene: Scene): Promise<TextHead | undefined> {
  for (const head of heads) {
    const found = await head(scene);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A target with all that only the text tells looked up. @throws ExplainError 'bad-target' */
export async function withWords(target: Target, scene: Scene, head: TextHead | undefined): Promise<Found> {
  switch (target.kind) {
    case 'difference': {
      const [of, minus] = [await withWords(target.of, scene, head), await withWords(target.minus, scene, head)];
      return { target: { ...target, of: of.target, minus: minus.target }, notes: [...notesOf(of), ...notesOf(minus)] };
    }
    case 'sum': {
      const parts: Found[] = [];
      for (const part of target.of) parts.push(await withWords(part, scene, head));
      return { target: { ...target, of: parts.map((part) => part.target) }, notes: parts.flatMap(notesOf) };
    }
    case 'top':
      return head === undefined || target.output !== undefined ? { target } : head.top();
    case 'token':
    case 'span':
    case 'answer':
    case 'tag':
      return lookedUp(target, scene, head);
    default:
      head?.check?.(target);
      return { target };
  }
}

const notesOf = ({ notes = [] }: Found): readonly string[] => notes;

async function lookedUp(target: TextTarget, scene: Scene, first: TextHead | undefined): Promise<Found> {
  const head = target.kind === 'token' && target.output !== undefined ? await vocabularyHead(scene, target.output) : first;
  const lookup = head?.lookups[target.kind] as ((asked: TextTarget) => Found | Promise<Found>) | undefined;
  if (lookup !== undefined) return lookup(target);
  const outputs = [...scene.example.outputs].map(([name, { dims }]) => `${name} [${dims.join(',')}]`).join(', ');
  return bad(`${written(target)} needs ${needs[target.kind](scene)}, and ${scene.model.subject.name} gives ${outputs}`);
}

/** Outputs that a target is of. */
const needs: { readonly [kind in TextTarget['kind']]: (scene: Scene) => string } = {
  token: ({ text }) => `an output with a score for each of ${text.tokenizer.vocabulary} tokens`,
  span: () => 'scores for each token: of answers, of labels or of the vocabulary',
  answer: () => 'two scores for each token, as the start and the end of an answer',
  tag: () => 'a score of each label for each token',
};
