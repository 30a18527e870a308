export { backward, dependents, propagate, type Absorbed, type Pass, type Passed, type PropagateOptions } from './backward.js';
export { RuleError } from './error.js';
export {
  firstOf,
  fromTable,
  type Absorber,
  type AnyRule,
  type JointRule,
  type Rule,
  type RuleContext,
  type RuleSet,
  type RuleTable,
} from './rule.js';
export { vjps } from './vjp/index.js';
export { decompose, type Decomposition, type DecompositionTable } from './canonize/decomposition.js';
export { decompositions } from './canonize/index.js';
export { between, prepared } from './prepare.js';
export { toFloat32 } from './canonize/float32.js';
export { scoresFirst } from './canonize/scoresFirst.js';
export { deconvnet, guidedBackprop } from './propagate/deconv.js';
export { deepLift, deepLiftReady, lifts, type DeepLiftVariant } from './propagate/deeplift/deepLift.js';
export { beside, type Reference } from './propagate/deeplift/reference.js';
export { mergedMultiplier } from './propagate/deeplift/revealCancel.js';
export { refusal, ruleState, type RuleState } from './coverage.js';
export { straightThrough } from './straightThrough.js';
export { constantsOf, mergeBatchNorm } from './canonize/mergeBatchNorm.js';
export { columnsOf } from './columns.js';
export { AT_PLACE, narrowed } from './narrow.js';
export { fuse } from './canonize/fuse.js';
export { plain } from './canonize/plain.js';
export { mergeBias } from './canonize/mergeBias.js';
export { padApart } from './canonize/padApart.js';
export { compositeRules, composites, rowsGiven, ruleNamesIn, type Composite, type CompositeRow } from './propagate/composite.js';
export { weighing } from './propagate/behind.js';
export { kindByOperator, kindOf, type Kind } from './propagate/kind.js';
export { findAttention, openAttention, type AttentionLayer } from './propagate/attention/find.js';
export { attentionRuleNames, attentionRules } from './propagate/attention/rules.js';
export { readComposite } from './propagate/readComposite.js';
export { lrpRules, type RuleName, type RuleOptions } from './propagate/rules.js';
export { backtraceRules, type BacktraceOptions } from './propagate/backtrace/index.js';
