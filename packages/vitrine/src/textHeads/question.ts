import { written, type Target } from '@vitrine/explain';
import { shared, type Ranked } from '../ranked.js';
import { bad, together, tokenScores, type Found, type Scene, type TextHead, type TokenScores } from './head.js';
import { isNamed } from './labels.js';
import { placeOf, quoted, spanOf } from './span.js';

/** Scores of each token as one end of an answer. */
interface End {
  readonly scores: readonly number[];
  at(token: number): Extract<Target, { readonly kind: 'index' }>;
}

/** Most tokens of an answer. */
const LONGEST = 30;
const BEST = 5;

/** Question answering: start and end scores of each token, two outputs [1,T] or one [1,T,2]. The second of two texts is the context. */
export function questionHead(scene: Scene): TextHead | undefined {
  const found = endsOf(scene);
  if (found === undefined) return undefined;
  const [from, to] = found;
  const { encoded } = scene.text;
  const context = encoded.texts.length - 1;
  const between = (first: number, last: number, name: string): Target => together([from.at(first), to.at(last)], name);
  const said = answers(scene, from, to, context, between);
  const [best] = said;
  const notes = best === undefined ? [] : unanswered(scene, from, to, best);
  const answer = (): Found => (best === undefined ? bad('the text holds no words to answer with') : { target: best.target, notes });
  return {
    row: 'Answer',
    said,
    top: answer,
    lookups: {
      answer,
      span(target) {
        if (target.label !== undefined) bad(`${written(target)} names a label, and ${scene.model.subject.name} labels no tokens`);
        const { tokens, name, notes: taken } = spanOf(target, encoded, context === 1 ? [1, 0] : [0]);
        return { target: between(tokens[0]!, tokens.at(-1)!, name), notes: taken };
      },
    },
  };
}

function endsOf(scene: Scene): readonly [End, End] | undefined {
  const tokens = [...scene.text.encoded.tokens.keys()];
  const end = (scores: TokenScores, i: number, indexOf: (token: number) => readonly number[]): End => ({
    scores: tokens.map((t) => scores.at(t, i)),
    at: (t) => ({ kind: 'index', output: scores.name, index: indexOf(t) }),
  });
  const pair = tokenScores(scene, 0);
  if (pair.length === 2) {
    const [a, b] = (/end/i.test(pair[0]!.name) && !/end/i.test(pair[1]!.name) ? pair.toReversed() : pair) as [TokenScores, TokenScores];
    return [end(a, 0, (t) => [t]), end(b, 0, (t) => [t])];
  }
  const [both, more] = tokenScores(scene, 1);
  if (both?.width !== 2 || more !== undefined || isNamed(scene.model.labels)) return undefined;
  return [end(both, 0, (t) => [t, 0]), end(both, 1, (t) => [t, 1])];
}

/** The best spans of the context, by the sum of their scores; their probability is that of their start times that of their end. */
function answers(
  { text: { encoded } }: Scene,
  from: End,
  to: End,
  context: number,
  between: (first: number, last: number, name: string) => Target,
): readonly Ranked[] {
  const { tokens, texts } = encoded;
  const read = [...tokens.keys()].filter((t) => tokens[t]!.attended);
  const sharesOf = ({ scores }: End): ReadonlyMap<number, number> => {
    const { probabilities } = shared(read.map((t) => scores[t]!));
    return new Map(read.map((t, i) => [t, probabilities[i]!]));
  };
  const [starts, ends] = [sharesOf(from), sharesOf(to)];
  const held = read.filter((t) => tokens[t]!.sequence === context && tokens[t]!.end > tokens[t]!.start);
  return held
    .flatMap((first, i) => held.slice(i, i + LONGEST).map((last) => ({ first, last, score: from.scores[first]! + to.scores[last]! })))
    .toSorted((a, b) => b.score - a.score)
    .slice(0, BEST)
    .map(({ first, last, score }) => {
      const place = placeOf(tokens.slice(first, last + 1).filter(({ sequence }) => sequence === context));
      const label = quoted(texts[context]!, place);
      return {
        label,
        index: [first, last],
        score,
        probability: starts.get(first)! * ends.get(last)!,
        given: false,
        target: between(first, last, label),
        words: { sequence: context, ...place },
      };
    });
}

/** Models that may leave a question open put start and end of the answer at the first token, which stands in no text. */
function unanswered({ text: { encoded } }: Scene, from: End, to: End, best: Ranked): readonly string[] {
  const [first] = encoded.tokens;
  const score = from.scores[0]! + to.scores[0]!;
  if (!first!.special || score <= best.score) return [];
  return [
    `start and end at ${first!.text} score ${score.toPrecision(4)}, more than any answer: a model that was trained with questions without answer means that the text holds none`,
  ];
}
