import type { MeasuredRanking, RankingAnalysis } from '../ranking/evaluateRanking.js';
import { rankingMetrics } from '../ranking/rankingMetrics.js';
import { estimateColumns, sheet, type Sheet } from './sheet.js';

const named = ({ metric }: MeasuredRanking) => rankingMetrics.find(({ name }) => name === metric)!;

/** Tables of how good the order of queries is. */
export const rankingSheets = ({ metrics, each }: RankingAnalysis): readonly Sheet[] => [
  sheet(
    'ranking',
    'Metrics of the order, over queries',
    {
      metric: ({ metric }) => metric,
      ...estimateColumns(({ estimate }: MeasuredRanking) => estimate),
      queries_left_out: ({ left }) => left,
      source: (one) => named(one).source,
    },
    metrics,
  ),
  sheet(
    'queries',
    'Metrics of each query',
    {
      query: ({ query }: RankingAnalysis['each'][number]) => query,
      documents: ({ documents }) => documents,
      ...Object.fromEntries(metrics.map(({ metric }, at) => [metric, ({ values }: RankingAnalysis['each'][number]) => values[at]])),
    },
    each,
  ),
];
