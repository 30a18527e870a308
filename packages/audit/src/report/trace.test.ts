import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { traceOf } from '../testing/trace.js';
import { traceHtml, type TraceShown } from './trace.js';

const shown = (trace: TraceShown): Document => parseHTML(`<!doctype html><body>${traceHtml(trace).html}</body>`).document;
const texts = (all: Iterable<Element>): readonly string[] => [...all].map((e) => e.textContent.trim());

test('a trace is a table: a row for each generated token, a cell for each token before it', () => {
  const trace = traceOf([['question', ['Is', ' it', '?', '\n']]], [' No', '.']);
  const page = shown(trace);
  const [groups, columns] = [...page.querySelectorAll('thead tr')];
  expect(texts(groups!.querySelectorAll('th'))).toEqual(['question', 'answer']);
  expect(texts(columns!.children)).toEqual(['token', 'Is', '·it', '?', '⏎', '·No']);
  const rows = [...page.querySelectorAll('tbody tr')];
  expect(rows.map((row) => row.querySelector('th')!.textContent)).toEqual(['·No', '.']);
  expect(rows.map((row) => row.querySelectorAll('td').length)).toEqual([4, 5]);
  for (const [r, row] of rows.entries())
    for (const [c, cell] of [...row.querySelectorAll('td')].entries()) {
      expect(Number(cell.textContent.replace('−', '-'))).toBeCloseTo(trace.rows[r]!.values[c]!, 2);
      if (cell.className !== '') expect(cell.className).toBe(trace.rows[r]!.values[c]! > 0 ? 'up' : 'down');
    }
});
