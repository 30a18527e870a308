import { questionDigest, withDigests } from '@vitrine/audit';
import { random } from '@vitrine/data';
import { ExplainError } from '@vitrine/explain';
import type { Question } from '../asked.js';
import type { LoadedModel } from '../model.js';
import type { Rows } from '../series/given.js';
import type { Background } from '../table/background.js';
import { VERSION } from '../version.js';
import type { Source, Wanted } from './source.js';
import { tableDigest } from './tableSource.js';

/** What is asked of which examples, as records have it. */
export interface Prepared {
  /** How many examples there are, and how many are asked about. */
  readonly all: number;
  readonly asked: number;
  readonly wanted: Wanted;
  readonly dataDigest: string;
  /** All that the answer depends on. */
  readonly plain: { readonly [name: string]: unknown };
  /** Of the question, the model, the data and the version together. */
  readonly digest: string;
}

/** A question, and whatever else of it there is. */
interface Asked {
  readonly [name: string]: unknown;
  readonly background?: Background | undefined;
  readonly limits?: Question['limits'];
  readonly sample?: number | undefined;
  readonly seed?: number;
}

/** Counts examples, draws those that are asked about, and says what of the question an answer depends on. @throws DataError, ExplainError */
export async function prepared(model: LoadedModel, source: Source, chosen: Wanted, question: Asked): Promise<Prepared> {
  const all = await source.count();
  const wanted = drawn(chosen, all, question.sample, question.seed ?? 0);
  const dataDigest = await source.digest();
  const plain = await plainQuestion(model, { ...question, chosen }, await source.described?.());
  const digest = await questionDigest({ model: model.subject.digest, data: dataDigest, question: plain, version: VERSION });
  return { all, asked: wanted?.length ?? all, wanted, dataDigest, plain, digest };
}

/** Numbers of stretches, rising, each once. */
export const numbersIn = (rows: Rows | undefined): Wanted =>
  rows && [...new Set(rows.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i)))].toSorted((a, b) => a - b);

/** The numbers of a sample, rising, each set as likely as any other (Knuth, Algorithm S). */
function drawn(chosen: Wanted, all: number, sample: number | undefined, seed: number): Wanted {
  const known = chosen?.filter((number) => number < all);
  if (chosen !== undefined && known!.length < chosen.length)
    throw new ExplainError('bad-option', `there are ${all} of them, numbered from 0: there is no ${chosen.at(-1)!}`);
  const of = known?.length ?? all;
  if (sample === undefined || sample >= of) return known;
  const uniform = random(seed, 'sample');
  const numbers: number[] = [];
  for (let i = 0; numbers.length < sample; i++) if (uniform() * (of - i) < sample - numbers.length) numbers.push(known?.[i] ?? i);
  return numbers;
}

/** A question as records have it: all that the answer depends on. */
async function plainQuestion(
  { tables, preprocess, series, labels }: LoadedModel,
  { background, limits, ...question }: Asked & { readonly chosen: Wanted },
  schema: object | undefined,
): Promise<{ readonly [name: string]: unknown }> {
  return (await withDigests({
    ...question,
    ...(background && { background: { ...background, table: await tableDigest(background.table) } }),
    ...(limits?.batch !== undefined && { batch: limits.batch }),
    preprocess,
    series,
    tables: { ...tables, ...(schema && { schema }) },
    ...(labels !== undefined && { labels: await questionDigest({ labels }) }),
  })) as { readonly [name: string]: unknown };
}
