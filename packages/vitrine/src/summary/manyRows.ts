import {
  askMany,
  checkedFeeds,
  checkOutputs,
  explainerNamed,
  manyRunner,
  parseTarget,
  resolve,
  scoreFrom,
  type Example,
  type ManyAsked,
  type Point,
  type Resolved,
} from '@vitrine/explain';
import { VitrineError } from '@vitrine/ir';
import type { Question } from '../asked.js';
import { readTensor } from '../input.js';
import type { LoadedModel } from '../model.js';
import { classesOf } from '../ranked.js';
import { compared, type Comparing } from '../table/background.js';
import { placesOf } from '../table/places.js';
import type { ReadRow } from '../table/row.js';
import { explainedRow, type Explained } from './explained.js';

/** Whether rows can be explained together by a method. */
export const isForMany = (method: string): boolean => explainerNamed(method).atPoints !== undefined;

/** A row that the model was run on. */
interface Run {
  readonly index: number;
  readonly row: ReadRow;
  readonly example: Example;
  readonly target: Resolved;
  readonly places: readonly string[] | undefined;
}

/** A question that holds for rows with the same target and places. */
interface Group {
  readonly asked: ManyAsked;
  /** Points with values at the places that are no inputs. */
  readonly inner: (points: readonly Point[], signal: AbortSignal | undefined) => Promise<readonly Point[]>;
}

const keyOf = ({ places, target }: Run): string => JSON.stringify([places ?? null, target]);

/** Rows of one table explained together; what fails stands in their place. */
export type ManyRows = (rows: readonly ReadRow[], signal: AbortSignal | undefined) => Promise<readonly (Explained | VitrineError)[]>;

/**
 * The model is run on many rows at once, and what rows with the same target share is computed once. The numbers are those that each row has by
 * itself. `first` is a row that the model was run on.
 */
export async function manyRows(
  model: LoadedModel,
  { subject, shaped, ...rest }: Example,
  question: Question,
  compare: Comparing | undefined,
): Promise<ManyRows> {
  const { labels } = model;
  const runtime = await model.runtime();
  const graph = shaped.graphAt(1);
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  const target = typeof question.target === 'string' ? parseTarget(question.target, { labels, tensor: readTensor }) : question.target;
  const runOutputs = manyRunner({ subject, shaped, ...rest }, runtime, question.limits);

  // Asked anew for each call: what a row gives must not depend on rows that came before.
  async function groupOf({ example, row, target: own, places }: Run): Promise<Group> {
    const { background: _, at: given, options = {}, ...asked } = await compared(model, example, places, question, compare);
    const at = typeof given === 'string' ? [given] : (given ?? places);
    const many = (await askMany(example, runtime, { ...asked, options, inputs: row.feeds, target: own, at, labels }))!;
    const inner = (at ?? []).filter((name) => !inputs.has(name));
    const runInner = inner.length === 0 ? undefined : manyRunner(example, runtime, question.limits, inner);
    return {
      asked: many,
      async inner(points, signal) {
        const found = await runInner?.(points, signal);
        return found === undefined ? points : points.map((point, i) => new Map([...point, ...found[i]!]));
      },
    };
  }

  return async (rows, signal) => {
    const results: (Explained | VitrineError)[] = [];
    const fed = rows.map((row, i) => attempt(results, [i], () => checkedFeeds(subject, row.feeds)));
    const good = [...rows.keys()].filter((i) => fed[i] !== undefined);
    if (good.length === 0) return results;
    const outputs = await runOutputs(
      good.map((i) => fed[i]!),
      signal,
    );
    const runs = good.flatMap((i, k): readonly Run[] => {
      const row = rows[i]!;
      const example = { subject, shaped, feeds: fed[i]!, outputs: outputs[k]! };
      const own = attempt(results, [i], () => {
        checkOutputs(example.outputs);
        return resolve(target ?? { kind: 'top' }, example.outputs);
      });
      return own === undefined ? [] : [{ index: i, row, example, target: own, places: placesOf(graph, row) }];
    });
    const alike = new Map<string, Run[]>();
    for (const run of runs) {
      const list = alike.get(keyOf(run)) ?? [];
      alike.set(keyOf(run), list);
      list.push(run);
    }
    for (const list of alike.values()) {
      const indices = list.map(({ index }) => index);
      await attempt(results, indices, async () => {
        const { asked, inner } = await groupOf(list[0]!);
        const points = await inner(
          list.map(({ example }) => example.feeds),
          signal,
        );
        const found = await asked(
          points,
          list.map((run) => scoreFrom(run.target, run.example.outputs) ?? NaN),
        );
        for (const [k, { index, row, example }] of list.entries())
          results[index] = explainedRow({ row, example }, found[k]!, classesOf(example.outputs, labels)[0]?.label);
      });
    }
    return results;
  };
}

/** What fails stands in the place of the rows that it is about. */
function attempt<T>(results: (Explained | VitrineError)[], places: readonly number[], act: () => T): T | undefined {
  const failed = (failure: unknown): undefined => {
    if (!(failure instanceof VitrineError) || failure.code === 'cancelled') throw failure;
    for (const place of places) results[place] = failure;
    return undefined;
  };
  try {
    const made = act();
    return made instanceof Promise ? (made.catch(failed) as T) : made;
  } catch (failure) {
    return failed(failure);
  }
}
