import type { Weights } from './network.js';

export interface AdamOptions {
  /** Length of a step. */
  readonly rate: number;
  /** What of each weight goes in a step of length 1, apart from the gradient. Loshchilov and Hutter 2019, arXiv:1711.05101. */
  readonly decay?: number;
}

/** Weights after one more step down the gradient. */
export type Step = (weights: Weights, gradients: Weights) => Weights;

/** How long means over steps remember, and what keeps divisions finite. */
const [BETA_1, BETA_2, EPSILON] = [0.9, 0.999, 1e-8];

/** Steps as long as the gradient is steady. Means are kept in double precision. Kingma and Ba 2015, arXiv:1412.6980, algorithm 1. */
export function adam({ rate, decay = 0 }: AdamOptions): Step {
  const means = new Map<string, { readonly first: Float64Array; readonly second: Float64Array }>();
  let step = 0;
  return (weights, gradients) => {
    step++;
    const [left1, left2] = [1 - BETA_1 ** step, 1 - BETA_2 ** step];
    return new Map(
      [...weights].map(([name, tensor]) => {
        const g = gradients.get(name)!.data;
        const { first, second } = means.get(name) ?? { first: new Float64Array(g.length), second: new Float64Array(g.length) };
        means.set(name, { first, second });
        const data = tensor.data.map((w, i) => {
          first[i] = BETA_1 * first[i]! + (1 - BETA_1) * g[i]!;
          second[i] = BETA_2 * second[i]! + (1 - BETA_2) * g[i]! ** 2;
          return w - rate * (first[i] / left1 / (Math.sqrt(second[i] / left2) + EPSILON) + decay * w);
        });
        return [name, { ...tensor, data }] as const;
      }),
    );
  };
}
