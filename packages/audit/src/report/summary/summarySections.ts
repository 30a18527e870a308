import type { Sheet } from '@vitrine/evaluate';
import { short, tableOf } from '../analysis/figure.js';
import { bothWidths, markup } from '../chart.js';
import { html, type Html } from '../html.js';
import { drawn } from '../page/drawn.js';
import { drawnSummary as own } from './drawnSummary.js';
import type { SummaryJson } from './summaryPage.js';

/** Digits of what a page holds: as many as the numbers of a network have. */
export const DIGITS = 7;
export const SHOWN = 20;
const [BEFORE_SCRIPTS, FIRST_ROWS, COLUMNS] = [8, 20, 8];

export const plural = (noun: string, count = 2): string => (count === 1 || noun === 'series' ? noun : `${noun}s`);

/** Some of all, evenly spread. */
export const spread = <T>(all: readonly T[], most: number): readonly T[] =>
  all.length <= most ? all : Array.from({ length: most }, (_, i) => all[Math.floor((i * all.length) / most)]!);

const chart = (name: string, svg: Html, caption: Html): Html =>
  html`<figure class="chart">
    <div data-chart="${name}">${svg}</div>
    <figcaption>${caption}</figcaption>
  </figure>`;

/** Dots are many: they are drawn once, and a phone without scripts moves them to and fro. */
const broad = (options: Parameters<typeof markup>[0], label: string): Html => html`<div class="broad">${markup(options, label)}</div>`;

export function featuresHtml({ features, rows, file, noun }: SummaryJson): Html {
  const first = features.slice(0, BEFORE_SCRIPTS);
  const places = [...first.keys()];
  const few = spread(rows, 120);
  return html`<h3>Which features count, and how surely</h3>
    <div class="controls" hidden>
      <label>features with <input type="search" name="filter" /></label>
      <label>
        show
        <select name="count">
          <option value="10">10</option>
          <option value="20" selected="">20</option>
          <option value="all">all</option>
        </select>
      </label>
    </div>
    <p class="none" hidden>No feature has this text in its name.</p>
    ${chart(
      'ranked',
      bothWidths((width) => markup(drawn.ranked(features.slice(0, SHOWN), width), 'Mean size of what each feature counts')),
      html`Mean size of what each feature counts; thin lines are 95 % intervals of the mean.`,
    )}
    <h3>What they count, ${noun} by ${noun}</h3>
    ${chart(
      'beeswarm',
      broad(own.beeswarm({ features, rows: few, noun }, places, 640).options, `What each feature counts in each ${noun}`),
      html`A dot is a ${noun}; right of zero it speaks for, left against. From
        <span class="swatches"><i style="color:var(--low)">●</i> low to <i style="color:var(--high)">●</i> high</span> values of the
        feature, by rank; grey where it is a category or nothing.`,
    )}
    <details>
      <summary>Features: table</summary>
      ${tableOf(featureSheet(features, file), features.length)}
    </details>`;
}

const featureSheet = (features: SummaryJson['features'], file: string): Sheet => ({
  name: `${file}.features`,
  title: 'Features',
  columns: ['feature', 'unit', 'mean_size', 'low', 'high', 'mean'],
  rows: features.map(({ name, unit, meanAbs, low, high, mean }) => [name, unit, meanAbs, low, high, mean]),
});

export function dependenceHtml({ features, rows, interacting: pairs, noun }: SummaryJson): Html {
  const told = [...features.keys()].filter((f) => rows.some((row) => row.features[f] !== null));
  const first = told[0]!;
  const by = pairs[first]?.[0];
  const option = (f: number, isChosen: boolean): Html =>
    html`<option value="${f}" ${isChosen && html`selected=""`}>${drawn.called(features[f]!)}</option>`;
  const few = spread(rows, 300);
  const colours = by === undefined ? undefined : own.colouring(few, by);
  return html`<h3>How a feature counts by its value</h3>
    <div class="controls" hidden>
      <label>
        feature
        <select name="of">
          ${told.map((f) => option(f, f === first))}
        </select>
      </label>
      <label>
        coloured by
        <select name="by">
          <option value="">nothing</option>
          ${told.map((f) => option(f, f === by))}
        </select>
      </label>
    </div>
    ${chart(
      'dependence',
      broad(own.dependence({ features, rows: few, noun }, first, by, 640).options, `What ${features[first]!.name} counts by its value`),
      html`A dot is a ${noun}. It is coloured by the feature that tells most of the differences among ${plural(noun)} alike in the first,
      unless another is chosen.`,
    )}
    <p class="legend swatches" data-legend>
      ${by !== undefined && `${drawn.called(features[by]!)}: `}
      ${
        colours?.numeric
          ? html`<i style="color:var(--low)">●</i> low <i style="color:var(--high)">●</i> high`
          : colours?.swatches.map(({ name, colour, sign }) => html`<i style="color:${colour}">${sign}</i> ${name} `)
      }
    </p>`;
}

export function rowHtml({ features, rows, noun }: SummaryJson): Html {
  const [row] = rows as readonly [SummaryJson['rows'][number]];
  const name = drawn.example(noun, row.id);
  return html`<h3 data-row>${drawn.heading(noun, row.id)}: ${row.prediction.toPrecision(4)}</h3>
    ${chart(
      'row',
      bothWidths((width) => markup(drawn.one(features, row, width), `How the score of ${name} comes about`)),
      html`${row.base !== null && `From the base to the score of one ${noun}.`}
        <span class="controls" hidden>Choose another by its dot, or in the table.</span>`,
    )}`;
}

export function rowsHtml({ features, rows, file, noun }: SummaryJson): Html {
  const shown = features.slice(0, COLUMNS);
  return html`<h3>All ${plural(noun)}</h3>
    <div class="controls" hidden>
      <label>${plural(noun)} with <input type="search" name="rows" /></label>
      <button class="file" data-save>${file}.rows.csv</button>
    </div>
    <div class="scroll rows">
      <table>
        <thead>
          <tr>
            <th scope="col">${noun}</th>
            <th scope="col">score</th>
            ${shown.map((feature) => html`<th scope="col"><bdi>${drawn.called(feature)}</bdi></th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.slice(0, FIRST_ROWS).map(
            ({ id, prediction, values, features: cells }) =>
              html`<tr>
                <th scope="row">${id}</th>
                <td>${short(prediction)}</td>
                ${shown.map(({ unit }, f) => html`<td>${drawn.cellText(cells[f] ?? null, unit, values[f]!)}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <p class="pages" hidden><button data-turn="-1">‹ back</button> <span data-page></span> <button data-turn="1">on ›</button></p>
    <p class="file">
      What each ${noun} has, and in brackets what that
      counts${features.length > COLUMNS && `: the first ${COLUMNS} features, the file has all`}. The page’s numbers have ${DIGITS} digits.
    </p>`;
}
