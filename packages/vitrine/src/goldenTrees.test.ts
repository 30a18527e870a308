import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Runtime } from '@vitrine/runtime';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRuntime, tool, type Cases, type Line, type Replay } from './testing/replay.js';

const { treeCasesIn, replayTrees } = (await tool('trees.mjs')) as { readonly treeCasesIn: Cases; readonly replayTrees: Replay };
const folders = treeCasesIn(fileURLToPath(new URL('../../../golden/trees', import.meta.url)));

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime();
});
afterAll(() => runtime.close());

test('there are cases of trees', () => {
  expect(folders.length).toBe(20);
});

test.each(folders.map((folder) => [path.basename(folder), folder]))('values of %s are those of SHAP', async (_, folder) => {
  const lines: Line[] = [];
  for await (const line of replayTrees(folder, runtime)) lines.push(line);
  expect(lines.filter(({ status }) => status !== 'agrees')).toEqual([]);
  expect(lines.length).toBeGreaterThan(0);
});
