import type { TraceShown } from '@vitrine/audit';
import { afterEach, expect, test, vi } from 'vitest';
import { say } from './terminal.js';
import { traceLines } from './tracing.js';

const trace: TraceShown = {
  method: 'm',
  meaning: 'm',
  signed: true,
  tokens: [
    { text: 'Where', part: 'question', generated: false },
    { text: '\u001b[31m\u202E', part: 'document 1', generated: false },
    { text: ' Paris', part: 'document 1', generated: false },
    { text: '\n', part: 'question', generated: false },
    { text: '漢字', part: 'answer', generated: true, probability: 0.425 },
    { text: ' Paris', part: 'answer', generated: true },
  ],
  rows: [
    { token: 4, values: [0.5, -0.25, 0, 0.125], score: 1 },
    { token: 5, values: [0.1, -0.2, 0.9, -0.3, 0], score: 1, rather: ' Rome' },
  ],
};

afterEach(() => vi.unstubAllEnvs());

/** What is printed, on a terminal or not. */
function printed(given: TraceShown, isTTY: boolean): string {
  const lines: string[] = [];
  const was = process.stdout.isTTY;
  vi.stubEnv('NO_COLOR', undefined);
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
  process.stdout.isTTY = isTTY;
  try {
    say(traceLines(given));
  } finally {
    process.stdout.isTTY = was;
    vi.restoreAllMocks();
  }
  return lines.join('');
}

test('a line for each generated token: probability, and the three tokens before it that count most', () => {
  expect(printed(trace, false).split('\n')).toEqual([
    '  漢字                       42.5 %  +0.500 Where (question)  −0.250 U+001B[31mU+202E (document 1)  +0.125 ⏎ (question)',
    '  ·Paris rather than ·Rome           +0.900 ·Paris (document 1)  −0.300 ⏎ (question)  −0.200 U+001B[31mU+202E (document 1)',
    '',
  ]);
});

test('without signs and parts there are neither', () => {
  const bare = { ...trace, signed: false, tokens: trace.tokens.map(({ text, generated }) => ({ text, generated })) };
  expect(printed(bare, false)).toMatch(/^ {2}漢字 +0\.500 Where {2}-0\.250 U\+001B\[31mU\+202E {2}0\.125 ⏎$/m);
});

test('a terminal shows what is for yellow and underlined, what is against magenta', () => {
  const lines = printed(trace, true);
  expect(lines).toContain('+0.900 \u001b[33m\u001b[4m·Paris\u001b[24m\u001b[39m \u001b[2m(document 1)');
  expect(lines).toContain('−0.300 \u001b[35m⏎\u001b[39m');
});
