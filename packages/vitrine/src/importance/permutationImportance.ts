import { random } from '@vitrine/data';
import { importanceOf, judgedBy, placesOf, type Importance, type MetricJudged } from '@vitrine/evaluate';
import { blockRunner, checkedFeeds, ExplainError, type Example } from '@vitrine/explain';
import { VitrineError } from '@vitrine/ir';
import { RuntimeError } from '@vitrine/runtime';
import type { LoadedModel } from '../model.js';
import type { Item } from '../summary/source.js';
import type { ReadRow } from '../table/row.js';
import { encodedRows, type EncodedRows, type Numbers } from './encodedRows.js';
import { permutedOf, type Permuted } from './groups.js';
import { judgingOf, movingOf, type Judging, type Scores } from './judging.js';
import type { Judgements } from './judgements.js';
import { PERMUTATION_IMPORTANCE } from './name.js';
import { scoring } from './scoring.js';
import { targeted } from './targeted.js';

/** What one feature, or a group, is worth. */
export interface FeatureImportance extends Omit<Permuted, 'columns'>, Omit<Importance, 'leftOut'> {
  readonly place: number;
  readonly certainty: number;
  /** The same in all rows: there is nothing to permute. */
  readonly constant: boolean;
}

export interface ImportanceFound {
  readonly metric: string;
  /** Of the predictions as they are. */
  readonly base: number;
  readonly rows: number;
  readonly failed: number;
  /** Rows that do not say what is true. */
  readonly unlabelled: number;
  readonly features: readonly FeatureImportance[];
  readonly notes: readonly string[];
}

export interface ImportanceAsked {
  readonly options: { readonly metric: string; readonly repeats: number; readonly positive: string };
  readonly target: string | undefined;
  readonly seed: number;
  readonly limits: { readonly memoryBytes?: number; readonly batch?: number } | undefined;
  readonly signal: AbortSignal | undefined;
  readonly progress: ((done: number, of: number) => void) | undefined;
  readonly failed: ((number: number, message: string) => void) | undefined;
}

/** Rows of one run, where there is room. */
const BLOCK = 4096;

/**
 * How much worse a model predicts when a feature is permuted among rows, so that it says nothing. Rows lie on the disk as the model reads them; in memory are one block of them, the
 * columns that are permuted, an order of rows, and scores. @throws DataError, ExplainError; RuntimeError 'cancelled'
 */
export async function permutationImportance(
  model: LoadedModel,
  items: AsyncIterable<Item>,
  asked: ImportanceAsked,
  /** What was judged by a run before. */
  book: Judgements,
): Promise<ImportanceFound> {
  const { options, seed, signal, progress } = asked;
  const kept = await keptRows(model, items, asked);
  try {
    const runner = blockRunner(kept.example, await model.runtime(), asked.limits ?? {}, BLOCK);
    const permuted = permutedOf(kept.row, kept.rows);
    const total = 1 + permuted.length * options.repeats;
    let done = 0;
    const step = (): void => {
      progress?.(++done, total);
      if (signal?.aborted) throw new RuntimeError('cancelled', 'cancelled');
    };
    const scoresOf = scoring(runner, kept.rows, signal);
    const base = await scoresOf();
    const judging = judgingFor(model, base, kept, asked);
    const before = judging.outcome(base);
    const judged = judgedBy(before, judging.metric, judging.k);
    if (Number.isNaN(judged.value))
      throw new ExplainError('bad-input', `${judging.metric.name} is not defined here: ${judging.metric.undefinedWhere}`);
    step();
    const found: { readonly one: Permuted; readonly importance: Importance; readonly constant: boolean }[] = [];
    for (const one of permuted) {
      const values = await kept.rows.columns(one.columns);
      const constant = isConstant(values, one.columns.length);
      const judgements: MetricJudged[] = [];
      for (let repeat = 0; repeat < options.repeats; repeat++) {
        const judgement = constant
          ? { ...judged, withoutDonors: judged.leftOut.map(() => 0) }
          : (book.known(one.name, repeat) ?? (await judge(one, values, repeat)));
        judgements.push(judgement);
        step();
      }
      found.push({ one, constant, importance: importanceOf(judged, judgements, judging.metric.better) });
    }
    async function judge(one: Permuted, values: Numbers, repeat: number): Promise<MetricJudged> {
      const order = permutationOf(kept.rows.count(), random(seed, `permutation ${repeat} of ${one.name}`));
      const scores = await scoresOf({ columns: one.columns, values, order });
      const judgement = judgedBy(judging.outcome(scores), judging.metric, judging.k, { donors: order, before });
      await book.add(one.name, repeat, judgement);
      return judgement;
    }
    const places = placesOf(
      found.map(({ importance }) => importance),
      seed,
    );
    const features = found
      .map(({ one, importance, constant }, i): FeatureImportance => {
        const { columns: _, ...named } = one;
        const { leftOut: __, ...told } = importance;
        return { ...named, ...told, ...places[i]!, constant };
      })
      .toSorted((a, b) => a.place - b.place);
    return {
      metric: judging.metric.name,
      base: judged.value,
      rows: kept.rows.count(),
      failed: kept.failed,
      unlabelled: kept.unlabelled,
      features,
      notes: judging.notes,
    };
  } finally {
    await kept.rows.close();
  }
}

/** Rows on the disk, and what is true of each. */
interface Kept {
  readonly rows: EncodedRows;
  /** One of them. */
  readonly row: ReadRow;
  readonly example: Example;
  /** In the order of the rows; none where the table does not say it. */
  readonly truths: readonly string[];
  readonly failed: number;
  readonly unlabelled: number;
}

async function keptRows(model: LoadedModel, items: AsyncIterable<Item>, { signal, failed: tell }: ImportanceAsked): Promise<Kept> {
  const { subject } = model;
  const truths: string[] = [];
  /** Each different text once. */
  const words = new Map<string, string>();
  let kept: Pick<Kept, 'rows' | 'row' | 'example'> | undefined;
  let [failed, unlabelled, first]: [number, number, VitrineError | undefined] = [0, 0, undefined];
  const fail = (number: number, failure: unknown): void => {
    if (!(failure instanceof VitrineError) || failure.code === 'cancelled') throw failure;
    failed++;
    first ??= failure;
    tell?.(number, failure.message);
  };
  try {
    for await (const item of items) {
      if (signal?.aborted) throw new RuntimeError('cancelled', 'cancelled');
      const { row, number } = item;
      if (row === undefined) {
        fail(number, item.failure ?? notRows());
        continue;
      }
      const { labelColumn } = row.schema;
      if (labelColumn !== undefined && row.truth === undefined) {
        unlabelled++;
        continue;
      }
      try {
        const feeds = checkedFeeds(subject, row.feeds);
        if (kept === undefined) {
          const { example } = await item.examine!();
          kept = { rows: await encodedRows(example.shaped.graphAt(1).inputs, feeds), row, example };
        }
        await kept.rows.add(feeds);
      } catch (failure) {
        fail(number, failure);
        continue;
      }
      if (row.truth !== undefined) {
        const { value } = row.truth;
        truths.push(words.get(value) ?? (words.set(value, value), value));
      }
    }
    if (kept === undefined) throw first ?? new ExplainError('bad-input', 'no row says what is true: the label column is empty');
    await kept.rows.flush();
    if (kept.rows.count() < 2) throw new ExplainError('bad-input', 'one row alone has nothing to be permuted with: give more');
    return { ...kept, truths, failed, unlabelled };
  } catch (cause) {
    await kept?.rows.close();
    throw cause;
  }
}

const notRows = (): ExplainError =>
  new ExplainError('bad-input', `${PERMUTATION_IMPORTANCE} permutes columns of a table: give one as --input FILE`);

/** How predictions are judged: against what is true, or else by how far they move. */
function judgingFor({ labels }: LoadedModel, base: Scores, { truths, row }: Kept, { options, target }: ImportanceAsked): Judging {
  const [metric, positive] = [options.metric || undefined, options.positive || undefined];
  const column = row.schema.labelColumn;
  if (column !== undefined) {
    if (target !== undefined)
      throw new ExplainError('bad-option', `what is true is told by ${column}, and no target is needed: leave --target out`);
    return judgingOf({ column, values: truths }, base, { metric, positive, labels });
  }
  if (metric !== undefined || positive !== undefined)
    throw new ExplainError('bad-option', `metric and positive are about what is true: say with --label-column which column tells it`);
  return movingOf(base, targeted(target, base, labels));
}

/** Fisher and Yates: every order as likely as any other. */
function permutationOf(count: number, uniform: () => number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    const held = order[i]!;
    order[i] = order[j]!;
    order[j] = held;
  }
  return order;
}

function isConstant(values: Numbers, width: number): boolean {
  for (let i = width; i < values.length; i++) if (!Object.is(values[i], values[i % width])) return false;
  return true;
}
