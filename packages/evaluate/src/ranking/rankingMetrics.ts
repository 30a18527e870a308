import { averagePrecisionOfQuery } from './metrics/averagePrecisionOfQuery.js';
import { kendallOfQuery } from './metrics/kendallOfQuery.js';
import { ndcg } from './metrics/ndcg.js';
import { reciprocalRank } from './metrics/reciprocalRank.js';
import type { RankingMetric } from './rankingMetric.js';

/** Ways to say with a number how good the order of queries is, in the order of reports. */
export const rankingMetrics = [...ndcg, averagePrecisionOfQuery, reciprocalRank, kendallOfQuery] satisfies readonly RankingMetric[];
