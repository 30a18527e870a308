import { choicesHtml } from './choices.js';
import { amount, greatest } from './heat.js';
import { html, type Html } from './html.js';
import { named, spelled } from './spelled.js';
import { FAINT, passageHtml, type Piece } from './text.js';
import type { TracedToken, TraceRow, TraceShown } from './trace.js';

/** A text of more tokens is shown in excerpts: what counts most, and what stands around it. */
const WHOLE = 400;
const AROUND = 8;
/** Marked tokens of a text that is shown whole, and of excerpts. */
const MARKED = [60, 16] as const;
/** Generated tokens that can be chosen; of more, those with the strongest values. */
const CHOSEN = 200;
/** Tokens that are named in a sentence. */
const NAMED = 3;

/** The answer's tokens to choose from, and for each the text before it with what counts marked. */
export function wordsHtml(trace: TraceShown, name: string): Html {
  const { tokens, rows } = trace;
  const strongest = rows.map(({ values }) => greatest([values]));
  const kept = new Set([...rows.keys()].toSorted((a, b) => strongest[b]! - strongest[a]!).slice(0, CHOSEN));
  const excerpts = rows.some(({ values }) => values.length > WHOLE);
  return html`<figure class="words">
    ${choicesHtml(
      name,
      'Choose a generated token to see what it owes to the text before it.',
      rows.map((row, i) => {
        const label = html`<bdi>${spelled(tokens[row.token]!.text)}</bdi>`;
        return kept.has(i) ? { label, panel: panelHtml(trace, row, strongest[i]!) } : html`<span>${label}</span>`;
      }),
    )}
    <figcaption>
      ${trace.signed ? 'A solid line is for the chosen token, a dotted one against it; the thicker, the more.' : 'The thicker the line, the more.'}
      Each token has a scale of its own: its strongest has the thickest line.
      ${excerpts && ' The text is long: what counts most is shown, with what stands around it.'}
      ${kept.size < rows.length && ` Of ${rows.length} tokens the ${kept.size} with the strongest values can be chosen.`}
    </figcaption>
  </figure>`;
}

const percent = (p: number): string => `${(100 * p).toFixed(p > 0.995 || p < 0.005 ? 2 : 0)} %`;

function panelHtml({ tokens, signed }: TraceShown, row: TraceRow, most: number): Html {
  const { token, values, score, gap, rather } = row;
  const { text, probability } = tokens[token]!;
  const order = [...values.keys()]
    .filter((t) => Math.abs(values[t]!) >= FAINT * most)
    .toSorted((a, b) => Math.abs(values[b]!) - Math.abs(values[a]!));
  const whole = values.length <= WHOLE;
  const marked = new Set(order.slice(0, MARKED[whole ? 0 : 1]));
  const listed = (list: readonly number[]): readonly Html[] =>
    list.slice(0, NAMED).map((t, i) => html`${i > 0 && ', '}<bdi>${spelled(tokens[t]!.text)}</bdi> ${amount(values[t]!, signed)}`);
  const [pro, con] = [order.filter((t) => values[t]! > 0), order.filter((t) => values[t]! < 0)];
  return html`<p>
      <strong><bdi>${spelled(text)}</bdi></strong
      >${rather !== undefined && html` rather than <strong><bdi>${spelled(rather)}</bdi></strong>`}:
      ${probability !== undefined && `probability ${percent(probability)}, `}score
      ${score.toPrecision(4)}${gap !== undefined && `, which the values miss by ${gap.toPrecision(2)}`}.
      ${pro.length > 0 && html`Most${signed && ' for it'}: ${listed(pro)}.`} ${con.length > 0 && html`Most against it: ${listed(con)}.`}
      ${order.length === 0 && 'No token before it counts much.'}
    </p>
    ${partsOf(tokens.slice(0, values.length)).map(
      ({ part, start, end }) =>
        html`<div class="part">
          ${part !== undefined && html`<span><bdi>${named(part)}</bdi></span>`}
          ${passageHtml(piecesOf(tokens, values, start, end, marked, whole), most)}
        </div>`,
    )}`;
}

interface PartOfText {
  readonly part: string | undefined;
  readonly start: number;
  end: number;
}

/** Neighbours of one part. */
function partsOf(tokens: readonly TracedToken[]): readonly PartOfText[] {
  const parts: PartOfText[] = [];
  for (const [t, { part }] of tokens.entries()) {
    const last = parts.at(-1);
    if (last !== undefined && last.part === part) last.end = t + 1;
    else parts.push({ part, start: t, end: t + 1 });
  }
  return parts;
}

/** The text of some tokens: marked ones for themselves, others together; of a long text what stands around the marked ones. */
function piecesOf(
  tokens: readonly TracedToken[],
  values: readonly number[],
  start: number,
  end: number,
  marked: ReadonlySet<number>,
  whole: boolean,
): readonly Piece[] {
  const near = (t: number): boolean => {
    for (let i = t - AROUND; i <= t + AROUND; i++) if (marked.has(i)) return true;
    return false;
  };
  const pieces: Piece[] = [];
  let [plain, left] = ['', false];
  const flush = (): void => {
    if (left) plain += ' …';
    if (plain !== '') pieces.push({ text: plain });
    [plain, left] = ['', false];
  };
  for (let t = start; t < end; t++) {
    const { text } = tokens[t]!;
    if (marked.has(t)) {
      // The space before a word is no part of what is marked.
      const word = text.trimStart();
      const space = word === '' ? '' : text.slice(0, text.length - word.length);
      plain += space;
      flush();
      pieces.push({ text: text.slice(space.length), value: values[t]! });
    } else if (whole || near(t)) {
      if (left) flush();
      plain += text;
    } else left = true;
  }
  flush();
  return pieces;
}
