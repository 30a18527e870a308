import {
  curveKinds,
  metricNamed,
  residualKinds,
  saidOf,
  type Analysis,
  type Curve,
  type CurveName,
  type Estimate,
  type Measured,
  type MeasuredOfSlice,
  type PredictionAnalysis,
  type Sheet,
} from '@vitrine/evaluate';
import { html, type Html } from '../html.js';
import { cells, curve, ranges, reliabilityChart, type Ranged } from './charts.js';
import { histogram, scatter } from './residualCharts.js';
import { figure, tableOf } from './figure.js';

type Sheets = ReadonlyMap<string, Sheet>;

/** Metrics that a reader looks at first, where predictions allow them: those of slices are drawn. */
export const HEADLINES = {
  classification: ['accuracy', 'balanced-accuracy', 'precision', 'recall', 'f1', 'f1-macro', 'auc', 'auc-macro', 'log-loss', 'ece'],
  regression: ['mae', 'rmse', 'median-ae', 'r2'],
} as const;
const OF_SLICES = { classification: ['accuracy', 'recall', 'auc', 'balanced-accuracy', 'log-loss'], regression: ['mae', 'r2'] } as const;
const MOST_SLICES = 60;

/** Whether a metric is among those told first: of a class only of the positive one, averages only where there is none. */
export function isHeadline({ metric, of }: Measured, { task, positive, classes }: PredictionAnalysis, names: readonly string[]): boolean {
  if (!names.includes(metric)) return false;
  if (task === 'regression') return true;
  return of === undefined ? positive === undefined || !metric.endsWith('-macro') : classes[of] === positive;
}

export const titleOf = ({ metric, of }: Measured, { task, classes }: PredictionAnalysis): string =>
  `${metricNamed(task, metric).title}${of === undefined ? '' : `, ${classes[of]}`}`;

export const ranged = (name: string, estimate: Estimate, marked = false): Ranged =>
  estimate.verdict === 'estimated'
    ? { name, value: estimate.value, low: estimate.low, high: estimate.high, marked }
    : { name, value: undefined, low: undefined, high: undefined, said: saidOf(estimate) };

/** What is told of predictions, section by section. */
export const predictionSections = (analysis: PredictionAnalysis, settings: Analysis['settings'], sheets: Sheets): readonly Html[] => [
  metricsSection(analysis, settings, sheets),
  ...(analysis.confusions.length > 0 ? [confusionSection(analysis, sheets)] : []),
  ...(analysis.curves.length > 0 ? [curvesSection(analysis, settings, sheets)] : []),
  ...(analysis.reliability.length > 0 ? [reliabilitySection(analysis, sheets)] : []),
  ...(analysis.residuals.length > 0 ? [residualsSection(analysis, sheets)] : []),
  ...(analysis.slices.length > 0 ? [slicesSection(analysis, sheets)] : []),
];

function metricsSection(analysis: PredictionAnalysis, { level }: Analysis['settings'], sheets: Sheets): Html {
  const told = analysis.metrics.filter((each) => isHeadline(each, analysis, HEADLINES[analysis.task]));
  return html`<section class="method">
    <h2>How right the predictions are</h2>
    <p class="lead">
      Each number is an estimate from ${analysis.rows} rows; behind it in brackets stands where it lies with ${percent(level)} confidence.
      ${analysis.left > 0 && `${analysis.left} rows without a label or a prediction are left out.`}
    </p>
    <dl>
      ${told.map(
        (each) =>
          html`<dt>${titleOf(each, analysis)}</dt>
            <dd>${written(each.estimate)}<br /><small>${metricNamed(analysis.task, each.metric).meaning}</small></dd>`,
      )}
    </dl>
    ${sheets.get('metrics') && tableOf(sheets.get('metrics')!)}
  </section>`;
}

/** What a reader looks at first, in words. */
export const headlines = (predictions: PredictionAnalysis): readonly { readonly title: string; readonly said: string }[] =>
  predictions.metrics
    .filter((each) => isHeadline(each, predictions, HEADLINES[predictions.task]))
    .map((each) => ({ title: titleOf(each, predictions), said: written(each.estimate) }));

/** "0.87 (0.84 to 0.90)". */
export function written(estimate: Estimate): string {
  if (estimate.verdict !== 'estimated') return saidOf(estimate)!;
  const { value, low, high, note } = estimate;
  return low === undefined || high === undefined ? `${round(value)} (${note})` : `${round(value)} (${round(low)} to ${round(high)})`;
}
const round = (value: number): string => (Number.isFinite(value) ? String(Number(value.toPrecision(3))) : value > 0 ? '∞' : '−∞');
export const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;

const MOST_CELLS = 30;

function confusionSection({ confusions, classes }: PredictionAnalysis, sheets: Sheets): Html {
  const worst = confusions
    .filter(({ truth, predicted, count }) => truth !== predicted && count > 0)
    .toSorted((a, b) => b.share - a.share)[0];
  const shown = classes.length > MOST_CELLS ? [] : confusions;
  return html`<section>
    <h2>What is taken for what</h2>
    <p class="finding">
      ${worst === undefined ? 'No class is ever taken for another.' : html`Most often, <bdi>${worst.truth}</bdi> is taken for <bdi>${worst.predicted}</bdi>: ${worst.count} times, ${percent(worst.share)} of its rows (${percent(worst.low)} to ${percent(worst.high)}).`}
    </p>
    ${figure(
      'Each row is a true class, each column a predicted one; the colour is the share of the row.',
      shown.length === 0
        ? []
        : [
            cells(
              shown.map(({ truth, predicted, count, share }) => ({
                row: truth,
                column: predicted,
                value: Number.isNaN(share) ? 0 : share,
                text: String(count),
                title: `${truth} taken for ${predicted}: ${count} rows`,
              })),
              { x: 'predicted', y: 'true' },
              'Predicted classes by true ones',
            ),
          ],
      sheets.get('confusion'),
    )}
  </section>`;
}

function curvesSection({ curves }: PredictionAnalysis, { level }: Analysis['settings'], sheets: Sheets): Html {
  const drawn = (kind: CurveName): readonly Html[] => {
    const own = curves.filter((each) => each.kind === kind);
    const { x, y, between, title } = curveKinds[kind];
    const most =
      kind === 'lift'
        ? own
            .flatMap(({ points, band }) => [...points.y, ...band.map(({ high }) => high)])
            .filter(Number.isFinite)
            .reduce((most, y) => Math.max(most, y), 1.2)
        : 1;
    return own.map((each) =>
      labelled(
        each.of,
        curve({ x, y, between, most, points: pointsOf(each), band: each.band, chance: chanceOf(each) }, `${title} of ${each.of}`),
      ),
    );
  };
  return html`<section>
    <h2>How well scores put rows in order</h2>
    <div class="${new Set(curves.map(({ of }) => of)).size === 1 && 'pairs'}">
      ${(Object.keys(curveKinds) as CurveName[]).map(
        (kind) =>
          html`<div>
            <h3>${curveKinds[kind].title}</h3>
            ${figure(`${sentence(curveKinds[kind].meaning)}.`, drawn(kind), sheets.get(kind))}
          </div>`,
      )}
    </div>
    <p class="lead">
      The band is where ${percent(level)} of resampled curves run, at each place by itself; the dashed line is what chance gives.
    </p>
  </section>`;
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const labelled = (name: string, chart: Html): Html =>
  html`<div>
    <p class="of"><bdi>${name}</bdi></p>
    ${chart}
  </div>`;
const pointsOf = ({ points: { x, y } }: Curve): readonly { readonly x: number; readonly y: number }[] =>
  x.map((at, i) => ({ x: at, y: y[i]! }));

/** The last point of precision–recall is all rows: as frequent as the class. */
function chanceOf({ kind, points }: Curve): (x: number) => number {
  if (kind === 'lift') return () => 1;
  const share = points.y.at(-1)!;
  return kind === 'precision-recall' ? () => share : (x) => x;
}

const reliabilitySection = ({ reliability }: PredictionAnalysis, sheets: Sheets): Html =>
  html`<section>
    <h2>Whether probabilities can be believed</h2>
    ${figure(
      'Rows by the probability that was said of them, and how often it came. On the dashed line both are the same; below it too much was promised. Larger dots are more rows.',
      reliability.map(({ of, bins }) => labelled(of, reliabilityChart(bins, `Reliability of ${of}`))),
      sheets.get('reliability'),
    )}
  </section>`;

const MOST_DOTS = 2000;

function residualsSection({ outcome, residuals }: PredictionAnalysis, sheets: Sheets): Html {
  const step = Math.max(1, Math.ceil(outcome.truth.length / MOST_DOTS));
  const points = Array.from({ length: Math.ceil(outcome.truth.length / step) }, (_, i) => ({
    truth: outcome.truth[i * step]!,
    predicted: outcome.predicted[i * step]!,
  }));
  return html`<section>
    <h2>How far predictions miss</h2>
    ${figure(
      `True and predicted values${step > 1 ? `, every ${step}th row` : ''}, and how far they are apart: as a difference, as a ratio, as the logarithm of a ratio.`,
      [
        labelled('true and predicted', scatter(points, 'Predicted by true values')),
        ...residuals.map(({ kind, values }) => {
          const { title, none } = residualKinds[kind];
          return labelled(title, histogram([...values].filter(Number.isFinite), title, none, `How often ${title} is about so large`));
        }),
      ],
      sheets.get('residuals'),
    )}
  </section>`;
}

/** Below this, chance alone seldom makes all slices as unlike. */
export const ALPHA = 0.05;
export const differs = ({ holm }: MeasuredOfSlice): boolean => holm !== undefined && holm < ALPHA;

function slicesSection(analysis: PredictionAnalysis, sheets: Sheets): Html {
  const { slices, metrics } = analysis;
  const drawn = OF_SLICES[analysis.task].flatMap((name) =>
    metrics.filter((each) => each.metric === name && isHeadline(each, analysis, [name])),
  );
  return html`<section>
    <h2>By slice</h2>
    <p class="lead">
      A star marks slices that differ from the other rows by more than chance, all slices of a metric taken together (Holm,
      ${percent(ALPHA)}). The dashed line is all rows.
    </p>
    ${drawn.map((metric) => {
      const rows = slices.slice(0, MOST_SLICES).map(({ slice, rows: count, measured }) => {
        const own = measured.find(({ metric: name, of }) => name === metric.metric && of === metric.of)!;
        return ranged(`${slice} (${count})`, own.estimate, differs(own));
      });
      const title = titleOf(metric, analysis);
      const rule = metric.estimate.verdict === 'estimated' ? metric.estimate.value : undefined;
      return figure(
        `${title} of each slice, with its rows in brackets.`,
        [ranges(rows, { x: title, rule }, `${title} by slice`)],
        undefined,
      );
    })}
    ${
      sheets.get('slices') &&
      html`<details>
        <summary>All metrics of all slices</summary>
        ${tableOf(sheets.get('slices')!)}
      </details>`
    }
  </section>`;
}
