import { type Value } from '@vitrine/ir';
import { extents } from '../../../fit.js';
import type { DecompositionContext, DecompositionTable } from '../../decomposition.js';
import { counted, fromHeads, toHeads, type Making } from './core.js';

/** How the pairs of a head are turned. */
interface Turn {
  /** Of each pair's angle, broadcast to [N,H,T,pairs]. */
  readonly cos: Value;
  readonly sin: Value;
  /** How many elements of a head are turned; the rest stays. */
  readonly dim: number;
  /** Pairs are neighbours, or else stand half of `dim` apart. */
  readonly interleaved: boolean;
}

/** Every pair of elements of each head of x [N,H,T,D] turned by its angle. Su et al. 2021, eq. 34. */
export function turned({ op, b, node }: Making, x: Value, { cos, sin, dim, interleaved }: Turn): Value {
  const [n, heads, t, size] = extents(x, node) as [number, number, number, number];
  const pairs = dim / 2;
  const [part, rest] = dim === size ? [x] : (op.Split(x, b.ints([dim, size - dim]), { axis: 3, outputs: 2 }) as [Value, Value]);
  const axis = interleaved ? 4 : 3;
  const apart = interleaved ? op.Reshape(part, b.ints([n, heads, t, pairs, 2])) : part;
  const halves = op.Split(apart, b.ints(interleaved ? [1, 1] : [pairs, pairs]), { axis, outputs: 2 });
  const [re, im] = (interleaved ? halves.map((v) => op.Squeeze(v, b.ints([4]))) : halves) as [Value, Value];
  const both = [op.Sub(op.Mul(re, cos), op.Mul(im, sin)), op.Add(op.Mul(re, sin), op.Mul(im, cos))];
  const whole = interleaved
    ? op.Reshape(op.Concat(...both.map((v) => op.Unsqueeze(v, b.ints([4]))), { axis: 4 }), b.ints([n, heads, t, dim]))
    : op.Concat(...both, { axis: 3 });
  return rest === undefined ? whole : op.Concat(whole, rest, { axis: 3 });
}

/** Rows of a cache [positions, pairs] at positions [N|1,T], laid along the heads: [N|1,1,T,pairs]. */
export const rowsAt = ({ op, b }: Making, cache: Value, positions: Value): Value => op.Unsqueeze(op.Gather(cache, positions), b.ints([1]));

interface Layout {
  readonly heads: number;
  readonly size: number;
}

/** Turns x, [N,T,H × D] or [N,H,T,D], and gives it back in its own layout. */
function inLayout(c: Making, x: Value, layout: Layout, turn: Turn): Value {
  if (extents(x, c.node).length === 4) return turned(c, x, turn);
  return fromHeads(c, turned(c, toHeads(c, x, layout.heads), turn));
}

function onnx(c: DecompositionContext<'RotaryEmbedding'>): readonly [Value] {
  const {
    op,
    b,
    node,
    x: [x, cosCache, sinCache, positions],
    attrs,
  } = c;
  const dims = extents(x, node);
  const heads = dims.length === 4 ? dims[1]! : (attrs.num_heads ?? 0) || c.fail('has a 3-D input and no num_heads');
  const size = dims.length === 4 ? dims[3]! : dims[2]! / heads;
  const at = (cache: Value): Value => (positions === undefined ? op.Unsqueeze(cache, b.ints([1])) : rowsAt(c, cache, positions));
  const dim = attrs.rotary_embedding_dim || size;
  return [inLayout(c, x, { heads, size }, { cos: at(cosCache), sin: at(sinCache), dim, interleaved: attrs.interleaved === 1 })];
}

function microsoft(c: DecompositionContext<'com.microsoft.RotaryEmbedding'>): readonly [Value] {
  const {
    op,
    b,
    node,
    x: [x, positions, cosCache, sinCache],
    attrs,
  } = c;
  if (attrs.is_packed_batching) c.fail('packs examples of different lengths (is_packed_batching)');
  const dims = extents(x, node);
  const pairs = extents(cosCache, node)[1]!;
  const [steps, width] = dims.slice(-2) as [number, number];
  const heads = dims.length === 4 ? dims[1]! : attrs.rotary_embedding_dim ? attrs.num_heads! : width / (2 * pairs);
  const size = dims.length === 4 ? width : width / heads;
  // A single position is where the sequence starts.
  const offset = extents(positions, node).length === 1;
  const at = offset ? op.Unsqueeze(op.Add(positions, b.ints(counted(steps))), b.ints([0])) : positions;
  const turn = { cos: rowsAt(c, cosCache, at), sin: rowsAt(c, sinCache, at), dim: 2 * pairs, interleaved: attrs.interleaved === 1 };
  return [inLayout(c, x, { heads, size }, turn)];
}

/** Rotary position embeddings. */
export const rotary = {
  RotaryEmbedding: onnx,
  'com.microsoft.RotaryEmbedding': microsoft,
} satisfies DecompositionTable;
