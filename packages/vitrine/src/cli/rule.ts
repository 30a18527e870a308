import { signed } from '@vitrine/audit';
import type { Explanation } from '@vitrine/explain';
import type { Exam } from '../exam.js';
import { toldRule } from '../rule.js';
import { paint, plain, table } from './terminal.js';

/** The rule that a method found, how far it holds, and what each of its parts adds; nothing where it found none. */
export function ruleLines(exam: Exam, explanation: Explanation): readonly string[] {
  const told = toldRule(exam, explanation);
  if (told === undefined) return [];
  const { text, keeps, applies, conditions } = told;
  const rows = conditions.map((one) => [signed(one.rise).padStart(8), one.text]);
  return [
    `  ${paint('bold', 'if')} ${plain(text)}`,
    `  ${plain(keeps)}`,
    `  ${applies}`,
    ...(rows.length > 1
      ? ['  What each adds to the share that keeps the decision, in the order in which it was found:', table(rows, '    ')]
      : []),
  ];
}
