import { createReadStream, existsSync } from 'node:fs';
import { mkdir, open, rm, truncate } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { unwritable } from '../save.js';
import type { Explained, Named, NamedValue } from './explained.js';

/** What became of an example. */
export type Outcome = { readonly number: number; readonly source?: string | undefined } & (
  | { readonly explained: Explained; readonly failure?: undefined }
  | { readonly failure: string; readonly explained?: undefined }
);

/**
 * What was done so far, in a file that outlives the program: outcomes in groups. A run that is asked the same question goes on behind the last whole
 * group.
 */
export interface Journal {
  /** Outcomes that were there already. */
  readonly done: number;
  add(group: readonly Outcome[]): Promise<void>;
  /** All, in order. */
  read(): AsyncIterable<Outcome>;
  close(): Promise<void>;
  /** Closed, and gone. */
  remove(): Promise<void>;
}

/** A line of the file: the question, names of values where they change, an outcome, or the end of a group. */
interface Line {
  readonly question?: string;
  readonly names?: readonly Named[];
  readonly n?: number;
  readonly source?: string;
  readonly failure?: string;
  readonly told?: Omit<Explained, 'values'>;
  readonly values?: readonly (readonly [value: NamedValue['value'], attribution: number, standardError?: number])[];
  readonly end?: number;
}

/** Opens a journal, or begins one where there is none of this question. `question` is its digest. @throws DataError naming the file */
export async function journal(file: string, question: string): Promise<Journal> {
  const guarded = async <T>(act: () => Promise<T>): Promise<T> =>
    act().catch((cause: unknown) => {
      throw unwritable(file, cause);
    });
  const { done, bytes } = await guarded(() => found(file, question));
  const handle = await guarded(async () => {
    await mkdir(path.dirname(path.resolve(file)), { recursive: true });
    if (bytes > 0) await truncate(file, bytes);
    const opened = await open(file, bytes > 0 ? 'a' : 'w');
    if (bytes === 0) await opened.appendFile(`${JSON.stringify({ question })}\n`);
    return opened;
  });
  let count = done;
  let names = '';
  return {
    done,
    async add(group) {
      const lines: Line[] = [];
      for (const { number, source, explained, failure } of group) {
        const at = { n: number, ...(source !== undefined && { source }) };
        if (explained === undefined) lines.push({ ...at, failure });
        else {
          const { values, ...told } = explained;
          const own = values.map(namedIn);
          if (names !== (names = JSON.stringify(own))) lines.push({ names: own });
          lines.push({
            ...at,
            told,
            values: values.map(({ value, attribution, standardError }) =>
              standardError === undefined ? ([value, attribution] as const) : ([value, attribution, standardError] as const),
            ),
          });
        }
      }
      count += group.length;
      lines.push({ end: count });
      await guarded(() => handle.appendFile(lines.map((line) => `${JSON.stringify(line)}\n`).join('')));
    },
    read: () => outcomesIn(file),
    close: () => handle.close(),
    async remove() {
      await handle.close();
      await rm(file, { force: true });
    },
  };
}

const namedIn = ({ name, label, unit }: Named): Named => ({
  name,
  ...(label !== undefined && { label }),
  ...(unit !== undefined && { unit }),
});

/** How many outcomes of a question a file holds, and how many bytes they take: 0 where it is about another one. */
async function found(file: string, question: string): Promise<{ readonly done: number; readonly bytes: number }> {
  let [done, bytes, read] = [0, 0, 0];
  if (!existsSync(file)) return { done, bytes };
  for await (const text of linesOf(file)) {
    const line = parsed(text) as Line | undefined;
    if (line === undefined || (read === 0 && line.question !== question)) break;
    read += Buffer.byteLength(text) + 1;
    if (line.question === undefined && line.end === undefined) continue;
    bytes = read;
    done = line.end ?? 0;
  }
  return { done, bytes };
}

async function* outcomesIn(file: string): AsyncGenerator<Outcome, undefined> {
  let names: readonly Named[] = [];
  for await (const text of linesOf(file)) {
    const line = parsed(text) as Line | undefined;
    if (line?.names !== undefined) names = line.names;
    if (line?.n === undefined) continue;
    const at = { number: line.n, ...(line.source !== undefined && { source: line.source }) };
    if (line.failure !== undefined) yield { ...at, failure: line.failure };
    else
      yield {
        ...at,
        explained: {
          ...line.told!,
          values: line.values!.map(([value, attribution, standardError], i) => ({
            ...names[i]!,
            value,
            attribution,
            ...(standardError !== undefined && { standardError }),
          })),
        },
      };
  }
  return undefined;
}

/** Lines of a file, one after the other. */
export async function* linesOf(file: string): AsyncGenerator<string, undefined> {
  const input = createReadStream(file, { highWaterMark: 2 ** 18 });
  const lines = createInterface({ input, crlfDelay: Infinity });
  try {
    yield* lines;
  } finally {
    lines.close();
    input.destroy();
  }
  return undefined;
}

/** What a line holds; undefined where it is cut off, as the last may be. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
