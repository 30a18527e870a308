import type { Builder, Tensor, Value } from '@vitrine/ir';

/** What a network has learned, or starts from, by name. */
export type Weights = ReadonlyMap<string, Tensor<'float32'>>;
/** Values of a graph by name. */
export type Named = (name: string) => Value;

/** Something that learns. */
export interface Network {
  /** Where it starts. */
  readonly weights: Weights;
  /** Writes the mean loss of a batch, [], from the weights and what is fed for it. */
  loss(b: Builder, weights: Named, fed: Named): Value;
}

/** Weights as constants of a graph. */
export function held(b: Builder, weights: Weights): Named {
  const values = new Map<string, Value>();
  return (name) => {
    const value = values.get(name) ?? b.initializer(weights.get(name)!, name);
    values.set(name, value);
    return value;
  };
}

/** Linear layers with ReLU between them. */
export interface Dense {
  readonly weights: Weights;
  /** x: [N, first size]. Gives [N, last size]. */
  write(b: Builder, x: Value, weights: Named): Value;
}

/** Layers of these sizes, the input's first. They start as in Glorot and Bengio 2010. */
export function dense(name: string, sizes: readonly number[], uniform: () => number): Dense {
  const layers = sizes.slice(1).map((to, i) => ({ from: sizes[i]!, to, w: `${name}/${i}/weight`, b: `${name}/${i}/bias` }));
  const weights = layers.flatMap(({ from, to, w, b }): readonly (readonly [string, Tensor<'float32'>])[] => {
    const bound = Math.sqrt(6 / (from + to));
    return [
      [w, { dtype: 'float32', dims: [from, to], data: Float32Array.from({ length: from * to }, () => bound * (2 * uniform() - 1)) }],
      [b, { dtype: 'float32', dims: [to], data: new Float32Array(to) }],
    ];
  });
  return {
    weights: new Map(weights),
    write: (b, x, named) => layers.reduce((y, layer, i) => b.op.Gemm(i === 0 ? y : b.op.Relu(y), named(layer.w), named(layer.b)), x),
  };
}
