export { backward, dependents } from './backward.js';
export { RuleError } from './error.js';
export { firstOf, fromTable, type AnyRule, type Rule, type RuleContext, type RuleSet, type RuleTable } from './rule.js';
export { vjps } from './vjp/index.js';
export { decompose, type Decomposition, type DecompositionTable } from './canonize/decomposition.js';
export { decompositions } from './canonize/index.js';
export { between, prepared } from './prepare.js';
export { toFloat32 } from './canonize/float32.js';
export { deconvnet, guidedBackprop } from './propagate/deconv.js';
