export { compile, type CompileQuestion } from './compile.js';
export { explain, examine, type Answer, type Exam } from './exam.js';
export type { Prediction, Question } from './asked.js';
export { examineEach, type Examined, type TextsGiven } from './each.js';
export { load, type LoadedModel, type LoadOptions } from './model.js';
export { filesOf, writeFolder } from './save.js';
export { report } from './report.js';
export { generate, type Speech } from './language/speech.js';
export type { PromptGiven, PromptPart } from './language/prompt.js';
export { partValues, toldPrompt } from './language/shown.js';
export type { Speaking, Spoken } from './language/speak.js';
export { trace, type LensStep, type Trace, type TraceQuestion, type TraceStep } from './language/trace.js';
export { traceReport } from './language/report.js';
export { traceFiles } from './language/save.js';
export type { TextGiven } from './text.js';
export { importance, type ImportanceQuestion, type ImportanceSummary } from './importance/importance.js';
export type { FeatureImportance } from './importance/permutationImportance.js';
export { summarize, type ManyGiven, type Summary, type SummaryQuestion } from './summary/summarize.js';
export type { SummaryFeature } from './summary/summary.js';
export { textsIn } from './textFile.js';
export { featureValues, type FeatureValue } from './table/told.js';
export type { OneRow, TableGiven } from './table/given.js';
export { analyzeRows, type AnalyzedRows, type AnalyzeRowsOptions } from './analysis/analyzeRows.js';
export {
  examineQuery,
  type PlacedDocument,
  type QueryAnswer,
  type QueryExam,
  type QueryFeature,
  type QuerySetting,
} from './ranking/explainQuery.js';
export type { QueryGiven } from './ranking/query.js';
export { queryReport } from './ranking/report.js';
export { pairOf, type PairFeature } from './ranking/told.js';
export { analysisHtml } from '@vitrine/audit';
export {
  analysisJson,
  analyze,
  categories,
  csvOf,
  evaluate,
  evaluateRanking,
  numbers,
  rankingMetrics,
  readColumns,
  sheetsOf,
  type Analysis,
  type AnalyzeOptions,
  type Estimate,
  type Sheet,
} from '@vitrine/evaluate';
export { textParts, type Telling, type TextPart } from './told.js';
export { explainers, parseTarget, survey, treesIn, treesOf, treeValues, type Explanation, type Target } from '@vitrine/explain';
export type { ExplanationRecord } from '@vitrine/audit';
export {
  guessSchema,
  presets,
  readSchema,
  sampleOf,
  schemaJson,
  tableOf,
  type Feature,
  type Preprocess,
  type Schema,
  type Table,
  type Tokenizer,
} from '@vitrine/data';
export { openTable, tableBytes, writeTable } from '@vitrine/data/node';
export { VitrineError, type Tensor } from '@vitrine/ir';
export { seriesIn, type Numbered, type Rows, type SeriesGiven } from './series/given.js';
export type { Series, SeriesOptions } from '@vitrine/data';
export {
  evaluateMethods,
  type Evaluation,
  type EvaluationQuestion,
  type MetricFound,
  type MetricRow,
  type Missed,
} from './evaluation/evaluateMethods.js';
export { masksIn } from './evaluation/masks.js';
export { evaluationFiles } from './evaluation/told.js';
export { qualityMetrics, sanity, toldSanity } from '@vitrine/evaluate';
