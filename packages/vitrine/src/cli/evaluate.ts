import type { Command } from 'commander';
import { EvaluateError, qualityMetricNamed } from '@vitrine/evaluate';
import { ExplainError } from '@vitrine/explain';
import type { Evaluation } from '../evaluation/evaluateMethods.js';
import type * as Told from '../evaluation/told.js';
import type { LoadedModel } from '../model.js';
import { writeFolder } from '../save.js';
import {
  asking,
  endpointOf,
  limitsOf,
  methodList,
  methodOptions,
  picturing,
  preprocessOf,
  running,
  type Asking,
  type Picturing,
  type Running,
} from './options.js';
import { takenAs } from './parts.js';
import { ofSeries, seriesOptionsOf, type OfSeries } from './series.js';
import { manyOf } from './summarize.js';
import { backgroundOf, ofTables, type OfTables } from './tables.js';
import { bar, note, paint, say, sayJson, table, tell } from './terminal.js';
import { texting, type Texting } from './texting.js';

interface Options extends Asking, Picturing, Running, OfSeries, OfTables, Texting {
  readonly input?: readonly string[];
  readonly labels?: string;
  readonly metric?: readonly string[];
  readonly metricOption?: readonly string[];
  readonly masks?: string;
  readonly sample: number;
  readonly floors: boolean;
  readonly sanity?: boolean;
  readonly save?: string;
  readonly json?: boolean;
}

/** Measured unless said otherwise: whether it foretells, whether it is steady, whether it is simple. */
const USUAL = ['faithfulness-correlation', 'abpc', 'avg-sensitivity', 'sparseness'] as const;
const gather = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
const listed = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  ...text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean),
];
const bad = (message: string): never => {
  throw new ExplainError('bad-option', message);
};

const EXAMPLES = `
Examples:
  $ vitrine evaluate squeezenet.onnx --input pictures/ --method grad-cam,integrated-gradients --metric insertion,deletion,mprt --sample 20 --save out
  $ vitrine evaluate squeezenet.onnx --input pictures/ --method grad-cam,lrp --metric pointing-game,localisation-auc --masks masks/
  $ vitrine evaluate bert.onnx --texts reviews.csv --method attn-lrp,kernel-shap --metric abpc,comprehensiveness --sanity
  $ vitrine evaluate adult.onnx --input people.csv --method kernel-shap,lime --metric pgi,pgu --json`;

export const evaluateCommand = (program: Command): Command =>
  picturing(
    running(
      asking(
        texting(
          ofTables(
            ofSeries(
              program
                .command('evaluate')
                .description('measure how far explanations can be trusted: methods by metrics over examples')
                .argument('<model>', 'an ONNX file, a folder of one or of safetensors, or an address as http://HOST/v2/models/NAME')
                .option(
                  '-i, --input <[name=]file>',
                  'a folder of pictures, a table (.csv, .tsv, .parquet, .arrow, .jsonl), a file of several series (.ts), or .npy with an example a row',
                  gather,
                ),
            ),
          ),
        ),
      ),
    ),
  )
    .option('--methods <names>', 'the same as --method', methodList)
    .option('--metric <names>', `metrics, with commas between them (vitrine metrics lists them; default: ${USUAL.join(', ')})`, listed)
    .option('--metrics <names>', 'the same as --metric', listed)
    .option('--metric-option <key=value>', 'an option of the metrics that have it (repeat for several)', gather)
    .option('--masks <folder>', 'of what the answer should rest on: pictures named as the examples, black where nothing does')
    .option('--labels <file>', 'class names: one per line, or JSON')
    .option(
      '--sample <n>',
      'most examples, drawn by --seed',
      (text) => (/^[1-9]\d{0,8}$/.test(text) ? Number(text) : bad(`--sample must be a whole number from 1, not ${text}`)),
      16,
    )
    .option('--no-floors', 'leave out explainers that know nothing: random numbers, the input itself, the model with permuted weights')
    .option('--sanity', 'check each explanation, and count those that are not to be trusted')
    .option('--save <folder>', 'write every value, scores and tests as .csv there, and evaluation.json')
    .option('--json', 'print the evaluation as JSON instead of text')
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, given: Options & { readonly methods?: readonly string[]; readonly metrics?: readonly string[] }) => {
      const asked = [...(given.method ?? []), ...(given.methods ?? [])];
      const methods = asked.length > 0 ? [...new Set(asked)] : bad('give methods with --method a,b: vitrine methods lists them');
      const chosen = [...(given.metric ?? []), ...(given.metrics ?? [])];
      const metrics = [...new Set(chosen.length > 0 ? chosen : USUAL)];
      const options: Options = { ...given, method: methods, metric: metrics };
      const own = metricOptions(metrics, options.metricOption);
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
        await run(model, options, own, cancel.signal);
      } finally {
        // A run that was cancelled may last: the program ends without waiting for it.
        if (!cancel.signal.aborted) await model.close();
      }
    });

/** `key=value` for each metric that has the option. @throws EvaluateError where none has it */
function metricOptions(
  metrics: readonly string[],
  given: readonly string[] = [],
): ReadonlyMap<string, { readonly [name: string]: string }> {
  const pairs = given.map((text) => {
    const at = text.indexOf('=');
    if (at < 1) bad(`--metric-option ${text} must be written KEY=VALUE`);
    const [key, value] = [text.slice(0, at), text.slice(at + 1)];
    if (!metrics.some((name) => Object.hasOwn(qualityMetricNamed(name).options, key)))
      throw new EvaluateError('bad-option', `none of ${metrics.join(', ')} has an option ${key}: vitrine metrics lists them`);
    return [key, value] as const;
  });
  return new Map(
    metrics.map((name) => [name, Object.fromEntries(pairs.filter(([key]) => Object.hasOwn(qualityMetricNamed(name).options, key)))]),
  );
}

async function run(model: LoadedModel, options: Options, own: ReturnType<typeof metricOptions>, signal: AbortSignal): Promise<void> {
  const { evaluateMethods } = await import('../evaluation/evaluateMethods.js');
  const told = await import('../evaluation/told.js');
  const given = methodOptions(options.method, options.option);
  const { masksIn } = await import('../evaluation/masks.js');
  const progress = bar('explanations');
  let found: Evaluation;
  try {
    found = await evaluateMethods(model, await manyOf(model, options, 'evaluate'), {
      methods: options.method,
      metrics: options.metric!,
      options: new Map(
        options.method.map((method) => [method, { ...takenAs(options.texts !== undefined, method, options), ...given.get(method) }]),
      ),
      metricOptions: own,
      target: options.target,
      at: options.at,
      layer: options.layer,
      seed: options.seed,
      sample: options.sample,
      background: backgroundOf(options),
      limits: limitsOf(options),
      floors: options.floors,
      sanity: options.sanity ?? false,
      mask: options.masks === undefined ? undefined : masksIn(options.masks),
      signal,
      progress: progress.update,
    });
  } finally {
    progress.stop();
  }
  const files = told.evaluationFiles(model, found);
  if (options.json) sayJson(JSON.parse(files.get('evaluation.json')!));
  else shown(model, found, told);
  failures(found);
  if (options.save !== undefined)
    for (const name of await writeFolder(options.save, files)) (options.json ? note : say)(`${paint('green', 'wrote')} ${name}`);
  if (found.metrics.every(({ rows }) => rows.every(({ floor, count }) => floor !== undefined || count === 0)))
    throw new EvaluateError('bad-input', 'nothing could be measured: the reasons stand above');
}

function shown(model: LoadedModel, found: Evaluation, told: typeof Told): void {
  say(told.headline(model, found));
  for (const metric of found.metrics) {
    const { better, meaning, undefinedWhere } = qualityMetricNamed(metric.metric);
    say();
    say(`${paint('bold', metric.metric)} (${better} is better): ${meaning}`);
    say(table(told.ranked(metric).map(told.cellsOf)));
    const floor = told.floorLine(metric);
    if (floor !== undefined) say(`    ${paint('dim', floor)}`);
    for (const line of told.testLines(metric)) say(`    ${line}`);
    if (undefinedWhere !== 'never' && metric.rows.some(({ missing }) => missing > 0))
      say(`    ${paint('dim', `not defined where ${undefinedWhere}`)}`);
  }
  if (found.sanity.size === 0) return;
  say();
  say(`${paint('bold', 'sanity')}: what is not to be trusted`);
  for (const [method, each] of found.sanity) say(`  ${told.sanityLine(method, each)}`);
}

/** What failed, once for each method and metric. */
function failures({ missed, examples }: Evaluation): void {
  const groups = new Map<string, { readonly message: string; readonly example: number; count: number }>();
  for (const { example, method, metric, floor, message } of missed) {
    if (floor !== undefined) continue;
    const what = metric === undefined ? method : `${method}, ${metric}`;
    const group = groups.get(what) ?? { message, example, count: 0 };
    group.count++;
    groups.set(what, group);
  }
  for (const [what, { message, example, count }] of groups)
    tell(`${what}, on ${count === 1 ? `example ${example}` : `${count} of ${examples.length} examples, as ${example}`}: ${message}`);
}
