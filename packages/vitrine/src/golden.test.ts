import { fileURLToPath } from 'node:url';
import type { Runtime } from '@vitrine/runtime';
import { afterAll, beforeAll, expect, test } from 'vitest';

interface Line {
  readonly case: string;
  readonly golden: string;
  readonly method: string;
  readonly status: 'agrees' | 'differs' | 'not supported';
  readonly error?: number;
  readonly reason?: string;
  /** Recorded for comparison: not a target. */
  readonly informative?: boolean;
}
interface Replay {
  readonly casesIn: (root: string) => readonly string[];
  readonly openRuntime: () => Promise<Runtime>;
  readonly replay: (folder: string, runtime: Runtime) => AsyncIterable<Line>;
}

const { casesIn, openRuntime, replay } = (await import(new URL('../../../tools/golden/replay.mjs', import.meta.url).href)) as Replay;
const folders = casesIn(fileURLToPath(new URL('../../../golden/captum', import.meta.url)));

/** Captum's DeepLIFT with its defects. Everything else in the cases must agree. */
const NOT_MEANT = /^deeplift_rescale_captum_asis/;

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime();
});
afterAll(() => runtime.close());

test('there are golden cases', () => {
  expect(folders.length).toBeGreaterThan(250);
});

test.each(folders.map((folder) => [folder.replace(/^.*golden\//, ''), folder]))('%s agrees', async (_, folder) => {
  const wrong: Line[] = [];
  let agreeing = 0;
  for await (const line of replay(folder, runtime)) {
    if (line.status === 'agrees') agreeing++;
    else if (line.status === 'differs' ? !line.informative : !NOT_MEANT.test(line.method)) wrong.push(line);
  }
  expect(wrong).toEqual([]);
  expect(agreeing).toBeGreaterThan(0);
});
