import { random } from '@vitrine/data';
import { type CategoryColumn, type Column } from '../column/column.js';
import { binned, frequent } from '../column/grouped.js';
import { MINIMUM } from '../estimate.js';
import { holm } from '../statistics/holm.js';
import { Z_95 } from '../statistics/interval.js';
import { chiSquare, contingency, cramersV, cramersVInterval } from './contingency.js';
import { permutationPValue, shuffled } from './sampled.js';

/** Whether a column and the label go together by more than chance. */
export interface ChiSquareOfLabel {
  readonly column: string;
  readonly statistic: number;
  readonly degrees: number;
  readonly p: number;
  readonly holm: number;
  /** How the p-value was found: by permutation where cells are too sparse for the chi-square distribution. */
  readonly by: 'chi-square' | 'permutation';
  /** Cramér's V, corrected, with its interval. */
  readonly effect: number;
  readonly low: number;
  readonly high: number;
  readonly rows: number;
}

/** Numbers are cut into this many bins of as many rows each. */
export const TEST_BINS = 10;
const MOST_CATEGORIES = 50;
const PERMUTATIONS = 999;
/** More sparse cells than these, and the chi-square distribution does not hold. Cochran 1954. */
const MOST_SPARSE = 0.2;

/** Of each column with the label; columns that are constant or have too few rows are left out. */
export function chiSquareTests(
  columns: readonly Column[],
  label: Column,
  options: { readonly z?: number; readonly seed?: number; readonly minimumRows?: number } = {},
): readonly ChiSquareOfLabel[] {
  const { z = Z_95, seed = 0, minimumRows = MINIMUM.rows } = options;
  const classes = inGroups(label);
  const found = columns.flatMap((column): readonly Omit<ChiSquareOfLabel, 'holm'>[] => {
    const groups = inGroups(column);
    const table = contingency(groups, classes);
    const { statistic, degrees, p, sparse } = chiSquare(table);
    if (degrees <= 0 || table.all < minimumRows) return [];
    const uniform = random(seed, `chi-square ${column.name}`);
    const permuted = (): number => chiSquare(contingency(groups, { ...classes, codes: shuffled(classes.codes, uniform) })).statistic;
    const byPermutation = sparse > MOST_SPARSE;
    return [
      {
        column: column.name,
        statistic,
        degrees,
        p: byPermutation ? permutationPValue(statistic, PERMUTATIONS, permuted).p : p,
        by: byPermutation ? 'permutation' : 'chi-square',
        effect: cramersV(table),
        ...cramersVInterval(table, z),
        rows: table.all,
      },
    ];
  });
  const adjusted = holm(found.map(({ p }) => p));
  return found.map((each, i) => ({ ...each, holm: adjusted[i]! }));
}

const inGroups = (column: Column): CategoryColumn =>
  column.kind === 'number' ? binned(column, TEST_BINS) : frequent(column, MOST_CATEGORIES);
