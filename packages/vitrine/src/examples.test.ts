import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = path.join(root, 'examples');
const examples = readdirSync(folder).filter((name) => name.endsWith('.mjs'));
const LONGEST = 40;
const PRINTS = '// → ';

const NUMBER = /-?\d+(?:\.\d+)?(?:e[-+]?\d+)?/g;
/** A line without its numbers, and its numbers. */
const parts = (line: string): readonly [string, readonly number[]] => [
  line.replace(NUMBER, '#').trim(),
  (line.match(NUMBER) ?? []).map(Number),
];

describe('examples print what they say they print', () => {
  test.each(examples)('%s', async (name) => {
    const lines = readFileSync(path.join(folder, name), 'utf8').trimEnd().split('\n');
    const promised = lines.filter((line) => line.startsWith(PRINTS)).map((line) => line.slice(PRINTS.length));
    expect(lines.length - promised.length).toBeLessThanOrEqual(LONGEST);
    expect(promised).not.toHaveLength(0);

    mkdirSync(path.join(root, 'out'), { recursive: true });
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [path.join('examples', name)], { cwd: root });
    expect(stderr).toBe('');
    const printed = stdout.trimEnd().split('\n');
    expect(printed.map((line) => parts(line)[0])).toEqual(promised.map((line) => parts(line)[0]));
    printed.forEach((line, i) => {
      const numbers = parts(promised[i]!)[1];
      parts(line)[1].forEach((value, k) => expect(Math.abs(value - numbers[k]!)).toBeLessThanOrEqual(0.02 + 0.02 * Math.abs(numbers[k]!)));
    });
  });
});
