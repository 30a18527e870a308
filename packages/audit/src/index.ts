export { AuditError } from './error.js';
export {
  isIntact,
  questionDigest,
  record,
  sealed,
  withDigests,
  tensorDigest,
  type AttributionEntry,
  type ExplanationRecord,
  type RecordParts,
  type SpanEntry,
} from './provenance.js';
export { summaryRecord, type SummaryRecord } from './summaryRecord.js';
export { traceRecord, type GenerationEntry, type TraceEntry, type TraceRecord } from './traceRecord.js';
export { breadth, type Pair } from './report/arcs.js';
export { amount, shadeOf } from './report/heat.js';
export type { Head, HeadsOfLayer, HeadsShown } from './report/heads.js';
export { analysisHtml, predictionFindings, type AnalysisShown } from './report/analysis/analysisHtml.js';
export {
  headlines,
  HEADLINES,
  isHeadline,
  titleOf as metricTitle,
  written as estimateWritten,
} from './report/analysis/predictionSections.js';
export { rankingHtml, type RankingSection, type RankingShown } from './report/analysis/rankingHtml.js';
export { rankingFindings } from './report/analysis/rankingSection.js';
export { biasFindings } from './report/analysis/biasSection.js';
export { tableFindings } from './report/analysis/tableSections.js';
export { listHtml, type Listed } from './report/list.js';
export type { SummaryReport, SummarySection } from './report/summary/summaryHtml.js';
export type { ChartShown } from './report/chartFigure.js';
export { reportHtml, type ClassScore, type Picture, type ReportParts, type Section } from './report/report.js';
export { placeText, type PartsShown } from './report/parts.js';
export type { FeatureSummary, SummaryRow, SummaryShown } from './report/summary/shown.js';
export { plusMinus, signed, type Piece, type TextShown, type TokenRows } from './report/text.js';
export type { Html } from './report/html.js';
export { named, spelled } from './report/spelled.js';
export { isLong, traceHtml, type LensLayer, type NamedValues, type TracedToken, type TraceRow, type TraceShown } from './report/trace.js';
export type { TraceSection } from './report/traceSection.js';
export { importanceHtml, type ImportanceBar, type ImportanceReport } from './report/importance/importanceHtml.js';
