import { headHtml } from '../head.js';
import { html, type Html } from '../html.js';
import { json, type Inlined } from '../page/inline.js';
import { interacting } from './interacting.js';
import type { SummaryShown } from './shown.js';
import { drawnSummary as own } from './drawnSummary.js';
import type { SummaryJson } from './summaryPage.js';
import { dependenceHtml, DIGITS, featuresHtml, plural, rowHtml, rowsHtml, SHOWN, spread } from './summarySections.js';

/** What one method says of many rows. */
export interface SummarySection {
  readonly title: string;
  readonly paper: string;
  /** What one attribution means, as the end of a sentence. */
  readonly meaning: string;
  /** Of its files, without an ending. */
  readonly file: string;
  readonly shown: SummaryShown;
  /** Examples that were explained, and what one is: a row, a text. */
  readonly explained: number;
  readonly noun: string;
  /** What is to be known of it: rows that failed, what was assumed. */
  readonly notes: readonly string[];
}

export interface SummaryReport {
  readonly title: string;
  readonly model: { readonly name: string; readonly digest: string; readonly facts: readonly (readonly [string, string])[] };
  readonly input: string;
  readonly sections: readonly SummarySection[];
  readonly command: string;
}

/** Rows that a page holds: of more, as many, evenly spread. */
const MOST_ROWS = 5000;
/** Features whose strongest others are found. */
const MOST_PAIRED = 40;
/** A report on many explained rows in one file. `script` draws its charts again in the page; without it they stand as they are written. */
export function summaryPageHtml({ title, model, input, sections, command }: SummaryReport, script: Inlined | undefined): string {
  return html`<!doctype html>
    <html lang="en">
      ${headHtml(title, script?.policy)}
      <body>
        <main>
          <header>
            <p class="kicker">Vitrine summary · ${model.name} · ${input}</p>
            <h1>${title}</h1>
          </header>
          ${sections.map((section, i) => sectionHtml(section, `summary-${i}`))}
          <section>
            <h2>The model</h2>
            <dl>
              ${model.facts.map(
                ([name, value]) =>
                  html`<dt>${name}</dt>
                    <dd>${value}</dd>`,
              )}
              <dt>SHA-256</dt>
              <dd><code>${model.digest}</code></dd>
            </dl>
          </section>
          <section>
            <h2>Do it again</h2>
            <pre>${command}</pre>
            <p>The same seed, rows, model and versions give the same numbers.</p>
          </section>
        </main>
        ${script?.element}
      </body>
    </html> `.html;
}

/** In sentences: what counts most. */
function findingsOf({ shown: { features }, explained, noun }: SummarySection): readonly string[] {
  const named = features.slice(0, 3).map(({ name, meanAbs, low, high }) => {
    const interval = Number.isFinite(low) ? `, 95 % interval ${low.toPrecision(3)} to ${high.toPrecision(3)}` : '';
    return `${name} (${meanAbs.toPrecision(3)}${interval})`;
  });
  return [`Over ${counted(explained, noun)}, these count most, for or against: ${named.join(', ')}.`];
}

const counted = (count: number, noun: string): string => `${count.toLocaleString('en')} ${plural(noun, count)}`;

function sectionHtml(section: SummarySection, id: string): Html {
  const { title, paper, meaning, file, shown, explained, noun, notes } = section;
  const { features } = shown;
  const rows = spread(shown.rows, MOST_ROWS);
  if (features.length === 0 || rows.length === 0)
    return html`<section class="method">
      <h2>${title}</h2>
      <p class="finding">Nothing was explained.</p>
    </section>`;
  const held: SummaryJson = {
    file,
    noun,
    features,
    rows: rows.map((row) => ({ ...row, base: Number.isFinite(row.base) ? row.base : null, values: Array.from(row.values, rounded) })),
    interacting: features
      .slice(0, MOST_PAIRED)
      .map((_, f) => interacting(rows, f, Math.min(features.length, MOST_PAIRED)).map(({ feature }) => feature)),
  };
  const isThin = own.thinned(rows.length, SHOWN).length < rows.length;
  return html`<section class="method summary" data-summary="${id}">
    <h2>${title}</h2>
    <p class="lead">Each number is ${meaning}. <small>${paper}</small></p>
    ${findingsOf(section).map((line) => html`<p class="finding"><bdi>${line}</bdi></p>`)}
    ${
      notes.length > 0 &&
      html`<ul>
        ${notes.map((line) => html`<li class="warning"><bdi>${line}</bdi></li>`)}
      </ul>`
    }
    ${rows.length < explained && html`<p>This page holds ${rows.length.toLocaleString('en')} of them; --save writes all.</p>`}
    ${featuresHtml(held)}
    <p class="file">${isThin && 'Of so many rows the charts draw some, evenly spread; tables and files have all.'}</p>
    ${rows.some((row) => row.features.some((cell) => cell !== null)) && dependenceHtml(held)} ${rowHtml(held)} ${rowsHtml(held)}
    ${json(id, held)}
  </section>`;
}

const rounded = (value: number): number => Number(value.toPrecision(DIGITS));
