import { html, type Html } from './html.js';

/** What one head looks at: a picture of its weights, a row for each token that looks, a column for each that is looked at. */
export interface Head {
  readonly name: string;
  /** PNG as a data: address, one pixel for each pair of tokens. */
  readonly source: string;
}
export interface HeadsOfLayer {
  readonly name: string;
  readonly heads: readonly Head[];
}

/** Layers down, heads across. */
export function headsHtml(layers: readonly HeadsOfLayer[], tokens: number): Html {
  return html`<figure class="heads">
    <div>
      <table>
        ${layers.map(
          ({ name, heads }) =>
            html`<tr>
              <th scope="row"><code>${name}</code></th>
              ${heads.map((head) => html`<td><img src="${head.source}" alt="${name}, ${head.name}" title="${head.name}" /></td>`)}
            </tr>`,
        )}
      </table>
    </div>
    <figcaption>
      Layers down, heads across. In each square a row is a token that looks, a column one that is looked at (${tokens} of them); the
      brighter, the more.
    </figcaption>
  </figure>`;
}
