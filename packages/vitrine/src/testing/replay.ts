import type { Runtime } from '@vitrine/runtime';

/** A reference output and what came of computing it again, as tools/golden tells. */
export interface Line {
  readonly golden: string;
  readonly status: 'agrees' | 'differs' | 'not supported';
  readonly error?: number;
  readonly reason?: string;
}

/** Cases in a folder, and a case computed again. */
export type Cases = (root: string) => readonly string[];
export type Replay = (folder: string, runtime: Runtime) => AsyncIterable<Line>;

/** A module of tools/golden. */
export const tool = (name: string): Promise<unknown> => import(new URL(`../../../../tools/golden/${name}`, import.meta.url).href);

export const { openRuntime } = (await tool('replay.mjs')) as { readonly openRuntime: () => Promise<Runtime> };
