import type { TraceRecord } from '../traceRecord.js';
import { html, type Html } from './html.js';
import { marksOf, textHtml, type TextShown } from './text.js';
import { traceHtml, type TraceShown } from './trace.js';

/** One method's answer to why a model said what it said. */
export interface TraceSection {
  readonly title: string;
  readonly paper: string;
  readonly trace: TraceShown;
  /** The prompt, with what each part of it counts for the answer as a whole. */
  readonly prompt: TextShown;
  readonly findings: readonly string[];
  readonly record: TraceRecord;
  /** How far it can be trusted, and what it does not say. */
  readonly caveats: readonly string[];
  readonly warnings: readonly string[];
}

export function traceSectionHtml(
  { title, paper, trace, prompt, findings, record, caveats, warnings }: TraceSection,
  lead: Html,
  name: string,
): Html {
  const { generation, rows } = record;
  const sampled = Object.entries(generation.sampling).map(([option, value]) => `${option} ${value}`);
  return html`<section class="method">
    <h2>${title}</h2>
    ${lead}
    <p class="lead">${marksOf(prompt)}</p>
    ${findings.map((line) => html`<p class="finding"><bdi>${line}</bdi></p>`)} ${textHtml(prompt)} ${traceHtml(trace, name)}
    <h3>How far this can be trusted</h3>
    <ul>
      ${caveats.map((line) => html`<li>${line}</li>`)}${warnings.map((line) => html`<li class="warning">${line}</li>`)}
    </ul>
    <details>
      <summary>For engineers: options, provenance, record</summary>
      <dl>
        <dt>Method</dt>
        <dd>${record.method} — ${paper}</dd>
        <dt>Said</dt>
        <dd>
          ${generation.said.length} tokens behind ${generation.prompt.length},
          ${sampled.length === 0 ? 'always the likeliest' : `drawn with ${sampled.join(', ')}, seed ${generation.seed}`}
        </dd>
        <dt>Explained</dt>
        <dd>${rows.length} tokens, each with a record of its own</dd>
        <dt>Ran on</dt>
        <dd>${Object.entries(record.environment).map(([what, value]) => html`${what} ${value} `)}</dd>
      </dl>
      <pre class="record">${JSON.stringify(record, undefined, 2)}</pre>
    </details>
  </section>`;
}
