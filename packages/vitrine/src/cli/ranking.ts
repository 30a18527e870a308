import type { Command } from 'commander';
import { tableBytes } from '@vitrine/data/node';
import { ExplainError, isRankingMethod } from '@vitrine/explain';
import type { LoadedModel } from '../model.js';
import type { QueryAnswer, QueryExam } from '../ranking/explainQuery.js';
import { answerSheets, byMeanWeight, documentsSheet, foundInQuery, pairOf, queryRecord } from '../ranking/told.js';
import { VERSION } from '../version.js';
import { askEach } from './askEach.js';
import { commandLine } from './commandLine.js';
import { limitsOf, type Asking, type Running } from './options.js';
import { backgroundOf, tableOf, type OfTables } from './tables.js';
import type { OfSeries } from './series.js';
import { note, paint, plain, say, sayJson, table, tell } from './terminal.js';

export interface OfQueries {
  readonly queryColumn?: string;
  readonly query?: string;
  readonly places?: readonly [number, number];
}

interface Options extends OfQueries, OfTables, OfSeries, Asking, Running {
  readonly input?: readonly string[];
  readonly save?: string;
  readonly report?: string;
  readonly json?: boolean;
}

const bad = (message: string): never => {
  throw new ExplainError('bad-option', message);
};

/** Options of models that put the rows of a query in order. */
export const ofQueries = (command: Command): Command =>
  command
    .option('--query-column <name>', 'of a model that puts rows in order: the column that tells which query a row is a document of')
    .option('--query <name>', 'the query whose order is explained, as that column writes it')
    .option(
      '--places <a:b>',
      'two places of the order, the score of the one explained against that of the other (default: 1:2)',
      (text) => {
        const match = /^([1-9]\d{0,5}):([1-9]\d{0,5})$/.exec(text);
        return match !== null && match[1] !== match[2]
          ? ([Number(match[1]), Number(match[2])] as const)
          : bad(`--places must be two, as 1:2, not ${text}`);
      },
    );

/** Whether it is an order that is asked about. @throws ExplainError where half of what that takes is given */
export function asksOrder({ queryColumn, query, places, method }: OfQueries & { readonly method: readonly string[] }): boolean {
  const ranks = method.find(isRankingMethod);
  if (queryColumn !== undefined && query === undefined)
    bad('--query-column tells queries apart: say with --query which of them is explained');
  if (queryColumn === undefined && query !== undefined)
    bad('--query names a query: say with --query-column which column tells queries apart');
  if (queryColumn === undefined && ranks !== undefined)
    bad(`${ranks} explains the order of a query's rows: say with --query-column and --query which`);
  if (queryColumn === undefined && places !== undefined) bad('--places are those of two rows of a query: give --query-column and --query');
  return queryColumn !== undefined;
}

/** Explains the order of one query's rows. */
export async function explainOrder(
  model: LoadedModel,
  options: Options & Required<Pick<OfQueries, 'query' | 'queryColumn'>>,
  given: ReadonlyMap<string, { readonly [name: string]: string | object }>,
  signal: AbortSignal,
): Promise<void> {
  const { input = [], queryColumn, query, row, rows, json, places = [1, 2], seed, target } = options;
  if (row !== undefined || rows !== undefined) bad('--query chooses the rows: leave out --row and --rows');
  const file = tableOf(model, input, options) ?? bad('an order is explained of the rows of a table: give one with --input FILE');
  const { examineQuery } = await import('../ranking/explainQuery.js');
  const exam = await examineQuery(model, { ...file, queryColumn, query }, { seed, target, limits: limitsOf(options), signal });
  const { length } = exam.documents;
  if (Math.max(...places) > length) bad(`--places ${places.join(':')}: ${queryColumn} ${query} has ${length} places`);
  const { answers, failures } = await askEach(options.method, (method, progress) =>
    exam.explain({
      method,
      target,
      seed,
      options: { ...given.get(method) },
      background: backgroundOf(options),
      limits: limitsOf(options),
      signal,
      progress,
    }),
  );
  if (json && answers.length > 0) sayJson(queryRecord(exam, answers, { seed, version: VERSION, command: commandLine() }));
  else if (answers.length > 0) describeOrder(exam, answers, places);
  for (const sentence of new Set([...exam.query.notes, ...answers.flatMap(({ notes }) => notes)]))
    note(paint('yellow', `note: ${sentence}`, process.stderr));
  const written = answers.length === 0 ? [] : await write(exam, answers, options, places);
  for (const name of written) (json ? note : say)(`${paint('green', 'wrote')} ${plain(name)}`);
  const [first, ...others] = failures;
  others.forEach(({ message }) => tell(message));
  if (first !== undefined) throw first;
}

async function write(
  exam: QueryExam,
  answers: readonly QueryAnswer[],
  { save, report, seed }: Options,
  pair: readonly [number, number],
): Promise<readonly string[]> {
  const { writeFolder, writeWhole } = await import('../save.js');
  const written: string[] = [];
  if (save !== undefined) {
    const files = new Map<string, Uint8Array | string>();
    for (const one of [documentsSheet(exam.documents), ...answers.flatMap((answer) => answerSheets(exam.documents, answer, pair))])
      files.set(`${one.name}.csv`, await tableBytes(one, 'csv'));
    files.set(
      'ranking.json',
      `${JSON.stringify(queryRecord(exam, answers, { seed, version: VERSION, command: commandLine() }), null, 2)}\n`,
    );
    written.push(...(await writeFolder(save, files)));
  }
  if (report !== undefined) {
    const { queryReport } = await import('../ranking/report.js');
    await writeWhole(report, queryReport(exam, answers, pair, commandLine()));
    written.push(report);
  }
  return written;
}

const MOST_DOCUMENTS = 20;
const MOST_FEATURES = 12;

/** The order, and what each method says of it. */
function describeOrder({ model, query, documents }: QueryExam, answers: readonly QueryAnswer[], pair: readonly [number, number]): void {
  say(
    `${paint('bold', `${query.column} ${plain(query.query)}`)}  ${documents.length} rows of ${plain(query.table)}, put in order by ${plain(model.subject.name)}`,
  );
  const grades = documents.some(({ grade }) => grade !== undefined);
  say(
    table(
      documents
        .slice(0, MOST_DOCUMENTS)
        .map(({ place, row, score, grade }) => [
          `${place}.`,
          `row ${row}`,
          score.toPrecision(4),
          ...(grades ? [grade === undefined ? '' : `${query.labelColumn} ${grade}`] : []),
        ]),
    ),
  );
  if (documents.length > MOST_DOCUMENTS) say(`  and ${documents.length - MOST_DOCUMENTS} more`);
  for (const answer of answers) {
    say(`\n${paint('bold', answer.method)}  ${answer.meaning}; ${answer.evaluations.toLocaleString('en')} model runs`);
    for (const line of answerLines(answer, pair)) say(line);
    for (const sentence of foundInQuery(answer, pair)) say(`  ${plain(sentence)}`);
  }
}

const withError = (value: number, error: number | undefined): string =>
  `${value >= 0 ? '+' : '−'}${Math.abs(value).toFixed(3)}${error === undefined || error < 1e-9 ? '' : ` ± ${error.toPrecision(2)}`}`;

function answerLines({ features, scores = [] }: QueryAnswer, pair: readonly [number, number]): readonly string[] {
  if (features !== undefined)
    return [
      table(
        features.map(({ label, value, standardError, without }) => [
          label,
          withError(value, standardError),
          ...(without === undefined ? [] : [`without ${withError(without, undefined)}`]),
        ]),
        '    ',
      ),
    ];
  const shown = byMeanWeight(scores).slice(0, MOST_FEATURES);
  return [
    table(
      [
        ['place', ...shown.map((i) => scores[0]![i]!.label)],
        ...scores.slice(0, MOST_DOCUMENTS).map((own, i) => [`${i + 1}.`, ...shown.map((at) => withError(own[at]!.attribution, undefined))]),
      ],
      '    ',
    ),
    `  place ${pair[0]} above place ${pair[1]}`,
    table(
      pairOf(scores, pair)
        .slice(0, MOST_FEATURES)
        .map(({ label, shown: own, other, value, standardError }) => [
          withError(value, standardError),
          label,
          own === other ? `${own}, both` : `${own} rather than ${other}`,
        ]),
      '    ',
    ),
  ];
}
