import type { Value } from '@vitrine/ir';
import { gatedMlp, linear, type GatedNames } from './layers.js';
import type { Net } from './net.js';

/** A dense part of many experts, of which each token is sent to a few. */
export interface Mixture {
  /** Scores the experts. */
  readonly router: string;
  readonly expert: (e: number) => GatedNames;
  /** Width inside an expert. */
  readonly inner: number;
  readonly count: number;
  /** How many experts a token is sent to. */
  readonly chosen: number;
  /** Whether the shares of those add up to 1. */
  readonly even: boolean;
}

const MAX_EXPERTS = 1024;

/** Sum of the chosen experts' outputs, each by its share. All experts see all tokens, and those not chosen have a share of 0. x: [B,S,D]. Shazeer et al. 2017, section 2. */
export function mixture(net: Net, x: Value, { router, expert, inner, count, chosen, even }: Mixture): Value {
  const { op, b, config } = net;
  if (count > MAX_EXPERTS || chosen > count) config.refuse(`${chosen} of ${count} experts cannot be chosen; up to ${MAX_EXPERTS} are read`);
  const all = op.Softmax(linear(net, x, router, count), { axis: -1 });
  const [best] = op.TopK(all, b.ints([chosen]), { axis: -1 });
  const least = op.Slice(best, b.ints([chosen - 1]), b.ints([chosen]), b.ints([-1]));
  const kept = op.Where(op.GreaterOrEqual(all, least), all, 0);
  const shares = even ? op.Div(kept, op.ReduceSum(kept, b.ints([-1]))) : kept;
  const each = op.Split(shares, b.ints(Array.from({ length: count }, () => 1)), { axis: -1, outputs: count });
  return each.map((share, e) => op.Mul(share, gatedMlp(net, x, expert(e), inner))).reduce((sum, part) => op.Add(sum, part));
}

/** Names of an expert's tensors as most models have them. */
export const expertNames = (base: string): GatedNames => ({ gate: `${base}.gate_proj`, up: `${base}.up_proj`, down: `${base}.down_proj` });

/** The mixture of models whose configuration is as Qwen's; layers without a router have one dense part. */
export function qwenMixture(net: Net, x: Value, inner: number, even: boolean): Value {
  const { config } = net;
  if (!net.has('mlp.gate.weight')) return gatedMlp(net, x, expertNames('mlp'));
  const count = config.given('num_experts') === undefined ? config.size('num_local_experts') : config.size('num_experts');
  const expert = (e: number): GatedNames => expertNames(`mlp.experts.${e}`);
  const chosen = config.size('num_experts_per_tok');
  return mixture(net, x, { router: 'mlp.gate', expert, inner, count, chosen, even: config.flag('norm_topk_prob', even) });
}

/** An expert that sees every token, by a share of its own. */
export function sharedExpert(net: Net, x: Value, inner: number): Value {
  const { op } = net;
  return op.Mul(op.Sigmoid(linear(net, x, 'mlp.shared_expert_gate', 1)), gatedMlp(net, x, expertNames('mlp.shared_expert'), inner));
}
