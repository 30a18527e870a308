import { headHtml } from './head.js';
import { html } from './html.js';

/** One example of several on the page that lists them. */
export interface Listed {
  readonly number: number;
  readonly texts: readonly string[];
  /** What the model said. */
  readonly said: string;
  /** What counts most. */
  readonly strongest: string;
  /** Its own page, relative to this one. */
  readonly page: string | undefined;
  /** Why it was not explained. */
  readonly failure: string | undefined;
}

/** The page that lists several examples, in pieces that are written one after the other: the head, a row for each, the end. */
export const listHtml = {
  head: (title: string, command: string): string => around(title, command)[0],
  row: ({ number, texts, said, strongest, page, failure }: Listed): string =>
    html`<tr>
      <th scope="row">${page === undefined ? number : html`<a href="${page}">${number}</a>`}</th>
      <td>${texts.map((text) => html`<p dir="auto">${shortened(text)}</p>`)}</td>
      ${
        failure === undefined
          ? html`<td>${said}</td>
              <td><bdi>${strongest}</bdi></td>`
          : html`<td colspan="2" class="warning">${failure}</td>`
      }
    </tr> `.html,
  end: around('', '')[1],
};

/** What stands before the rows, and behind them. A page without rows is cut in two: the formatter of templates would close a half of one. */
function around(title: string, command: string): readonly [string, string] {
  const empty = html`<!doctype html>
    <html lang="en">
      ${headHtml(title)}
      <body>
        <main>
          <header>
            <p class="kicker">Vitrine reports</p>
            <h1>${title}</h1>
          </header>
          <pre>${command}</pre>
          <table>
            <thead>
              <tr>
                <th scope="col">Example</th>
                <th scope="col">Text</th>
                <th scope="col">What the model said</th>
                <th scope="col">What counts most</th>
              </tr>
            </thead>
            <tbody></tbody>
          </table>
        </main>
      </body>
    </html> `.html;
  const rows = empty.indexOf('</tbody>');
  return [empty.slice(0, rows), empty.slice(rows)];
}

const SHOWN = 200;
/** Cut between characters. */
const shortened = (text: string): string => (text.length > SHOWN ? `${text.slice(0, SHOWN).replace(/[\uD800-\uDBFF]$/, '')}…` : text);
