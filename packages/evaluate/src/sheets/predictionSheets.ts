import type { PredictionAnalysis } from '../analyze.js';
import { curveKinds, type Curve } from '../prediction/curves/draw.js';
import { heightAt } from '../prediction/curves/curve.js';
import type { Measured } from '../prediction/evaluate.js';
import { predictionMetrics } from '../prediction/metrics.js';
import type { Metric } from '../prediction/metric.js';
import { estimateColumns, sheet, type Sheet } from './sheet.js';

/** A metric's row in the table of its task. */
export const metricNamed = (task: PredictionAnalysis['task'], name: string): Metric =>
  (predictionMetrics[task] as readonly Metric[]).find((metric) => metric.name === name)!;

/** Tables of how right predictions are; those that do not apply are left out. */
export function predictionSheets(analysis: PredictionAnalysis): readonly Sheet[] {
  const { task, classes, metrics, confusions, curves, reliability, residuals, slices } = analysis;
  const classOf = ({ of }: Measured): string | undefined => (of === undefined ? undefined : classes[of]);
  const all = [
    sheet(
      'metrics',
      'Metrics of the predictions',
      {
        metric: ({ metric }: Measured) => metric,
        class: classOf,
        ...estimateColumns(({ estimate }: Measured) => estimate),
        better: ({ metric }) => metricNamed(task, metric).better,
        source: ({ metric }) => metricNamed(task, metric).source,
      },
      metrics,
    ),
    sheet(
      'confusion',
      'Predicted by true class',
      {
        truth: (cell) => cell.truth,
        predicted: (cell) => cell.predicted,
        count: (cell) => cell.count,
        share: (cell) => cell.share,
        low: (cell) => cell.low,
        high: (cell) => cell.high,
      },
      confusions,
    ),
    ...(Object.keys(curveKinds) as Curve['kind'][]).map((kind) =>
      curveSheet(
        kind,
        curves.filter((curve) => curve.kind === kind),
      ),
    ),
    sheet(
      'reliability',
      'How often what was said came',
      {
        class: ({ of }) => of,
        from: ({ bin }) => bin.from,
        to: ({ bin }) => bin.to,
        rows: ({ bin }) => bin.count,
        probability: ({ bin }) => bin.probability,
        frequency: ({ bin }) => bin.frequency,
        low: ({ bin }) => bin.low,
        high: ({ bin }) => bin.high,
      },
      reliability.flatMap(({ of, bins }) => bins.map((bin) => ({ of, bin }))),
    ),
    sheet(
      'residuals',
      'Quantiles of residuals',
      {
        residual: ({ kind }) => kind,
        quantile: ({ at }) => at.p,
        value: ({ at }) => at.value,
        low: ({ at }) => at.low,
        high: ({ at }) => at.high,
        left_out: ({ left }) => left,
      },
      residuals.flatMap(({ kind, quantiles, left }) => quantiles.map((at) => ({ kind, at, left }))),
    ),
    sheet(
      'slices',
      'Metrics by slice',
      {
        by: ({ slice }) => slice.by.join(' × '),
        slice: ({ slice }) => slice.slice,
        rows: ({ slice }) => slice.rows,
        metric: ({ one }) => one.metric,
        class: ({ one }) => classOf(one),
        ...estimateColumns(({ one }: { readonly one: Measured }) => one.estimate),
        others: ({ one }) => one.others,
        p: ({ one }) => one.p,
        p_holm: ({ one }) => one.holm,
      },
      slices.flatMap((slice) => slice.measured.map((one) => ({ slice, one }))),
    ),
  ];
  return all.filter(({ rows }) => rows.length > 0);
}

function curveSheet(kind: Curve['kind'], curves: readonly Curve[]): Sheet {
  const { title, x, y, between } = curveKinds[kind];
  // The curve itself, and the band at its own places.
  const rows = curves.flatMap(({ of, points, band }) => [
    ...points.x.map((at, i) => ({ of, x: at, y: points.y[i]!, threshold: points.threshold[i]!, low: undefined, high: undefined })),
    ...band.map((at) => ({ of, x: at.x, y: heightAt(points, between, at.x), threshold: undefined, low: at.low, high: at.high })),
  ]);
  return sheet(
    kind,
    title,
    {
      class: ({ of }) => of,
      [x]: (row) => row.x,
      [y]: (row) => row.y,
      threshold: ({ threshold }) => (threshold === Infinity ? undefined : threshold),
      low: ({ low }) => low,
      high: ({ high }) => high,
    },
    rows,
  );
}
