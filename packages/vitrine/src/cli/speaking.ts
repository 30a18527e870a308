import { signed, spelled } from '@vitrine/audit';
import type { PromptGiven } from '../language/prompt.js';
import { partValues, shownTrace, toldPrompt } from '../language/shown.js';
import { readOf } from '../language/speak.js';
import { generate, whole, type Speech } from '../language/speech.js';
import { trace, type Trace } from '../language/trace.js';
import type { LoadedModel } from '../model.js';
import { askEach, type AllAnswers } from './askEach.js';
import { speakingOf, type Generating } from './generating.js';
import { limitsOf, type Asking, type methodOptions, type Running } from './options.js';
import { takenAs } from './parts.js';
import { note, paint, say, sayJson, spill, table, tell } from './terminal.js';
import { toldText } from './texting.js';
import { traceLines } from './tracing.js';

interface Options extends Generating, Running, Omit<Asking, 'option'> {
  readonly save?: string;
  readonly report?: string;
  readonly json?: boolean;
  readonly layers?: string;
}

/** Has a model go on with a prompt, and explains what it said by each method. */
export async function speakAndExplain(
  model: LoadedModel,
  prompt: PromptGiven,
  options: Options,
  given: ReturnType<typeof methodOptions>,
  command: string,
  signal: AbortSignal,
): Promise<void> {
  const speech = await generate(model, prompt, { ...speakingOf(options), signal });
  for (const line of speech.prompt.read.notes) note(paint('yellow', `note: ${line}`, process.stderr));
  if (options.json) await whole(speech);
  else await spoken(speech);
  const { answers: traces, failures } = await traced(speech, options, given, signal);
  if (!options.json) for (const told of traces) describe(told, options);
  const written = await write(speech, traces, options, command);
  for (const name of written) (options.json ? note : say)(`${paint('green', 'wrote')} ${name}`);
  if (options.json) sayJson({ text: await whole(speech), tokens: speech.said, traces: traces.map(({ record }) => record) });
  const [first, ...others] = failures;
  others.forEach(({ message }) => tell(message));
  if (first !== undefined) throw first;
}

/** The text as it comes. */
async function spoken(speech: Speech): Promise<void> {
  const text = readOf(speech.prompt.read.encoded);
  // What another text than this is said in stands on lines of its own.
  spill(speech.prompt.read.said === undefined ? text : `${text}\n`);
  try {
    for await (const token of speech) spill(token.text);
  } finally {
    say('\n');
  }
}

function traced(
  speech: Speech,
  { method, at, layer, seed, answer, rather, lens, tokenValue, ...options }: Options,
  given: ReturnType<typeof methodOptions>,
  signal: AbortSignal,
): Promise<AllAnswers<Trace>> {
  return askEach(method, (name, progress) =>
    trace(speech, {
      method: name,
      at,
      layer,
      seed,
      answer,
      rather,
      lens,
      reduce: tokenValue,
      options: { ...takenAs(true, name, options), ...given.get(name)! },
      limits: limitsOf(options),
      signal,
      progress,
    }),
  );
}

function describe(found: Trace, { trace: isTraced, words, lens }: Options): void {
  const { steps, record, method, prompt } = found;
  const [first] = steps;
  say(`${paint('bold', method)}  ${steps.length} of ${found.said.length} tokens explained, record ${record.id.slice(0, 12)}`);
  if (prompt.parts.length > 1)
    say(
      table(
        partValues(found).map(({ name, value }) => [name, signed(value)]),
        '    ',
      ),
    );
  say(toldText(toldPrompt(found, words)));
  if (isTraced) say(traceLines(shownTrace(found)));
  if (lens && first?.lens)
    say(
      table(
        first.lens.map(({ layer, probability, best }) => [
          layer,
          `${(100 * probability).toFixed(1)} %`,
          best.map(({ text, probability: p }) => `${spelled(text)} ${(100 * p).toFixed(0)} %`).join('  '),
        ]),
        '    ',
      ),
    );
  for (const warning of found.warnings) note(paint('yellow', `  note: ${warning}`, process.stderr));
}

async function write(
  speech: Speech,
  traces: readonly Trace[],
  { save, report, words }: Options,
  command: string,
): Promise<readonly string[]> {
  const written: string[] = [];
  if (traces.length === 0) return written;
  if (save !== undefined) {
    const { writeFolder } = await import('../save.js');
    const { traceFiles } = await import('../language/save.js');
    written.push(...(await writeFolder(save, traceFiles(traces, words))));
  }
  if (report !== undefined) {
    const { writeWhole } = await import('../save.js');
    const { traceReport } = await import('../language/report.js');
    await writeWhole(report, await traceReport(speech, traces, command, words));
    written.push(report);
  }
  return written;
}
