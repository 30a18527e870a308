import type { Command } from 'commander';
import { ExplainError } from '@vitrine/explain';
import { asking, methodOptions, type Asking } from './options.js';
import { shaping, shapingOf, type Shaping } from './shaping.js';
import { backgroundOf, ofTables, type OfTables } from './tables.js';
import { note, paint, plain, say } from './terminal.js';

interface Options extends Asking, Shaping, OfTables {
  readonly out: string;
  readonly labels?: string;
  readonly link?: boolean;
}

const EXAMPLES = `
The file takes the model's inputs and gives 'score' and 'attribution/…'. Any ONNX runtime can run it, in Node, the browser or elsewhere.

Examples:
  $ vitrine compile squeezenet1.1.onnx --method grad-cam --target 259 --out why.onnx
  $ vitrine compile model.onnx --method integrated-gradients --target top --option steps=20 --out ig.onnx
  $ vitrine compile bert.onnx --method input-x-gradient --target label:good --dim sequence=64 --out words.onnx   # takes 64 token ids
  $ vitrine compile adult.onnx --method l2x --background people.csv --out few.onnx   # what was learned from the rows`;

export const compileCommand = (program: Command): Command =>
  shaping(
    ofTables(
      asking(
        program
          .command('compile')
          .description('write a method for a model as an ONNX file')
          .argument('<model>', 'an ONNX file, or a folder of one or of safetensors')
          .requiredOption('--out <file>', 'the file to write'),
      ),
    ),
  )
    .option('--labels <file>', 'class names, for --target label:…')
    .option('--link', 'point at the weights in the model’s own files: a small file, to be kept beside them')
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, options: Options) => {
      const { compile } = await import('../compile.js');
      const { load } = await import('../model.js');
      const given = methodOptions(options.method, options.option);
      const [method, ...others] = options.method;
      if (method === undefined || others.length > 0) throw new ExplainError('bad-option', 'compile writes one method at a time');
      const { at, layer, seed, target, out, link = false, labels } = options;
      const model = await load(file, { labels, schema: options.schema });
      const asked = {
        method,
        at,
        layer,
        seed,
        target,
        options: given.get(method)!,
        out,
        link,
        background: backgroundOf(options),
        ...shapingOf(model, options),
      };
      const { bytes, external, inputs, assumed, fidelity = [], warnings = [] } = await compile(model, asked).finally(() => model.close());
      say(
        `${paint('green', 'wrote')} ${out}  ${bytes.toLocaleString('en')} bytes${external === undefined ? '' : `, weights in ${external}`}`,
      );
      say(`  takes ${inputs.map(({ name, dtype, shape }) => `${plain(name)} ${dtype} [${shape.join(',')}]`).join(', ')}`);
      for (const { name, value, on } of fidelity) say(`  ${name} ${value.toFixed(3)} on ${on}`);
      for (const warning of warnings) note(paint('yellow', `  note: ${warning}`, process.stderr));
      for (const [symbol, extent] of assumed)
        note(
          paint(
            'yellow',
            `  note: ${symbol} is ${extent}, because nothing says otherwise: --dim ${symbol}=NUMBER makes it another`,
            process.stderr,
          ),
        );
    });
