import { summaryRecord, type SummaryRecord } from '@vitrine/audit';
import type { WrittenRow, WrittenTable } from '@vitrine/data/node';
import type { LoadedModel } from '../model.js';
import type { SavedFormat } from './formats.js';
import type { Journal, Outcome } from './journal.js';
import { recordParts, saving } from './saving.js';
import type { Collecting, Summarized, SummaryFeature } from './summary.js';

interface About extends Pick<SummaryRecord, 'question' | 'dataDigest' | 'dataName' | 'seed' | 'method'> {
  readonly model: LoadedModel;
  readonly all: number;
  readonly asked: number;
}

/** Reads a journal once: into the file of all values, where there is a folder for it, and into the summary. @throws DataError naming the folder */
export async function written(
  book: Pick<Journal, 'read'>,
  collecting: Collecting,
  folder: string | undefined,
  format: SavedFormat,
  { model, all, asked, ...about }: About,
): Promise<{ readonly files: readonly string[]; readonly record: SummaryRecord; readonly summarized: Summarized }> {
  const { method } = about;
  const saved = saving(folder);
  if (folder === undefined) for await (const outcome of book.read()) collecting.add(outcome);
  else
    await saved.table(
      `${method}.values.${format}`,
      valuesTable(book, (outcome) => collecting.add(outcome)),
      format,
    );
  const summarized = collecting.done();
  await saved.table(`${method}.summary.csv`, summaryTable(summarized.features), 'csv');
  await saved.json(`${method}.summary.json`, { ...summarized, shown: undefined, failures: undefined });
  const counts = { all, asked, explained: summarized.explained, failed: summarized.failed };
  const record = await summaryRecord({ ...about, ...(await recordParts(model, saved.files)), counts });
  await saved.json(`${method}.json`, record);
  return { files: saved.files, record, summarized };
}

const VALUES = {
  row: 'number',
  source: 'text',
  feature: 'text',
  value: 'text',
  number: 'number',
  attribution: 'number',
  standard_error: 'number',
  prediction: 'number',
  base: 'number',
  target: 'text',
  predicted: 'text',
  failure: 'text',
} as const;

/** A line for each example and feature; one for an example that failed, with its sentence. */
function valuesTable({ read }: Pick<Journal, 'read'>, seen: (outcome: Outcome) => void): WrittenTable {
  async function* rows(): AsyncGenerator<WrittenRow, undefined> {
    for await (const outcome of read()) {
      seen(outcome);
      const { number, source, failure, explained } = outcome;
      if (explained === undefined) yield [number, source, ...Array.from({ length: 9 }, () => null), failure];
      else
        for (const { name, value, attribution, standardError } of explained.values)
          yield [
            number,
            source,
            name,
            value === null ? null : String(value),
            typeof value === 'number' ? value : null,
            attribution,
            standardError,
            explained.score,
            explained.base,
            explained.target,
            explained.predicted,
            null,
          ];
    }
    return undefined;
  }
  return { columns: Object.keys(VALUES), kinds: Object.values(VALUES), rows: rows() };
}

const SUMMARY: { readonly [column: string]: (feature: SummaryFeature) => WrittenRow[number] } = {
  place: ({ place }) => place,
  feature: ({ name }) => name,
  label: ({ label }) => label,
  unit: ({ unit }) => unit,
  rows: ({ rows }) => rows,
  mean_abs: ({ meanAbs }) => meanAbs,
  standard_error: ({ standardError }) => standardError,
  low: ({ low }) => low,
  high: ({ high }) => high,
  mean: ({ mean }) => mean,
  mean_error: ({ meanError }) => meanError,
  positive: ({ positive }) => positive,
  certainty: ({ certainty }) => certainty,
};

const summaryTable = (features: readonly SummaryFeature[]): WrittenTable => ({
  columns: Object.keys(SUMMARY),
  rows: features.map((feature) => Object.values(SUMMARY).map((of) => of(feature))),
});
