import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Runtime } from '@vitrine/runtime';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRuntime, tool, type Cases, type Line, type Replay } from './testing/replay.js';

const { backtraceCasesIn, replayBacktrace } = (await tool('backtrace.mjs')) as {
  readonly backtraceCasesIn: Cases;
  readonly replayBacktrace: Replay;
};
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
