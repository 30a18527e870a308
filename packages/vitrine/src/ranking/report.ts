import { rankingHtml } from '@vitrine/audit';
import type { QueryAnswer, QueryExam } from './explainQuery.js';
import { answerSheets, byMeanWeight, documentsSheet, foundInQuery, pairOf } from './told.js';

const MOST_DOCUMENTS = 30;
const MOST_FEATURES = 20;
/** Ends of intervals, in standard errors. */
const Z = 1.96;

/** The report of a query's order as one HTML file. */
export function queryReport(
  { model, query, documents }: QueryExam,
  answers: readonly QueryAnswer[],
  pair: readonly [number, number],
  command: string,
): string {
  return rankingHtml({
    model: model.subject.name,
    table: query.table,
    query: `${query.column} ${query.query}`,
    documents: documentsSheet(documents),
    notes: [...query.notes, ...new Set(answers.flatMap(({ notes }) => notes))],
    command,
    sections: answers.map((answer) => ({
      title: answer.title,
      meaning: answer.meaning,
      found: foundInQuery(answer, pair),
      ranges: (answer.features ?? []).map(({ label, value, standardError = 0 }) => ({
        name: label,
        value,
        low: value - Z * standardError,
        high: value + Z * standardError,
      })),
      cells: cellsOf(answer),
      pair:
        answer.scores === undefined
          ? []
          : pairOf(answer.scores, pair)
              .slice(0, MOST_FEATURES)
              .map(({ label, shown, other, value, standardError = 0 }) => ({
                name: cut(shown === other ? `${label}: both ${shown}` : `${label}: ${shown}, not ${other}`),
                value,
                low: value - Z * standardError,
                high: value + Z * standardError,
              })),
      sheets: answerSheets(documents, answer, pair),
    })),
  });
}

/** Names beside a chart have so much room. */
const LONGEST = 38;
const cut = (name: string): string => (name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name);

function cellsOf({ scores = [] }: QueryAnswer): readonly {
  readonly row: string;
  readonly column: string;
  readonly value: number;
  readonly text: string;
  readonly title: string;
}[] {
  const shown = byMeanWeight(scores).slice(0, MOST_FEATURES);
  const most = Math.max(...scores.slice(0, MOST_DOCUMENTS).flatMap((own) => shown.map((i) => Math.abs(own[i]!.attribution))), 1e-300);
  return scores.slice(0, MOST_DOCUMENTS).flatMap((own, place) =>
    shown.map((i) => {
      const { label, attribution, shown: value } = own[i]!;
      return {
        row: `${place + 1}.`,
        column: label,
        value: attribution / most,
        text: attribution.toFixed(2),
        title: `place ${place + 1}, ${label} ${value}: ${attribution.toPrecision(3)}`,
      };
    }),
  );
}
