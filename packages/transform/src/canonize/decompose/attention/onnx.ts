import { isFloat, type Value } from '@vitrine/ir';
import { extents } from '../../../fit.js';
import type { DecompositionContext, DecompositionTable } from '../../decomposition.js';
import { attend, biasFrom, causal, condition, fromHeads, joined, toHeads } from './core.js';

type Context = DecompositionContext<'Attention'>;

/** The mask as a bias for all keys: those it does not reach are not seen. */
function maskBias(c: Context, mask: Value, total: number): Value {
  const { op, b, node, x } = c;
  const dims = extents(mask, node);
  const lacking = total - dims.at(-1)!;
  const bias = isFloat(mask.type.dtype) ? mask : biasFrom(c, condition(c, mask), x[0].type.dtype);
  if (lacking <= 0) return bias;
  const pads = [...dims.flatMap(() => [0, 0]).slice(1), lacking];
  return op.Pad(bias, b.ints(pads), b.scalar(-Infinity, bias.type.dtype as 'float32'));
}

function attention(c: Context): readonly (Value | undefined)[] {
  const {
    node,
    x: [query, key, value, mask, pastKey, pastValue],
    attrs,
  } = c;
  const flat = extents(query, node).length === 3;
  const heads = (x: Value, count: number | undefined): Value =>
    flat ? toHeads(c, x, count ?? c.fail('has 3-D inputs and no number of heads')) : x;
  const q = heads(query, attrs.q_num_heads);
  const k = joined(c, pastKey, heads(key, attrs.kv_num_heads));
  const v = joined(c, pastValue, heads(value, attrs.kv_num_heads));
  const [steps, total] = [extents(q, node)[2]!, extents(k, node)[2]!];
  const past = pastKey === undefined ? 0 : extents(pastKey, node)[2]!;
  const biases = [
    ...(mask === undefined ? [] : [maskBias(c, mask, total)]),
    ...(attrs.is_causal ? [biasFrom(c, causal(c, steps, total, past), q.type.dtype)] : []),
  ];
  const { y, ...stages } = attend(c, { q, k, v, scale: attrs.scale, softcap: attrs.softcap, biases, mayBeBlind: mask !== undefined });
  const shown = [stages.scores, stages.capped, stages.biased, stages.weights][attrs.qk_matmul_output_mode];
  return [flat ? fromHeads(c, y) : y, k, v, shown];
}

/** Attention as ONNX defines it. */
export const attentions = { Attention: attention } satisfies DecompositionTable;
