import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';

/** The repository's root, and the command as it is built. */
export const root = fileURLToPath(new URL('../../../..', import.meta.url));
export const main = path.join(root, 'packages/vitrine/dist/cli/main.js');

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A folder of a test file's own, gone when its tests are done; the command runs in it. */
export function workplace(): { readonly at: (name: string) => string; readonly vitrine: (...args: readonly string[]) => Promise<Outcome> } {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'vitrine-cli-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return { at: (name) => path.join(folder, name), vitrine: (...args) => vitrineIn(folder, args) };
}

const vitrineIn = (folder: string, args: readonly string[]): Promise<Outcome> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [main, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (err += chunk));
    child.on('close', (code) => resolve({ code, out, err }));
  });
