import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Runtime } from '@vitrine/runtime';
import { afterAll, beforeAll, expect, test } from 'vitest';

interface Line {
  readonly golden: string;
  readonly status: 'agrees' | 'differs' | 'not supported';
  readonly error?: number;
  readonly reason?: string;
}
interface Replay {
  readonly backtraceCasesIn: (root: string) => readonly string[];
  readonly replayBacktrace: (folder: string, runtime: Runtime) => AsyncIterable<Line>;
}

const tool = (name: string): Promise<unknown> => import(new URL(`../../../tools/golden/${name}`, import.meta.url).href);
const { backtraceCasesIn, replayBacktrace } = (await tool('backtrace.mjs')) as Replay;
const { openRuntime } = (await tool('replay.mjs')) as { readonly openRuntime: () => Promise<Runtime> };
const folders = backtraceCasesIn(fileURLToPath(new URL('../../../golden/dlbacktrace', import.meta.url)));

/** Rules of later releases that are not those of the paper. */
const LATER = /linear_v2|"conserve":true/;

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime();
});
afterAll(() => runtime.close());

test('there are cases of DL-Backtrace', () => {
  expect(folders.length).toBe(11);
});

test.each(folders.map((folder) => [path.basename(folder), folder]))('DL-Backtrace agrees on %s', async (_, folder) => {
  const wrong: Line[] = [];
  let agreeing = 0;
  for await (const line of replayBacktrace(folder, runtime)) {
    if (line.status === 'agrees') agreeing++;
    else if (!LATER.test(line.golden)) wrong.push(line);
  }
  expect(wrong).toEqual([]);
  expect(agreeing).toBeGreaterThan(0);
});
