import { arcsHtml, LONGEST_LINE, pairsHtml, type Pair } from './arcs.js';
import { choicesHtml, type Choice } from './choices.js';
import { amount } from './heat.js';
import { html, type Html } from './html.js';

/** What one head looks at: a picture of its weights, a row for each token that looks, a column for each that is looked at. */
export interface Head {
  readonly name: string;
  /** PNG as a data: address, one pixel for each pair of tokens. */
  readonly source: string;
  /** The strongest first; what a token is to itself is left out. */
  readonly pairs: readonly Pair[];
}
export interface HeadsOfLayer {
  readonly name: string;
  readonly heads: readonly Head[];
}
export interface HeadsShown {
  readonly layers: readonly HeadsOfLayer[];
  /** How many are looked at. */
  readonly tokens: number;
  /** How they are spelled, where they are those of a text that looks at itself. */
  readonly labels?: readonly string[];
}

/** More heads than these are squares alone. */
const CHOSEN = 160;
/** A square with more tokens has no room for them at its sides. */
const LABELLED = 40;

/** Layers down, heads across; where the tokens have names, each head can be chosen to see them joined by arcs. */
export function headsHtml({ layers, tokens, labels }: HeadsShown, name = 'heads'): Html {
  const chosen = labels !== undefined && layers.reduce((n, { heads }) => n + heads.length, 0) <= CHOSEN;
  return html`<figure class="heads">
    <div>${chosen ? choosing(layers, labels, name) : squares(layers, labels)}</div>
    <figcaption>
      ${layers.length > 1 || layers[0]!.heads.length > 1 ? 'Layers down, heads across. In each square a' : 'In the square a'} row is a token
      that looks, a column one that is looked at (${tokens} of them); the brighter, the more.
      ${chosen && labels.length <= LONGEST_LINE && 'Arcs join the strongest pairs, above the line to tokens before, below to tokens behind; a dot is at the token that looks. What a token is to itself is left out.'}
      ${labels !== undefined && !chosen && 'There are too many heads to choose from: ask for fewer layers with the options from and to.'}
    </figcaption>
  </figure>`;
}

const squares = (layers: readonly HeadsOfLayer[], labels: readonly string[] | undefined): Html =>
  html`<table>
    ${layers.map(
      ({ name, heads }) =>
        html`<tr>
          <th scope="row"><code>${name}</code></th>
          ${heads.map((head) => html`<td>${square(name, head, labels)}</td>`)}
        </tr>`,
    )}
  </table>`;

const square = (layer: string, head: Head, labels: readonly string[] | undefined): Html =>
  html`<img src="${head.source}" alt="${layer}, ${head.name}" title="${head.name}${strongestOf(head, labels)}" />`;

/** The strongest pair, as the end of a sentence. */
function strongestOf({ pairs: [pair] }: Head, labels: readonly string[] | undefined): string {
  if (pair === undefined) return '';
  const token = (t: number): string => (labels === undefined ? `token ${t}` : `“${labels[t]!}”`);
  return `: ${token(pair.from)} looks most at ${token(pair.to)} (${amount(pair.value, false)})`;
}

function choosing(layers: readonly HeadsOfLayer[], labels: readonly string[], group: string): Html {
  const columns = Math.max(...layers.map(({ heads }) => heads.length));
  const [first] = layers;
  // One square alone is no choice.
  if (columns === 1 && layers.length === 1) return html`<div class="panel">${panelHtml(first!.name, first!.heads[0]!, labels)}</div>`;
  const cells = layers.flatMap(({ name, heads }): readonly (Choice | Html)[] => [
    html`<span><code>${name}</code></span>`,
    ...heads.map((head) => ({ label: square(name, head, labels), panel: panelHtml(name, head, labels) })),
    ...Array.from({ length: columns - heads.length }, () => html`<span></span>`),
  ]);
  return choicesHtml(group, 'Choose a head to see which tokens it joins.', cells, columns);
}

function panelHtml(layer: string, head: Head, labels: readonly string[]): Html {
  const { name, pairs, source } = head;
  const arcs = { label: `Arcs between tokens, ${layer}, ${name}`, tokens: labels, pairs, signed: pairs.some(({ value }) => value < 0) };
  return html`<p>
      <strong><code>${layer}</code>, ${name}</strong>${strongestOf(head, labels)}.
    </p>
    ${labels.length <= LONGEST_LINE && html`<div class="line" tabindex="0" role="region" aria-label="${arcs.label}">${arcsHtml(arcs)}</div>`}
    <div class="beside">
      ${labels.length <= LABELLED && axes(source, `${layer}, ${name}`, labels)}
      <details>
        <summary>The ${pairs.length} strongest pairs, as a table</summary>
        ${pairsHtml(arcs)}
      </details>
    </div>`;
}

/** A square with its tokens at its sides. */
function axes(source: string, alt: string, labels: readonly string[]): Html {
  const names = labels.map((label) => html`<span><bdi>${label}</bdi></span>`);
  return html`<div class="axes" style="--n:${labels.length}">
    <p aria-hidden="true">${names}</p>
    <p aria-hidden="true">${names}</p>
    <img src="${source}" alt="${alt}: rows look, columns are looked at" />
  </div>`;
}
