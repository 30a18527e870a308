import { reportHtml, type TraceSection } from '@vitrine/audit';
import type { Unit } from '@vitrine/data';
import { explainerNamed } from '@vitrine/explain';
import { modelShown } from '../report.js';
import { shortened } from '../shortened.js';
import { foundIn, limitsOfTold } from '../tokens.js';
import { pictured } from '../trace.js';
import { shownPrompt, shownTrace, toldPrompt } from './shown.js';
import { whole, type Speech } from './speech.js';
import type { Trace } from './trace.js';

/** Characters of what was said that its question quotes. */
const LONGEST = 80;

/** What a model said and why, as one HTML file. */
export async function traceReport(speech: Speech, traces: readonly Trace[], command: string, unit?: Unit): Promise<string> {
  const { model, prompt } = speech;
  const said = (await whole(speech)).trim();
  return reportHtml({
    model: modelShown(model),
    input: { name: 'a prompt', texts: prompt.read.encoded.texts },
    classes: { best: [], given: false },
    question: `Why did it say “${shortened(said.replaceAll(/\s+/g, ' '), LONGEST)}”?`,
    sections: [],
    traces: await Promise.all(traces.map((trace) => section(trace, unit))),
    command,
  });
}

async function section(trace: Trace, unit: Unit | undefined): Promise<TraceSection> {
  const row = explainerNamed(trace.method);
  const told = toldPrompt(trace, unit);
  return {
    title: row.title,
    paper: row.paper,
    trace: await pictured(shownTrace(trace)),
    prompt: shownPrompt(trace, unit),
    findings: foundIn(told, 'the answer'),
    record: trace.record,
    caveats: [
      ...balances(trace),
      ...limitsOfTold(told),
      'It shows what the model used of the text before, and not whether what it said is true.',
    ],
    warnings: trace.warnings,
  };
}

/** What the method promises of each token, at its worst. */
function balances({ steps, records }: Trace): readonly string[] {
  const gaps = steps.flatMap(({ gap, score }) => (gap === undefined ? [] : [Math.abs(gap) / Math.max(Math.abs(score), 1e-12)]));
  const books = records.flatMap(({ conservation = [] }) =>
    conservation.map(({ gap, start }) => Math.abs(gap) / Math.max(Math.abs(start), 1e-12)),
  );
  const worst = (list: readonly number[]): string => `${(100 * Math.max(...list)).toPrecision(2)} %`;
  if (gaps.length > 0)
    return [
      `The values of each token should add up to what its score gains over the baseline. At worst they miss it by ${worst(gaps)} of the score.`,
    ];
  if (books.length > 0)
    return [`Of each token’s relevance all is accounted for, at words, biases and stabilisers, but for ${worst(books)} at worst.`];
  return ['This method makes no promise that its parts add up to the score. It shows where, not how much.'];
}
