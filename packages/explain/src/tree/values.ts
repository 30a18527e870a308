import { ExplainError } from '../error.js';
import { passing, type Forest } from './forest.js';
import { fillDiagonals, interventionalPairs, pathDependentPairs } from './interactions.js';
import { interventional, mean } from './interventional.js';
import { expectation, pathDependent } from './pathDependent.js';

/** How the value of a set of features is defined: absent ones follow the covers of the nodes, or have the values of background rows. */
export const perturbations = ['path-dependent', 'interventional'] as const;
export type Perturbation = (typeof perturbations)[number];

/** Trees that add up to the explained number, less `base`. */
export interface Trees {
  readonly forests: readonly Forest[];
  readonly base: number;
  /** Who owns each column that the trees look at: features that are one to people share their values. [columns] */
  readonly players: Int32Array;
  readonly count: number;
}

export interface TreeValues {
  /** [R, players], or [R, players, players] of interactions. */
  readonly values: Float64Array;
  /** What the explained number is where no feature is known. */
  readonly expected: number;
}

export interface TreeQuestion {
  readonly perturbation: Perturbation;
  /** Rows of [columns]: what interventional values compare with; for path-dependent ones, what covers are counted on. */
  readonly background?: readonly Float64Array[] | undefined;
  readonly interactions?: boolean;
}

const NO_COVER =
  'the trees do not say how many examples passed each node (nodes_hitrates), which path-dependent values need: give background rows, as background=FILE.npy';
const NO_ROWS = 'interventional values compare with background rows: give some, as background=FILE.npy';

/** Shapley values of rows of [columns]. @throws ExplainError 'bad-option' where covers or background rows are missing */
export function treeValues({ forests, base, players, count }: Trees, rows: readonly Float64Array[], question: TreeQuestion): TreeValues {
  const { perturbation, background, interactions = false } = question;
  const values = new Float64Array(rows.length * count);
  const pairs = new Float64Array(interactions ? rows.length * count * count : 0);
  let expected = base;
  for (const forest of forests) {
    if (perturbation === 'path-dependent') {
      const cover = background === undefined ? (forest.cover ?? missing(NO_COVER)) : passing(forest, background);
      pathDependent(forest, cover, players, count, rows, values);
      if (interactions) pathDependentPairs(forest, cover, players, count, rows, pairs);
      expected += expectation(forest, cover);
    } else {
      const others = background ?? missing(NO_ROWS);
      interventional(forest, players, count, rows, others, values);
      if (interactions) interventionalPairs(forest, players, count, rows, others, pairs);
      expected += mean(forest, others);
    }
  }
  if (interactions) fillDiagonals(pairs, values, count);
  return { values: interactions ? pairs : values, expected };
}

function missing(why: string): never {
  throw new ExplainError('bad-option', why);
}
