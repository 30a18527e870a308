import type { Graph } from '@vitrine/ir';
import type { RuleSet } from '../../rule.js';
import { vjps } from '../../vjp/index.js';
import { anyRule } from '../lrp.js';
import { elementwise } from './elementwise.js';
import { exponential } from './exponential.js';
import { extremes } from './extreme.js';
import { moves, type LiftTable } from './lift.js';
import { linear } from './linear.js';
import type { Reference } from './reference.js';
import { revealCancel } from './revealCancel.js';
import { writtenOut } from './writeOut.js';

/** How nonlinear operators pass Δ on: by Δy/Δx, or with what raises x and what lowers it kept apart. */
export type DeepLiftVariant = 'rescale' | 'reveal-cancel';

/** Rules by operator. */
export const lifts: LiftTable = { ...linear, ...elementwise, ...extremes, ...exponential };

const ruleOf = (opType: string): LiftTable[string] | undefined => (Object.hasOwn(lifts, opType) ? lifts[opType] : undefined);

/**
 * DeepLIFT's rules between x and a baseline, whose values `at` finds. Signals are multipliers: times Δx they add up to Δ of the target.
 * The variant reveal-cancel has two lanes, for Δx⁺ and Δx⁻. Shrikumar et al. 2017, arXiv:1704.02685.
 */
export function deepLift(at: Reference, variant: DeepLiftVariant): RuleSet {
  const rescale: RuleSet = (node) => {
    const rule = ruleOf(node.opType);
    // Nothing moves here, as in what hangs on shapes only.
    if (!node.outputs.some((v) => moves(at, v))) return anyRule(() => node.inputs.map(() => null));
    if (rule === undefined)
      return Object.hasOwn(vjps, node.opType)
        ? anyRule((c) => c.fail('has no DeepLIFT rule: use integrated-gradients, or explain from a value behind this node'))
        : undefined;
    return anyRule((c) => rule(c, at));
  };
  return variant === 'rescale' ? rescale : revealCancel(at, rescale);
}

/** The graph made ready for these rules between values of these names. */
export const deepLiftReady = (graph: Graph, from: readonly string[], to: readonly string[]): Graph =>
  writtenOut(graph, from, to, ({ opType }) => ruleOf(opType) !== undefined);
