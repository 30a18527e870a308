import { Option, type Command } from 'commander';
import { analysisHtml } from '@vitrine/audit';
import { tableBytes, writtenFormats, type WrittenFormat } from '@vitrine/data/node';
import { analysisJson, sheetsOf } from '@vitrine/evaluate';
import { ExplainError } from '@vitrine/explain';
import type { AnalyzedRows } from '../analysis/analyzeRows.js';
import { writeFolder, writeWhole } from '../save.js';
import { schemaBeside, schemaIn } from '../table/schemaOf.js';
import { commandLine } from './commandLine.js';
import { describeAnalysis } from './describeAnalysis.js';
import { endpointOf, limitsOf, running, type Running } from './options.js';
import { formatOf, formatting, wholeNumber, type Formatting } from './schema.js';
import { bar, note, paint, plain, say, sayJson, type Bar } from './terminal.js';

interface Options extends Formatting, Running {
  readonly model?: string;
  readonly labels?: string;
  readonly preprocess?: string;
  readonly schema?: string;
  readonly labelColumn?: string;
  readonly predictionColumn?: string;
  readonly scoreColumns?: readonly string[];
  readonly positive?: string;
  readonly queryColumn?: string;
  readonly task?: 'classification' | 'regression';
  readonly by?: readonly string[];
  readonly protected?: readonly string[];
  readonly condition?: string;
  readonly threshold?: number;
  readonly rows?: number;
  readonly bins?: number;
  readonly level?: number;
  readonly resamples?: number;
  readonly seed: number;
  readonly save?: string;
  readonly format: WrittenFormat;
  readonly report?: string;
  readonly json?: boolean;
}

const gather = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
const bad = (message: string): never => {
  throw new ExplainError('bad-option', message);
};
const numberOf =
  (name: string) =>
  (text: string): number =>
    text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : bad(`${name} must be a number, not ${text}`);
const positiveNumber =
  (name: string) =>
  (text: string): number =>
    /^[1-9]\d{0,14}$/.test(text) ? Number(text) : bad(`${name} must be a whole number from 1, not ${text}`);

const EXAMPLES = `
Examples:
  $ vitrine analyze people.csv --label-column income --report people.html
  $ vitrine analyze people.csv --model adult.onnx --by gender,age --by gender+race --protected gender --report why.html
  $ vitrine analyze scored.csv --label-column paid --score-columns p_paid --condition income --protected sex --save out --format parquet
  $ vitrine analyze hotels.csv --model ranker.onnx --query-column search --label-column grade
  $ vitrine analyze houses.parquet --label-column price --prediction-column guess --by region --json`;

export function analyzeCommand(program: Command): void {
  running(
    formatting(
      program
        .command('analyze')
        .description('say what a table holds, how right predictions of its rows are, and for whom they are not')
        .argument('<table>', 'a file of CSV, TSV, Parquet, Arrow or JSON lines'),
    )
      .option('--model <file>', 'a model (or its address) that says something of each row')
      .option('--labels <file>', 'what the classes of the model are called: one per line, or JSON')
      .option('--preprocess <file>', 'how rows become its inputs (default: MODEL.json beside the model, when it is there)')
      .option('--label-column <name>', 'the column that tells what is true')
      .option('--prediction-column <name>', 'the column that tells what was predicted: classes, numbers, or a probability')
      .option('--score-columns <names>', 'columns with a score for each class, named as the classes are, or for the positive one', gather)
      .option('--positive <class>', 'of two classes the one that is looked for (default: the last)')
      .addOption(
        new Option('--task <kind>', 'what is predicted (default: as the label column looks)').choices(['classification', 'regression']),
      )
      .option(
        '--query-column <name>',
        'rows are documents of queries, which this column tells apart: predictions put them in order, labels are grades',
      )
      .option('--by <columns>', 'slice by these columns, each by itself; a+b slices by both together (repeat for several)', gather)
      .option('--protected <columns>', 'columns whose groups should be treated alike (repeat for several)', gather)
      .option('--condition <name>', 'a column that may explain a difference between groups')
      .option('--threshold <number>', 'of predicted numbers: those above are the good outcome', numberOf('--threshold'))
      .option('--schema <file>', 'what the columns mean (default: the .schema.json beside the table or the model)')
      .option('--rows <n>', 'most rows that are looked at: of a larger table so many are drawn (default: 100000)', positiveNumber('--rows'))
      .option('--bins <n>', 'groups that a column of numbers is sliced into (default: 4)', positiveNumber('--bins'))
      .option('--level <share>', 'confidence of intervals (default: 0.95)', numberOf('--level'))
      .option('--resamples <n>', 'draws for intervals that no formula gives', positiveNumber('--resamples'))
      .option('--seed <n>', 'seed of everything random', wholeNumber('--seed'), 0)
      .option('--save <folder>', 'write every result as a table there, and analysis.json')
      .addOption(new Option('--format <kind>', 'of these tables').choices([...writtenFormats]).default('csv'))
      .option('--report <file>', 'write a page to read: one HTML file')
      .option('--json', 'print the analysis as JSON'),
  )
    .addHelpText('after', EXAMPLES)
    .action(run);
}

async function run(file: string, options: Options): Promise<void> {
  const cancel = new AbortController();
  const stop = (): void => cancel.abort();
  process.once('SIGINT', stop);
  const { load } = await import('../model.js');
  const { analyzeRows } = await import('../analysis/analyzeRows.js');
  const { openedTable } = await import('../table/rows.js');
  const { model: named, labels, preprocess, device, threads, schema, by = [], protected: groups = [], scoreColumns, ...rest } = options;
  const model = named === undefined ? undefined : await load(named, { labels, preprocess, device, threads, endpoint: endpointOf(options) });
  const shown = stages();
  try {
    const place = schema ?? schemaBeside(file, model?.file);
    const known = place === undefined ? undefined : schemaIn(place);
    const table = await openedTable({ table: file }, known ?? { features: [], format: formatOf(options) });
    const listed = (text: string): readonly string[] => namesIn(text, table.columns);
    try {
      const found = await analyzeRows(table, {
        ...rest,
        model,
        schema: known,
        format: formatOf(options),
        limits: limitsOf(options),
        signal: cancel.signal,
        progress: (stage, done, of) => {
          shown.update(stage, done, of);
          // What is counted afterwards gives no other work a chance: a signal then ends the program by itself.
          if (stage === 'count') {
            process.off('SIGINT', stop);
            if (done > MANY && process.stderr.isTTY) note(`measuring what ${done.toLocaleString('en')} rows tell …`);
          }
        },
        by: by.flatMap(listed).map((one) => (table.columns.includes(one) ? [one] : one.split('+').map((name) => name.trim()))),
        groups: groups.flatMap(listed),
        ...(scoreColumns && { scoreColumns: scoreColumns.flatMap(listed) }),
      });
      shown.stop();
      await write(found, options);
    } finally {
      await table.close();
    }
  } finally {
    shown.stop();
    process.off('SIGINT', stop);
    if (!cancel.signal.aborted) await model?.close();
  }
}

/** Rows that take more than a moment. */
const MANY = 20_000;

/** A bar for each stage of the work. */
function stages(): { readonly update: (stage: string, done: number, of: number | undefined) => void; readonly stop: () => void } {
  let [now, shown]: [string | undefined, Bar | undefined] = [undefined, undefined];
  return {
    update(stage, done, of) {
      if (stage !== now) {
        shown?.stop();
        [now, shown] = [stage, bar(stage)];
      }
      if (of !== undefined) shown?.update(done, of);
    },
    stop: () => shown?.stop(),
  };
}

/** Columns with commas between them; one whose own name has commas is meant where there is such a one. */
const namesIn = (text: string, columns: readonly string[]): readonly string[] =>
  columns.includes(text)
    ? [text]
    : text
        .split(',')
        .map((name) => name.trim())
        .filter(Boolean);

async function write(found: AnalyzedRows, { save, format, report, json }: Options): Promise<void> {
  const { analysis, notes } = found;
  const written: string[] = [];
  if (save !== undefined) {
    const files = new Map<string, Uint8Array | string>();
    for (const sheet of sheetsOf(analysis)) files.set(`${sheet.name}.${format}`, await tableBytes(sheet, format));
    files.set('analysis.json', `${JSON.stringify(analysisJson(analysis), null, 2)}\n`);
    written.push(...(await writeFolder(save, files)));
  }
  if (report !== undefined) {
    await writeWhole(report, analysisHtml({ ...found, command: commandLine() }));
    written.push(report);
  }
  if (json) sayJson({ table: found.name, model: found.model, label: found.label, notes, ...analysisJson(analysis) });
  else describeAnalysis(found);
  for (const sentence of notes) note(paint('yellow', `note: ${sentence}`, process.stderr));
  for (const name of written) (json ? note : say)(`${paint('green', 'wrote')} ${plain(name)}`);
}
