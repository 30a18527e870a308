import type { Sheet } from '@vitrine/evaluate';
import { headHtml } from '../head.js';
import { html, type Html } from '../html.js';
import { chartScript } from '../page/chartScript.js';
import { cells, ranges, type CellShown, type Ranged } from './charts.js';
import { figure, tableOf } from './figure.js';

/** What one method says of an order. */
export interface RankingSection {
  readonly title: string;
  readonly meaning: string;
  readonly found: readonly string[];
  /** What each feature counts for the order. */
  readonly ranges: readonly Ranged[];
  /** What each feature counts for each document's score, by place. */
  readonly cells: readonly CellShown[];
  /** What each feature counts for one document standing above another. */
  readonly pair: readonly Ranged[];
  /** Behind the charts, in their order. */
  readonly sheets: readonly Sheet[];
}

export interface RankingShown {
  readonly model: string;
  readonly table: string;
  /** As in "search 17". */
  readonly query: string;
  readonly documents: Sheet;
  readonly sections: readonly RankingSection[];
  readonly notes: readonly string[];
  readonly command: string;
}

const own = `
.charts { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
.scroll { overflow-x: auto; max-height: 28rem; overflow-y: auto; }
.file { margin: 0.35rem 0 0; font-size: 0.85rem; color: var(--soft); }
a { color: var(--for); }
figure.chart { margin: 0 0 1.75rem; }
`;

/** A report in one file: the order of a query, and what it owes to features. No network; one script that shows values. */
export function rankingHtml({ model, table, query, documents, sections, notes, command }: RankingShown): string {
  const script = chartScript(false);
  return html`<!doctype html>
    <html lang="en">
      ${headHtml(`Why this order of ${query}?`, script.policy, own)}
      <body>
        <main>
          <header>
            <p class="kicker">Vitrine · ${model} · ${table}</p>
            <h1>Why this order of ${query}?</h1>
          </header>
          <section class="verdict">
            <div>
              <h2>What stands out</h2>
              <ul>
                ${sections.flatMap(({ found }) => found.map((line) => html`<li><bdi>${line}</bdi></li>`))}
              </ul>
              ${
                notes.length > 0 &&
                html`<ul>
                  ${notes.map((line) => html`<li class="warning"><bdi>${line}</bdi></li>`)}
                </ul>`
              }
            </div>
          </section>
          <section>
            <h2>The order</h2>
            ${tableOf(documents)}
          </section>
          ${sections.map(sectionHtml)}
          <section>
            <h2>Do it again</h2>
            <pre>${command}</pre>
            <p>The same seed, rows and version give the same numbers.</p>
          </section>
        </main>
        ${script.element}
      </body>
    </html> `.html;
}

function sectionHtml({ title, meaning, ranges: values, cells: scores, pair, sheets }: RankingSection): Html {
  const [first, second] = sheets;
  return html`<section class="method">
    <h2>${title}</h2>
    <p class="lead">Each number says ${meaning}. Lines are 95 % intervals.</p>
    ${values.length > 0 && figure('Features of the rows.', [ranges(values, { x: 'of the order', rule: 0 }, title)], first)}
    ${
      scores.length > 0 &&
      figure(
        'What each feature counts for the score at each place: orange raises it, purple lowers it.',
        [cells(scores, { x: null, y: 'place' }, title)],
        first,
      )
    }
    ${pair.length > 0 && figure(`${second?.title}: differences of what features count.`, [ranges(pair, { x: 'of the difference', rule: 0 }, `${second?.title}`)], second)}
  </section>`;
}
