import { dtypes, numbersOf, type Value } from '@vitrine/ir';
import { extents } from '../../../fit.js';
import type { DecompositionContext, DecompositionTable } from '../../decomposition.js';
import { attend, biasFrom, counted, fromHeads, toHeads } from './core.js';
import { rowsAt, turned } from './rotary.js';

type Context = DecompositionContext<'com.microsoft.GroupQueryAttention'>;

/** Where the present tokens of each example stand. */
interface Place {
  /** Number of present tokens, and of keys the result attends to. */
  readonly steps: number;
  readonly total: number;
  /** Tokens before the present ones, and the last one's position, per example [N,1], int64. */
  readonly before: Value;
  readonly last: Value;
  /** Whether there is no past: then the present tokens start at 0, however many of them an example has. */
  readonly first: boolean;
  /** Length of the buffer of past states; 0 without one. */
  readonly buffer: number;
}

function placeOf(c: Context, steps: number): Place {
  const { op, b, node, x } = c;
  const [past, lengths, total] = [x[3], x[5], x[6]];
  const buffer = past === undefined ? 0 : extents(past, node)[2]!;
  const all = numbersOf(total)?.[0] ?? (buffer === 0 ? steps : c.fail('has a total_sequence_length that only running tells'));
  const last = op.Unsqueeze(op.Cast(op.Reshape(lengths, b.ints([-1])), { to: dtypes.int64.code }), b.ints([1]));
  const first = all === steps;
  return { steps, total: all, before: first ? op.Mul(last, 0) : op.Add(last, 1 - steps), last, first, buffer };
}

/** Past and present states [N,K,·,D] in one sequence of `length`: each example's present ones follow its own past. */
function sequence(c: Context, past: Value | undefined, present: Value, place: Place, length: number): Value {
  const { op, b, node } = c;
  const { before, buffer, steps } = place;
  if (past === undefined || buffer === 0) return present;
  const known = numbersOf(before);
  if (length === buffer + steps && known?.every((count) => count === buffer)) return op.Concat(past, present, { axis: 2 });
  const [n, heads, , size] = extents(present, node) as [number, number, number, number];
  // Element j comes from the past while j < before, then from the present; behind both stands 0.
  const at = b.ints(counted(length));
  const own = op.Min(op.Add(op.Sub(at, before), buffer), b.scalar(buffer + steps - 1, 'int64'));
  const from = op.Where(op.Less(at, before), at, own);
  const index = op.Expand(op.Unsqueeze(from, b.ints([1, 3])), b.ints([n, heads, length, size]));
  const filled = op.Unsqueeze(op.Less(at, op.Add(before, steps)), b.ints([1, 3]));
  return op.Where(filled, op.GatherElements(op.Concat(past, present, { axis: 2 }), index, { axis: 2 }), 0);
}

/** Queries, keys and values [N,·,T,D] of the present tokens; packed side by side when there is no key. */
function parts(c: Context): readonly [Value, Value, Value] {
  const {
    op,
    b,
    node,
    x: [query, key, value],
    attrs: { num_heads: heads, kv_num_heads: shared },
  } = c;
  if (key !== undefined && value !== undefined) return [toHeads(c, query, heads), toHeads(c, key, shared), toHeads(c, value, shared)];
  const size = extents(query, node)[2]! / (heads + 2 * shared);
  const split = op.Split(query, b.ints([heads * size, shared * size, shared * size]), { axis: 2, outputs: 3 });
  return [toHeads(c, split[0]!, heads), toHeads(c, split[1]!, shared), toHeads(c, split[2]!, shared)];
}

/** Which keys [N,1,T,S] each query sees: its example's, up to its own position, and no further back than the window. */
function seen(c: Context, { steps, total, before, last }: Place): Value {
  const { op, b, attrs } = c;
  const keys = b.ints(counted(total));
  const there = op.LessOrEqual(keys, op.Unsqueeze(last, b.ints([1, 2])));
  if (attrs.causal === 0) return there;
  const own = op.Unsqueeze(op.Add(before, b.ints(counted(steps))), b.ints([1, 3]));
  const past = op.And(there, op.LessOrEqual(keys, own));
  const window = attrs.local_window_size;
  return window < 0 ? past : op.And(past, op.Greater(keys, op.Sub(own, window)));
}

function attention(c: Context): readonly (Value | undefined)[] {
  const { op, b, node, x, attrs } = c;
  const [, , , pastK, pastV, , , cos, sin, positions, bias, sink] = x;
  if (attrs.k_quant_type !== 'NONE' || attrs.v_quant_type !== 'NONE') c.fail('keeps its past quantized');
  if (x[14] !== undefined) c.fail('normalizes queries and keys (q_norm_weight), which ONNX Runtime does not compute on the CPU');
  if (attrs.sliding_window_cache) c.fail('keeps a window of its past (sliding_window_cache)');
  const [q, ownK, v] = parts(c);
  const [, , steps, size] = extents(q, node) as [number, number, number, number];
  const place = placeOf(c, steps);
  // Of a first prompt's positions only the first counts.
  const start =
    place.first && positions
      ? op.Reshape(op.Slice(op.Reshape(positions, b.ints([-1])), b.ints([0]), b.ints([1])), b.ints([1, 1]))
      : place.before;
  const at = positions === undefined || place.first ? op.Add(start, b.ints(counted(steps))) : positions;
  const rotate = (heads: Value): Value => {
    if (!attrs.do_rotary) return heads;
    if (cos === undefined || sin === undefined) return c.fail('turns its heads (do_rotary) without cos_cache and sin_cache');
    const dim = Math.min(size, 2 * extents(cos, node)[1]!);
    return turned(c, heads, { cos: rowsAt(c, cos, at), sin: rowsAt(c, sin, at), dim, interleaved: attrs.rotary_interleaved === 1 });
  };
  const present = (past: Value | undefined, own: Value): readonly [whole: Value, used: Value] => {
    const length = Math.max(place.buffer, place.total);
    const whole = sequence(c, past, own, place, length);
    return [whole, length === place.total ? whole : op.Slice(whole, b.ints([0]), b.ints([place.total]), b.ints([2]))];
  };
  const [[wholeK, k], [wholeV, usedV]] = [present(pastK, rotate(ownK)), present(pastV, v)];
  const visible = seen(c, place);
  const biases = [biasFrom(c, visible, q.type.dtype), ...(bias === undefined ? [] : [bias])];
  const nothing = attrs.smooth_softmax === 1 ? b.scalar(0, q.type.dtype as 'float32') : undefined;
  const { y, biased, weights } = attend(c, {
    q: rotate(q),
    k,
    v: usedV,
    scale: attrs.scale || undefined,
    softcap: attrs.softcap ?? 0,
    biases,
    // Behind the end of its example a query may have every key outside of its window.
    mayBeBlind: attrs.local_window_size >= 0,
    sink: sink ?? (nothing && op.Expand(nothing, b.ints([attrs.num_heads]))),
  });
  return [fromHeads(c, y), wholeK, wholeV, attrs.qk_output === 2 ? weights : op.Where(visible, biased, 0)];
}

/** Attention whose queries share keys and values in groups, with a past, as language models run it. */
export const groupQuery = { 'com.microsoft.GroupQueryAttention': attention } satisfies DecompositionTable;
