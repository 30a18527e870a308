import { builder, tensorOf, type Graph, type Value } from '@vitrine/ir';
import { random } from './random.js';

/** A small transformer as exporters write it. */
export interface Shape {
  readonly tokens: number;
  readonly width: number;
  readonly heads: number;
  readonly layers: number;
  /** Key and value heads, repeated to all heads where fewer. */
  readonly groups?: number;
  readonly biases?: boolean;
  readonly norm?: 'layer' | 'rms' | 'none';
  readonly gate?: 'silu' | 'gelu';
  readonly causal?: boolean;
  readonly seed?: number;
}

/** Names of the values that a test asks for. */
export const weightsOf = (layer: number): string => `weights${layer}`;

/** From embeddings `x` [1,T,D] to a score for each of two classes, read from the first token; all weights drawn from the seed. */
export function transformer({
  tokens,
  width,
  heads,
  layers,
  groups = heads,
  biases = false,
  norm = 'layer',
  gate = 'gelu',
  causal = false,
  seed = 1,
}: Shape): Graph {
  const b = builder();
  const { op } = b;
  const next = random(seed);
  const drawn = (...dims: readonly number[]): Value => {
    const size = dims.reduce((n, d) => n * d, 1);
    const scale = 1.5 / Math.sqrt(dims[0]!);
    return b.initializer(
      tensorOf(
        'float32',
        dims,
        Array.from({ length: size }, () => scale * (2 * next() - 1)),
      ),
    );
  };
  const around1 = (count: number): Value =>
    b.initializer(
      tensorOf(
        'float32',
        [count],
        Array.from({ length: count }, () => 0.5 + next()),
      ),
    );
  const dense = (v: Value, to: number): Value => {
    const product = op.MatMul(v, drawn(v.type.shape!.at(-1) as number, to));
    return biases ? op.Add(product, drawn(to)) : product;
  };
  const normal = (v: Value): Value => {
    if (norm === 'none') return v;
    if (norm === 'rms') return op.RMSNormalization(v, around1(width));
    // An empty third input makes ONNX Runtime 1.30 crash.
    return biases ? op.LayerNormalization(v, around1(width), drawn(width)) : op.LayerNormalization(v, around1(width));
  };
  const size = width / heads;
  const split = (v: Value, count: number): Value => op.Transpose(op.Reshape(v, b.ints([1, tokens, count, size])), { perm: [0, 2, 1, 3] });
  const repeated = (v: Value): Value =>
    groups === heads
      ? v
      : op.Reshape(
          op.Expand(op.Unsqueeze(v, b.ints([2])), b.ints([1, groups, heads / groups, tokens, size])),
          b.ints([1, heads, tokens, size]),
        );
  const mask = b.initializer(
    tensorOf(
      'float32',
      [tokens, tokens],
      Array.from({ length: tokens * tokens }, (_, i) => (i % tokens > Math.floor(i / tokens) ? -Infinity : 0)),
    ),
  );
  const attention = (v: Value, layer: number): Value => {
    const q = split(dense(v, width), heads);
    const k = repeated(split(dense(v, groups * size), groups));
    const values = repeated(split(dense(v, groups * size), groups));
    const scores = op.Div(op.MatMul(q, op.Transpose(k, { perm: [0, 1, 3, 2] })), Math.sqrt(size));
    const masked = causal ? op.Add(scores, mask) : scores;
    const [weights] = b.named({ opType: 'Softmax', name: `softmax${layer}`, inputs: [masked], attrs: { axis: -1 } }, [weightsOf(layer)]);
    const mixed = op.Transpose(op.MatMul(weights!, values), { perm: [0, 2, 1, 3] });
    return dense(op.Reshape(mixed, b.ints([1, tokens, width])), width);
  };
  const forward = (v: Value): Value => {
    const inner = dense(v, 2 * width);
    if (gate === 'gelu') return dense(op.Gelu(inner), width);
    return dense(op.Mul(op.Mul(inner, op.Sigmoid(inner)), dense(v, 2 * width)), width);
  };
  let stream: Value = b.input('x', { dtype: 'float32', shape: [1, tokens, width] });
  for (let layer = 0; layer < layers; layer++) {
    stream = op.Add(stream, attention(normal(stream), layer));
    stream = op.Add(stream, forward(normal(stream)));
  }
  const last = op.Gather(normal(stream), b.scalar(causal ? tokens - 1 : 0, 'int64'), { axis: 1 });
  return b.build([dense(last, 2)]);
}
