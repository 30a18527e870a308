import { attrsOf, numbersOf, type Node } from '@vitrine/ir';

/** Where an activation saturates, on what goes in: below `low` only what lowers counts, above `high` only what raises. */
export interface Limits {
  readonly low?: number;
  readonly high?: number;
  /** The published convolution treats activations that are not monotonic in a way of its own. */
  readonly rises?: false;
}

/** 1.702 makes x σ(1.702 x) nearest to GELU. Hendrycks and Gimpel 2016. */
const GELU_SLOPE = 1.702;
const SWISH_LOW = -6;

const single = (v: Node['inputs'][number]): number | undefined => {
  const given = v && numbersOf(v);
  return given?.length === 1 ? given[0] : undefined;
};
const between = (low: number | undefined, high: number | undefined): Limits => ({
  ...(low !== undefined && Number.isFinite(low) && { low }),
  ...(high !== undefined && Number.isFinite(high) && { high }),
});

/**
 * Section 1.0's table. Those it does not list have the limits of their kin: hard variants where they turn flat, GELU as the swish that is
 * nearest to it. An activation without a row never saturates.
 */
const rows: { readonly [opType: string]: (node: Node) => Limits } = {
  Clip: ({ inputs: [, low, high] }) => between(single(low), single(high)),
  'com.microsoft.FastGelu': () => ({ low: SWISH_LOW / GELU_SLOPE, rises: false }),
  'com.microsoft.QuickGelu': (node) => ({ low: SWISH_LOW / attrsOf<'com.microsoft.QuickGelu'>(node).alpha, rises: false }),
  Gelu: () => ({ low: SWISH_LOW / GELU_SLOPE, rises: false }),
  HardSigmoid: (node) => {
    const { alpha, beta } = attrsOf<'HardSigmoid'>(node);
    return between(-beta / alpha, (1 - beta) / alpha);
  },
  HardSwish: () => ({ low: -3, rises: false }),
  Relu: () => ({ low: 0 }),
  Sigmoid: () => ({ low: -4, high: 4 }),
  Softmax: () => ({ low: -1, high: 2 }),
  Tanh: () => ({ low: -2, high: 2 }),
  ThresholdedRelu: (node) => between(attrsOf<'ThresholdedRelu'>(node).alpha, undefined),
};

/** The table of the published code: what it does not list never saturates. */
const published: ReadonlySet<string> = new Set(['Relu', 'Sigmoid', 'Softmax', 'Tanh', 'com.microsoft.QuickGelu']);

/** Limits of an activation; undefined for those that have none. */
export function limitsOf(node: Node, profile: 'intended' | 'reference'): Limits | undefined {
  const row = Object.hasOwn(rows, node.opType) ? rows[node.opType] : undefined;
  if (row === undefined || (profile === 'reference' && !published.has(node.opType))) return undefined;
  const limits = row(node);
  // The published code takes a limit of 0 for none.
  const real = profile === 'reference' ? without0(limits) : limits;
  return real.low === undefined && real.high === undefined ? undefined : real;
}

/** x σ(x) written out has the limits of swish. */
export const swish: Limits = { low: SWISH_LOW, rises: false };

const without0 = ({ low, high, rises }: Limits): Limits => ({
  ...(low !== undefined && low !== 0 && { low }),
  ...(high !== undefined && high !== 0 && { high }),
  ...(rises === false && { rises }),
});
