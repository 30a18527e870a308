import { html, type Html } from './html.js';

/** Another example, or what is left of one: what the model says of it, and what is different. */
export interface ContrastShown {
  readonly findings: readonly string[];
  readonly changes: readonly { readonly label: string; readonly from: string; readonly to: string }[];
}

export const contrastHtml = ({ findings, changes }: ContrastShown): Html =>
  html`<div class="taken">
    ${findings.map((line) => html`<p class="finding"><bdi>${line}</bdi></p>`)}
    ${
      changes.length > 0 &&
      html`<table>
        <thead>
          <tr>
            <th scope="col">feature</th>
            <th scope="col">here</th>
            <th scope="col">there</th>
          </tr>
        </thead>
        <tbody>
          ${changes.map(
            ({ label, from, to }) =>
              html`<tr>
                <th scope="row"><bdi>${label}</bdi></th>
                <td><bdi>${from}</bdi></td>
                <td><bdi>${to}</bdi></td>
              </tr>`,
          )}
        </tbody>
      </table>`
    }
  </div>`;
