import path from 'node:path';
import type { Command } from 'commander';
import { ExplainError } from '@vitrine/explain';
import type { Examined } from '../each.js';
import type { Answer, Exam } from '../exam.js';
import type { PromptGiven } from '../language/prompt.js';
import type { LoadedModel } from '../model.js';
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
import { askEach, type AllAnswers } from './askEach.js';
import { commandLine } from './commandLine.js';
import { checkGenerating, generating, promptOf, type Generating } from './generating.js';
import { describe } from './describe.js';
import { reportOf } from './listing.js';
import { takenAs } from './parts.js';
import { ofSeries, seriesOptionsOf, withRows, type OfSeries } from './series.js';
import { backgroundOf, ofTables, tableOf, type OfTables } from './tables.js';
import { outcomesFor } from './outcomes.js';
import { asksOrder, explainOrder, ofQueries, type OfQueries } from './ranking.js';
import { note, paint, say } from './terminal.js';
import { tellingOf, texting, textOf, type Texting } from './texting.js';

interface Options extends Asking, Picturing, Running, Generating, OfSeries, OfTables, OfQueries {
  readonly input?: readonly string[];
  readonly labels?: string;
  readonly save?: string;
  readonly report?: string;
  readonly layers?: string;
  readonly json?: boolean;
  readonly sanity?: boolean;
}

const EXAMPLES = `
Examples:
  $ vitrine explain squeezenet1.1.onnx --input dog.jpg --method grad-cam --preset imagenet --labels labels.json --report why.html
  $ vitrine explain model.onnx --input x.npy --method integrated-gradients --target 3-5 --option steps=50 --save out
  $ vitrine explain bert.onnx --text "never boring, a delight" --method integrated-gradients --target label:good --report why.html
  $ vitrine explain qa.onnx --text "Where is the tower?" --pair "It stands in Paris." --method integrated-gradients --target answer
  $ vitrine explain bert.onnx --texts reviews.csv --method integrated-gradients --save out --report why.html
  $ vitrine explain adult.onnx --input people.csv --row 3 --schema people.schema.json --method kernel-shap --report why.html
  $ vitrine explain ranker.onnx --input hotels.csv --query-column search --query 17 --method ranking-validity,tree-shap --places 1:3
  $ vitrine explain bert.onnx --input ids.npz --at embeddings --method input-x-gradient --json`;

export const explainCommand = (program: Command): Command =>
  picturing(
    running(
      asking(
        generating(
          texting(
            ofQueries(
              ofTables(
                ofSeries(
                  program
                    .command('explain')
                    .description('say why a model gave its answer for one input')
                    .argument('<model>', 'an ONNX file, a folder of one or of safetensors, or an address as http://HOST/v2/models/NAME')
                    .option(
                      '-i, --input <[name=]file>',
                      'a picture, a table (.csv, .tsv, .parquet, .arrow, .jsonl), a series (.wav, .ts, .csv), .npy, or .npz with all inputs (repeat for several)',
                      (value: string, before: readonly string[] = []) => [...before, value],
                    ),
                ),
              ),
            ),
          ),
        ),
      ),
    ),
  )
    .option('--labels <file>', 'class names: one per line, or JSON')
    .option('--sanity', 'check each answer (a few hundred runs more), and say which are not to be trusted')
    .option('--save <folder>', 'write .npy, .png and .json there')
    .option('--report <file>', 'write a page to read: one HTML file')
    .option('--layers <what>', 'for methods of relevance: totals of each layer, heads beside them, all relevance of each, or none')
    .option('--json', 'print the records instead of text')
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, asked: Options) => {
      const options = { ...asked, method: methodsOf(asked) };
      checkGenerating(options);
      const isOrder = asksOrder(options);
      const { load } = await import('../model.js');
      const given = methodOptions(options.method, [
        ...(options.option ?? []),
        ...(options.layers === undefined ? [] : [`layers=${options.layers}`]),
      ]);
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
        if (isOrder)
          await explainOrder(model, { ...options, query: options.query!, queryColumn: options.queryColumn! }, given, cancel.signal);
        else await run(model, options, given, cancel.signal);
      } finally {
        // A run that was cancelled may last: the program ends without waiting for it.
        if (!cancel.signal.aborted) await model.close();
      }
    });

/** Unless a method is named, what was said is explained by one without a patent, if that is asked for. */
function methodsOf({ method, generate, ...options }: { readonly method?: readonly string[] } & Omit<Options, 'method'>): readonly string[] {
  if (method !== undefined) return method;
  if (generate === undefined) throw new ExplainError('bad-option', 'give a method with --method NAME: vitrine methods lists them');
  return asksWhy.some((option) => options[option] !== undefined) ? ['input-x-gradient'] : [];
}

const asksWhy = [
  ...(['trace', 'answer', 'rather', 'lens', 'save', 'report'] as const),
  ...(['at', 'layer', 'layers', 'option', 'words', 'tokenValue'] as const),
];

async function run(model: LoadedModel, options: Options, given: ReturnType<typeof methodOptions>, signal: AbortSignal): Promise<void> {
  const prompt = await promptOf(options);
  if (prompt !== undefined && options.generate !== undefined) {
    const { speakAndExplain } = await import('./speaking.js');
    return speakAndExplain(model, prompt, options, given, commandLine(), signal);
  }
  const outcomes = outcomesFor(model, options, commandLine());
  for await (const one of examplesOf(model, prompt, options)) {
    const { exam, number, of } = one;
    const { answers, failures } = exam === undefined ? { answers: [], failures: [one.failure] } : await ask(exam, options, given, signal);
    if (exam !== undefined && answers.length > 0) {
      const written = await write(exam, answers, { ...options, ...(of !== 1 && numbered(options, number)) });
      if (!options.json) {
        if (of !== 1) say(`${number === 0 ? '' : '\n'}${paint('bold', `Example ${number}`)}`);
        describe(exam, answers, options);
      }
      for (const name of written) (options.json ? note : say)(`${paint('green', 'wrote')} ${name}`);
    }
    if (await outcomes.took(one, answers, failures)) break;
  }
  await outcomes.end();
}

/** The examples to explain: each by itself, unless the target names an element of the whole output, as 2,7 of [4,10]. */
async function* examplesOf(
  model: LoadedModel,
  prompt: PromptGiven | undefined,
  { input = [], target, ...options }: Options,
): AsyncGenerator<Examined> {
  if (prompt !== undefined) {
    const { examineRead } = await import('../exam.js');
    const { readPrompt } = await import('../language/prompt.js');
    const read = await readPrompt(model, prompt);
    return yield { number: 0, of: 1, source: undefined, exam: await examineRead(model, read.read, limitsOf(options)) };
  }
  const { graph } = model.subject;
  const text = await textOf(options);
  const table = tableOf(model, input, options);
  if (table !== undefined) {
    const { examineEach } = await import('../each.js');
    return yield* examineEach(model, table, limitsOf(options));
  }
  if (text === undefined && input.length === 0)
    throw new ExplainError('bad-option', 'nothing to explain: give an input with --input FILE, or text with --text TEXT');
  const { untold } = await import('../text.js');
  const isRead = text !== undefined && ('text' in text || 'texts' in text);
  const inputs = withRows(await inputsOf(input, graph.inputs, untold(graph, isRead)), options);
  const whole =
    text === undefined &&
    target !== undefined &&
    /^\d+(,\d+)+$/.test(target) &&
    target.split(',').length === graph.outputs[0]?.type.shape?.length;
  const limits = limitsOf(options);
  const { examine } = await import('../exam.js');
  const { examineEach } = await import('../each.js');
  if (whole) yield { number: 0, of: 1, source: undefined, exam: await examine(model, inputs, limits) };
  else yield* examineEach(model, text === undefined ? inputs : { ...text, inputs }, limits);
}

/** Where the files of one example of several go: a folder of its number, and a report with it in its name. */
function numbered({ save, report }: Options, i: number): Pick<Options, 'save' | 'report'> {
  return {
    ...(save !== undefined && { save: path.join(save, String(i)) }),
    ...(report !== undefined && { report: reportOf(report, i) }),
  };
}

const ask = (exam: Exam, options: Options, given: ReturnType<typeof methodOptions>, signal: AbortSignal): Promise<AllAnswers<Answer>> => {
  const { target, at, layer, seed } = options;
  return askEach(options.method, (method, progress) =>
    exam.explain({
      method,
      target,
      at,
      layer,
      seed,
      background: backgroundOf(options),
      sanity: options.sanity,
      options: { ...takenAs(exam.text !== undefined, method, options), ...given.get(method) },
      limits: limitsOf(options),
      signal,
      progress,
    }),
  );
};

async function write(
  exam: Exam,
  answers: readonly Answer[],
  { save, report, ...texts }: Pick<Options, 'save' | 'report'> & Texting,
): Promise<readonly string[]> {
  const { filesOf, writeFolder, writeWhole } = await import('../save.js');
  const written: string[] = [];
  if (save !== undefined) {
    const files = new Map<string, Uint8Array>();
    for (const answer of answers) for (const [name, content] of await filesOf(exam, answer, tellingOf(texts))) files.set(name, content);
    written.push(...(await writeFolder(save, files)));
  }
  if (report !== undefined) {
    const page = await import('../report.js');
    await writeWhole(report, await page.report(exam, answers, commandLine(), tellingOf(texts)));
    written.push(report);
  }
  return written;
}
