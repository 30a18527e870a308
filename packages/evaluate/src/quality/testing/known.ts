import type { Builder, Value } from '@vitrine/ir';
import { linear, type Made } from './made.js';

/** A case whose value is known. */
export interface Known {
  readonly made: Made;
  /** In place of what the method says. */
  readonly attribution?: readonly number[];
  readonly options?: { readonly [name: string]: unknown };
  /** 1 for each element that lies in it. */
  readonly mask?: readonly number[];
  readonly truth?: readonly number[];
  readonly value: number;
  /** Digits behind the point that it is known to; 4 unless given. */
  readonly digits?: number;
  readonly why: string;
}

/** Where a ground truth must be told from chance. */
export interface Ranked {
  readonly made: Made;
  readonly truth: readonly number[];
  readonly mask?: readonly number[];
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

const four: Made = { x: [1, 1, 1, 1], write: linear([[1, 1, 1, 1]]) };
const inMiddle = [0, 1, 1, 0];
const one: Made = { x: [2], write: linear([[3], [0]]) };
const evenly: Made = {
  x: [1, 2, 3, 4],
  write: linear([
    [1, 1, 1, 1],
    [1, 1, 1, 1],
  ]),
};
const picture = (x: readonly number[]): Made => ({ x, dims: [1, 1, 4, 4], write: linear([x.map(() => 1)]) });
const spot = Array.from({ length: 16 }, (_, i) => (i === 5 ? 1 : 0));

Object.assign(known, {
  'local-lipschitz': [
    { made: { x: [1, 1, 1], write: linear([[2, 2, 2]]) }, value: 2, why: 'twice the input is said' },
    { made: { ...three, method: 'gradient' }, value: 0, why: 'the gradient is the same everywhere' },
  ],
  'max-sensitivity': [
    {
      made: one,
      options: { samples: 2000, radius: 0.1 },
      value: 0.1,
      digits: 2,
      why: 'the farthest point of one number lies at the radius',
    },
    { made: { ...three, method: 'gradient' }, value: 0, why: 'the gradient is the same everywhere' },
  ],
  'avg-sensitivity': [
    { made: one, options: { samples: 4000, radius: 0.1 }, value: 0.05, digits: 2, why: 'points lie half the radius away on average' },
  ],
  continuity: [{ made: picture(spot), options: { shifts: 2 }, value: Math.SQRT2, why: 'two places change by one each: 2 / √2' }],
  'relative-input-stability': [{ made: three, value: 1, digits: 2, why: 'shares of a linear model change as the input does' }],
  'relative-representation-stability': [{ made: three, value: 1, digits: 2, why: 'what goes into the layer is the input' }],
  'relative-output-stability': [{ made: one, value: 1 / 6, digits: 3, why: '|δ/2| by |3δ|' }],
  'pointing-game': [
    { made: four, attribution: [4, 5, 3, 2], mask: inMiddle, value: 1, why: 'the largest is the second' },
    { made: four, attribution: [6, 5, 3, 2], mask: inMiddle, value: 0, why: 'the largest is the first' },
    {
      made: picture(spot),
      attribution: spot,
      mask: spot.map((_, i) => (i === 7 ? 1 : 0)),
      options: { tolerance: 2 },
      value: 1,
      why: 'two pixels away',
    },
    {
      made: picture(spot),
      attribution: spot,
      mask: spot.map((_, i) => (i === 7 ? 1 : 0)),
      options: { tolerance: 1.9 },
      value: 0,
      why: 'farther than 1.9 pixels',
    },
  ],
  'attribution-localisation': [
    { made: four, attribution: [1, 5, 2, -9], mask: inMiddle, value: 7 / 8, why: 'positive only' },
    { made: four, attribution: [1, 5, 2, 2], mask: inMiddle, options: { weighted: true }, value: 1.4, why: '0.7 on half of the parts' },
  ],
  'top-k-intersection': [
    { made: four, attribution: [4, 5, 3, 2], mask: inMiddle, options: { share: 0.5 }, value: 0.5, why: 'of the first two one' },
  ],
  'relevance-rank-accuracy': [{ made: four, attribution: [4, -5, 3, 2], mask: inMiddle, value: 0.5, why: 'of the two largest one' }],
  'relevance-mass-accuracy': [
    { made: four, attribution: [4, -5, 3, 2], mask: inMiddle, value: 34 / 54, why: 'squares' },
    { made: four, attribution: [4, -5, 3, 2], mask: inMiddle, options: { pool: 'sum-pos' }, value: 3 / 9, why: 'positive only' },
  ],
  'localisation-auc': [
    { made: four, attribution: [4, 5, 3, 2], mask: inMiddle, value: 0.75, why: 'three of four pairs' },
    { made: four, attribution: [1, 1, 1, 1], mask: inMiddle, value: 0.5, why: 'all tie' },
  ],
  'random-logit': [
    {
      made: {
        x: [1, 2, 3],
        write: linear([
          [1, 1, 1],
          [-1, -1, -1],
        ]),
      },
      value: -1,
      why: 'the other class has the same weights turned about',
    },
    {
      made: {
        x: [1, 2, 3],
        write: linear([
          [1, 1, 1],
          [-1, -1, -1],
        ]),
      },
      options: { sign: 'absolute' },
      value: 1,
      why: 'sizes are the same',
    },
  ],
  mprt: [{ made: evenly, value: 1, why: 'weights that are all the same stay so' }],
  'smooth-mprt': [{ made: evenly, value: 1, why: 'weights that are all the same stay so' }],
  'efficient-mprt': [{ made: evenly, value: 0, why: 'weights that are all the same stay so' }],
  completeness: [
    { made: three, value: 0, why: 'shares of a linear model' },
    { made: three, attribution: [2, 6, 4], value: 1, why: 'twice what there is' },
  ],
  'non-sensitivity': [
    { made: { x: [1, -1, 0.5], write: linear([[1, 0, 2]]) }, value: 0, why: 'the second counts nothing and is said to' },
    {
      made: { x: [1, -1, 0.5], write: linear([[1, 0, 2]]) },
      attribution: [1, 1, 0],
      value: 2,
      why: 'one is said to count and does not, one is said not to and does',
    },
  ],
  'input-invariance': [
    { made: { ...three, method: 'gradient' }, value: 0, why: 'the gradient is the same' },
    { made: three, value: 1, why: 'w (x + 1) - w x is w, and so is w x' },
  ],
} satisfies typeof known);

const score = { ...zero, number: 'score' };
const two: Made = { x: [1, 1], write: linear([[4, 1]]) };
/** The mean size of a standard normal number. */
const MEAN_SIZE = Math.sqrt(2 / Math.PI);
const draws = { samples: 20_000, number: 'score' };
const compared = { made: four, attribution: [3, -4, -2, 1], truth: [4, -3, 2, 1], options: { share: 0.5 } };

Object.assign(known, {
  insertion: [{ made: three, options: score, value: 11 / 3, why: '0, 3, 5, 6 by trapezoids over thirds' }],
  deletion: [{ made: three, options: score, value: 7 / 3, why: '6, 3, 1, 0 by trapezoids over thirds' }],
  morf: [{ made: three, options: zero, value: 7 / 3, why: '6, 3, 1, 0 by trapezoids over thirds' }],
  lerf: [{ made: three, options: zero, value: 11 / 3, why: '6, 5, 3, 0 by trapezoids over thirds' }],
  abpc: [{ made: three, options: zero, value: 4 / 3, why: '11/3 less 7/3' }],
  comprehensiveness: [
    { made: three, options: { ...score, percentages: '34 67 100' }, value: (0 + 3 + 5 + 6) / 4, why: 'drops of 0, 3, 5, 6' },
  ],
  'rationale-sufficiency': [
    { made: three, options: { ...score, percentages: '34 67 100' }, value: (0 + 3 + 1 + 0) / 4, why: 'drops of 0, 3, 1, 0' },
  ],
  'average-drop': [{ made: three, options: score, value: 1 / 3, why: 'under the map 0, 1, ½ the score is 4 of 6' }],
  'average-increase': [
    { made: { x: [1, 1], write: linear([[2, -1]]) }, options: score, value: 1, why: 'what speaks against is not seen' },
    { made: three, options: score, value: 0, why: '4 is less than 6' },
  ],
  'average-gain': [
    { made: { x: [1, 1], write: linear([[0.6, -0.2]]) }, options: score, value: 1 / 3, why: '0.2 of the 0.6 that 0.4 lacks' },
  ],
  adcc: [
    {
      made: three,
      options: score,
      value: 3 / (2 / (1 + 0.5 / Math.sqrt(0.5 * (14 / 27))) + 1 / 0.5 + 1 / (2 / 3)),
      why: 'maps 0, 1, ½ and 0, 1, ⅓ correlate by 0.98, half is seen, two thirds are kept',
    },
  ],
  'mu-fidelity': [{ made: three, options: { share: 0.34 }, value: 1, why: 'of a linear model the score loses what the parts count' }],
  pgi: [
    {
      made: { x: [1, 1], write: linear([[3, 1]]) },
      options: { ...draws, share: 0.5, noise: 0.1 },
      value: 0.3 * MEAN_SIZE,
      digits: 2,
      why: '3 moves by a tenth',
    },
  ],
  pgu: [
    {
      made: { x: [1, 1], write: linear([[3, 1]]) },
      options: { ...draws, share: 0.5, noise: 0.1 },
      value: 0.1 * MEAN_SIZE,
      digits: 2,
      why: '1 moves by a tenth',
    },
  ],
  'soft-ns': [
    { made: two, options: draws, value: 4.25 / 5, digits: 2, why: '4 stays, 1 in a quarter of draws' },
    { made: two, options: { ...draws, kept: 0.5 }, value: 3.4 / 5, digits: 2, why: '4 stays in 0.8 of draws, 1 in 0.2' },
  ],
  'soft-nc': [{ made: two, options: draws, value: 4.25 / 5, digits: 2, why: '4 goes, 1 in a quarter of draws' }],
  'feature-agreement': [{ ...compared, value: 1, why: 'both name the first two' }],
  'rank-agreement': [{ ...compared, value: 0, why: 'in another order' }],
  'sign-agreement': [
    { ...compared, value: 1, why: 'with the same signs' },
    { ...compared, options: { share: 0.75 }, value: 2 / 3, why: 'the third has another sign' },
  ],
  'signed-rank-agreement': [
    { ...compared, value: 0, why: 'in another order' },
    { ...compared, options: { share: 1 }, value: 1 / 4, why: 'the last is the same, the third has another sign' },
  ],
  'rank-correlation-agreement': [{ ...compared, value: 0.8, why: '1 - 6 · 2 / 60' }],
  'pairwise-rank-agreement': [{ ...compared, value: 5 / 6, why: 'one of six pairs differs' }],
} satisfies typeof known);

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
  insertion: { ...ranked, options: score },
  deletion: { ...ranked, options: score },
  morf: ranked,
  lerf: ranked,
  abpc: ranked,
  comprehensiveness: { ...ranked, options: score },
  'rationale-sufficiency': { ...ranked, options: score },
  'average-drop': { ...ranked, options: score },
  'mu-fidelity': ranked,
  pgi: ranked,
  pgu: ranked,
  'soft-ns': { ...ranked, options: { number: 'score', samples: 100 } },
  'soft-nc': { ...ranked, options: { number: 'score', samples: 100 } },
  'pointing-game': { made: four, truth: [0, 3, 2, 1], mask: inMiddle },
  'attribution-localisation': { made: four, truth: inMiddle, mask: inMiddle },
  'top-k-intersection': { made: four, truth: inMiddle, mask: inMiddle, options: { share: 0.5 } },
  'relevance-rank-accuracy': { made: four, truth: inMiddle, mask: inMiddle },
  'relevance-mass-accuracy': { made: four, truth: inMiddle, mask: inMiddle },
  'localisation-auc': { made: four, truth: inMiddle, mask: inMiddle },
  'non-sensitivity': { ...ranked, made: { ...many, x: WEIGHTS.map((_, i) => (i % 2 === 0 ? 1 : -1)) } },
  'mst-compactness': {
    made: { x: square.map(() => 1), dims: [1, 1, 8, 8], write: linear([square]) },
    truth: square,
    options: { share: 0.14 },
  },
};
