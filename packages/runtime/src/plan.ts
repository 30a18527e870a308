import { RuntimeError } from './error.js';
import type { Price } from './price.js';

/** @throws RuntimeError 'over-budget' when one run takes more memory than it may */
export function checkBudget({ total }: Price, budgetBytes: number): void {
  if (total <= budgetBytes) return;
  const mb = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MB`;
  throw new RuntimeError(
    'over-budget',
    `one run needs about ${mb(total)} and the memory budget is ${mb(budgetBytes)}: raise --memory, or use a smaller input`,
  );
}

/** Examples per run: as many as there are and the budget allows, when one costs `one` and two cost `two`. */
export function batchFor(count: number, one: Price, two: Price | undefined, budgetBytes: number, most: number): number {
  checkBudget(one, budgetBytes);
  if (two === undefined) return 1;
  const each = Math.max(1, two.total - one.total);
  return Math.max(1, Math.min(count, most, Math.floor((budgetBytes - one.total) / each) + 1));
}
