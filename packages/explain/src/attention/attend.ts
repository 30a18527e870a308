import type { Value } from '@vitrine/ir';
import { findAttention, openAttention, type AttentionLayer } from '@vitrine/transform';
import { upsampled } from '../cam/cam.js';
import { ExplainError } from '../error.js';
import { ATTRIBUTION, attributionsIn, collect, type Explainer } from '../explainer.js';
import { choice, int, number, flag, type Fields, type OptionsOf } from '../field.js';
import type { Frame, Program } from '../program.js';
import type { Resolved } from '../target.js';
import { readingFor, type Reading, placeIn } from './reading.js';
import { TOKENS, TOKENS_BY_TOKENS } from './shown.js';
import { gridOf } from './grid.js';

/** What every method of this family can be asked. */
export const shared = {
  from: int(0, 'first attention layer, counted from 0', { min: 0 }),
  to: int(-1, 'last attention layer; -1 is the last there is', { min: -1 }),
  token: int(-1, 'the token whose row is shown; -1 is the one that the target or the model reads', {
    min: -1,
  }),
  show: choice(['token', 'all'] as const, 'token', 'one row, laid over the picture where tokens are patches; or all rows'),
  upsample: choice(['none', 'nearest', 'bilinear'] as const, 'none', "resize a map of patches to the input's size"),
};

/** How heads become one. */
export const folding = {
  heads: choice(['mean', 'max', 'min'] as const, 'mean', 'how the heads of a layer become one'),
  discard: number(0, 'share of the weakest connections of a layer that are left out', { min: 0, max: 0.999 }),
};
export const residual = flag(true, 'add the identity for the residual connection, rows made to sum to 1 again');

export type Shared = OptionsOf<typeof shared>;
export type Folding = OptionsOf<typeof folding>;

/** The attention layers that a question is about. @throws ExplainError 'no-layer', 'bad-option' */
export function layersIn(f: Frame, { from, to }: Pick<Shared, 'from' | 'to'>, method: string): readonly Sized[] {
  const all = findAttention(f.graph, f.batch);
  if (all.length === 0)
    throw new ExplainError(
      'no-layer',
      `${method} needs attention and none was found: it looks for a softmax between two matrix products, or a fused attention operator`,
    );
  const last = to === -1 ? all.length - 1 : to;
  if (from > last || last >= all.length)
    throw new ExplainError(
      'bad-option',
      `${method}: layers ${from} to ${last} were asked for and the model has layers 0 to ${all.length - 1}`,
    );
  return all.slice(from, last + 1).map((layer) => sized(layer, f, method));
}

/** An attention layer with its extents. */
export type Sized = AttentionLayer & { readonly heads: number; readonly queries: number; readonly keys: number };

function sized(layer: AttentionLayer, { batch }: Frame, method: string): Sized {
  const { heads, queries, keys, weights } = layer;
  if (heads === undefined || queries === undefined || keys === undefined)
    throw new ExplainError(
      'no-layer',
      `${method}: the shape of ${weights.name} is not known before running: give the model's input shapes`,
    );
  const { shape } = weights.type;
  if (shape!.length === 4 && shape![0] !== batch)
    throw new ExplainError(
      'no-layer',
      `${method} cannot follow attention inside windows (${weights.name} is [${shape!.join(', ')}]): choose other layers with from and to`,
    );
  return { ...layer, heads, queries, keys };
}

/** A value shaped as the weights of a layer, as [B,H,Q,K]. */
export const byHead = ({ op, b, batch }: Frame, v: Value, { heads, queries, keys }: Sized): Value =>
  op.Reshape(v, b.ints([batch, heads, queries, keys]));

/** [B,H,Q,K] with heads as one, [B,Q,K], and the weakest connections left out. */
export function folded(f: Frame, v: Value, { heads, discard }: Folding): Value {
  const { op, b } = f;
  const axis = b.ints([1]);
  const one = { mean: op.ReduceMean, max: op.ReduceMax, min: op.ReduceMin }[heads](v, axis, { keepdims: 0 });
  const [batch, queries, keys] = one.type.shape as readonly [number, number, number];
  const kept = queries * keys - Math.floor(discard * queries * keys);
  if (kept === queries * keys) return one;
  const [strongest] = b.node('TopK', [op.Reshape(one, b.ints([batch, queries * keys])), b.ints([kept])], { axis: 1 }, 2);
  const least = op.Reshape(op.ReduceMin(strongest!, axis), b.ints([batch, 1, 1]));
  return op.Where(op.Less(one, least), 0, one);
}

/** The identity [1,T,T]. */
export const identity = ({ b }: Frame, count: number): Value =>
  b.initializer({
    dtype: 'float32',
    dims: [1, count, count],
    data: Float32Array.from({ length: count * count }, (_, i) => (i % (count + 1) === 0 ? 1 : 0)),
  });

/** Rows that sum to 1; rows of nothing stay so. */
export function normalized({ op, b }: Frame, v: Value): Value {
  const sum = op.ReduceSum(v, b.ints([-1]));
  const empty = op.Equal(sum, 0);
  return op.Where(empty, 0, op.Div(v, op.Where(empty, 1, sum)));
}

/** A + I with rows that sum to 1, which is (A + I)/2 where A's do; or A alone. Abnar and Zuidema 2020, section 3. */
export const mixed = (f: Frame, a: Value, { queries }: Sized, withResidual: boolean): Value =>
  normalized(f, withResidual ? f.op.Add(a, identity(f, queries)) : a);

/** One stream of tokens through all layers. @throws ExplainError 'no-layer' naming the layer that leaves it */
export function oneStream(layers: readonly Sized[], method: string, otherwise = ', or ask chefer'): readonly Sized[] {
  const [first] = layers as readonly [Sized];
  const across = layers.find(({ queries, keys, kind }) => kind === 'cross' || queries !== keys);
  const changed = layers.find(({ keys }) => keys !== first.keys);
  if (across === undefined && changed === undefined) return layers;
  const what =
    across === undefined
      ? `layer ${changed!.index} (${changed!.weights.name}) has ${changed!.keys} tokens where layer ${first.index} has ${first.keys}`
      : `layer ${across.index} (${across.weights.name}) looks from ${across.queries} tokens at ${across.keys} others`;
  throw new ExplainError('no-layer', `${method} follows one stream of tokens and ${what}: choose layers with from and to${otherwise}`);
}

/** Matrix product of all, the last first: [B,T,T]. */
export const chained = ({ op }: Frame, parts: readonly Value[]): Value => parts.reduce((rolled, a) => op.MatMul(a, rolled));

/** Rows [B,Q,K] or [B,C,Q,K] as the question asks: all of them, or one, over the picture [B,C,h,w] or as [B,K,C]. */
export function shownOf(f: Frame, v: Value, { keys }: Sized, { show, upsample }: Shared, reading: Reading): Value {
  const { op, b, batch } = f;
  if (show === 'all') return v;
  const four = v.type.shape!.length === 4 ? v : op.Unsqueeze(v, b.ints([1]));
  const channels = four.type.shape![1] as number;
  const line = rowOf(f, four, reading);
  const grid = gridOf(f.graph, keys);
  if (grid === undefined) return op.Transpose(line, { perm: [0, 2, 1] });
  const { height, width, extra } = grid;
  const patches = extra === 0 ? line : op.Slice(line, b.ints([extra]), b.ints([keys]), b.ints([2]));
  return upsampled(f, op.Reshape(patches, b.ints([batch, channels, height, width])), upsample);
}

/** A row of [B,C,Q,K], or the mean of all: [B,C,K]. */
function rowOf({ op, b }: Frame, v: Value, reading: Reading): Value {
  if (reading === 'mean') return op.ReduceMean(v, b.ints([2]), { keepdims: 0 });
  if (typeof reading === 'number') return op.Gather(v, b.scalar(reading, 'int64'), { axis: 2 });
  return op.GatherND(op.Transpose(v, { perm: [0, 2, 1, 3] }), reading, { batch_dims: 1 });
}

/** A method that reads attention: one run of one graph. */
interface Attending<F extends Fields> extends Pick<Explainer, 'name' | 'title' | 'paper' | 'meaning' | 'signed' | 'forwardOnly'> {
  readonly options: F;
  /** Results by name, still with all rows: what lies on which layer's tokens. */
  readonly write: (f: Frame, layers: readonly Sized[], options: OptionsOf<F> & Shared) => Iterable<readonly [string, Value, Sized]>;
}

export function attending<F extends Fields>({ write, ...row }: Attending<F>): Explainer<F & typeof shared> {
  type All = OptionsOf<F & typeof shared>;
  const program = (given: All, target: Resolved | undefined): Program => {
    const options = given as unknown as OptionsOf<F> & Shared;
    return {
      key: `${row.name}:${JSON.stringify(options)}:${target && placeIn(target)}`,
      canonize: openAttention,
      write(f) {
        const layers = layersIn(f, options, row.name);
        return Object.fromEntries(
          [...write(f, layers, options)].map(([name, v, layer]) => {
            const reading = readingFor(f.graph, layer, options, target, row.name);
            const at = name === TOKENS_BY_TOKENS && options.show === 'token' ? TOKENS : name;
            return [ATTRIBUTION + at, shownOf(f, v, layer, options, reading)];
          }),
        );
      },
    };
  };
  return {
    ...row,
    family: 'attention',
    layer: 'none',
    options: { ...row.options, ...shared },
    async explain(q, options) {
      const [result] = await collect(q.evaluate(program(options, q.target), [q.x], 1));
      return { attributions: attributionsIn(result!) };
    },
    compile: ({ target }, options) => program(options, target),
  };
}
