import { amount } from './heat.js';
import { html, type Html } from './html.js';

/** What one token takes from another. */
export interface Pair {
  /** Index of the token that looks. */
  readonly from: number;
  /** Index of the token that is looked at. */
  readonly to: number;
  readonly value: number;
}

export interface Arcs {
  /** For readers who cannot see it. */
  readonly label: string;
  /** The tokens, as they are spelled. */
  readonly tokens: readonly string[];
  /** The strongest first. */
  readonly pairs: readonly Pair[];
  readonly signed: boolean;
}

/** More tokens than these stand on no line. */
export const LONGEST_LINE = 120;
/** Sizes in pixels: text, a column of it, the gap between tokens, the line of tokens, the lowest and the highest arc. */
const [TEXT, COLUMN, GAP, LINE, LOW, HIGH] = [13, 7.9, 14, 26, 18, 150];
/** An arc is as high as this share of its width. */
const RISE = 0.36;
/** Least and greatest thickness. */
const [THIN, THICK] = [1, 7];

/**
 * Tokens on a line and arcs between them, thicker for more, dashed for less than zero: above the line where a token looks back at one
 * before it, below where it looks ahead. A dot is at the token that looks.
 */
export function arcsHtml({ label, tokens, pairs, signed }: Arcs): Html {
  const places = placesOf(tokens);
  const most = pairs.reduce((m, { value }) => Math.max(m, Math.abs(value)), 0) || 1;
  const bows = pairs.map((pair) => bowOf(pair, places.middles));
  const above = bows.reduce((h, { back, height }) => (back ? Math.max(h, height) : h), 0) + THICK;
  const below = bows.reduce((h, { back, height }) => (back ? h : Math.max(h, height)), 0) + THICK;
  const height = above + LINE + below;
  return html`<svg
    class="arcs"
    viewBox="0 0 ${places.width.toFixed(0)} ${height.toFixed(0)}"
    width="${places.width.toFixed(0)}"
    height="${height.toFixed(0)}"
    role="img"
    aria-label="${label}"
  >
    ${bows.map((bow, i) => arc(bow, pairs[i]!, most, above, `${tokens[pairs[i]!.from]!} → ${tokens[pairs[i]!.to]!}: ${amount(pairs[i]!.value, signed)}`)).toReversed()}${tokens.map(
      (token, t) =>
        html`<text
          x="${places.middles[t]!.toFixed(1)}"
          y="${(above + LINE / 2 + TEXT / 3).toFixed(1)}"
          text-anchor="middle"
          font-size="${TEXT}"
          >${token}</text
        >`,
    )}
  </svg>`;
}

/** Pairs as a table: what the arcs say, in numbers. */
export const pairsHtml = ({ tokens, pairs, signed }: Pick<Arcs, 'tokens' | 'pairs' | 'signed'>): Html =>
  html`<table>
    <thead>
      <tr>
        <th scope="col">token</th>
        <th scope="col">looks at</th>
        <th scope="col">value</th>
      </tr>
    </thead>
    <tbody>
      ${pairs.map(
        ({ from, to, value }) =>
          html`<tr>
            <td><bdi>${tokens[from]!}</bdi> <small>${from}</small></td>
            <td><bdi>${tokens[to]!}</bdi> <small>${to}</small></td>
            <td>${amount(value, signed)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;

/** Where the middle of each token is, in a type whose letters are all as wide. */
function placesOf(tokens: readonly string[]): { readonly middles: readonly number[]; readonly width: number } {
  const widths = tokens.map((token) => COLUMN * Math.max(1, breadth(token)) + GAP);
  let end = 0;
  const middles = widths.map((width) => (end += width) - width / 2);
  return { middles, width: Math.max(1, end) };
}

interface Bow {
  readonly start: number;
  readonly end: number;
  readonly height: number;
  readonly back: boolean;
}

function bowOf({ from, to }: Pair, middles: readonly number[]): Bow {
  const [start, end] = [middles[from]!, middles[to]!];
  return { start, end, height: Math.min(HIGH, Math.max(LOW, RISE * Math.abs(end - start))), back: to < from };
}

function arc({ start, end, height, back }: Bow, { value }: Pair, most: number, above: number, title: string): Html {
  const share = Math.abs(value) / most;
  const y = back ? above : above + LINE;
  // A cubic curve reaches three quarters of the way to its control points.
  const peak = y + (back ? -1 : 1) * (height / 0.75);
  const [x1, x2] = [start.toFixed(1), end.toFixed(1)];
  const path = `M${x1},${y.toFixed(1)}C${x1},${peak.toFixed(1)},${x2},${peak.toFixed(1)},${x2},${y.toFixed(1)}`;
  return html`<g class="${value < 0 ? 'less' : 'more'}" opacity="${(0.3 + 0.6 * share).toFixed(2)}"
    ><path d="${path}" stroke-width="${(THIN + (THICK - THIN) * share).toFixed(1)}"><title>${title}</title></path
    ><circle cx="${x1}" cy="${y.toFixed(1)}" r="${(1.5 + 2 * share).toFixed(1)}"
  /></g>`;
}

const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}]/u;

/** Columns that a text takes: East Asian characters and pictures take two, marks none. */
export const breadth = (text: string): number => [...text].reduce((n, c) => n + (/\p{M}/u.test(c) ? 0 : WIDE.test(c) ? 2 : 1), 0);
