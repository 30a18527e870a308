import type { Conservation } from '@vitrine/explain';
import { flow } from './flow.js';
import { html, type Html } from './html.js';

const percent = (p: number): string => `${(100 * p).toFixed(p > 0.995 || p < 0.005 ? 2 : 0)} %`;

/** The way of the relevance through the network, as a picture and as a table. */
export function flowHtml(books: Conservation): Html {
  const drawn = flow(books);
  return html`<h3>Which way it went: ${books.name}</h3>
    ${
      drawn &&
      html`<figure class="flow">
        <div>${drawn}</div>
        <figcaption>
          From the score on the left, layer by layer, to the input on the right. A band is as wide as the relevance that took this way;
          where a layer is taller than what leaves it, its biases kept the rest.
        </figcaption>
      </figure>`
    }
    <details>
      <summary>Relevance at each layer</summary>
      <table>
        <thead>
          <tr>
            <th>Layer</th>
            <th>Operator</th>
            <th>Relevance</th>
            <th>Kept by biases</th>
            <th>By stabilisers</th>
          </tr>
        </thead>
        <tbody>
          ${books.layers.map(
            (l) =>
              html`<tr>
                <td><code>${l.value}</code></td>
                <td>${l.opType}</td>
                <td>${l.relevance.toPrecision(5)}</td>
                <td>${l.bias.toPrecision(3)}</td>
                <td>${(l.stabilizer + l.dropped).toPrecision(2)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </details>`;
}

/** Whether relevance was conserved, in a sentence. */
export function balance({ name, start, arrived, bias, stabilizer, dropped, gap }: Conservation): string {
  const of = (v: number): string => percent(Math.abs(v) / Math.max(Math.abs(start), 1e-12));
  const lost = Math.abs(stabilizer) + Math.abs(dropped);
  const closes = Math.abs(gap) <= 1e-3 * Math.max(Math.abs(start), Math.abs(arrived), Math.abs(bias));
  return `Of ${start.toPrecision(4)} ${name} that started at the output, ${arrived.toPrecision(4)} arrived at the input. The network's biases kept ${bias.toPrecision(3)}${Math.abs(start) > 0 ? ` (${of(bias)})` : ''}: that part of the score does not depend on this input.${lost > 1e-3 * Math.abs(start) ? ` ${lost.toPrecision(2)} was lost where contributions all but cancel.` : ''} ${closes ? 'The balance closes' : 'The balance does not close'}: ${gap.toPrecision(2)} is unaccounted for.`;
}
