import { amount, greatest } from './heat.js';
import { html, type Html } from './html.js';

export const percent = (p: number): string => `${(100 * p).toFixed(p > 0.995 || p < 0.005 ? 2 : 0)} %`;

export interface Amount {
  readonly name: string;
  readonly value: number;
  /** The value as it is written, where that is more than the number. */
  readonly text?: string;
  /** What stands behind its bar. */
  readonly more?: Html;
}

export interface Amounts {
  /** What the names and the numbers are, and what stands behind the bars. */
  readonly head: readonly [string, string, string?];
  readonly rows: readonly Amount[];
  readonly signed: boolean;
  /** The value of the longest bar; the greatest of the rows unless given. */
  readonly most?: number;
  readonly text?: (value: number) => string;
  /** Whether a reader may put the rows in another order. */
  readonly isSortable?: boolean;
}

/** A table of numbers with bars: to the right of the middle for more than zero, to the left, striped, for less. */
export function amountsHtml({ head, rows, signed, most = greatest([rows.map(({ value }) => value)]), text, isSortable }: Amounts): Html {
  const sides = rows.some(({ value }) => value < 0) ? 2 : 1;
  return html`<div class="amounts">
    <table class="${isSortable && 'sortable'}">
      <thead>
        <tr>
          <th scope="col">${head[0]}</th>
          <th scope="col">${head[1]}</th>
          <td></td>
          ${head[2] !== undefined && html`<th scope="col">${head[2]}</th>`}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ name, value, text: own, more }) =>
            html`<tr>
              <th scope="row"><bdi>${name}</bdi></th>
              <td>${own ?? text?.(value) ?? amount(value, signed)}</td>
              <td class="bar">${bar(value / most, sides)}</td>
              ${more && html`<td>${more}</td>`}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function bar(share: number, sides: 1 | 2): Html {
  const width = (100 * Math.min(1, Math.abs(share))) / sides;
  const start = sides === 1 ? 0 : share < 0 ? 50 - width : 50;
  return html`<i class="${share < 0 ? 'down' : 'up'}" style="--v:1;width:${width.toFixed(1)}%;margin-left:${start.toFixed(1)}%"></i>`;
}
