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
import { completeness } from './axiomatic/completeness.js';
import { inputInvariance } from './axiomatic/inputInvariance.js';
import { nonSensitivity } from './axiomatic/nonSensitivity.js';
import { attributionLocalisation } from './localisation/attributionLocalisation.js';
import { localisationAuc } from './localisation/auc.js';
import { focus } from './localisation/focus.js';
import { pointingGame } from './localisation/pointingGame.js';
import { relevanceMassAccuracy } from './localisation/relevanceMass.js';
import { relevanceRankAccuracy } from './localisation/relevanceRank.js';
import { topKIntersection } from './localisation/topK.js';
import { efficientMprt, mprt, smoothMprt } from './randomisation/mprt.js';
import { randomLogit } from './randomisation/randomLogit.js';
import { consistency } from './robustness/consistency.js';
import { continuity } from './robustness/continuity.js';
import { localLipschitz } from './robustness/localLipschitz.js';
import { relativeInputStability, relativeOutputStability, relativeRepresentationStability } from './robustness/relativeStability.js';
import { avgSensitivity, maxSensitivity } from './robustness/sensitivity.js';
import {
  featureAgreement,
  pairwiseRankAgreement,
  rankAgreement,
  rankCorrelationAgreement,
  signAgreement,
  signedRankAgreement,
} from './agreement/groundTruth.js';
import { adcc } from './faithfulness/adcc.js';
import { averageDrop, averageGain, averageIncrease } from './faithfulness/averageDrop.js';
import { comprehensiveness, rationaleSufficiency } from './faithfulness/eraser.js';
import { deletion, insertion } from './faithfulness/insertionDeletion.js';
import { abpc, lerf, morf } from './faithfulness/mostLeast.js';
import { muFidelity } from './faithfulness/muFidelity.js';
import { predictionGapImportant, predictionGapUnimportant } from './faithfulness/predictionGap.js';
import { softComprehensiveness, softSufficiency } from './faithfulness/soft.js';
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
  insertion,
  deletion,
  morf,
  lerf,
  abpc,
  comprehensiveness,
  'rationale-sufficiency': rationaleSufficiency,
  'average-drop': averageDrop,
  'average-increase': averageIncrease,
  'average-gain': averageGain,
  adcc,
  'mu-fidelity': muFidelity,
  pgi: predictionGapImportant,
  pgu: predictionGapUnimportant,
  'soft-ns': softSufficiency,
  'soft-nc': softComprehensiveness,
  sparseness,
  complexity,
  'effective-complexity': effectiveComplexity,
  'mst-compactness': mstCompactness,
  'local-lipschitz': localLipschitz,
  'max-sensitivity': maxSensitivity,
  'avg-sensitivity': avgSensitivity,
  continuity,
  consistency,
  'relative-input-stability': relativeInputStability,
  'relative-representation-stability': relativeRepresentationStability,
  'relative-output-stability': relativeOutputStability,
  'pointing-game': pointingGame,
  'attribution-localisation': attributionLocalisation,
  'top-k-intersection': topKIntersection,
  'relevance-rank-accuracy': relevanceRankAccuracy,
  'relevance-mass-accuracy': relevanceMassAccuracy,
  'localisation-auc': localisationAuc,
  focus,
  mprt,
  'smooth-mprt': smoothMprt,
  'efficient-mprt': efficientMprt,
  'random-logit': randomLogit,
  completeness,
  'non-sensitivity': nonSensitivity,
  'input-invariance': inputInvariance,
  'feature-agreement': featureAgreement,
  'rank-agreement': rankAgreement,
  'sign-agreement': signAgreement,
  'signed-rank-agreement': signedRankAgreement,
  'rank-correlation-agreement': rankCorrelationAgreement,
  'pairwise-rank-agreement': pairwiseRankAgreement,
} as const satisfies { readonly [name: string]: QualityMetric<never> | QualityMetric };
