import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What scikit-learn and scipy computed: `tools/analysis/golden.py`. */
const golden = (name: string): unknown =>
  JSON.parse(readFileSync(fileURLToPath(new URL(`../../../../golden/analysis/${name}.json`, import.meta.url)), 'utf8'));

export const classificationCases = (): readonly ClassificationCase[] =>
  (golden('classification') as { readonly cases: readonly ClassificationCase[] }).cases;
export const regressionCase = (): RegressionCase => golden('regression') as RegressionCase;

export interface ClassificationCase {
  readonly classes: readonly string[];
  readonly truth: readonly string[];
  readonly scores: { readonly [name: string]: readonly number[] };
  readonly expected: { readonly [metric: string]: number | readonly number[] };
  readonly confusion: readonly (readonly number[])[];
  readonly roc: readonly {
    readonly fpr: readonly number[];
    readonly tpr: readonly number[];
    readonly threshold: readonly (number | null)[];
  }[];
  readonly precisionRecall: readonly {
    readonly precision: readonly number[];
    readonly recall: readonly number[];
    readonly threshold: readonly number[];
  }[];
  readonly rocMacro: { readonly fpr: readonly number[]; readonly tpr: readonly number[] };
  readonly bcaOfF1Macro: readonly [number, number];
}

export interface RegressionCase {
  readonly truth: readonly number[];
  readonly predicted: readonly number[];
  readonly expected: { readonly [metric: string]: number };
  readonly residualQuantiles: readonly number[];
  readonly bcaOfMae: readonly [number, number];
}

export interface TableCase {
  readonly columns: { readonly [name: string]: readonly number[] };
  readonly letters: readonly string[];
  readonly label: readonly string[];
  readonly correlations: readonly {
    readonly a: string;
    readonly b: string;
    readonly pearson: readonly [number, number];
    readonly spearman: readonly [number, number];
    readonly kendall: readonly [number, number];
  }[];
  readonly chiSquare: { readonly statistic: number; readonly degrees: number; readonly p: number; readonly cramersV: number };
  readonly correlationRatio: { readonly value: number; readonly p: number };
  readonly information: { readonly lettersLabel: number; readonly xLabel: number; readonly squareX: number; readonly lettersX: number };
  readonly noncentral: {
    readonly chiSquare: readonly (readonly [number, number, number, number])[];
    readonly f: readonly (readonly [number, number, number, number, number])[];
  };
  readonly digamma: readonly (readonly [number, number])[];
}

export const tableCase = (): TableCase => golden('table') as TableCase;
