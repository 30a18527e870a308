import { heatHtml } from './heat.js';
import { html, type Html } from './html.js';
import { spelled } from './spelled.js';

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

/** A trace: a row for each generated token, a column for each token before it. */
export function traceHtml({ signed, tokens, rows }: TraceShown): Html {
  const label = (t: number): string => spelled(tokens[t]!.text);
  const most = rows.reduce((n, { values }) => Math.max(n, values.length), 0);
  return html`<div class="trace">
    ${heatHtml({
      caption: 'What each generated token (rows) owes to each token before it (columns).',
      corner: 'token',
      signed,
      rows: rows.map(({ token }) => ({ label: label(token) })),
      columns: tokens.slice(0, most).map(({ part }, t) => ({ label: label(t), ...(part !== undefined && { group: spelled(part) }) })),
      values: rows.map(({ values }) => values),
    })}
  </div>`;
}
