import type { Analysis, BiasAnalysis, PredictionAnalysis } from '../analyze.js';
import type { Bias } from '../bias/bias.js';
import type { Measured } from '../prediction/evaluate.js';
import { rankingSheets } from './rankingSheets.js';
import { predictionSheets } from './predictionSheets.js';
import { estimateColumns, sheet, type Sheet } from './sheet.js';
import { tableSheets } from './tableSheets.js';

/** All results as tables, in the order of reports. */
export const sheetsOf = ({ table, predictions, bias, ranking }: Analysis): readonly Sheet[] => [
  ...(predictions === undefined ? [] : predictionSheets(predictions)),
  ...(bias === undefined ? [] : [biasSheet(bias)]),
  ...(ranking === undefined ? [] : rankingSheets(ranking)),
  ...tableSheets(table),
];

const biasSheet = ({ found, positive, condition }: BiasAnalysis): Sheet =>
  sheet(
    'bias',
    'How groups are treated',
    {
      column: ({ column }: Bias) => column,
      group: ({ group }) => group,
      metric: ({ metric }) => metric,
      rows: ({ rows }) => rows,
      others: ({ others }) => others,
      ...estimateColumns(({ estimate }: Bias) => estimate),
      least: ({ bounds }) => bounds?.[0],
      most: ({ bounds }) => bounds?.[1],
      verdict: ({ verdict }) => verdict,
      p: ({ p }) => p,
      p_holm: ({ holm }) => holm,
      positive: () => positive,
      condition: ({ metric }) => (metric === 'CDDPL' ? (condition ?? 'none') : undefined),
    },
    found,
  );

/** Results as JSON. The predictions themselves are not among them. */
export const analysisJson = ({ table, predictions, bias, ranking, settings }: Analysis): object => ({
  settings,
  ...(predictions && { predictions: predictionsJson(predictions) }),
  ...(bias && { bias }),
  ...(ranking && { ranking }),
  table,
});

function predictionsJson({ outcome: _outcome, metrics, slices, curves, residuals, ...rest }: PredictionAnalysis): object {
  // Classes by name, not by place.
  const named = ({ metric, of, ...told }: Measured): object => ({
    metric,
    class: of === undefined ? undefined : rest.classes[of],
    ...told,
  });
  return {
    ...rest,
    metrics: metrics.map(named),
    slices: slices.map((slice) => ({ ...slice, measured: slice.measured.map(named) })),
    curves: curves.map(({ points: { x, y, threshold }, ...curve }) => ({
      ...curve,
      points: x.map((at, i) => ({ x: at, y: y[i]!, threshold: threshold[i]! })),
    })),
    residuals: residuals.map(({ values: _values, ...told }) => told),
  };
}
