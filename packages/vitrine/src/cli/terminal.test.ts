import { afterEach, describe, expect, test, vi } from 'vitest';
import { note, paint, plain, say, sayJson, table } from './terminal.js';

/** What a stream is given, as on a terminal or not. */
function written(name: 'stdout' | 'stderr', isTTY: boolean, write: () => void): string {
  const stream = process[name];
  const [was, lines] = [stream.isTTY, [] as string[]];
  vi.stubEnv('NO_COLOR', undefined);
  vi.spyOn(stream, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
  stream.isTTY = isTTY;
  try {
    write();
  } finally {
    stream.isTTY = was;
    vi.restoreAllMocks();
  }
  return lines.join('');
}
afterEach(() => vi.unstubAllEnvs());

const HOSTILE = '\u001b[2J\u001b]0;title\u0007conv\u009b31m\u0000\u007f\u202e\u2066\r';
const CLEAN = '[2J]0;titleconv31m';

describe.each([true, false])('on a terminal: %s', (isTTY) => {
  test('escapes of others do not come through', () => {
    // oxlint-disable-next-line no-control-regex
    const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
    const own = /\u001b\[\d+m/g; // oxlint-disable-line no-control-regex
    for (const text of [
      written('stdout', isTTY, () => say(`${HOSTILE} ${paint('bold', HOSTILE)}\n${table([[HOSTILE, paint('dim', HOSTILE)]])}`)),
      written('stderr', isTTY, () => note(`${HOSTILE} ${paint('red', HOSTILE, process.stderr)}`)),
    ]) {
      expect(text.replaceAll(own, '')).not.toMatch(control);
      expect(text).toContain(CLEAN);
    }
    expect(written('stdout', isTTY, () => say('\u001b[31mred'))).toBe('[31mred\n');
  });
});

test('newlines of the program stay, those in names do not', () => {
  expect(written('stdout', false, () => say(`one\ntwo ${plain('a\nb')}\n${table([['c\nd']])}`))).toBe('one\ntwo a b\n  c d\n');
});

test('JSON loses nothing', () => {
  const names = [HOSTILE, 'a\nb', 'é'];
  expect(JSON.parse(written('stdout', false, () => sayJson(names)))).toEqual(names);
});
