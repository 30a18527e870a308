import { csvOf, type Sheet } from '@vitrine/evaluate';
import { html, type Html } from '../html.js';

/** More rows are no reading: the file has them all. */
const MOST_ROWS = 50;
/** Larger files do not belong into a page. */
const MOST_CSV = 400_000;

/** Charts, what they show in a sentence, and their table: folded, and as a file. */
export const figure = (caption: string, charts: readonly Html[], sheet: Sheet | undefined): Html =>
  html`<figure class="chart">
    <div class="charts">${charts}</div>
    <figcaption>${caption}</figcaption>
    ${
      sheet &&
      html`<details>
        <summary>${sheet.title}: table</summary>
        ${tableOf(sheet)}
      </details>`
    }
  </figure>`;

/** A table, its first rows, and the whole of it as a file. */
export function tableOf(sheet: Sheet, most = MOST_ROWS): Html {
  const { columns, rows } = sheet;
  return html`<div class="scroll">
      <table class="sortable">
        <thead>
          <tr>
            ${columns.map((column) => html`<th scope="col">${column.replaceAll('_', ' ')}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.slice(0, most).map(
            (row) =>
              html`<tr>
                ${row.map((cell) => html`<td>${typeof cell === 'number' ? short(cell) : cell}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${fileOf(sheet, rows.length > most ? `${rows.length - most} more rows. ` : undefined)}`;
}

/** The whole of a table as a file: a link, which needs no script. */
export function fileOf(sheet: Sheet, more?: string): Html {
  const csv = csvOf(sheet);
  const { name } = sheet;
  return html`<p class="file">
    ${more}
    ${csv.length <= MOST_CSV ? html`<a download="${name}.csv" href="data:text/csv;charset=utf-8,${encodeURIComponent(csv)}">${name}.csv</a>` : `${name}.csv is too long for a page: --save writes it.`}
  </p>`;
}

/** As many digits as tell it apart, none of them noise. */
export const short = (value: number): string =>
  Number.isInteger(value)
    ? String(value)
    : Math.abs(value) >= 1e6 || Math.abs(value) < 1e-3
      ? value.toExponential(2)
      : String(Number(value.toPrecision(4)));
