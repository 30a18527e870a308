import { signed } from '@vitrine/audit';
import { sheet, type Sheet } from '@vitrine/evaluate';
import type { FeatureValue } from '../table/told.js';
import type { PlacedDocument, QueryAnswer, QueryExam } from './explainQuery.js';

/** What a feature counts for one document standing above another: the difference of what it counts for both scores. */
export interface PairFeature {
  readonly name: string;
  readonly label: string;
  readonly shown: string;
  readonly other: string;
  readonly value: number;
  readonly standardError: number | undefined;
}

/** Why the document at one place has a higher score than that at another: Shapley values add up, and so do their differences. The most first. */
export function pairOf(scores: readonly (readonly FeatureValue[])[], [place, other]: readonly [number, number]): readonly PairFeature[] {
  const [own, theirs] = [scores[place - 1] ?? [], scores[other - 1] ?? []];
  return own
    .map((feature, i): PairFeature => {
      const { name, label, shown, attribution, standardError } = feature;
      const against = theirs[i]!;
      return {
        name,
        label,
        shown,
        other: against.shown,
        value: attribution - against.attribution,
        // As of two that are drawn apart.
        standardError:
          standardError === undefined || against.standardError === undefined ? undefined : Math.hypot(standardError, against.standardError),
      };
    })
    .toSorted((a, b) => Math.abs(b.value) - Math.abs(a.value));
}

/** Features of all documents by how much they count on average, the most first: their places in each list. */
export function byMeanWeight(scores: readonly (readonly FeatureValue[])[]): readonly number[] {
  const [first = []] = scores;
  const weight = first.map((_, i) => scores.reduce((sum, own) => sum + Math.abs(own[i]!.attribution), 0));
  return [...weight.keys()].toSorted((a, b) => weight[b]! - weight[a]!);
}

export const documentsSheet = (documents: readonly PlacedDocument[]): Sheet =>
  sheet(
    'documents',
    'Documents in their order',
    {
      place: ({ place }) => place,
      row: ({ row }) => row,
      score: ({ score }) => score,
      grade: ({ grade }) => grade,
    },
    documents,
  );

/** Tables of an answer: for a method of rankings a row for each feature, for others one for each document and feature. */
export function answerSheets(
  documents: readonly PlacedDocument[],
  { method, title, features, scores }: QueryAnswer,
  pair: readonly [number, number],
): readonly Sheet[] {
  if (features !== undefined)
    return [
      sheet(
        method,
        title,
        {
          feature: ({ name }) => name,
          label: ({ label }) => label,
          value: ({ value }) => value,
          standard_error: ({ standardError }) => standardError,
          ...(features.some(({ without }) => without !== undefined) && { without: ({ without }: (typeof features)[number]) => without }),
        },
        features,
      ),
    ];
  const rows = (scores ?? []).flatMap((own, i) => own.map((feature) => ({ document: documents[i]!, feature })));
  return [
    sheet(
      method,
      `${title} of each score`,
      {
        place: ({ document }) => document.place,
        row: ({ document }) => document.row,
        feature: ({ feature }) => feature.name,
        label: ({ feature }) => feature.label,
        shown: ({ feature }) => feature.shown,
        attribution: ({ feature }) => feature.attribution,
        standard_error: ({ feature }) => feature.standardError,
      },
      rows,
    ),
    sheet(
      `${method}.pair`,
      `Why place ${pair[0]} has a higher score than place ${pair[1]}`,
      {
        feature: ({ name }) => name,
        label: ({ label }) => label,
        [`place_${pair[0]}`]: ({ shown }) => shown,
        [`place_${pair[1]}`]: ({ other }) => other,
        difference: ({ value }) => value,
        standard_error: ({ standardError }) => standardError,
      },
      pairOf(scores ?? [], pair),
    ),
  ];
}

const NAMED = 3;
const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

/** What stands out, in sentences. */
export function foundInQuery({ features, scores, method }: QueryAnswer, pair: readonly [number, number]): readonly string[] {
  if (scores !== undefined) {
    const [first, ...rest] = pairOf(scores, pair).filter(({ value }) => value !== 0);
    const told = [first, ...rest]
      .slice(0, NAMED)
      .flatMap((one) => (one === undefined ? [] : [`${one.label} ${one.shown} rather than ${one.other} (${signed(one.value)})`]));
    return told.length === 0
      ? [`No feature tells place ${pair[0]} from place ${pair[1]}.`]
      : [`Of the scores at place ${pair[0]} and place ${pair[1]}, these make most of the difference: ${told.join(', ')}.`];
  }
  const own = features ?? [];
  if (method === 'ranking-validity') {
    const last = own.at(-1);
    if (last === undefined || last.value <= 0) return ['No few features keep the order by themselves.'];
    return [
      `The order is kept (τ ${last.value.toFixed(2)}) by ${listed(own.map(({ label }) => label))} alone; without ${own.length === 1 ? 'it' : 'them'} τ is ${last.without!.toFixed(2)}.`,
    ];
  }
  const sure = own
    .filter(({ value, standardError = 0 }) => Math.abs(value) > 2 * standardError && value !== 0)
    .toSorted((a, b) => b.value - a.value);
  return sure.length === 0
    ? ['No feature changes the order for sure where its values change places.']
    : [
        `Most of the order is lost where these change places: ${sure
          .slice(0, NAMED)
          .map(({ label, value }) => `${label} (${value.toFixed(2)})`)
          .join(', ')}.`,
      ];
}

/** What is written down of a query's answers. */
export const queryRecord = ({ model, query, documents }: QueryExam, answers: readonly QueryAnswer[], asked: object): object => ({
  model: { name: model.subject.name, digest: model.subject.digest },
  table: query.table,
  queryColumn: query.column,
  query: query.query,
  labelColumn: query.labelColumn,
  ...asked,
  documents,
  notes: query.notes,
  answers,
});
