import { amount, greatest, groupsOf, scaleHtml } from './heat.js';
import { html, type Html } from './html.js';
import { named, spelled } from './spelled.js';
import type { TracedToken, TraceShown } from './trace.js';

/** Pairs that stand beside the picture. */
const STRONGEST = 20;

/** Tokens that stand before the last generated one. */
export const tokensBefore = ({ tokens, rows }: TraceShown): readonly TracedToken[] =>
  tokens.slice(
    0,
    rows.reduce((n, { values }) => Math.max(n, values.length), 0),
  );

/** All values as a picture, parts of the text over it, and the strongest of them in words. */
export function mapHtml(trace: TraceShown): Html {
  const { picture, rows, signed, tokens } = trace;
  const columns = tokensBefore(trace);
  const label = (t: number): string => spelled(tokens[t]!.text);
  const strongest = rows
    .flatMap(({ token, values }) => values.map((value, t) => ({ token, t, value })))
    .toSorted((a, b) => Math.abs(b.value) - Math.abs(a.value))
    .slice(0, STRONGEST);
  return html`${
      picture !== undefined &&
      html`<figure class="map">
        <div tabindex="0" role="region" aria-label="All values of the trace">
          <p aria-hidden="true">
            ${groupsOf(columns.map(({ part }) => (part === undefined ? '' : named(part)))).map(({ name, count }) => html`<span style="flex-grow:${count}"><bdi>${name}</bdi></span>`)}
          </p>
          <img src="${picture}" alt="Values of ${columns.length} tokens for ${rows.length} generated ones" />
        </div>
        <figcaption>
          Generated tokens down (${rows.length}), the tokens before them across (${columns.length}).
          ${scaleHtml(greatest(rows.map(({ values }) => values)), signed)}
        </figcaption>
      </figure>`
    }
    <table>
      <caption>
        The ${strongest.length} strongest values; --save writes all of them
      </caption>
      <thead>
        <tr>
          <th scope="col">generated</th>
          <th scope="col">owes to</th>
          <th scope="col">of</th>
          <th scope="col">value</th>
        </tr>
      </thead>
      <tbody>
        ${strongest.map(
          ({ token, t, value }) =>
            html`<tr>
              <td><bdi>${label(token)}</bdi> <small>${token}</small></td>
              <td><bdi>${label(t)}</bdi> <small>${t}</small></td>
              <td><bdi>${tokens[t]!.part !== undefined && named(tokens[t]!.part)}</bdi></td>
              <td>${amount(value, signed)}</td>
            </tr>`,
        )}
      </tbody>
    </table>`;
}
