import type { Command } from 'commander';
import { plusMinus, signed } from '@vitrine/audit';
import { ExplainError, type Explanation } from '@vitrine/explain';
import type { Exam } from '../exam.js';
import type { LoadedModel } from '../model.js';
import type { Rows } from '../series/given.js';
import type { Background } from '../table/background.js';
import { isRowsFile, type TableGiven } from '../table/given.js';
import { byWeight, toldRows, type ToldRow } from '../table/told.js';
import { table } from './terminal.js';

export interface OfTables {
  readonly schema?: string;
  readonly labelColumn?: string;
  readonly background?: string;
  readonly backgroundRows?: number;
}

/** Options of commands that read rows of tables. */
export const ofTables = (command: Command): Command =>
  command
    .option(
      '--schema <file>',
      'what the columns of a table mean (default: the .schema.json beside the table or the model; vitrine schema writes it)',
    )
    .option('--label-column <name>', 'the column of a table that tells what is true, and is no input')
    .option('--background <file>', 'a table whose rows the example is compared with: what methods take as background or baseline')
    .option('--background-rows <n>', 'how many of them are drawn, by --seed (default: 100; 1,000 for maple, 10,000 for l2x)', (text) => {
      if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
      throw new ExplainError('bad-option', `--background-rows must be a whole number from 1, not ${text}`);
    });

/** The rows to compare with, if some are given. */
export const backgroundOf = ({ background, backgroundRows, labelColumn }: OfTables): Background | undefined =>
  background === undefined ? undefined : { table: background, count: backgroundRows, labelColumn };

/** The table that is given as `--input FILE`, if one is. @throws ExplainError where something else is given beside it */
export function tableOf(
  model: LoadedModel,
  input: readonly string[],
  { row, rows, series, labelColumn }: OfTables & { readonly row?: Rows; readonly rows?: Rows; readonly series?: unknown },
): TableGiven | undefined {
  const names = model.subject.graph.inputs.map(({ name }) => name);
  const file =
    series === undefined ? input.find((one) => !names.some((name) => one.startsWith(`${name}=`)) && isRowsFile(model, one)) : undefined;
  if (file === undefined) return undefined;
  if (input.length > 1) throw new ExplainError('bad-option', `${file} is a table, which gives all inputs: give nothing beside it`);
  if (row !== undefined && rows !== undefined) throw new ExplainError('bad-option', '--row and --rows both choose rows: give one of them');
  return { table: file, rows: row ?? rows, labelColumn };
}

const MOST = 20;

/** What the features of a row count, those that count most. */
export function rowLines(exam: Exam, explanation: Explanation): readonly string[] {
  return toldRows(exam, explanation).flatMap((told) => [...(told.part === undefined ? [] : [`  ${told.part}`]), ...linesOf(told)]);
}

function linesOf({ features, rest }: ToldRow): readonly string[] {
  const order = byWeight(features);
  const hasErrors = features.some(({ standardError }) => standardError !== undefined);
  const lines = order
    .slice(0, MOST)
    .map(({ label, shown, attribution, standardError }) => [
      signed(attribution).padStart(8),
      ...(hasErrors ? [standardError === undefined ? '' : plusMinus(standardError)] : []),
      label,
      shown,
    ]);
  const left = order.length - lines.length;
  return [
    ...(lines.length > 0 ? [table(lines, '    ')] : []),
    ...(left > 0 ? [`    ${left} more count less`] : []),
    ...(features.length > order.length ? [`    ${features.length - order.length} count nothing`] : []),
    ...(rest === 0 ? [] : [`    ${signed(rest)} belongs to no feature`]),
  ];
}
