import type { Builder, Value } from '@vitrine/ir';
import { linear, type Made } from './made.js';

/** A case whose value is known. */
export interface Known {
  readonly made: Made;
  /** In place of what the method says. */
  readonly attribution?: readonly number[];
  readonly options?: { readonly [name: string]: unknown };
  readonly value: number;
  readonly why: string;
}

/** Where a ground truth must be told from chance. */
export interface Ranked {
  readonly made: Made;
  readonly truth: readonly number[];
  readonly options?: { readonly [name: string]: unknown };
}

const three: Made = { x: [1, 1, 1], write: linear([[1, 3, 2]]) };
const logits: Made = {
  x: [1, 1, 1],
  write: linear(
    [
      [1, 3, 2],
      [0, 0, 0],
    ],
    [0, 2.5],
  ),
};
const zero = { baseline: 'zero' };

const WEIGHTS = [0.5, 4, 1, 0, 2, 0, 0, 7, 0, 3, 0, 0];
export const many: Made = { x: WEIGHTS.map(() => 1), write: linear([WEIGHTS, WEIGHTS.map((_, i) => (i % 2) / 10)]) };
const ranked: Ranked = { made: many, truth: WEIGHTS };

/** x0 + 2 x1 + 3 x2, less ten times what x2 is above x0: with x2 but not x0 the score is low. */
const gate = (b: Builder, x: Value): Value => {
  const { op } = b;
  const sum = linear([[1, 2, 3]])(b, x);
  const above = op.Relu(linear([[-1, 0, 1]])(b, x));
  return op.Sub(sum, op.Mul(above, 10));
};

export const known: { readonly [metric: string]: readonly Known[] } = {
  'faithfulness-correlation': [
    { made: three, value: 1, options: { ...zero, share: 0.34 }, why: 'of a linear model the score loses what the parts count' },
    { made: three, attribution: [-1, -3, -2], options: { share: 0.34 }, value: -1, why: 'signs turned about' },
  ],
  'faithfulness-estimate': [{ made: three, value: 1, why: 'of a linear model each part counts what the score loses' }],
  monotonicity: [
    { made: three, value: 1, why: 'every part adds to the score' },
    { made: { x: [1, 1], write: linear([[1, -2]]) }, value: 0, why: 'the least, -2, comes first and lowers the score' },
  ],
  'monotonicity-correlation': [
    {
      made: { x: [-1, 1, -1, 1], write: linear([[1, 2, 4, 8]]) },
      options: { samples: 40 },
      value: 1,
      why: 'the change is the weight squared times one expectation',
    },
  ],
  'pixel-flipping': [{ made: three, options: zero, value: 7 / 3, why: '6, 3, 1, 0 by trapezoids over thirds' }],
  'region-perturbation': [{ made: three, options: zero, value: (0 + 3 + 5 + 6) / 4, why: 'drops of 0, 3, 5 and 6' }],
  selectivity: [{ made: three, options: zero, value: 7 / 3, why: '6, 3, 1, 0 by trapezoids over thirds' }],
  'sensitivity-n': [
    { made: three, value: 1, why: 'of a linear model with a baseline of zero it is 1 for every n (Ancona et al., proposition 2)' },
  ],
  irof: [{ made: three, options: { ...zero, number: 'score' }, value: 1 - (1 + 1 / 2 + 1 / 6 + 0) / 4, why: 'shares 1, 1/2, 1/6, 0' }],
  infidelity: [
    { made: three, value: 0, why: 'shares of a linear model' },
    { made: { ...three, method: 'gradient' }, value: 0, why: 'rates of a linear model times the difference' },
    { made: three, attribution: [2, 6, 4], options: { share: 1 }, value: 36, why: '12 said, 6 lost' },
    { made: three, attribution: [2, 6, 4], options: { share: 1, scaled: true }, value: 0, why: 'twice the truth fits when scaled' },
  ],
  road: [
    { made: logits, options: { percentages: '0 34 67 100', baseline: 'zero' }, value: 0.5, why: '6 and 3 are above 2.5, 1 and 0 are not' },
  ],
  sparseness: [
    { made: three, attribution: [0, -5, 0], value: 2 / 3, why: 'one of three: 1 - 1/3' },
    { made: three, attribution: [2, 2, -2], value: 0, why: 'all the same' },
  ],
  complexity: [
    { made: three, attribution: [2, 2, -2], value: Math.log(3), why: 'ln 3' },
    { made: three, attribution: [0, -5, 0], value: 0, why: 'one part is all' },
  ],
  'effective-complexity': [
    { made: three, value: 3, options: { ...zero, tolerance: 0.1 }, why: '3 and 5 are farther than 0.6 from 6' },
    { made: three, value: 2, options: { ...zero, tolerance: 0.2 }, why: '5 is nearer than 1.2 to 6' },
  ],
  'mst-compactness': [
    {
      made: { x: Array.from({ length: 16 }, () => 1), dims: [1, 1, 4, 4], write: linear([Array.from({ length: 16 }, () => 1)]) },
      attribution: [0, 0, 0, 0, 0, 9, -9, 0, 0, 9, 9, 0, 0, 0, 0, 0],
      options: { share: 0.25 },
      value: 4 / 3,
      why: 'four corners of a unit square: 4 / (√1 · 3)',
    },
  ],
};

const square = Array.from({ length: 64 }, (_, i) => (i % 8 >= 2 && i % 8 < 5 && i >= 16 && i < 40 ? 1 : 0));

export const rankings: { readonly [metric: string]: Ranked } = {
  'faithfulness-correlation': ranked,
  'faithfulness-estimate': ranked,
  monotonicity: { made: { x: [1.5, 1, 1], write: gate }, truth: [1.5, 2, 3] },
  'monotonicity-correlation': { ...ranked, made: { ...many, x: WEIGHTS.map((_, i) => (i % 2 === 0 ? 1 : -1)) }, truth: WEIGHTS },
  'pixel-flipping': ranked,
  'region-perturbation': { ...ranked, options: zero },
  selectivity: ranked,
  'sensitivity-n': ranked,
  irof: { ...ranked, options: zero },
  infidelity: ranked,
  road: { made: { ...many, write: linear([WEIGHTS, WEIGHTS.map(() => 0)], [0, 6]) }, truth: WEIGHTS, options: zero },
  'effective-complexity': ranked,
  'mst-compactness': {
    made: { x: square.map(() => 1), dims: [1, 1, 8, 8], write: linear([square]) },
    truth: square,
    options: { share: 0.14 },
  },
};
