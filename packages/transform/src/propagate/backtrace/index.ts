import type { Graph, Node, Value } from '@vitrine/ir';
import type { AnyRule, JointRule, RuleContext, RuleSet } from '../../rule.js';
import { derivatives } from '../../vjp/derivatives.js';
import { kindByOperator } from '../kind.js';
import type { AnyContext } from '../lrp.js';
import type { Family, Parts, Place, Profile } from './family.js';
import { mixing } from './mix.js';
import { filling, firstOnly, globalMaximum, maximum, passing, routing } from './moving.js';
import { bilinear, gates, quotient } from './product.js';
import { ONLY_FACTORS } from './layer.js';
import { layers } from './saturation.js';
import { biasBehind, isRouterWeight, isScore, isShift, limitsBehind, sightOf, type Sight } from './sight.js';
import { normMix, sumMix } from './sum.js';

export interface BacktraceOptions {
  /** One relevance, or a positive and a negative one that decide about each other. */
  readonly mode: 'default' | 'contrast';
  readonly profile: Profile;
}

const sums = mixing(sumMix);
const norms = mixing(normMix);
/** The published average pool decides contrasts as its convolution does. */
const averages = mixing(sumMix, ({ node }, { profile }) => (profile === 'reference' && node.opType === 'AveragePool' ? 'lossy' : 'whole'));

/** Functions of one value beyond those that have a kind. */
const single: ReadonlySet<string> = new Set([...Object.keys(derivatives), 'Ceil', 'Floor', 'Mod', 'Round', 'SimplifiedLayerNormalization']);

/** Their scales and zero points count as constants, as they do for gradients. */
const QUANTIZING = [
  'DequantizeLinear',
  'DynamicQuantizeLinear',
  'QuantizeLinear',
  'com.microsoft.DequantizeLinear',
  'com.microsoft.QuantizeLinear',
] as const;

/** Operators whose family their kind does not tell; undefined for those that have no meaning. */
const byOperator: { readonly [opType: string]: (node: Node) => Family | undefined } = {
  GlobalMaxPool: () => globalMaximum,
  // Written out, where places are known, in sums of what is sampled.
  GridSample: () => undefined,
  MaxPool: () => maximum,
  MaxUnpool: () => filling,
  Pad: () => filling,
  ReduceL1: () => norms,
  ReduceL2: () => norms,
  ReduceLogSum: () => norms,
  ReduceSumSquare: () => norms,
  // Interpolating is averaging; what is nearest is moved.
  Resize: ({ attrs }) => (attrs['mode'] === 'linear' ? sums : routing),
  ...Object.fromEntries(QUANTIZING.map((opType) => [opType, () => firstOnly])),
  ScatterElements: (node) => scattering[String(node.attrs['reduction'] ?? 'none')],
  ScatterND: (node) => scattering[String(node.attrs['reduction'] ?? 'none')],
  Trilu: () => filling,
};
const scattering: { readonly [reduction: string]: Family } = { none: routing, add: sums, max: routing, min: routing };

/** The family of an operator, before it is known which operands depend on the input; undefined for those without a meaning. */
function familyByOperator(node: Node): Family | undefined {
  if (Object.hasOwn(byOperator, node.opType)) return byOperator[node.opType]!(node);
  switch (kindByOperator(node)) {
    case 'convolution':
    case 'dense':
      return layers;
    case 'scale':
      return passing;
    case 'sum':
      return sums;
    case 'average':
      return averages;
    case 'routing':
      return routing;
    case undefined:
      return single.has(node.opType) ? passing : undefined;
    default:
      return passing;
  }
}

/** The same with what is known of the operands. */
function familyOf(node: Node, carries: (i: number) => boolean, sight: Sight | undefined): Family | undefined {
  const family = familyByOperator(node);
  const takers = node.inputs.flatMap((_, i) => (carries(i) ? [i] : []));
  if (family === layers) {
    const factors = takers.filter((i) => i < 2 || ONLY_FACTORS.has(node.opType));
    if (node.inputs.length === 1) return sums;
    if (factors.length === 0) return passing;
    return factors.length > 1 ? bilinear : layers;
  }
  if (kindByOperator(node) === 'scale' && takers.length > 1) return node.opType === 'Mul' ? gates : quotient;
  const isPair = node.opType === 'Add' || node.opType === 'Sub';
  if (family === sums && isPair && takers.length === 1) {
    const [taken, constant, y] = [node.inputs[takers[0]!]!, node.inputs[1 - takers[0]!]!, node.outputs[0]!];
    const isBias = (): boolean => {
      const made = sight?.producer(taken);
      return made !== undefined && biasBehind(sight!, made)?.node === node;
    };
    // The layer before counts its bias itself; masks and shifts change one value each.
    if (isShift(constant, y) || (sight !== undefined && (isBias() || isScore(sight, y)))) return passing;
  }
  return family;
}

/**
 * The rules of DL-Backtrace on a graph, for the ways between `from` and `to`; without a graph, those that tell which operators have one.
 * Sankarapu et al. 2024, arXiv:2411.12643; section numbers are those of docs/dl-backtrace.md.
 */
export function backtraceRules(
  { mode, profile }: BacktraceOptions,
  where?: { readonly graph: Graph; readonly from: readonly Value[]; readonly to: readonly Value[] },
): RuleSet {
  const sight = where && sightOf(where.graph, where.from, where.to);
  return (node) => {
    if (familyByOperator(node) === undefined) return undefined;
    const go = (cs: readonly AnyContext[]): readonly Parts[] => {
      const [c, other] = cs as readonly [AnyContext, AnyContext?];
      const carries = (i: number): boolean => c.needs(i) && (sight?.carries(node.inputs[i]!) ?? true);
      const family = familyOf(node, carries, sight)!;
      const place = placeOf(node, carries, sight, profile);
      const own = (context: AnyContext): AnyContext => ({ ...context, needs: carries });
      if (other !== undefined && family.pair !== undefined) return family.pair(own(c), own(other), place);
      return cs.map((context) => family.single(own(context), place));
    };
    const rule: AnyRule | JointRule =
      mode === 'contrast'
        ? { joint: (cs: readonly RuleContext<never>[]) => go(cs as unknown as readonly AnyContext[]) }
        : (c: RuleContext<never>) => go([c as unknown as AnyContext])[0]!;
    return rule;
  };
}

function placeOf(node: Node, carries: (i: number) => boolean, sight: Sight | undefined, profile: Profile): Place {
  const input = (i: number): Value => node.inputs[i]!;
  const added = sight && biasBehind(sight, node);
  const isLayer = familyByOperator(node) === layers;
  const weight =
    sight === undefined || node.opType !== 'Mul' ? -1 : node.inputs.findIndex((v) => v !== undefined && isRouterWeight(sight, v));
  return {
    profile,
    carries,
    nonNegative: (i) => sight?.nonNegative(input(i)) ?? false,
    limits: sight && isLayer ? limitsBehind(sight, added?.total ?? node.outputs[0]!, profile) : undefined,
    added,
    expert: weight < 0 ? undefined : 1 - weight,
  };
}
