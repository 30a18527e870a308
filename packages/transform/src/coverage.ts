import { CONTROL_FLOW } from './backward.js';
import { decompositions } from './canonize/index.js';
import { nondifferentiable } from './vjp/elementwise.js';
import { vjps } from './vjp/index.js';

/** What the gradient table says of an operator. */
export type RuleState =
  /** It has a row. */
  | 'rule'
  /** It is written out in operators that have one. */
  | 'decomposed'
  /** Declared to pass nothing back: it counts, compares, rounds or only looks at shapes. */
  | 'flat'
  /** Written out before the backward pass where its condition or trip count is constant. */
  | 'straight-through'
  | 'control flow'
  | 'missing';

export function ruleState(opType: string): RuleState {
  if (CONTROL_FLOW.has(opType)) return 'control flow';
  if (Object.hasOwn(nondifferentiable, opType)) return 'flat';
  if (Object.hasOwn(vjps, opType)) return 'rule';
  return Object.hasOwn(decompositions, opType) ? 'decomposed' : 'missing';
}
