import {
  biasFindings,
  estimateWritten,
  headlines,
  isHeadline,
  metricTitle,
  predictionFindings,
  rankingFindings,
  tableFindings,
} from '@vitrine/audit';
import {
  rankingMetrics,
  type Analysis,
  type BiasAnalysis,
  type PredictionAnalysis,
  type RankingAnalysis,
  type TableAnalysis,
} from '@vitrine/evaluate';
import type { AnalyzedRows } from '../analysis/analyzeRows.js';
import { paint, say, table } from './terminal.js';

const MOST_COLUMNS = 60;
const MOST_SLICES = 40;
/** Of slices. */
const SHOWN = { classification: ['accuracy', 'auc'], regression: ['mae', 'r2'] } as const;

/** An analysis for a terminal: what stands out, then the first numbers of each kind. */
export function describeAnalysis({ analysis, name, model, label }: AnalyzedRows): void {
  const { table: held, predictions, bias, ranking } = analysis;
  const facts = [
    `${held.rows.toLocaleString('en')} ${held.rows === 1 ? 'row' : 'rows'}`,
    `${held.columns.length} ${held.columns.length === 1 ? 'column' : 'columns'}`,
    ...(label === undefined ? [] : [`label ${label}`]),
    ...(model === undefined ? [] : [`predicted by ${model}`]),
  ];
  say(`${paint('bold', name)}  ${facts.join(', ')}`);
  const findings = findingsOf(analysis);
  if (findings.length > 0)
    section(
      'What stands out',
      findings.map((line) => `  ${line}`),
    );
  if (predictions !== undefined) {
    section('Predictions', [table(headlines(predictions).map(({ title, said }) => [title, said]))]);
    if (predictions.slices.length > 0) section('By slice', slices(predictions));
  } else if (ranking !== undefined) section(`Order of ${ranking.queries} queries`, [table(orders(ranking))]);
  else section('Columns', columns(held));
  if (bias !== undefined) section(`Groups: ${bias.positive} is the good outcome`, [groups(bias)]);
}

function section(title: string, lines: readonly string[]): void {
  say();
  say(paint('bold', title));
  for (const line of lines) say(line);
}

const findingsOf = (analysis: Analysis): readonly string[] => [
  ...predictionFindings(analysis),
  ...rankingFindings(analysis),
  ...(analysis.bias === undefined ? [] : biasFindings(analysis.bias)),
  ...tableFindings(analysis.table),
];

const orders = ({ metrics }: RankingAnalysis): readonly (readonly string[])[] =>
  metrics.map(({ metric, estimate, left }) => [
    rankingMetrics.find(({ name }) => name === metric)!.title,
    `${estimateWritten(estimate)}${left > 0 ? `, not defined for ${left}` : ''}`,
  ]);

function slices(predictions: PredictionAnalysis): readonly string[] {
  const { slices: all, task } = predictions;
  const rows = all
    .slice(0, MOST_SLICES)
    .map(({ slice, rows: count, measured }) => [
      slice,
      `${count} ${count === 1 ? 'row' : 'rows'}`,
      ...measured
        .filter((one) => isHeadline(one, predictions, SHOWN[task]))
        .map((one) => `${metricTitle(one, predictions)} ${estimateWritten(one.estimate)}`),
    ]);
  return [table(rows), ...(all.length > MOST_SLICES ? [`  and ${all.length - MOST_SLICES} more: --save writes them all`] : [])];
}

const groups = ({ found }: BiasAnalysis): string =>
  table(
    found.map(({ column, group, metric, estimate, verdict }) => [
      `${column} = ${group}`,
      metric,
      `${estimateWritten(estimate)}${verdict === 'beyond' ? ', beyond its bounds' : ''}`,
    ]),
  );

function columns({ columns: all }: TableAnalysis): readonly string[] {
  const rows = all
    .slice(0, MOST_COLUMNS)
    .map(({ name, kind, missing, distinct, numbers, mostFrequent }) => [
      name,
      kind,
      missing === 0 ? '' : `${missing} missing`,
      `${distinct} different`,
      numbers === undefined
        ? mostFrequent === undefined
          ? 'nothing in any row'
          : `${mostFrequent.value} ${mostFrequent.count} times`
        : `${short(numbers.least)} … ${short(numbers.most)}, median ${short(numbers.quartiles[1])}`,
    ]);
  return [table(rows), ...(all.length > MOST_COLUMNS ? [`  and ${all.length - MOST_COLUMNS} more: --save writes them all`] : [])];
}

const short = (value: number): string => String(Number(value.toPrecision(5)));
