import { explainerNamed } from '@vitrine/explain';
import { VitrineError } from '@vitrine/ir';
import type { Question } from '../asked.js';
import type { LoadedModel } from '../model.js';
import type { Comparing } from '../table/background.js';
import type { Telling } from '../told.js';
import { explainedOf, type Explained } from './explained.js';
import { isForMany, manyRows, type ManyRows } from './manyRows.js';
import type { Outcome } from './journal.js';
import type { Item } from './source.js';

/** Rows that are explained together; a run that is interrupted goes on behind the last whole group of them. */
const GROUP = 1024;
/** Examples that wait for the runtime at the same time, where they are small. */
const AT_ONCE = 4;

interface Asked {
  readonly model: LoadedModel;
  readonly question: Question;
  readonly telling: Telling;
  readonly compare: Comparing | undefined;
  readonly signal: AbortSignal | undefined;
}

/** What becomes of examples, in groups, in order. What fails is an outcome too, unless it is that the run was cancelled. */
export async function* outcomesOf(items: AsyncIterable<Item>, asked: Asked): AsyncGenerator<readonly Outcome[], undefined> {
  let [many, waiting]: [ManyRows | undefined, Item[]] = [undefined, []];
  let pending: Promise<Outcome>[] = [];
  const together = async (): Promise<readonly Outcome[]> => {
    const group = waiting;
    waiting = [];
    const failed = new Map<number, VitrineError>();
    for (const item of many === undefined ? group : []) {
      const exam = await settled(async () => item.examine && (await item.examine()));
      if (exam instanceof VitrineError) failed.set(item.number, exam);
      else if (exam !== undefined) {
        many = await manyRows(asked.model, exam.example, asked.question, asked.compare);
        break;
      }
    }
    const rows = group.flatMap(({ row }) => row ?? []);
    const results = many === undefined ? [] : await many(rows, asked.signal);
    let next = 0;
    return group.map((item) => outcome(item, item.row === undefined ? item.failure! : (results[next++] ?? failed.get(item.number)!)));
  };
  try {
    for await (const item of items) {
      if (isForMany(asked.question.method) && (item.row !== undefined || waiting.length > 0)) {
        if (waiting.push(item) === GROUP) yield await together();
        continue;
      }
      const one = alone(item, asked);
      // What fails later must not end the program before it is asked for.
      one.catch(() => undefined);
      pending.push(one);
      if (pending.length >= (item.row === undefined ? 1 : AT_ONCE)) yield [await pending.shift()!];
    }
    if (waiting.length > 0) yield await together();
    for (const one of pending) yield [await one];
  } finally {
    pending = [];
  }
  return undefined;
}

async function alone(item: Item, { question, telling, signal }: Asked): Promise<Outcome> {
  if (item.failure !== undefined) return outcome(item, item.failure);
  const { seed = 0 } = question;
  const result = await settled(async () => {
    const exam = await item.examine();
    // Each has draws of its own, so that errors of many average out; what is learned is learned once.
    const own = explainerNamed(question.method).learnsFrom === undefined ? seed + item.number : seed;
    return explainedOf(exam, await exam.explain({ ...question, seed: own, ...(signal && { signal }) }), telling);
  });
  return outcome(item, result);
}

function outcome({ number, source }: Item, result: Explained | VitrineError): Outcome {
  const at = { number, ...(source !== undefined && { source }) };
  return result instanceof VitrineError ? { ...at, failure: result.message } : { ...at, explained: result };
}

/** A failure that others are spared; what was cancelled is thrown. */
async function settled<T>(act: () => Promise<T>): Promise<T | VitrineError> {
  try {
    return await act();
  } catch (failure) {
    if (failure instanceof VitrineError && failure.code !== 'cancelled') return failure;
    throw failure;
  }
}
