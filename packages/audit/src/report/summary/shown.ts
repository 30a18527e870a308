/** One feature over all rows. `mean` and `meanAbs` are of its attributions; `low` and `high` bound `meanAbs` at 95 %. */
export interface FeatureSummary {
  readonly name: string;
  readonly unit?: string;
  readonly mean: number;
  readonly meanAbs: number;
  readonly low: number;
  readonly high: number;
}

/** One explained row. `values` holds the attribution of each feature, `features` what the row had there, both in the order of the summary's features. */
export interface SummaryRow {
  readonly id: string;
  readonly prediction: number;
  readonly base: number;
  readonly values: Float64Array;
  readonly features: readonly (number | string | null)[];
}

/** Explanations of many rows as a report shows them: features in the user's terms, the most important first. */
export interface SummaryShown {
  readonly features: readonly FeatureSummary[];
  readonly rows: readonly SummaryRow[];
}
