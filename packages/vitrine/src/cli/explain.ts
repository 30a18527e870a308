import type { Command } from 'commander';
import { VitrineError } from '@vitrine/ir';
import type { Answer, Exam } from '../exam.js';
import type { LoadedModel } from '../model.js';
import {
  asking,
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
import { bar, note, paint, say, table } from './terminal.js';

interface Options extends Asking, Picturing, Running {
  readonly input: readonly string[];
  readonly labels?: string;
  readonly save?: string;
  readonly report?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ vitrine explain squeezenet1.1.onnx --input dog.jpg --method grad-cam --preset imagenet --labels labels.json --report why.html
  $ vitrine explain model.onnx --input x.npy --method integrated-gradients --target 3-5 --option steps=50 --save out
  $ vitrine explain bert.onnx --input ids.npz --at embeddings --method input-x-gradient --json`;

export const explainCommand = (program: Command): Command =>
  picturing(
    running(
      asking(
        program
          .command('explain')
          .description('say why a model gave its answer for one input')
          .argument('<model>', 'an ONNX file')
          .requiredOption(
            '-i, --input <[name=]file>',
            'a picture, .npy, or .npz with all inputs (repeat for several)',
            (value: string, before: readonly string[] = []) => [...before, value],
          ),
      ),
    ),
  )
    .option('--labels <file>', 'class names: one per line, or JSON')
    .option('--save <folder>', 'write .npy, .png and .json there')
    .option('--report <file>', 'write a page to read: one HTML file')
    .option('--json', 'print the records instead of text')
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, options: Options) => {
      const { load } = await import('../model.js');
      const given = methodOptions(options.method, options.option);
      const cancel = new AbortController();
      // A second one ends the program where it stands.
      process.once('SIGINT', () => cancel.abort());
      const model = await load(file, {
        labels: options.labels,
        preprocess: await preprocessOf(options),
        device: options.device,
        threads: options.threads,
      });
      try {
        await run(model, options, given, cancel.signal);
      } finally {
        // A run that was cancelled may last: the program ends without waiting for it.
        if (!cancel.signal.aborted) await model.close();
      }
    });

async function run(model: LoadedModel, options: Options, given: ReturnType<typeof methodOptions>, signal: AbortSignal): Promise<void> {
  const { examine } = await import('../exam.js');
  const inputs = await inputsOf(
    options.input,
    model.subject.graph.inputs.map(({ name }) => name),
  );
  const exam = await examine(model, inputs);
  const { answers, failures } = await ask(exam, options, given, signal);
  const [first, ...others] = failures;
  if (answers.length === 0) throw first;
  const written = await write(exam, answers, options);
  if (options.json)
    say(
      JSON.stringify(
        answers.map(({ record }) => record),
        null,
        2,
      ),
    );
  else describe(exam, answers);
  for (const name of written) (options.json ? note : say)(`${paint('green', 'wrote')} ${name}`);
  for (const { message } of others) note(`${paint('red', 'vitrine:', process.stderr)} ${message}`);
  if (first !== undefined) throw first;
}

/** Asks every method. One that fails does not take the others' answers with it; cancelling ends the asking. */
async function ask(
  exam: Exam,
  options: Options,
  given: ReturnType<typeof methodOptions>,
  signal: AbortSignal,
): Promise<{ readonly answers: readonly Answer[]; readonly failures: readonly VitrineError[] }> {
  const { target, at, layer, seed } = options;
  const answers: Answer[] = [];
  const failures: VitrineError[] = [];
  for (const method of options.method) {
    const progress = bar(method);
    const limits = limitsOf(options);
    try {
      answers.push(
        await exam.explain({ method, target, at, layer, seed, options: given.get(method)!, limits, signal, progress: progress.update }),
      );
    } catch (error) {
      if (!(error instanceof VitrineError)) throw error;
      failures.push(error);
      if (error.code === 'cancelled') break;
    } finally {
      progress.stop();
    }
  }
  return { answers, failures };
}

async function write(exam: Exam, answers: readonly Answer[], { save, report }: Options): Promise<readonly string[]> {
  const { filesOf, writeFolder, writeWhole } = await import('../save.js');
  const written: string[] = [];
  if (save !== undefined) {
    const files = new Map<string, Uint8Array>();
    for (const answer of answers) for (const [name, content] of await filesOf(exam, answer)) files.set(name, content);
    written.push(...(await writeFolder(save, files)));
  }
  if (report !== undefined) {
    const page = await import('../report.js');
    await writeWhole(report, await page.report(exam, answers, commandLine()));
    written.push(report);
  }
  return written;
}

const commandLine = (): string =>
  `vitrine ${process.argv
    .slice(2)
    .map((word) => (/^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ')}`;

function describe({ prediction, model }: Exam, answers: readonly Answer[]): void {
  if (prediction.classes.length > 0) {
    say(paint('bold', `${model.subject.name} says`));
    say(
      table(
        prediction.classes.map(({ label, score, probability }) => [
          label,
          score.toPrecision(5),
          probability === undefined ? '' : `${(100 * probability).toFixed(1)} %`,
        ]),
      ),
    );
    say();
  }
  for (const { explanation, record } of answers) {
    const { completeness, target, evaluations, warnings } = explanation;
    say(
      `${paint('bold', explanation.method)}  ${target.label ?? 'target'} ${target.score.toPrecision(5)}, ${evaluations} model run${evaluations === 1 ? '' : 's'}, record ${record.id.slice(0, 12)}`,
    );
    for (const { at, shape, sum } of record.attributions) say(`  ${at} [${shape.join(',')}]  sum ${sum.toPrecision(5)}`);
    if (completeness)
      say(
        `  should add up to ${completeness.expected.toPrecision(5)}, misses it by ${completeness.gap.toPrecision(2)} (${((100 * Math.abs(completeness.gap)) / Math.max(Math.abs(completeness.expected), 1e-12)).toFixed(2)} %)`,
      );
    for (const warning of warnings) note(paint('yellow', `  note: ${warning}`, process.stderr));
  }
}
