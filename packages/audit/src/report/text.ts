import { html, type Html } from './html.js';

/** A piece of a text in reading order, and what it counts; what lies between such pieces has no value. */
export interface Piece {
  readonly text: string;
  readonly value?: number;
}

/** A part of the text, and the tokens it was read as. */
export interface TokenRows {
  readonly text: string;
  readonly value: number;
  /** Of the value, where it was estimated from samples. */
  readonly standardError?: number;
  readonly tokens: readonly { readonly text: string; readonly place: string; readonly value: number }[];
}

/** Attributions of a text. */
export interface TextShown {
  readonly caption: string;
  /** What the pieces are: word, token, phrase, sentence. */
  readonly unit: string;
  /** Whether less than zero means against. */
  readonly signed: boolean;
  /** One text, or two. */
  readonly passages: readonly (readonly Piece[])[];
  readonly rows: readonly TokenRows[];
}

/** Shares of the greatest value below this are not marked. */
export const FAINT = 0.04;

/**
 * The text with what counts marked: a solid line under what speaks for, a dotted one under what speaks against, thicker for more, and
 * colour beside it. The marks are style alone: the text is selected, copied and read aloud as it was given, from right to left too.
 */
export function textHtml({ caption, unit, passages, rows }: TextShown): Html {
  const most = passages.flat().reduce((m, { value = 0 }) => Math.max(m, Math.abs(value)), 0) || 1;
  return html`<figure class="text">
    ${passages.map((pieces) => passageHtml(pieces, most))}
    <figcaption>${caption}</figcaption>
    <details>
      <summary>Every ${unit} and its tokens, as a table</summary>
      ${tableHtml(unit, rows)}
    </details>
  </figure>`;
}

/** How to read the marks without their colours. */
export const marksOf = ({ signed, unit }: TextShown): string =>
  signed
    ? 'Without colour: a solid line stands under what speaks for it, a dotted line under what speaks against it; the thicker, the more.'
    : `The thicker the line under a ${unit}, the more.`;

/** A text in pieces; `most` is the size of the thickest mark. */
export const passageHtml = (pieces: readonly Piece[], most: number): Html =>
  html`<p class="passage" dir="auto">${pieces.map((piece) => marked(piece, most))}</p>`;

/** On one line: within a passage every space is the text's own. */
function marked({ text, value }: Piece, most: number): Html {
  const share = value === undefined ? 0 : Math.abs(value) / most;
  if (value === undefined || share < FAINT) return html`${text}`;
  const kind = value > 0 ? 'pro' : 'con';
  return html`<span class="${kind}" style="--v:${share.toFixed(2)}" title="${signed(value)}">${text}</span>`;
}

function tableHtml(unit: string, rows: readonly TokenRows[]): Html {
  const alone = rows.every(({ tokens }) => tokens.length === 1);
  return html`<table>
    <thead>
      <tr>
        ${
          !alone &&
          html`<th scope="col">${unit}</th>
            <th scope="col">sum</th>`
        }
        <th scope="col">token</th>
        <th scope="col">place</th>
        <th scope="col">value</th>
      </tr>
    </thead>
    <tbody>
      ${rows.flatMap(({ text, value, standardError, tokens }) =>
        tokens.map(
          (token, i) =>
            html`<tr>
              ${
                !alone &&
                i === 0 &&
                html`<th scope="rowgroup" rowspan="${tokens.length}"><bdi>${text}</bdi></th>
                  <td rowspan="${tokens.length}">${estimated(value, standardError)}</td>`
              }
              <td><bdi>${token.text}</bdi></td>
              <td>${token.place}</td>
              <td>${estimated(token.value, alone ? standardError : undefined)}</td>
            </tr>`,
        ),
      )}
    </tbody>
  </table>`;
}

/** A number with its sign, as people write it. */
export const signed = (value: number): string => `${value > 0 ? '+' : value < 0 ? '−' : ''}${sizeText(value)}`;

/** Three digits of a number without its sign; all before the point where it is below a million. */
export function sizeText(value: number): string {
  const size = Math.abs(value);
  return size >= 1000 && size < 1e6 ? size.toFixed(0) : size.toPrecision(3);
}

/** A standard error, as it stands behind a value. */
export const plusMinus = (error: number): string => `± ${error.toPrecision(2)}`;

const estimated = (value: number, error: number | undefined): string =>
  error === undefined ? signed(value) : `${signed(value)} ${plusMinus(error)}`;
