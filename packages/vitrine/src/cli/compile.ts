import type { Command } from 'commander';
import { asking, methodOptions, picturing, preprocessOf, type Asking, type Picturing } from './options.js';
import { paint, say } from './terminal.js';

interface Options extends Asking, Picturing {
  readonly out: string;
  readonly labels?: string;
  readonly dim?: readonly string[];
  readonly embed?: boolean;
}

const EXAMPLES = `
The file takes the model's inputs and gives 'score' and 'attribution/…'. Any ONNX runtime can run it, in Node, the browser or elsewhere.

Examples:
  $ vitrine compile squeezenet1.1.onnx --method grad-cam --target 259 --out why.onnx
  $ vitrine compile model.onnx --method integrated-gradients --target top --option steps=20 --out ig.onnx`;

export const compileCommand = (program: Command): Command =>
  picturing(
    asking(
      program
        .command('compile')
        .description('write a method for a model as an ONNX file')
        .argument('<model>', 'an ONNX file')
        .requiredOption('--out <file>', 'the file to write'),
    ),
  )
    .option('--labels <file>', 'class names, for --target label:…')
    .option('--dim <name=number>', 'a number for a free extent (repeat for several)', (value: string, before: readonly string[] = []) => [
      ...before,
      value,
    ])
    .option('--embed', 'copy the weights in; without it the file points at those of the model and stays small')
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, options: Options) => {
      const { compileModel } = await import('../compile.js');
      const { load } = await import('../model.js');
      const given = methodOptions(options.method, options.option);
      const model = await load(file, { labels: options.labels, preprocess: await preprocessOf(options) });
      const [method, ...others] = options.method;
      if (method === undefined || others.length > 0)
        throw new (await import('@vitrine/explain')).ExplainError('bad-option', 'compile writes one method at a time');
      const { at, layer, seed, target, out, embed, dim } = options;
      const { bytes, external } = await compileModel(model, {
        method,
        at,
        layer,
        seed,
        target,
        options: given.get(method)!,
        out,
        embed: embed ?? false,
        dims: dim ?? [],
      });
      say(
        `${paint('green', 'wrote')} ${out}  ${bytes.toLocaleString('en')} bytes${external === undefined ? '' : `, weights in ${external}`}`,
      );
    });
