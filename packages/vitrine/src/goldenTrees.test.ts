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
  readonly treeCasesIn: (root: string) => readonly string[];
  readonly replayTrees: (folder: string, runtime: Runtime) => AsyncIterable<Line>;
}

const tool = (name: string): Promise<unknown> => import(new URL(`../../../tools/golden/${name}`, import.meta.url).href);
const { treeCasesIn, replayTrees } = (await tool('trees.mjs')) as Replay;
const { openRuntime } = (await tool('replay.mjs')) as { readonly openRuntime: () => Promise<Runtime> };
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
