import type { Sheet } from '@vitrine/evaluate';
import { tableOf } from './analysis/figure.js';
import { html, type Html } from './html.js';
import { json } from './page/inline.js';
import type { SeriesJson } from './page/seriesPage.js';

export interface ChartShown {
  readonly caption: string;
  readonly svg: Html;
  /** A series, to be looked at more closely in the page. */
  readonly series?: SeriesJson;
  /** What it shows, as tables and files. */
  readonly sheets?: readonly Sheet[];
}

/** A chart with what it shows in a sentence, and with its tables. `id` must be the page's only one. */
export const chartHtml = ({ caption, svg, series, sheets = [] }: ChartShown, id: string): Html =>
  html`<figure class="chart" ${series && html`data-series="${id}"`}>
      ${series && controls}
      <div ${series && html`data-plot`}>${svg}</div>
      <figcaption>${caption}${series?.step !== undefined && `. In the page each point stands for ${series.step} samples`}</figcaption>
    </figure>
    ${series && json(id, series)}
    ${sheets.map(
      (sheet) =>
        html`<details>
          <summary>${sheet.title}</summary>
          ${tableOf(sheet)}
        </details>`,
    )}`;

const controls = html`<div class="controls" hidden>
  <button name="closer">closer</button> <button name="farther">farther</button> <button name="back">‹ back</button>
  <button name="on">on ›</button> <button name="whole">whole</button> <output></output> <small>or draw over a stretch</small>
</div>`;
