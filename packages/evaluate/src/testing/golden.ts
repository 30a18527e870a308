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
