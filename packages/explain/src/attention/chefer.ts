import type { Value } from '@vitrine/ir';
import { attending, byHead, folded, folding, identity, normalized, oneStream, type Sized } from './attend.js';
import type { Frame } from '../program.js';
import { TOKENS_BY_TOKENS } from './shown.js';
import { streamsOf, type Streams } from './streams.js';

/** Relevance between streams of tokens: of the tokens of `of`, for each token of `to`. */
type State = Map<string, Value>;
const key = (to: number, of: number): string => `${to},${of}`;

/** The streams that nothing looks at any more, so that the score is of them; the last where all are looked at. */
function readStreams(streams: readonly Streams[]): readonly number[] {
  const looked = new Set(streams.flatMap(({ queries, keys }) => (queries === keys ? [] : [keys])));
  const read = [...new Set(streams.map(({ queries }) => queries))].filter((stream) => !looked.has(stream));
  return read.length > 0 ? read : [streams.at(-1)!.queries];
}

/** R̄: what a stream took from itself, rows that sum to 1, and the identity. [1,T,T]. Chefer et al. 2021, equations 8 and 9. */
function mixedWithin(f: Frame, r: Value, count: number): Value {
  const one = identity(f, count);
  return f.op.Add(normalized(f, f.op.Sub(r, one)), one);
}

/**
 * Relevance of tokens by attention and its gradient, layer by layer: Ā = heads of (A ∘ ∂F/∂A)⁺, within a stream R += Ā R, across
 * streams R_sq += R̄_ssᵀ Ā R̄_qq. [B,T,T]. Chefer et al. 2021 (ICCV), equations 5 to 11.
 */
export const chefer = attending({
  name: 'chefer',
  title: 'Generic attention explainability',
  paper: 'Chefer et al. 2021, arXiv:2103.15679',
  meaning: 'how much attention that raises the score brings this token to the one that is read; what a token is to itself is left out',
  signed: false,
  options: folding,
  *write(f, layers, options) {
    const { op, b } = f;
    const streams = streamsOf(f.graph, layers);
    const gradients = f.gradient(layers.map(({ weights }) => weights));
    for (const stream of new Set(streams.map(({ queries }) => queries))) {
      const own = layers.filter((_, i) => streams[i]!.queries === stream && streams[i]!.keys === stream);
      if (own.length > 0) oneStream(own, 'chefer', '');
    }
    const counts = new Map<number, number>();
    layers.forEach(({ queries, keys }, i) => counts.set(streams[i]!.queries, queries).set(streams[i]!.keys, keys));
    const state: State = new Map([...counts].map(([s, count]) => [key(s, s), identity(f, count)]));
    layers.forEach((layer, i) => {
      const a = folded(f, byHead(f, op.Relu(op.Mul(layer.weights, gradients[i]!)), layer), options);
      const { queries: s, keys: q } = streams[i]!;
      const add = (to: number, of: number, v: Value): void => {
        const before = state.get(key(to, of));
        state.set(key(to, of), before === undefined ? v : op.Add(before, v));
      };
      if (s === q) {
        // Equations 6 and 7: within a stream, everything its tokens know is mixed.
        for (const of of counts.keys()) {
          const known = state.get(key(s, of));
          if (known !== undefined) add(s, of, op.MatMul(a, known));
        }
        return;
      }
      const [own, other] = [state.get(key(s, s))!, state.get(key(q, q))!];
      const back = state.get(key(q, s));
      const across = op.MatMul(
        op.Transpose(mixedWithin(f, own, layer.queries), { perm: [0, 2, 1] }),
        op.MatMul(a, mixedWithin(f, other, layer.keys)),
      );
      // Equations 10 and 11.
      add(s, q, across);
      if (back !== undefined) add(s, s, op.MatMul(a, back));
    });
    const last = streams.at(-1)!.queries;
    for (const read of readStreams(streams)) {
      const ending = layers.findLast((_, i) => streams[i]!.queries === read)!;
      for (const [of, count] of counts) {
        const r = state.get(key(read, of));
        if (r === undefined) continue;
        const layer: Sized = { ...ending, keys: count };
        const shown = of === read && options.show === 'token' ? op.Sub(r, identity(f, count)) : r;
        const whole = op.Expand(shown, b.ints([f.batch, layer.queries, count]));
        const name = `${TOKENS_BY_TOKENS}${of === last ? '' : ` of stream ${of}`}${read === of || read === last ? '' : ` for stream ${read}`}`;
        yield [name, whole, layer];
      }
    }
  },
});
