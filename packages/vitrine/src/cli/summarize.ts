import { stat } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { ExplainError } from '@vitrine/explain';
import type { LoadedModel } from '../model.js';
import { counted } from '../summary/source.js';
import type { ImportanceQuestion, ImportanceSummary } from '../importance/importance.js';
import { PERMUTATION_IMPORTANCE } from '../importance/name.js';
import type { ManyGiven, Summary, SummaryQuestion } from '../summary/summarize.js';
import { savedFormats, type SavedFormat } from '../summary/formats.js';
import type { TableGiven } from '../table/given.js';
import {
  asking,
  endpointOf,
  inputsOf,
  limitsOf,
  methodOptions,
  picturing,
  preprocessOf,
  running,
  type Asking,
  type Picturing,
  type Running,
} from './options.js';
import { takenAs } from './parts.js';
import { ofSeries, seriesOptionsOf, withRows, type OfSeries } from './series.js';
import { writeWhole } from '../save.js';
import { commandLine } from './commandLine.js';
import { importanceLines, summaryLines } from './summaryLines.js';
import { backgroundOf, ofTables, tableOf, type OfTables } from './tables.js';
import { bar, note, paint, say, sayJson, tell } from './terminal.js';
import { tellingOf, texting, type Texting } from './texting.js';

interface Options extends Asking, Picturing, Running, OfSeries, OfTables, Texting {
  readonly input?: readonly string[];
  readonly labels?: string;
  readonly sample?: number;
  readonly save?: string;
  readonly format?: SavedFormat;
  readonly report?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ vitrine summarize forest.onnx --input people.csv --method tree-shap --background people.csv --save out
  $ vitrine summarize adult.onnx --input people.parquet --method kernel-shap --background people.parquet --sample 1000 --save out --format csv --report why.html
  $ vitrine summarize bert.onnx --texts reviews.csv --method integrated-gradients --save out
  $ vitrine summarize forest.onnx --input people.csv --label-column income --method permutation-importance --option metric=auc --save out
  $ vitrine summarize squeezenet.onnx --input pictures/ --method grad-cam --save out`;

export const summarizeCommand = (program: Command): Command =>
  picturing(
    running(
      asking(
        texting(
          ofTables(
            ofSeries(
              program
                .command('summarize')
                .description('explain all examples of a data set, and say what they have in common')
                .argument('<model>', 'an ONNX file, a folder of one or of safetensors, or an address as http://HOST/v2/models/NAME')
                .option(
                  '-i, --input <[name=]file>',
                  'a table (.csv, .tsv, .parquet, .arrow, .jsonl), a folder of pictures, a file of several series (.ts), or .npy with an example a row',
                  (value: string, before: readonly string[] = []) => [...before, value],
                ),
            ),
          ),
        ),
      ),
    ),
  )
    .option('--labels <file>', 'class names: one per line, or JSON')
    .option('--sample <n>', 'as many examples, drawn by --seed (default: all)', (text) => {
      if (/^[1-9]\d{0,11}$/.test(text)) return Number(text);
      throw new ExplainError('bad-option', `--sample must be a whole number from 1, not ${text}`);
    })
    .option('--save <folder>', 'write all values, the summary and a record there; a run that was stopped goes on from there')
    .addOption(new Option('--format <name>', 'of the file of all values').choices([...savedFormats]).default('parquet'))
    .option('--report <file>', 'write a page to read, with charts: one HTML file')
    .option('--json', 'print the summary as JSON instead of text')
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, options: Options) => {
      const methods = options.method;
      if (methods === undefined) throw new ExplainError('bad-option', 'give a method with --method NAME: vitrine methods lists them');
      const explaining = methods.filter((method) => method !== PERMUTATION_IMPORTANCE);
      if (explaining.length > 0 && explaining.length < methods.length)
        bad(`${PERMUTATION_IMPORTANCE} has options of its own: ask for it alone`);
      const given = methodOptions(explaining, explaining.length === 0 ? [] : options.option);
      const { load } = await import('../model.js');
      const cancel = new AbortController();
      // A second one ends the program where it stands.
      process.once('SIGINT', () => cancel.abort());
      const model = await load(file, {
        labels: options.labels,
        tokenizer: options.tokenizer,
        ...preprocessOf(options),
        series: seriesOptionsOf(options),
        schema: options.schema,
        device: options.device,
        threads: options.threads,
        endpoint: endpointOf(options),
      });
      try {
        await run(model, options, given, cancel.signal);
      } finally {
        // A run that was cancelled may last: the program ends without waiting for it.
        if (!cancel.signal.aborted) await model.close();
      }
    });

async function run(model: LoadedModel, options: Options, own: ReturnType<typeof methodOptions>, signal: AbortSignal): Promise<void> {
  const given = await manyOf(model, options, 'summarize');
  const results: (Summary | ImportanceSummary)[] = [];
  for (const method of options.method) {
    const progress = bar(method);
    const common = { ...questionOf(options), signal, progress: progress.update, failed: failures(options.save) };
    try {
      results.push(
        method === PERMUTATION_IMPORTANCE
          ? await importanceOf(model, given, options, common)
          : await summarized(model, given, {
              ...common,
              method,
              options: { ...takenAs(options.texts !== undefined, method, options), ...own.get(method) },
            }),
      );
    } finally {
      progress.stop();
    }
    const result = results.at(-1)!;
    if (!options.json) say('metric' in result ? importanceLines(result) : summaryLines(result));
    for (const name of result.files) (options.json ? note : say)(`${paint('green', 'wrote')} ${name}`);
  }
  if (options.report !== undefined) {
    await writeWhole(options.report, await pageOf(model, results));
    (options.json ? note : say)(`${paint('green', 'wrote')} ${options.report}`);
  }
  if (options.json) sayJson(results.map((result) => ({ ...result, shown: undefined })));
  const first = results.find(({ failed }) => failed > 0);
  if (first !== undefined)
    throw new ExplainError('bad-input', `${first.failed} of ${counted(first.asked, 'noun' in first ? first.noun : 'row')} failed`);
}

/** Permutation importance is asked for alone. */
async function pageOf(model: LoadedModel, results: readonly (Summary | ImportanceSummary)[]): Promise<string> {
  const [first] = results;
  if (first !== undefined && 'metric' in first) {
    const { importanceReport } = await import('../importance/report.js');
    return importanceReport(model, first, commandLine());
  }
  const { summaryReport } = await import('../summary/report.js');
  return summaryReport(
    model,
    results.filter((result) => 'shown' in result),
    commandLine(),
  );
}

async function summarized(model: LoadedModel, given: ManyGiven, question: SummaryQuestion): Promise<Summary> {
  const { summarize } = await import('../summary/summarize.js');
  return summarize(model, given, question);
}

async function importanceOf(
  model: LoadedModel,
  given: ManyGiven,
  { option, at, layer, background, target }: Options,
  question: Omit<ImportanceQuestion, 'target'>,
): Promise<ImportanceSummary> {
  if (typeof given !== 'object' || !('table' in given))
    return bad(`${PERMUTATION_IMPORTANCE} permutes columns of a table: give one as --input FILE`);
  const stray = Object.entries({ '--at': at, '--layer': layer, '--background': background }).find(([, value]) => value !== undefined);
  if (stray !== undefined) bad(`${PERMUTATION_IMPORTANCE} has no use for ${stray[0]}: leave it out`);
  const { importance } = await import('../importance/importance.js');
  return importance(model, given as TableGiven, { ...question, target, options: pairsOf(option) });
}

/** `key=value` options. */
const pairsOf = (given: readonly string[] = []): { readonly [key: string]: string } =>
  Object.fromEntries(
    given.map((text) => {
      const at = text.indexOf('=');
      return at < 1 ? bad(`--option ${text} must be written KEY=VALUE`) : [text.slice(0, at), text.slice(at + 1)];
    }),
  );

const questionOf = (options: Options) => ({
  target: options.target,
  at: options.at,
  layer: options.layer,
  seed: options.seed,
  background: backgroundOf(options),
  limits: limitsOf(options),
  sample: options.sample,
  save: options.save,
  format: options.format,
  telling: tellingOf(options),
});

/** Failures that are told one by one. */
const MOST = 10;

/** Tells failures as they come: of many, the first. */
function failures(save: string | undefined): (number: number, message: string) => void {
  let count = 0;
  return (number, message) => {
    if (++count <= MOST) tell(message.includes(`row ${number}`) ? message : `example ${number}: ${message}`);
    if (count === MOST + 1)
      tell(`further failures are ${save === undefined ? 'only counted: --save lists them' : 'in the file of all values'}`);
  };
}

/** What the options give. @throws ExplainError where that is nothing, or one example alone */
export async function manyOf(
  model: LoadedModel,
  options: Pick<Options, 'input'> & OfSeries & OfTables & Texting,
  verb: string,
): Promise<ManyGiven> {
  const { input = [], texts, maxTokens, decoderText, series, labelColumn, row, rows } = options;
  const { inputs: wanted } = model.subject.graph;
  if (options.text !== undefined || options.textFile !== undefined)
    bad(`to ${verb} takes many examples: give them with --input FILE or --texts FILE, and explain one with vitrine explain`);
  if (texts !== undefined) {
    const inputs = await inputsOf(input, wanted);
    return { texts, maxTokens, decoderText, ...(inputs.size > 0 && { inputs }) };
  }
  const table = tableOf(model, input, { series, ...(labelColumn !== undefined && { labelColumn }) });
  if (row !== undefined && rows !== undefined) bad('--row and --rows both choose rows: give one of them');
  if (table !== undefined) return { ...table, rows: row ?? rows };
  if (row !== undefined || rows !== undefined) bad('--row and --rows choose rows of a table: give one as --input FILE');
  const [first] = input;
  if (first === undefined) return bad(`nothing to ${verb}: give a table or a folder with --input FILE, or texts with --texts FILE`);
  const isFolder = (await stat(first).catch(() => undefined))?.isDirectory() === true;
  return isFolder ? { folder: first } : withRows(await inputsOf(input, wanted), series === undefined ? {} : { series });
}

const bad = (message: string): never => {
  throw new ExplainError('bad-option', message);
};
