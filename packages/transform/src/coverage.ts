import { CONTROL_FLOW } from './backward.js';
import { decompositions } from './canonize/index.js';
import { refused } from './refused.js';
import { straightThrough } from './straightThrough.js';
import { vjps } from './vjp/index.js';
import { nondifferentiable } from './vjp/nondifferentiable.js';

/** What the gradient table says of an operator. */
export type RuleState =
  /** It has a row. */
  | 'rule'
  /** It is written out in operators that have one. */
  | 'decomposed'
  /** It rounds, and the gradient passes it by convention. */
  | 'straight-through'
  /** Declared to pass nothing back: it counts, compares, rounds or only looks at shapes. */
  | 'flat'
  /** Written out before the backward pass where its condition or trip count is constant. */
  | 'control flow'
  | 'missing';

export function ruleState(opType: string): RuleState {
  if (CONTROL_FLOW.has(opType)) return 'control flow';
  if (straightThrough.has(opType)) return 'straight-through';
  if (Object.hasOwn(nondifferentiable, opType)) return 'flat';
  if (Object.hasOwn(vjps, opType)) return 'rule';
  return Object.hasOwn(decompositions, opType) ? 'decomposed' : 'missing';
}

/** Why an operator has no rule, as the end of a sentence; undefined for one that has, and where nothing more is known. */
export const refusal = (opType: string): string | undefined => (Object.hasOwn(refused, opType) ? refused[opType] : undefined);
