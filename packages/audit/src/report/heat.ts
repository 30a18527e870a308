import { html, type Html } from './html.js';
import { signed as withSign, sizeText } from './text.js';

/** A row or column of a table of values. */
export interface Heading {
  readonly label: string;
  /** What neighbours have in common: a part of a text. */
  readonly group?: string;
  /** Shown beside the label: a probability. */
  readonly note?: string;
}

export interface Heat {
  readonly caption: string;
  /** What stands over the rows' labels. */
  readonly corner: string;
  readonly signed: boolean;
  readonly rows: readonly Heading[];
  readonly columns: readonly Heading[];
  /** A row may end before its columns do. */
  readonly values: readonly (readonly number[])[];
}

/** More cells than these are no table any more. */
export const MOST_CELLS = 6000;

/** How strong the colour of a value is, from 0 to 1: by the square root, so that one great value does not hide the others. */
export const shadeOf = (value: number, most: number): number => Math.sqrt(Math.abs(value) / most);
/** Fainter cells are left blank. */
const BLANK = 0.08;

/** The greatest size of any value; 1 where all are zero. */
export const greatest = (values: readonly (readonly number[])[]): number =>
  values.reduce((most, row) => row.reduce((m, v) => (Math.abs(v) > m && Number.isFinite(v) ? Math.abs(v) : m), most), 0) || 1;

export const amount = (value: number, isSigned: boolean): string =>
  isSigned ? withSign(value) : `${value < 0 ? '−' : ''}${sizeText(value)}`;

/** A table of values as coloured cells on one scale: plain for more than zero, striped for less. Each cell holds its number as text. */
export function heatHtml({ caption, corner, signed, rows, columns, values }: Heat): Html {
  const most = greatest(values);
  const shown = strongestRows(values, columns.length);
  return html`<figure class="heat">
    <div tabindex="0" role="region" aria-label="${caption}">
      <table>
        <thead>
          ${groupsHtml(columns)}
          <tr>
            <th scope="col">${corner}</th>
            ${columns.map(({ label }) => html`<th scope="col"><bdi>${label}</bdi></th>`)}
          </tr>
        </thead>
        <tbody>
          ${shown.map((r) => {
            const { label, note } = rows[r]!;
            return html`<tr>
              <th scope="row"><bdi>${label}</bdi>${note !== undefined && html` <small>${note}</small>`}</th>
              ${values[r]!.map((v, c) => cell(v, most, signed, `${label} ← ${columns[c]!.label}`))}
            </tr>`;
          })}
        </tbody>
      </table>
    </div>
    <figcaption>
      ${caption} ${shown.length < rows.length && `Of ${rows.length} rows the ${shown.length} with the greatest values are shown.`}
      ${scaleHtml(most, signed)}
    </figcaption>
  </figure>`;
}

/** The rows of greatest values, in order: as many as make a page that opens. */
function strongestRows(values: readonly (readonly number[])[], columns: number): readonly number[] {
  const count = Math.max(1, Math.floor(MOST_CELLS / Math.max(1, columns)));
  const rows = [...values.keys()];
  if (rows.length <= count) return rows;
  const sizes = values.map((row) => greatest([row]));
  return rows
    .toSorted((a, b) => sizes[b]! - sizes[a]!)
    .slice(0, count)
    .toSorted((a, b) => a - b);
}

/** Tight: a long trace has thousands of them. */
function cell(v: number, most: number, isSigned: boolean, place: string): Html {
  const shade = shadeOf(v, most);
  const text = amount(v, isSigned);
  const title = `${place}: ${text}`;
  return shade < BLANK || !Number.isFinite(v)
    ? html`<td title="${title}">${text}</td>`
    : html`<td class="${v > 0 ? 'up' : 'down'}" style="--v:${shade.toFixed(2)}" title="${title}">${text}</td>`;
}

/** Groups of columns, where they have any, over them. */
const groupsHtml = (columns: readonly Heading[]): Html | false =>
  columns.some(({ group }) => group !== undefined) &&
  html`<tr>
    <td></td>
    ${groupsOf(columns.map(({ group = '' }) => group)).map(({ name, count }) => html`<th scope="colgroup" colspan="${count}"><bdi>${name}</bdi></th>`)}
  </tr>`;

/** Neighbours of one name together. */
export function groupsOf(names: readonly string[]): readonly { readonly name: string; readonly count: number }[] {
  const groups: { readonly name: string; count: number }[] = [];
  for (const name of names) {
    const last = groups.at(-1);
    if (last?.name === name) last.count++;
    else groups.push({ name, count: 1 });
  }
  return groups;
}

/** The colours and what they stand for: the greatest value, a quarter of it, and none. */
export function scaleHtml(most: number, isSigned: boolean): Html {
  const shares = isSigned ? [-1, -0.25, 0, 0.25, 1] : [0, 0.25, 1];
  return html`<span class="scale"
    >${shares.map((s) => html`<i class="${s < 0 ? 'down' : s > 0 && 'up'}" style="--v:${shadeOf(s, 1).toFixed(2)}"></i> ${s === 0 ? '0' : amount(s * most, isSigned)} `)}</span
  >`;
}
