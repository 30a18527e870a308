import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { summaryRecord, type SummaryRecord } from '@vitrine/audit';
import { writeTable, type WrittenRow, type WrittenTable } from '@vitrine/data/node';
import { actor } from '../actor.js';
import type { LoadedModel } from '../model.js';
import { unwritable, writeWhole } from '../save.js';
import { VERSION } from '../version.js';
import { fileDigest } from './digest.js';
import type { Journal, Outcome } from './journal.js';
import type { Collecting, Summarized, SummaryFeature } from './summary.js';

/** Formats of the file of all values. */
export const savedFormats = ['parquet', 'csv', 'jsonl'] as const;
export type SavedFormat = (typeof savedFormats)[number];

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
  const files: string[] = [];
  const write = async (name: string, table: WrittenTable, as: SavedFormat): Promise<void> => {
    const file = path.join(folder!, name);
    const part = `${file}.part`;
    try {
      await mkdir(folder!, { recursive: true });
      await writeTable(part, table, as);
      await rename(part, file);
    } catch (cause) {
      await rm(part, { force: true }).catch(() => undefined);
      throw unwritable(file, cause);
    }
    files.push(file);
  };
  if (folder === undefined) for await (const outcome of book.read()) collecting.add(outcome);
  else
    await write(
      `${method}.values.${format}`,
      valuesTable(book, (outcome) => collecting.add(outcome)),
      format,
    );
  const summarized = collecting.done();
  const runtime = await model.runtime();
  if (folder !== undefined) {
    await write(`${method}.summary.csv`, summaryTable(summarized.features), 'csv');
    const json = path.join(folder, `${method}.summary.json`);
    await writeWhole(json, `${JSON.stringify({ ...summarized, shown: undefined, failures: undefined }, null, 2)}\n`);
    files.push(json);
  }
  const record = await summaryRecord({
    ...about,
    createdAt: new Date().toISOString(),
    actor: actor(),
    toolVersion: VERSION,
    modelDigest: model.subject.digest,
    modelName: model.subject.name,
    environment: {
      platform: `${process.platform}-${process.arch}`,
      node: process.version,
      [runtime.name]: runtime.version,
      device: runtime.device,
      threads: runtime.threads,
    },
    counts: { all, asked, explained: summarized.explained, failed: summarized.failed },
    files: Object.fromEntries(await Promise.all(files.map(async (file) => [path.basename(file), await fileDigest(file)] as const))),
  });
  if (folder !== undefined) {
    const file = path.join(folder, `${method}.json`);
    await writeWhole(file, `${JSON.stringify(record, null, 2)}\n`);
    files.push(file);
  }
  return { files, record, summarized };
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
