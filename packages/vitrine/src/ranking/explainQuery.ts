import { random } from '@vitrine/data';
import { rankingMetrics } from '@vitrine/evaluate';
import { ExplainError, explainRanking, isRankingMethod, rankingMethods, type RankingFound } from '@vitrine/explain';
import type { Question } from '../asked.js';
import { examineRow } from '../exam.js';
import type { LoadedModel } from '../model.js';
import { comparing, settled } from '../table/background.js';
import { featureValues, type FeatureValue } from '../table/told.js';
import { mixedScores } from './mixedScores.js';
import { readQuery, type QueryGiven, type ReadQuery } from './query.js';

/** A document in its place. */
export interface PlacedDocument {
  /** From 1. */
  readonly place: number;
  /** Of the table, from 0. */
  readonly row: number;
  readonly score: number;
  readonly grade: number | undefined;
}

/** What one method says of a query's order. */
export interface QueryAnswer {
  readonly method: string;
  readonly title: string;
  readonly meaning: string;
  /** Of a method of rankings: what each feature counts for the order. */
  readonly features?: readonly QueryFeature[];
  /** Of any other: what each feature counts for the score of each document, in the order of places. */
  readonly scores?: readonly (readonly FeatureValue[])[];
  readonly evaluations: number;
  readonly notes: readonly string[];
}

export interface QueryFeature {
  readonly name: string;
  readonly label: string;
  readonly value: number;
  readonly standardError: number | undefined;
  readonly without?: number;
}

/** A query under the glass: scored once, asked any number of questions. */
export interface QueryExam {
  readonly model: LoadedModel;
  readonly query: ReadQuery;
  /** By place. */
  readonly documents: readonly PlacedDocument[];
  explain(question: Question): Promise<QueryAnswer>;
}

export interface QuerySetting {
  readonly seed?: number | undefined;
  /** Rows of other queries that stand in for what is absent: 20 unless given. */
  readonly standIns?: number | undefined;
  /** Which number that the model says of a row puts it in its place. */
  readonly target?: string | undefined;
  readonly limits?: Question['limits'];
  readonly signal?: AbortSignal | undefined;
}

const STAND_INS = 20;
/** More documents take long: pairs of them are compared. */
const MOST_DOCUMENTS = 500;

/** Scores the documents of a query. @throws DataError, ExplainError, RuntimeError */
export async function examineQuery(model: LoadedModel, given: QueryGiven, setting: QuerySetting = {}): Promise<QueryExam> {
  const { seed = 0, standIns = STAND_INS, limits, signal } = setting;
  const read = await readQuery(model, given, standIns, seed);
  if (read.documents.length < 2)
    throw new ExplainError(
      'bad-input',
      `${given.queryColumn} ${given.query} has ${read.documents.length === 0 ? `no row that can be read (${read.notes[0]})` : 'one row'}: an order needs two or more`,
    );
  const pool = [...read.documents.map(({ row }) => row), ...read.standIns];
  const { score } = await mixedScores(model, pool, outputOf(model, setting.target), { limits, signal });
  const features = pool[0]!.features;
  const whole = await score(read.documents.map((_, row) => new Int32Array(features.length).fill(row)));
  const order = Array.from(whole.keys())
    .toSorted((a, b) => whole[b]! - whole[a]! || a - b)
    .slice(0, MOST_DOCUMENTS);
  const documents = order.map((at, place) => {
    const { row, grade } = read.documents[at]!;
    return { place: place + 1, row: row.number!, score: whole[at]!, grade };
  });
  const left = read.documents.length - order.length;
  const notes = [...read.notes, ...(left > 0 ? [`the first ${order.length} documents are explained, ${left} are behind them`] : [])];
  const exam = { model, query: { ...read, notes }, documents };
  return {
    ...exam,
    async explain(question) {
      const { method, options, progress } = question;
      if (!isRankingMethod(method)) return byScores(exam, order, given, question, limits);
      const { title, meaning } = rankingMethods[method];
      const grades = order.map((at) => read.documents[at]!.grade);
      const found = await explainRanking(
        method,
        {
          features: features.length,
          documents: order,
          standIns: read.standIns.map((_, i) => read.documents.length + i),
          score,
          ...(grades.every((grade) => grade !== undefined) && { quality: (scores) => ndcgOf(grades, scores) }),
          random: (label) => random(question.seed ?? seed, label),
          progress,
        },
        options,
      );
      return { method, title, meaning, ...told(found, features), evaluations: found.evaluations, notes: found.notes };
    },
  };
}

const ndcgOf = (grades: readonly number[], scores: ArrayLike<number>): number =>
  rankingMetrics.find(({ name }) => name === 'ndcg')!.of({ grades, scores });

const told = ({ values }: RankingFound, features: ReadQuery['documents'][number]['row']['features']): Pick<QueryAnswer, 'features'> => ({
  features: values.map(({ feature, ...value }) => ({
    name: features[feature]!.name,
    label: features[feature]!.label ?? features[feature]!.name,
    ...value,
  })),
});

function outputOf({ labels, subject }: LoadedModel, target: string | undefined): number | undefined {
  if (target === undefined || target === 'top') return undefined;
  const name = /^label:(.+)$/.exec(target)?.[1];
  const found = name === undefined ? (/^\d+$/.test(target) ? Number(target) : -1) : (labels ?? []).indexOf(name);
  if (found >= 0) return found;
  throw new ExplainError(
    'bad-target',
    `documents are put in order by one number that ${subject.name} says of each: name it as --target 0 or label:NAME, not ${target}`,
  );
}

/** What each feature counts for each document's score, by a method that explains rows. */
async function byScores(
  { model, query, documents }: Omit<QueryExam, 'explain'>,
  order: readonly number[],
  given: QueryGiven,
  question: Question,
  limits: Question['limits'],
): Promise<QueryAnswer> {
  const { explainerNamed } = await import('@vitrine/explain');
  const { title, meaning } = explainerNamed(question.method);
  const { query: _query, ...table } = given;
  const { progress, ...asked } = question;
  const background = settled(question.background ?? table, question.method);
  const compare = comparing(model, background, question.seed ?? 0);
  const scores: (readonly FeatureValue[])[] = [];
  const notes = new Set<string>();
  let evaluations = 0;
  for (const [place, at] of order.entries()) {
    const exam = await examineRow(model, query.documents[at]!.row, limits, compare);
    const answer = await exam.explain({ ...asked, background });
    const values = featureValues(exam, answer);
    if (values.length === 0) throw new ExplainError('bad-input', `${question.method} does not say what features of a row count`);
    scores.push(values);
    evaluations += answer.explanation.evaluations;
    for (const warning of answer.explanation.warnings) notes.add(warning);
    progress?.(place + 1, documents.length);
  }
  return { method: question.method, title, meaning, scores, evaluations, notes: [...notes] };
}
