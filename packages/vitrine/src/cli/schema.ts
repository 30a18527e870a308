import { Option, type Command } from 'commander';
import { calledBy, encodings, schemaJson, type Feature, type Format, type Table } from '@vitrine/data';
import { openTable } from '@vitrine/data/node';
import { ExplainError } from '@vitrine/explain';
import { writeWhole } from '../save.js';
import { guessed, schemaIn, type SchemaGiven } from '../table/schemaOf.js';
import { note, paint, plain, say, table as aligned } from './terminal.js';

export interface Formatting {
  readonly delimiter?: string;
  readonly decimal?: '.' | ',';
  readonly encoding?: Format['encoding'];
  readonly header?: boolean;
}

interface Options extends Formatting {
  readonly labelColumn?: string;
  readonly out?: string;
  readonly rows?: number;
  readonly schema?: string;
  readonly seed: number;
  readonly json?: boolean;
}

const bad = (message: string): never => {
  throw new ExplainError('bad-option', message);
};
export const wholeNumber =
  (name: string) =>
  (text: string): number =>
    /^\d{1,15}$/.test(text) ? Number(text) : bad(`${name} must be a whole number, not ${text}`);
const ESCAPES: { readonly [text: string]: string } = { '\\t': '\t', tab: '\t' };

/** Options of commands that read tables whose files do not say how they are laid out. */
export const formatting = (command: Command): Command =>
  command
    .option('--delimiter <character>', 'what stands between fields of a text table (default: found by itself)', (text) =>
      (ESCAPES[text] ?? text).length === 1 ? (ESCAPES[text] ?? text) : bad(`--delimiter must be one character, not ${text}`),
    )
    .addOption(
      new Option('--decimal <character>', 'what stands before the fraction of a number (default: found by itself)').choices(['.', ',']),
    )
    .addOption(new Option('--encoding <name>', 'how text is written').choices([...encodings]))
    .option('--no-header', 'the first row of a text table is a row, not names');

export function formatOf({ delimiter, decimal, encoding, header }: Formatting): Format {
  return {
    ...(delimiter !== undefined && { delimiter }),
    ...(decimal !== undefined && { decimal }),
    ...(encoding !== undefined && { encoding }),
    ...(header === false && { header }),
  };
}

export function schemaCommand(program: Command): void {
  formatting(
    program
      .command('schema')
      .description('guess what the columns of a table mean, show it, and write it to be edited')
      .argument('<table>', 'a file of CSV, TSV, Parquet, Arrow or JSON lines'),
  )
    .option('--out <file>', 'write the schema there, as JSON')
    .option('--schema <file>', 'show this one, checked against the table')
    .option('--label-column <name>', 'the column that tells what is true, and is no input')
    .option('--rows <n>', 'look at the first rows only', wholeNumber('--rows'))
    .option('--seed <n>', 'seed of the rows that are drawn from a large table', wholeNumber('--seed'), 0)
    .option('--json', 'print the schema as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  $ vitrine schema people.csv\n  $ vitrine schema people.csv --label-column income --out schema.json',
    )
    .action(async (file: string, options: Options) => {
      const given: SchemaGiven = { labelColumn: options.labelColumn, format: formatOf(options) };
      const known = options.schema === undefined ? undefined : schemaIn(options.schema);
      const table = await openTable(file, known?.format ?? given.format);
      try {
        const found = known === undefined ? await guessed(table, { ...given, seed: options.seed, count: options.rows }) : undefined;
        const schema = known ?? found!.schema;
        const column = options.labelColumn ?? schema.labelColumn;
        if (column !== undefined && !table.columns.includes(column))
          bad(`${table.name} has no column ${column}: it has ${listed(table.columns)}`);
        if (options.json) say(schemaJson(schema).trimEnd());
        else describe(table, schema.features, column, found && { rows: found.seen, isPart: found.isPart });
        for (const sentence of found?.notes ?? missingColumns(table, schema.features))
          note(paint('yellow', `note: ${sentence}`, process.stderr));
        if (options.out === undefined) return;
        await writeWhole(options.out, schemaJson(schema));
        (options.json ? note : say)(`${paint('green', 'wrote')} ${plain(options.out)}`);
      } finally {
        await table.close();
      }
    });
}

const MOST_NAMES = 12;
const listed = (names: readonly string[]): string =>
  names.length > MOST_NAMES ? `${names.slice(0, MOST_NAMES).join(', ')} and ${names.length - MOST_NAMES} more` : names.join(', ');

const missingColumns = ({ columns, name }: Table, features: readonly Feature[]): readonly string[] =>
  features.filter((feature) => !columns.includes(feature.name)).map((feature) => `${name} has no column ${feature.name}`);

const MOST_ROWS = 200;

function describe(
  { name, format, columns, dialect }: Table,
  features: readonly Feature[],
  labelColumn: string | undefined,
  seen: { readonly rows: number; readonly isPart: boolean } | undefined,
): void {
  const facts = [
    format,
    ...(seen === undefined
      ? []
      : [`${seen.isPart ? 'at least ' : ''}${seen.rows.toLocaleString('en')} ${seen.rows === 1 ? 'row' : 'rows'}`]),
    `${columns.length} ${columns.length === 1 ? 'column' : 'columns'}`,
    ...(dialect === undefined || dialect.delimiter === ',' || dialect.delimiter === '\t' ? [] : [`delimiter ${dialect.delimiter}`]),
    ...(dialect?.header === false ? ['no names in the first row'] : []),
  ];
  say(`${paint('bold', name)}  ${facts.join(', ')}`);
  say(
    aligned(features.slice(0, MOST_ROWS).map((feature) => [feature.name, feature.kind, rangeOf(feature), remarks(feature, labelColumn)])),
  );
  if (features.length > MOST_ROWS) say(`  and ${features.length - MOST_ROWS} more: --json lists them all`);
}

const LONGEST = 60;

/** What values there are. */
function rangeOf({ categories, min, max, unit = '' }: Feature): string {
  if (categories !== undefined) {
    const all = categories.join(', ');
    return all.length <= LONGEST ? all : `${categories.length}: ${all.slice(0, LONGEST)}…`;
  }
  const ends = min !== undefined || max !== undefined ? `${min ?? ''} … ${max ?? ''}` : '';
  return [ends, unit].filter(Boolean).join(' ');
}

function remarks(feature: Feature, labelColumn: string | undefined): string {
  const { label, whole, missing, group, immutable, monotone, name } = feature;
  return [
    ...(name === labelColumn ? ['what is true, no input'] : []),
    ...(label === undefined ? [] : [`called ${calledBy(feature)}`]),
    ...(whole ? ['whole'] : []),
    ...(missing ? ['may be empty'] : []),
    ...(group === undefined ? [] : [`with ${group}`]),
    ...(immutable ? ['cannot change'] : []),
    ...(monotone === undefined ? [] : [monotone]),
  ].join(', ');
}
