import { complexity } from './complexity/complexity.js';
import { effectiveComplexity } from './complexity/effectiveComplexity.js';
import { mstCompactness } from './complexity/mst.js';
import { sparseness } from './complexity/sparseness.js';
import { faithfulnessCorrelation } from './faithfulness/faithfulnessCorrelation.js';
import { faithfulnessEstimate } from './faithfulness/faithfulnessEstimate.js';
import { infidelity } from './faithfulness/infidelity.js';
import { irof } from './faithfulness/irof.js';
import { monotonicity } from './faithfulness/monotonicity.js';
import { monotonicityCorrelation } from './faithfulness/monotonicityCorrelation.js';
import { pixelFlipping } from './faithfulness/pixelFlipping.js';
import { regionPerturbation } from './faithfulness/regionPerturbation.js';
import { road } from './faithfulness/road.js';
import { selectivity } from './faithfulness/selectivity.js';
import { sensitivityN } from './faithfulness/sensitivityN.js';
import { sufficiency } from './faithfulness/sufficiency.js';
import type { QualityMetric } from './metric.js';

/** Ways to measure how good an explanation is, by the name they are asked for. */
export const qualityMetrics = {
  'faithfulness-correlation': faithfulnessCorrelation,
  'faithfulness-estimate': faithfulnessEstimate,
  monotonicity,
  'monotonicity-correlation': monotonicityCorrelation,
  'pixel-flipping': pixelFlipping,
  'region-perturbation': regionPerturbation,
  selectivity,
  'sensitivity-n': sensitivityN,
  irof,
  infidelity,
  road,
  sufficiency,
  sparseness,
  complexity,
  'effective-complexity': effectiveComplexity,
  'mst-compactness': mstCompactness,
} as const satisfies { readonly [name: string]: QualityMetric<never> | QualityMetric };
