import { existsSync } from 'node:fs';
import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { MetricJudged } from '@vitrine/evaluate';
import { unwritable } from '../save.js';
import { linesOf, parsed } from '../summary/journal.js';

/** What was judged so far, in a file that outlives the program. */
export interface Judgements {
  /** How many were there already. */
  readonly done: number;
  known(name: string, repeat: number): MetricJudged | undefined;
  add(name: string, repeat: number, judged: MetricJudged): Promise<void>;
  remove(): Promise<void>;
}

interface Line {
  readonly question?: string;
  readonly name: string;
  readonly repeat: number;
  readonly value: number;
  readonly leftOut: readonly (number | null)[];
  readonly withoutDonors: readonly (number | null)[];
}

/** Opens a book, or begins one where there is none of this question. @throws DataError naming the file */
export async function judgements(file: string, question: string): Promise<Judgements> {
  const known = new Map<string, MetricJudged>();
  const lines: Line[] = [];
  if (existsSync(file)) {
    let isSame: boolean | undefined;
    for await (const text of linesOf(file)) {
      const line = parsed(text) as Line | undefined;
      isSame ??= line?.question === question;
      if (!isSame || line === undefined) break;
      if (line.name !== undefined) lines.push(line);
    }
  }
  for (const { name, repeat, value, leftOut, withoutDonors } of lines)
    known.set(keyOf(name, repeat), {
      value,
      leftOut: Float64Array.from(leftOut, orNaN),
      withoutDonors: Float64Array.from(withoutDonors, orNaN),
    });
  const guarded = async (act: () => Promise<unknown>): Promise<void> =>
    act().then(
      () => undefined,
      (cause: unknown) => {
        throw unwritable(file, cause);
      },
    );
  await guarded(async () => {
    await mkdir(path.dirname(path.resolve(file)), { recursive: true });
    await writeFile(file, [{ question }, ...lines].map((line) => `${JSON.stringify(line)}\n`).join(''));
  });
  return {
    done: known.size,
    known: (name, repeat) => known.get(keyOf(name, repeat)),
    add: (name, repeat, { value, leftOut, withoutDonors = new Float64Array(0) }) =>
      guarded(() =>
        appendFile(file, `${JSON.stringify({ name, repeat, value, leftOut: [...leftOut], withoutDonors: [...withoutDonors] })}\n`),
      ),
    remove: () => rm(file, { force: true }),
  };
}

/** JSON has no NaN. */
const orNaN = (value: number | null): number => value ?? NaN;
const keyOf = (name: string, repeat: number): string => `${repeat} ${name}`;
