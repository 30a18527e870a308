import type { Sheet } from '@vitrine/evaluate';
import { tableOf } from '../analysis/figure.js';
import { bars, bothWidths } from '../chart.js';
import { headHtml } from '../head.js';
import { html } from '../html.js';

/** What a feature, or features that are permuted together, are worth. */
export interface ImportanceBar {
  readonly name: string;
  /** Where they are several. */
  readonly features: readonly string[];
  readonly importance: number;
  readonly standardError: number;
  /** Of 95 %. */
  readonly low: number;
  readonly high: number;
  readonly ratio: number;
  readonly certainty: number;
}

export interface ImportanceReport {
  readonly model: { readonly name: string; readonly digest: string; readonly facts: readonly (readonly [string, string])[] };
  readonly input: string;
  readonly metric: string;
  readonly base: number;
  readonly rows: number;
  readonly repeats: number;
  /** The greatest first. */
  readonly features: readonly ImportanceBar[];
  readonly notes: readonly string[];
  readonly command: string;
}

/** Features that are drawn; the table has all. */
const DRAWN = 25;

/** A report in one file: what a model loses when a feature says nothing, with its table. No network, no scripts. */
export function importanceHtml({ model, input, metric, base, rows, repeats, features, notes, command }: ImportanceReport): string {
  const drawn = features.slice(0, DRAWN);
  const title = `Which features does ${model.name} need?`;
  return html`<!doctype html>
    <html lang="en">
      ${headHtml(title)}
      <body>
        <main>
          <header>
            <p class="kicker">Vitrine permutation importance · ${model.name} · ${input}</p>
            <h1>${title}</h1>
          </header>
          <section>
            ${findingsOf(features).map((line) => html`<p class="finding"><bdi>${line}</bdi></p>`)}
            <p>
              ${metric} is ${base.toPrecision(4)} over ${rows.toLocaleString('en')} rows. Each number is by how much it gets worse when the
              values of a feature are dealt out anew among the rows, so that they say nothing: the mean over ${repeats}
              ${repeats === 1 ? 'time' : 'times'}.
              <small>Breiman 2001; Fisher, Rudin and Dominici 2019</small>
            </p>
            ${
              notes.length > 0 &&
              html`<ul>
                ${notes.map((line) => html`<li class="warning"><bdi>${line}</bdi></li>`)}
              </ul>`
            }
            <figure class="chart">
              ${bothWidths((width) =>
                bars(
                  drawn.map(({ name, importance, low, high }) => ({
                    name,
                    value: importance,
                    ends: Number.isFinite(low) ? ([low, high] as const) : undefined,
                  })),
                  `How much worse ${metric} gets without each feature`,
                  width,
                ),
              )}
              <figcaption>
                How much worse ${metric} gets without each
                feature${drawn.length < features.length && `, the first ${drawn.length} of ${features.length}`}; thin lines are 95 %
                intervals, over other rows and other permutations.
              </figcaption>
            </figure>
            ${tableOf(sheetOf(features), features.length)}
            <p>
              A feature that others can stand in for loses little, though the model looks at it. Features that hang together, permuted one
              by one, make rows that cannot be: give them one “group” in the schema.
            </p>
          </section>
          <section>
            <h2>The model</h2>
            <dl>
              ${model.facts.map(
                ([name, value]) =>
                  html`<dt>${name}</dt>
                    <dd>${value}</dd>`,
              )}
              <dt>SHA-256</dt>
              <dd><code>${model.digest}</code></dd>
            </dl>
          </section>
          <section>
            <h2>Do it again</h2>
            <pre>${command}</pre>
            <p>The same seed, rows, model and versions give the same numbers.</p>
          </section>
        </main>
      </body>
    </html> `.html;
}

/** What is worth something for sure, in sentences. */
function findingsOf(features: readonly ImportanceBar[]): readonly string[] {
  const sure = features.filter(({ low }) => low > 0);
  const named = sure
    .slice(0, 3)
    .map(
      ({ name, importance, low, high }) =>
        `${name} (${importance.toPrecision(3)}, 95 % interval ${low.toPrecision(3)} to ${high.toPrecision(3)})`,
    );
  const others = features.length - sure.length;
  return [
    named.length > 0
      ? `The model needs these most: ${named.join(', ')}.`
      : 'These rows do not show that the model needs any of the features: all intervals reach 0.',
    ...(named.length > 0 && others > 0
      ? [`For ${others} of the ${features.length} features these rows do not show it: their intervals reach 0.`]
      : []),
  ];
}

const sheetOf = (features: readonly ImportanceBar[]): Sheet => ({
  name: 'permutation-importance',
  title: 'Features',
  columns: ['feature', 'permuted_together', 'importance', 'standard_error', 'low', 'high', 'ratio', 'certainty_of_place'],
  rows: features.map(({ name, features: own, importance, standardError, low, high, ratio, certainty }) => [
    name,
    own.length > 1 ? own.join(', ') : undefined,
    ...[importance, standardError, low, high, ratio, certainty].map((value) => (Number.isFinite(value) ? value : undefined)),
  ]),
});
