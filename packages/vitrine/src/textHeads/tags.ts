import { segmentsOf, type Encoded, type Segment } from '@vitrine/data';
import type { Target } from '@vitrine/explain';
import { shared, type Ranked } from '../ranked.js';
import { bad, together, tokenScores, type Scene, type TextHead, type TokenScores } from './head.js';
import { begins, labelsCalled, outside, typeOf } from './labels.js';
import { placeOf, quoted, spanOf } from './span.js';

/** Scores of labels for each token, [1,T,C], and the labels. */
interface Tagging {
  readonly scores: TokenScores;
  readonly labels: readonly string[];
  readonly encoded: Encoded;
}

/** Token classification. */
export function tagsHead(scene: Scene): TextHead | undefined {
  const tagging = taggingOf(scene);
  if (tagging === undefined) return undefined;
  const { labels, encoded } = tagging;
  const said = entitiesIn(tagging)
    .map((entity) => toldOf(tagging, entity))
    .toSorted((a, b) => b.probability! - a.probability!);
  return {
    row: 'Tagged words',
    said,
    top: () =>
      said[0] ?? bad('the model tags no word of this text: name what it misses, as tag:LABEL or span:"WORDS",label:LABEL, to ask why'),
    lookups: {
      span({ label, ...target }) {
        const { tokens, name, notes } = spanOf(target, encoded, [...encoded.texts.keys()]);
        const best = bestLabel(tagging, tokens[0]!);
        const meant = label === undefined ? ofType(labels, best) : labelsCalled(label, labels);
        return {
          target: scored(tagging, tokens, meant, `${name} as ${label === undefined ? typeOf(labels[best]!) : calledIn(meant, labels)}`),
          notes,
        };
      },
      tag({ label }) {
        const meant = labelsCalled(label, labels);
        const held = [...encoded.tokens.keys()].filter((t) => encoded.tokens[t]!.attended && encoded.tokens[t]!.sequence !== undefined);
        const most = (t: number): number => tagging.scores.at(t, strongest(tagging, t, meant));
        const best = held.reduce((a, b) => (most(b) > most(a) ? b : a));
        const token = encoded.tokens[best]!;
        const name = `${quoted(encoded.texts[token.sequence!]!, token)} as ${calledIn(meant, labels)}`;
        return { target: scored(tagging, [best], meant, name) };
      },
    },
    check(target) {
      if (target.kind === 'index' && target.output === undefined && target.index.length === 1)
        bad(`the model labels each token: write tag:${labels[target.index[0]!] ?? 'LABEL'}, or span:"WORDS",label:LABEL`);
    },
  };
}

/** Where no labels are known, hidden states [1,T,D] are told from scores by their name. */
const SCORES = /logit|score|prob|tag|label|class/i;

function taggingOf(scene: Scene): Tagging | undefined {
  const { labels } = scene.model;
  const scores = tokenScores(scene, 1).find(({ width, name }) => (labels === undefined ? SCORES.test(name) : width === labels.length));
  if (scores === undefined) return undefined;
  return { scores, labels: labels ?? Array.from({ length: scores.width }, (_, i) => `label ${i}`), encoded: scene.text.encoded };
}

const strongest = ({ scores }: Tagging, t: number, meant: readonly number[]): number =>
  meant.reduce((a, b) => (scores.at(t, b) > scores.at(t, a) ? b : a));
const bestLabel = (tagging: Tagging, t: number): number => strongest(tagging, t, [...tagging.labels.keys()]);
const ofType = (labels: readonly string[], label: number): readonly number[] =>
  labels.flatMap((other, i) => (typeOf(other) === typeOf(labels[label]!) ? [i] : []));

/** What people call one label, or all of a type. */
const calledIn = (meant: readonly number[], labels: readonly string[]): string =>
  meant.length === 1 ? labels[meant[0]!]! : typeOf(labels[meant[0]!]!);

/** The sum over tokens of the score of a label; of several, at each token the strongest. */
const scored = (tagging: Tagging, tokens: readonly number[], meant: readonly number[], name: string): Target =>
  together(
    tokens.map((t) => ({ kind: 'index', output: tagging.scores.name, index: [t, strongest(tagging, t, meant)] })),
    name,
  );

/** Words one after the other that have one label: that of the first. */
interface Entity {
  readonly label: number;
  readonly words: Segment[];
}

/** The words that have a label. A word has that of its first token, as taggers are trained; words of one type are one, until a label begins anew. */
function entitiesIn(tagging: Tagging): readonly Entity[] {
  const { labels, encoded } = tagging;
  const none = outside(labels);
  const entities: Entity[] = [];
  let open: Entity | undefined;
  for (const word of segmentsOf(encoded, 'word')) {
    const label = bestLabel(tagging, word.tokens[0]!);
    if (open !== undefined && goesOn(open, word, label, labels)) {
      open.words.push(word);
      continue;
    }
    open = word.sequence === undefined || label === none ? undefined : { label, words: [word] };
    if (open !== undefined) entities.push(open);
  }
  return entities;
}

const goesOn = ({ label: first, words: [word] }: Entity, { sequence }: Segment, label: number, labels: readonly string[]): boolean =>
  word!.sequence === sequence && typeOf(labels[first]!) === typeOf(labels[label]!) && !begins(labels[label]!);

/** The probability is the mean of its words'. */
function toldOf(tagging: Tagging, { label, words }: Entity): Ranked {
  const { scores, labels, encoded } = tagging;
  const { sequence } = words[0]!;
  const place = placeOf(words);
  const tokens = words.flatMap((word) => word.tokens);
  const meant = ofType(labels, label);
  const name = `${quoted(encoded.texts[sequence!]!, place)} as ${typeOf(labels[label]!)}`;
  const heads = words.map((word) => word.tokens[0]!);
  const shares = heads.map((t) => shared(scores.row(t)));
  return {
    label: name,
    index: [tokens[0]!, label],
    score: tokens.reduce((sum, t) => sum + scores.at(t, strongest(tagging, t, meant)), 0),
    probability: heads.reduce((sum, t, i) => sum + shares[i]!.probabilities[bestLabel(tagging, t)]!, 0) / heads.length,
    given: shares.every(({ given }) => given),
    target: scored(tagging, tokens, meant, name),
    words: { sequence: sequence!, ...place },
  };
}
