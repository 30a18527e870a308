import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { SummaryRecord } from '@vitrine/audit';
import { ExplainError } from '@vitrine/explain';
import { RuntimeError } from '@vitrine/runtime';
import type { Question } from '../asked.js';
import type { TextsGiven } from '../each.js';
import type { InputsGiven } from '../given.js';
import type { LoadedModel } from '../model.js';
import { comparing, settled, type Background, type Comparing } from '../table/background.js';
import { isTableGiven, type TableGiven } from '../table/given.js';
import type { Telling } from '../told.js';
import { folderSource, inputSource, textSource } from './exampleSources.js';
import { journal, type Journal } from './journal.js';
import { outcomesOf } from './outcomes.js';
import { numbersIn, prepared } from './prepared.js';
import { counted, type Source, type Wanted } from './source.js';
import { collecting, type Summarized } from './summary.js';
import { tableSource } from './tableSource.js';
import type { SavedFormat } from './formats.js';
import { written } from './written.js';

/** A question that is asked about every example. */
export interface SummaryQuestion extends Omit<Question, 'several' | 'signal' | 'progress'> {
  /** How many examples, drawn by seed; all unless given. */
  readonly sample?: number | undefined;
  /** A folder for the results. What is done is kept there, and a run that was stopped goes on from there. */
  readonly save?: string | undefined;
  /** Of the file of all values. */
  readonly format?: SavedFormat | undefined;
  /** How text is told. */
  readonly telling?: Telling | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of examples that are done, and of all. */
  readonly progress?: ((done: number, of: number) => void) | undefined;
  /** Called with each example that fails. */
  readonly failed?: ((number: number, message: string) => void) | undefined;
}

/** What explanations of many examples say together. */
export interface Summary extends Summarized {
  readonly method: string;
  /** What one example is: a row, a text. */
  readonly noun: string;
  /** How many there are, and how many were asked about. */
  readonly all: number;
  readonly asked: number;
  /** How many were there from a run before. */
  readonly resumed: number;
  /** That were written. */
  readonly files: readonly string[];
  readonly record: SummaryRecord;
}

/** Examples of one kind: rows of a table, texts of a file, pictures of a folder, or series and arrays as inputs have them. */
export type ManyGiven = TableGiven | ({ readonly texts: string } & Omit<TextsGiven, 'texts'>) | { readonly folder: string } | InputsGiven;

/**
 * Explains every example of a data set and says what they have in common. With `save`, what is done is kept as it comes: a run that was stopped goes on
 * there, and ends in the same bytes as one that was not. @throws DataError, ExplainError; RuntimeError 'cancelled'
 */
export async function summarize(model: LoadedModel, given: ManyGiven, question: SummaryQuestion): Promise<Summary> {
  const { limits } = question;
  if (isTableGiven(model, given)) {
    const { rows, row, ...table } = given;
    const chosen = numbersIn(row === undefined ? rows : [[row, row]]);
    const many = { batch: ROWS_AT_ONCE, ...limits };
    return summarizeEach(model, (compare) => tableSource(model, table, many, compare), chosen, { ...question, limits: many });
  }
  return summarizeEach(model, () => sourceOf(model, given, limits), undefined, question);
}

/** Where examples come from, and which of them are meant. */
export async function sourced(
  model: LoadedModel,
  given: ManyGiven,
  limits: Question['limits'],
): Promise<{ readonly source: Source; readonly chosen: Wanted }> {
  if (!isTableGiven(model, given)) return { source: await sourceOf(model, given, limits), chosen: undefined };
  const { rows, row, ...table } = given;
  return { source: tableSource(model, table, limits, undefined), chosen: numbersIn(row === undefined ? rows : [[row, row]]) };
}

/** Coalitions of rows that are scored in one run, unless said otherwise. */
const ROWS_AT_ONCE = 512;

function sourceOf(model: LoadedModel, given: Exclude<ManyGiven, TableGiven>, limits: Question['limits']): Source | Promise<Source> {
  if (isOf(given, 'texts')) {
    const { texts, ...beside } = given;
    return textSource(model, texts, beside, limits);
  }
  return isOf(given, 'folder') ? folderSource(model, given.folder, limits) : inputSource(model, given, limits);
}

const isOf = <K extends 'texts' | 'folder'>(given: ManyGiven, key: K): given is Extract<ManyGiven, { readonly [k in K]: string }> =>
  typeof given === 'object' && key in given && typeof (given as { readonly [name: string]: unknown })[key] === 'string';

/** Where examples come from; what rows are compared with is the same for all of them. */
type Sourcing = (compare: Comparing | undefined) => Source | Promise<Source>;

/** Examples after which a question that none was spared is given up. */
const PATIENCE = 20;

/**
 * Explains every example, one after the other, and says what they have in common. The same model, data and question give the same bytes, whether or not
 * the run was stopped on the way. @throws DataError, ExplainError; RuntimeError 'cancelled'
 */
async function summarizeEach(
  model: LoadedModel,
  sourcing: Sourcing,
  /** Of the examples, those that are meant: numbers, rising. */
  chosen: Wanted,
  given: SummaryQuestion,
): Promise<Summary> {
  const { method, seed = 0 } = given;
  const background = given.background === undefined ? undefined : settled(given.background, method);
  const compare = background && comparing(model, background, seed);
  const source = await sourcing(compare);
  try {
    return await summarizeFrom(model, source, chosen, { ...given, background }, compare);
  } finally {
    await source.close?.();
  }
}

async function summarizeFrom(
  model: LoadedModel,
  source: Source,
  chosen: Wanted,
  given: SummaryQuestion & { readonly background: Background | undefined },
  compare: Comparing | undefined,
): Promise<Summary> {
  const { sample, save, format = 'parquet', telling = {}, signal, progress, failed, ...question } = given;
  const { method, seed = 0 } = question;
  const ready = await prepared(model, source, chosen, { ...question, sample, telling });
  const { all, asked, wanted, dataDigest, plain, digest } = ready;
  const scratch = save === undefined ? await mkdtemp(path.join(os.tmpdir(), 'vitrine-summary-')) : undefined;
  const book = await journal(path.join(save ?? scratch!, `.${method}.unfinished`), digest);
  try {
    const resumed = book.done;
    await fill(book, source, { asked, save, signal, progress, failed }, (from) =>
      outcomesOf(source.items(wanted, from), { model, question, telling, compare, signal }),
    );
    const collected = collecting(seed);
    const common = { method, noun: source.noun, all, asked, resumed };
    const { files, record, summarized } = await written(book, collected, save, format, {
      model,
      question: plain,
      dataDigest,
      dataName: path.basename(source.name),
      seed,
      method,
      all,
      asked,
    });
    await book.remove();
    return { ...common, ...summarized, files, record };
  } catch (cause) {
    await book.close().catch(() => undefined);
    throw cause;
  } finally {
    if (scratch !== undefined) await rm(scratch, { recursive: true, force: true });
  }
}

interface Filling extends Pick<SummaryQuestion, 'save' | 'signal' | 'progress' | 'failed'> {
  readonly asked: number;
}

/** Explains what is not in the journal yet. */
async function fill(
  book: Journal,
  { noun }: Source,
  { asked, save, signal, progress, failed }: Filling,
  outcomes: (from: number) => ReturnType<typeof outcomesOf>,
): Promise<void> {
  let [done, answered] = [book.done, book.done > 0];
  const messages = new Set<string>();
  // What none is spared is told once.
  let waiting: [number: number, message: string][] = [];
  const tell = (): void => {
    for (const [number, message] of waiting) failed?.(number, message);
    waiting = [];
  };
  try {
    progress?.(done, asked);
    if (done >= asked) return;
    for await (const group of outcomes(done)) {
      await book.add(group);
      done += group.length;
      for (const { number, failure } of group) {
        answered ||= failure === undefined;
        if (failure === undefined) continue;
        messages.add(failure);
        waiting.push([number, failure]);
      }
      if (answered) tell();
      if (!answered && messages.size === 1 && done >= Math.min(asked, PATIENCE) && done > 1)
        throw new ExplainError('bad-input', [...messages][0]!);
      progress?.(done, asked);
      if (signal?.aborted) throw new RuntimeError('cancelled', 'cancelled');
    }
    tell();
  } catch (cause) {
    if (!(cause instanceof RuntimeError) || cause.code !== 'cancelled') throw cause;
    const next = save === undefined ? 'nothing is kept without --save' : 'they are kept, and the same command goes on from there';
    throw new RuntimeError('cancelled', `cancelled after ${done} of ${counted(asked, noun)}: ${next}`);
  }
  if (!answered) throw new ExplainError('bad-input', `all ${counted(done, noun)} failed: ${[...messages][0]!}`);
}
