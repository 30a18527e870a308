export { parseTarget } from './parseTarget.js';
export { written, type Place, type Resolved, type Target, type TextTarget } from './target.js';
export { embeddingOf, type Embedding } from './embedding.js';
export type { Limits, Point, Progress } from './inquiry.js';
export { ExplainError } from './error.js';
export { checkGenerating, generate, type Generating, type Said } from './language/generate.js';
export { lens, type LensLayer } from './language/lens.js';
export { residualsOf, type Residual } from './language/residual.js';
export { cachedReader, nothingRead, readsOn, wholeReader, type Reader } from './language/reader.js';
export { probabilities } from './arithmetic.js';
export { checkSampling, chosen, largest, type Sampling } from './language/sampling.js';
export { examplesIn } from './examples.js';
export { isMixed, originsOf, type Origin } from './tree/origins.js';
export type {
  Attribution,
  Condition,
  Contrast,
  Estimate,
  ChannelRelevance,
  Conservation,
  Explanation,
  Kept,
  LayerBooks,
  LayerRelevance,
  Measured,
  Parts,
  PartValue,
  Rank,
  Rule,
} from './explanation.js';
export type { Explainer, Learnt } from './explainer.js';
export { learn } from './learn.js';
export { optionsFor, type Field, type Fields, type OptionsIn, type OptionsOf, type Tensors } from './field.js';
export { explainers } from './explainers.js';
export { compile, type CompileRequest } from './compile.js';
export { checkOutputs, example, explain, explainerNamed, limitsFor, type Example, type Request } from './explain.js';
export { askMany, blockRunner, manyRunner, type BlockRunner, type FoundOfMany, type ManyAsked } from './many.js';
export { scoreFrom } from './score.js';
export { gradients } from './program.js';
export { beyondTables, type Beyond } from './reach.js';
export { pointed, type Asked } from './pointed.js';
export { outputOf, resolve } from './resolve.js';
export { checkedFeeds, defaultAt, shaped, subject, takingMissing, type Subject } from './subject.js';
export { attentionIn, type AttentionState } from './attention/attentionIn.js';
export { assumedShapes, survey, type LayerState, type MethodState, type OperatorState, type Survey } from './survey.js';
export { build, type Frame, type Ground, type Program } from './program.js';
export { cutAt } from './inquiry.js';
export { gradientProgram } from './rows.js';
export type { StandIn } from './standIn.js';
export { withOutputNames } from './renamed.js';
export { probe, type Probe } from './probe.js';
export { isChannelLast, spatialAxes, spatialLayer } from './layout.js';
export { pixels, gridOf } from './perturbation/partitions.js';
export { partsOption } from './perturbation/dividing.js';
export { removalOption, type Removal } from './perturbation/removal.js';
export { gradedScorer, scorer, type Scorer } from './perturbation/scorer.js';
export { blending } from './perturbation/blending.js';
export { flattened, floats, mapped } from './arithmetic.js';
export { everyone, nobody, permutation, type Coalition, type Presence } from './perturbation/coalition.js';
export { choice, flag, int, number, text } from './field.js';
export { ranking } from './perturbation/ranking.js';
export type { Division } from './perturbation/dividing.js';
export { inTime, type SeriesLayout } from './perturbation/series/timeline.js';
export { atPositions, type Group, type Part, type Partition } from './perturbation/partition.js';
export { deepLiftProgram } from './relevance/lifted.js';
export { treesIn, treesOf } from './tree/treesIn.js';
export { treeValues, type Perturbation, type TreeQuestion, type Trees, type TreeValues } from './tree/values.js';
export { concordance, kendallTau, weightedConcordance } from './ranking/agreement.js';
export { explainRanking, isRankingMethod, rankingMethods, type RankingMethodName } from './ranking/rankingMethods.js';
export type { RankingFound, RankingInquiry, RankingMethod, RankingValue } from './ranking/rankingMethod.js';
