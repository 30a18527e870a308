#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { VitrineError } from '@vitrine/ir';
import { VERSION } from '../version.js';
import { analyzeCommand } from './analyze.js';
import { compileCommand } from './compile.js';
import { conceptsCommand } from './concepts.js';
import { evaluateCommand } from './evaluate.js';
import { explainCommand } from './explain.js';
import { fitCommand } from './fit.js';
import { inspectCommands } from './inspect.js';
import { schemaCommand } from './schema.js';
import { summarizeCommand } from './summarize.js';
import { note, tell } from './terminal.js';

const EXIT = { failed: 1, usage: 2, internal: 70, cancelled: 130 } as const;
// A reader that has seen enough, such as head, is no fault, and what is to be written to files still is.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
  });

const program = new Command('vitrine')
  .description('A glass case for black-box networks: says why a model gave its answer, and how far the answer can be trusted.')
  .version(VERSION)
  .showHelpAfterError('(vitrine --help shows what there is)')
  .exitOverride()
  .addHelpText(
    'after',
    '\nExamples:\n  $ vitrine inspect model.onnx\n  $ vitrine explain model.onnx --input dog.jpg --method grad-cam --preset imagenet --report why.html\n  $ vitrine compile model.onnx --method gradient --out gradient.onnx',
  );
inspectCommands(program);
explainCommand(program);
compileCommand(program);
conceptsCommand(program);
summarizeCommand(program);
evaluateCommand(program);
schemaCommand(program);
fitCommand(program);
analyzeCommand(program);

try {
  if (process.argv[2] === 'complete') {
    const { completion } = await import('./completion.js');
    completion(program);
  }
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
  // Nothing gentler ends a program while ONNX Runtime works in it. A shell reports it as 130 too.
  if (process.exitCode === EXIT.cancelled) process.kill(process.pid, 'SIGINT');
}

/** One sentence for what went wrong; the exit code. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage;
  if (error instanceof VitrineError) {
    if (error.code === 'cancelled') {
      tell(error.message);
      return EXIT.cancelled;
    }
    tell(error.message);
    if (process.env['VITRINE_DEBUG']) note(error.stack ?? '');
    return EXIT.failed;
  }
  if (error instanceof RangeError && /allocation|Invalid typed array length|Array buffer/.test(error.message)) {
    tell('not enough memory for this: use a smaller input, fewer steps or a smaller --memory budget');
    return EXIT.failed;
  }
  tell(
    `this is a fault of Vitrine itself (${error instanceof Error ? error.message : String(error)}); please report it with the output of VITRINE_DEBUG=1`,
  );
  if (process.env['VITRINE_DEBUG']) note((error instanceof Error && error.stack) || '');
  return EXIT.internal;
}
