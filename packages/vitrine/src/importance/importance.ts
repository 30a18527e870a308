import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { summaryRecord, type SummaryRecord } from '@vitrine/audit';
import type { WrittenRow, WrittenTable } from '@vitrine/data/node';
import { optionsFor } from '@vitrine/explain';
import { RuntimeError } from '@vitrine/runtime';
import type { Question } from '../asked.js';
import type { LoadedModel } from '../model.js';
import { numbersIn, prepared } from '../summary/prepared.js';
import { counted, type Source, type Wanted } from '../summary/source.js';
import { recordParts, saving } from '../summary/saving.js';
import { tableSource } from '../summary/tableSource.js';
import type { TableGiven } from '../table/given.js';
import { importanceOptions, PERMUTATION_IMPORTANCE } from './name.js';
import { judgements } from './judgements.js';
import { permutationImportance, type FeatureImportance, type ImportanceFound } from './permutationImportance.js';

export interface ImportanceQuestion {
  /** By what predictions are judged: the usual one of the task unless given. */
  readonly options?: { readonly [name: string]: unknown } | undefined;
  /** The number that is explained where the table does not say what is true. */
  readonly target?: string | undefined;
  readonly seed?: number;
  readonly sample?: number | undefined;
  readonly limits?: Question['limits'];
  /** A folder for the results. What is done is kept there, and a run that was stopped goes on from there. */
  readonly save?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of rounds over the rows that are done, and of all. */
  readonly progress?: ((done: number, of: number) => void) | undefined;
  readonly failed?: ((number: number, message: string) => void) | undefined;
}

/** What features are worth to predictions. */
export interface ImportanceSummary extends ImportanceFound {
  readonly method: typeof PERMUTATION_IMPORTANCE;
  readonly all: number;
  readonly asked: number;
  /** Rounds that were there from a run before. */
  readonly resumed: number;
  readonly files: readonly string[];
  readonly record: SummaryRecord;
}

/**
 * Permutation importance over the rows of a table: how much worse a model predicts when a feature is permuted among rows; where nothing tells what is true, how far its predictions
 * move. @throws DataError, ExplainError; RuntimeError 'cancelled'
 */
export async function importance(
  model: LoadedModel,
  { rows, row, ...table }: TableGiven,
  given: ImportanceQuestion = {},
): Promise<ImportanceSummary> {
  const source = tableSource(model, table, given.limits, undefined);
  try {
    return await importanceFrom(model, source, numbersIn(row === undefined ? rows : [[row, row]]), given);
  } finally {
    await source.close?.();
  }
}

async function importanceFrom(model: LoadedModel, source: Source, chosen: Wanted, given: ImportanceQuestion): Promise<ImportanceSummary> {
  const { save, signal, progress, failed, ...question } = given;
  const options = optionsFor(PERMUTATION_IMPORTANCE, importanceOptions, given.options ?? {});
  const { seed = 0, target, limits } = question;
  const ready = await prepared(model, source, chosen, {
    ...question,
    method: PERMUTATION_IMPORTANCE,
    options,
    seed,
  });
  const { all, asked, wanted, dataDigest, plain, digest } = ready;
  const scratch = save === undefined ? await mkdtemp(path.join(os.tmpdir(), 'vitrine-importance-')) : undefined;
  try {
    const book = await judgements(path.join(save ?? scratch!, `.${PERMUTATION_IMPORTANCE}.unfinished`), digest);
    let rounds = { done: 0, of: 0 };
    const found = await permutationImportance(
      model,
      source.items(wanted, 0),
      {
        options,
        target,
        seed,
        limits,
        signal,
        failed,
        progress(done, of) {
          rounds = { done, of };
          progress?.(done, of);
        },
      },
      book,
    ).catch((cause: unknown) => {
      if (!(cause instanceof RuntimeError) || cause.code !== 'cancelled') throw cause;
      const next = save === undefined ? 'nothing is kept without --save' : 'they are kept, and the same command goes on from there';
      throw new RuntimeError(
        'cancelled',
        rounds.of === 0 ? 'cancelled while rows were read' : `cancelled after ${rounds.done} of ${counted(rounds.of, 'round')}: ${next}`,
      );
    });
    const folder = saving(save);
    await folder.table(`${PERMUTATION_IMPORTANCE}.summary.csv`, { columns: Object.keys(COLUMNS), rows: found.features.map(rowOf) }, 'csv');
    await folder.table(`${PERMUTATION_IMPORTANCE}.repeats.csv`, repeatsTable(found.features), 'csv');
    await folder.json(`${PERMUTATION_IMPORTANCE}.summary.json`, found);
    const record = await summaryRecord({
      ...(await recordParts(model, folder.files)),
      method: PERMUTATION_IMPORTANCE,
      question: plain,
      dataDigest,
      dataName: path.basename(source.name),
      seed,
      counts: { all, asked, explained: found.rows, failed: found.failed },
    });
    await folder.json(`${PERMUTATION_IMPORTANCE}.json`, record);
    await book.remove();
    return { ...found, method: PERMUTATION_IMPORTANCE, all, asked, resumed: book.done, files: folder.files, record };
  } finally {
    if (scratch !== undefined) await rm(scratch, { recursive: true, force: true });
  }
}

const COLUMNS: { readonly [column: string]: (feature: FeatureImportance) => WrittenRow[number] } = {
  place: ({ place }) => place,
  feature: ({ name }) => name,
  label: ({ label }) => label,
  unit: ({ unit }) => unit,
  features: ({ features }) => features.join('; '),
  importance: (feature) => feature.importance,
  standard_error: ({ standardError }) => standardError,
  low: ({ low }) => low,
  high: ({ high }) => high,
  repeat_error: ({ repeatError }) => repeatError,
  ratio: ({ ratio }) => ratio,
  certainty: ({ certainty }) => certainty,
  constant: ({ constant }) => constant,
};

const rowOf = (feature: FeatureImportance): WrittenRow => Object.values(COLUMNS).map((of) => of(feature));

const repeatsTable = (features: readonly FeatureImportance[]): WrittenTable => ({
  columns: ['feature', 'repeat', 'importance'],
  rows: features.flatMap(({ name, repeats }) => repeats.map((value, repeat): WrittenRow => [name, repeat, value])),
});
