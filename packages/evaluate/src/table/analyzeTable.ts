import { isOpaque, rowCount, type Column } from '../column/column.js';
import type { Minimum } from '../estimate.js';
import { associations, type Associations } from './association/associations.js';
import { duplicates, type Duplicates } from './duplicates.js';
import { imbalance, type Imbalance } from './imbalance.js';
import { chiSquareTests, type ChiSquareOfLabel } from './labelTests.js';
import { suspectedLeaks, type LeakageOptions, type Suspect } from './leakage.js';
import { mutualInformation, type Information } from './mutualInformation.js';
import { summarize, type Summary } from './summary.js';

export interface TableAnalysis {
  readonly rows: number;
  readonly columns: readonly Summary[];
  readonly duplicates: Duplicates;
  readonly associations: Associations;
  /** Of a label, where there is one. */
  readonly imbalance?: Imbalance;
  readonly information?: readonly Information[];
  readonly chiSquare?: readonly ChiSquareOfLabel[];
  readonly suspects?: readonly Suspect[];
}

export interface TableOptions {
  readonly z?: number;
  readonly seed?: number;
  readonly minimum?: Partial<Minimum>;
  readonly label?: Column | undefined;
  /** Columns whose groups the label is counted by, alone or crossed. */
  readonly by?: readonly (readonly string[])[];
  readonly bins?: number;
  readonly permutations?: number;
  readonly leakage?: LeakageOptions;
}

/** What a table holds: its columns, how they go together, and what they tell of the label. */
export function analyzeTable(columns: readonly Column[], options: TableOptions = {}): TableAnalysis {
  const { label, by = [], minimum, ...common } = options;
  const limits = minimum?.rows === undefined ? common : { ...common, minimumRows: minimum.rows };
  const features = columns.filter(({ name }) => name !== label?.name);
  // What is different in every row makes no groups; it may be a leak all the same.
  const telling = features.filter((column) => !isOpaque(column));
  const [first] = columns;
  const about = label !== undefined && {
    imbalance: imbalance(columns, label, by, common),
    information: mutualInformation(telling, label, limits),
    chiSquare: chiSquareTests(telling, label, limits),
    suspects: suspectedLeaks(features, label, { ...options.leakage, ...(options.seed !== undefined && { seed: options.seed }) }),
  };
  return {
    rows: first === undefined ? 0 : rowCount(first),
    columns: columns.map((column) => summarize(column, options.z)),
    duplicates: duplicates(columns, label?.name),
    associations: associations(
      columns.filter((column) => !isOpaque(column)),
      limits,
    ),
    ...about,
  };
}
