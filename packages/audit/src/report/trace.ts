import { amountsHtml } from './amounts.js';
import { heatHtml, MOST_CELLS } from './heat.js';
import { html, type Html } from './html.js';
import { mapHtml, tokensBefore } from './map.js';
import { named, spelled } from './spelled.js';
import { wordsHtml } from './words.js';

/** What each generated token owes to the tokens before it. */
export interface TraceShown {
  /** For people. */
  readonly method: string;
  /** What one value means, as the end of a sentence. */
  readonly meaning: string;
  /** Whether less than zero means against. */
  readonly signed: boolean;
  /** All tokens in order: the prompt's, then the generated ones. Put together, their texts are what was read and written. */
  readonly tokens: readonly TracedToken[];
  /** For generated token i (in order): one value for each token before it (ragged), the score explained, and what should add up (gap). */
  readonly rows: readonly TraceRow[];
  /** Relevance of each layer for each generated token [rows][layers], where the method tells it. */
  readonly layers?: NamedValues;
  /** Relevance of each head [layers][heads], summed over the answer. */
  readonly heads?: NamedValues;
  /** Share of each part of the prompt for the answer as a whole. */
  readonly parts?: readonly { readonly name: string; readonly value: number }[];
  /** Logit lens: for each layer the likeliest tokens and the answer's probability. */
  readonly lens?: readonly LensLayer[];
  /** All values as one picture, PNG as a data: address, where they are too many for a table. */
  readonly picture?: string;
}

export interface TracedToken {
  readonly text: string;
  /** The prompt's part (system, document 1, question), or 'answer'. */
  readonly part?: string;
  readonly generated: boolean;
  readonly probability?: number;
}

export interface TraceRow {
  /** Index of the generated token among all tokens. */
  readonly token: number;
  readonly values: readonly number[];
  readonly score: number;
  readonly gap?: number;
  /** The token that was not generated, where the question is why this one rather than that. */
  readonly rather?: string;
}

export interface NamedValues {
  /** Of the layers. */
  readonly names: readonly string[];
  readonly values: readonly (readonly number[])[];
}

export interface LensLayer {
  readonly layer: string;
  readonly answer: number;
  readonly best: readonly { readonly text: string; readonly probability: number }[];
}

const percent = (p: number): string => `${(100 * p).toFixed(1)} %`;

/** A trace in words, in sums over parts of the prompt, and token by token; then by layers and heads where the method tells. */
export function traceHtml(trace: TraceShown, name = 'trace'): Html {
  const { signed, tokens, rows, parts, layers, heads, lens } = trace;
  const generated = rows.map(({ token }) => ({ label: spelled(tokens[token]!.text) }));
  return html`<div class="trace">
    ${wordsHtml(trace, name)}
    ${
      parts &&
      html`<h3>What each part of the prompt counts for the whole answer</h3>
        ${amountsHtml({ head: ['part', 'value'], rows: parts.map((part) => ({ ...part, name: named(part.name) })), signed })}`
    }
    <h3>Each generated token and every token before it</h3>
    ${isLong(trace) ? mapHtml(trace) : tableHtml(trace)}
    ${
      layers &&
      html`<h3>Layers</h3>
        ${heatHtml({
          caption: 'Generated tokens down, layers across.',
          corner: 'token',
          signed,
          rows: generated,
          columns: layers.names.map((layer) => ({ label: named(layer) })),
          values: layers.values,
        })}`
    }
    ${
      heads &&
      html`<h3>Heads</h3>
        ${heatHtml({
          caption: 'Layers down, heads across, summed over the answer.',
          corner: 'layer',
          signed,
          rows: heads.names.map((layer) => ({ label: named(layer) })),
          columns: Array.from({ length: Math.max(0, ...heads.values.map((row) => row.length)) }, (_, h) => ({ label: `head ${h}` })),
          values: heads.values,
        })}`
    }
    ${
      lens &&
      html`<h3>What each layer would have said first${generated[0] && html`, in place of <bdi>${generated[0].label}</bdi>`}</h3>
        ${amountsHtml({
          head: ['layer', 'probability', 'likeliest tokens'],
          rows: lens.map(({ layer, answer, best }) => ({ name: named(layer), value: answer, more: likeliest(best) })),
          signed: false,
          most: 1,
          text: percent,
        })}`
    }
  </div>`;
}

/** Whether a trace has too many values for a table. */
export const isLong = ({ rows }: TraceShown): boolean => rows.reduce((n, { values }) => n + values.length, 0) > MOST_CELLS;

const likeliest = (best: LensLayer['best']): Html =>
  html`${best.map(({ text, probability }, i) => html`${i > 0 && ', '}<bdi>${spelled(text)}</bdi> ${percent(probability)}`)}`;

function tableHtml(trace: TraceShown): Html {
  const { signed, tokens, rows } = trace;
  return heatHtml({
    caption: 'Generated tokens down, the tokens before them across.',
    corner: 'token',
    signed,
    rows: rows.map(({ token }) => ({ label: spelled(tokens[token]!.text) })),
    columns: tokensBefore(trace).map(({ text, part }) => ({ label: spelled(text), ...(part !== undefined && { group: named(part) }) })),
    values: rows.map(({ values }) => values),
  });
}
