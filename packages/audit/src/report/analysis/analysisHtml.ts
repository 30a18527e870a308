import { sheetsOf, type Analysis } from '@vitrine/evaluate';
import { headHtml } from '../head.js';
import { html, type Html } from '../html.js';
import { chartScript } from '../page/chartScript.js';
import { biasFindings, biasSection } from './biasSection.js';
import { HEADLINES, differs, isHeadline, percent, predictionSections, titleOf, written } from './predictionSections.js';
import { rankingFindings, rankingSection } from './rankingSection.js';
import { tableFindings, tableSections } from './tableSections.js';

export interface AnalysisShown {
  readonly analysis: Analysis;
  /** Of the file, and of the model where one was run. */
  readonly name: string;
  readonly model?: string | undefined;
  readonly label?: string | undefined;
  /** How many rows the file has, where not all were looked at; cells that could not be read. */
  readonly notes: readonly string[];
  readonly command: string;
}

const own = `
.charts { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
.of { margin: 0; font-weight: 600; font-size: 0.9rem; }
figure.chart { margin: 0 0 1.75rem; }
.pairs { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 0 1.5rem; }
.pairs h3 { margin-top: 0; }
dd small { color: var(--soft); }
`;

/** A report in one file: what a table holds and how right predictions are, each chart with its table. No network; one script that shows values. */
export function analysisHtml({ analysis, name, model, label, notes, command }: AnalysisShown): string {
  const { table, predictions, bias, ranking, settings } = analysis;
  const sheets = new Map(sheetsOf(analysis).map((sheet) => [sheet.name, sheet]));
  const title =
    ranking !== undefined
      ? `How good is the order of each ${ranking.query}?`
      : predictions === undefined
        ? `What ${name} holds`
        : `How right are the predictions of ${label}?`;
  const script = chartScript(false);
  const findings = [
    ...predictionFindings(analysis),
    ...rankingFindings(analysis),
    ...(bias === undefined ? [] : biasFindings(bias)),
    ...tableFindings(table),
  ];
  return html`<!doctype html>
    <html lang="en">
      ${headHtml(title, script.policy, own)}
      <body>
        <main>
          <header>
            <p class="kicker">Vitrine analysis · ${name}${model !== undefined && ` · ${model}`}</p>
            <h1>${title}</h1>
          </header>
          <section class="verdict">
            <div>
              <h2>What stands out</h2>
              ${
                findings.length === 0
                  ? html`<p>Nothing stands out.</p>`
                  : html`<ul>
                      ${findings.map((line) => html`<li><bdi>${line}</bdi></li>`)}
                    </ul>`
              }
              <p>${table.rows.toLocaleString('en')} rows, ${table.columns.length} columns.</p>
              ${
                notes.length > 0 &&
                html`<ul>
                  ${notes.map((line) => html`<li class="warning"><bdi>${line}</bdi></li>`)}
                </ul>`
              }
            </div>
          </section>
          ${predictions && predictionSections(predictions, settings, sheets)} ${ranking && rankingSection(ranking, sheets)}
          ${bias && biasSection(bias, sheets.get('bias'))} ${tableSections(table, label, sheets)} ${howSection(settings)}
          <section>
            <h2>Do it again</h2>
            <pre>${command}</pre>
            <p>The same seed, rows and version give the same numbers.</p>
          </section>
        </main>
        ${script.element}
      </body>
    </html> `.html;
}

/** In sentences: the first numbers, and slices that are unlike. */
export function predictionFindings({ predictions }: Analysis): readonly string[] {
  if (predictions === undefined) return [];
  const first = predictions.metrics.filter((each) => isHeadline(each, predictions, HEADLINES[predictions.task])).slice(0, 3);
  const unlike = predictions.slices.flatMap(({ slice, measured }) => {
    const [each, ...more] = measured.filter((one) => differs(one) && isHeadline(one, predictions, HEADLINES[predictions.task]));
    return each === undefined ? [] : [{ slice, each, more: more.length }];
  });
  const few = predictions.slices
    .filter(({ measured }) => measured.every(({ estimate }) => estimate.verdict === 'insufficient'))
    .map(({ slice }) => slice);
  return [
    ...first.map((each) => `${titleOf(each, predictions)}: ${written(each.estimate)}.`),
    ...unlike
      .slice(0, 5)
      .map(
        ({ slice, each, more }) =>
          `${slice}: ${titleOf(each, predictions)} ${written(each.estimate)}, ${Number(each.others!.toPrecision(3))} in the other rows${more > 0 ? `; unlike in ${more} more metrics` : ''}.`,
      ),
    ...(unlike.length > 5 ? [`${unlike.length - 5} more slices are unlike the other rows.`] : []),
    ...(few.length > 0
      ? [
          `Insufficient data for ${few.length} ${few.length === 1 ? 'slice' : 'slices'}: ${few.slice(0, 5).join(', ')}${few.length > 5 ? ' and others' : ''}.`,
        ]
      : []),
  ];
}

const howSection = ({ level, resamples, seed, minimum }: Analysis['settings']): Html =>
  html`<section>
    <h2>How it was measured</h2>
    <ul>
      <li>
        Intervals hold what they estimate with ${percent(level)} confidence: by a formula where there is one (the column “interval” names
        it), else by BCa bootstrap with up to ${resamples} resamples, seed ${seed}.
      </li>
      <li>Below ${minimum.rows} rows, or ${minimum.events} rows of what a number is about, no number is told: “insufficient data”.</li>
      <li>
        Where many things are tested at once, “p holm” is the p-value raised so that all of them together err as seldom as one (Holm 1979):
        all slices of a metric, all groups of a metric, all pairs of a measure, all columns.
      </li>
      <li>Rows are taken to be independent. Where several come from one person or one day, intervals are too narrow.</li>
    </ul>
  </section>`;
