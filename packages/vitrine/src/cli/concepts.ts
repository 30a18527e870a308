import { InvalidArgumentError, Option, type Command } from 'commander';
import { picturing, preprocessOf, running, limitsOf, type Picturing, type Running } from './options.js';
import type { LoadedModel } from '../model.js';
import { bar, note, paint, say, table } from './terminal.js';

interface Options extends Picturing, Running {
  readonly input: string;
  readonly folder?: string;
  readonly layer?: string;
  readonly channel: string;
  readonly by: 'relevance' | 'activation';
  readonly count: number;
  readonly references: number;
  readonly target?: string;
  readonly labels?: string;
  readonly save?: string;
}

const EXAMPLES = `
Examples:
  $ vitrine concepts squeezenet1.1.onnx --input dog.jpg --labels imagenet-labels.json
  $ vitrine concepts squeezenet1.1.onnx --input dog.jpg --folder pictures --count 2 --save out`;

const whole = (text: string): number => {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError(`must be a whole number of at least 1, not ${text}.`);
  return n;
};

export const conceptsCommand = (program: Command): Command =>
  running(
    picturing(
      program
        .command('concepts')
        .description('say which channels of a layer carried a decision, and show pictures that they stand for')
        .argument('<model>', 'an ONNX file')
        .requiredOption('-i, --input <file>', 'a picture or .npy'),
    ),
  )
    .option('--layer <value>', 'the layer whose channels are looked at; the last laid out in space unless named')
    .option('--channel <list>', 'channels, as 3,17; the most relevant unless named', 'top')
    .option('--count <n>', 'how many channels', whole, 3)
    .option('--folder <folder>', 'pictures to find references in')
    .addOption(new Option('--by <what>', 'what references are ranked by').choices(['relevance', 'activation']).default('relevance'))
    .option('--references <n>', 'how many references for each channel', whole, 6)
    .option('-t, --target <what>', 'what is explained, as for explain')
    .option('--labels <file>', 'class names: one per line, or JSON')
    .option('--save <folder>', 'write the pictures there')
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, options: Options) => {
      const { load } = await import('../model.js');
      const cancel = new AbortController();
      process.once('SIGINT', () => cancel.abort());
      const model = await load(file, {
        labels: options.labels,
        ...preprocessOf(options),
        device: options.device,
        threads: options.threads,
      });
      try {
        await run(model, options, cancel.signal);
      } finally {
        if (!cancel.signal.aborted) await model.close();
      }
    });

async function run(model: LoadedModel, options: Options, signal: AbortSignal): Promise<void> {
  const [{ examine }, { picturesIn, references }, { drawingOf, pngOf }, { writeFolder }] = await Promise.all([
    import('../exam.js'),
    import('../concepts.js'),
    import('../picture.js'),
    import('../save.js'),
  ]);
  const files = options.folder === undefined ? [] : picturesIn(options.folder);
  const limits = limitsOf(options);
  const { layer, target, channel: asked, count } = options;
  const exam = await examine(model, options.input, limits);
  const { explanation } = await exam.explain({ method: 'crp', layer, target, limits, signal, options: { channels: asked, count } });
  const byChannel = new Map(explanation.channels!.map((c) => [c.channel, c]));
  const chosen = explanation.attributions.map(({ part }) => Number(part!.split(' ')[1]));
  const idle = chosen.filter((c) => byChannel.get(c)!.relevance === 0);
  const shown = chosen.filter((c) => !idle.includes(c));
  const total = explanation.channels!.reduce((sum, { relevance }) => sum + Math.abs(relevance), 0);
  const { target: explained, options: used } = explanation;
  say(
    `${paint('bold', explained.label ?? 'target')} ${explained.score.toPrecision(5)}: channels of ${String(used['layer'])}, ${explanation.channels!.length} in all`,
  );
  say(
    table(
      shown.map((c) => {
        const { relevance, activation } = byChannel.get(c)!;
        return [
          `channel ${c}`,
          `relevance ${relevance.toPrecision(4)}`,
          `${((100 * relevance) / total).toFixed(1)} %`,
          `greatest activation ${activation.toPrecision(4)}`,
        ];
      }),
    ),
  );
  if (idle.length > 0) say(`  channel ${idle.join(', ')}: no relevance`);
  const written = new Map<string, Uint8Array>();
  for (const [i, attribution] of explanation.attributions.entries()) {
    const drawing = shown.includes(chosen[i]!) ? drawingOf(exam, explanation, attribution) : undefined;
    if (drawing) written.set(`channel-${chosen[i]}.png`, await pngOf(drawing, 'overlay'));
  }
  if (files.length > 0 && shown.length > 0) {
    const progress = bar('references');
    const { found, skipped } = await references(model, files, {
      channels: shown,
      by: options.by,
      count: options.references,
      layer,
      target,
      limits,
      signal,
      progress: progress.update,
    }).finally(() => progress.stop());
    for (const [channel, list] of found) {
      say(`\n${paint('bold', `channel ${channel}`)}  by ${options.by}, of ${files.length} pictures`);
      say(table(list.map(({ file, score, label }) => [file, score.toPrecision(4), label ?? ''])));
      list.forEach(({ overlay }, i) => overlay && written.set(`channel-${channel}.reference-${i + 1}.png`, overlay));
    }
    for (const sentence of skipped) note(paint('yellow', `  note: left out: ${sentence}`, process.stderr));
  }
  if (options.save === undefined) return;
  for (const name of await writeFolder(options.save, written)) say(`${paint('green', 'wrote')} ${name}`);
}
