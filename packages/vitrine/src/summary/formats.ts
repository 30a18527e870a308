/** Formats of the file of all values. */
export const savedFormats = ['parquet', 'csv', 'jsonl'] as const;
export type SavedFormat = (typeof savedFormats)[number];
