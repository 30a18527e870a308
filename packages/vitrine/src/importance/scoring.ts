import { ExplainError, type BlockRunner } from '@vitrine/explain';
import { numbers } from '@vitrine/ir';
import type { EncodedRows, Numbers } from './encodedRows.js';
import type { Scores } from './judging.js';

/** Columns of all rows that rows get in another order. */
export interface Exchange {
  readonly columns: readonly number[];
  /** [rows, columns] */
  readonly values: Numbers;
  /** The row that each row gets them from. */
  readonly order: Uint32Array;
}

/** What a model gives for all rows: the scores of its first output, [rows, classes]. */
export const scoring =
  ({ size, run }: Pick<BlockRunner, 'size' | 'run'>, rows: EncodedRows, signal: AbortSignal | undefined) =>
  async (exchange?: Exchange): Promise<Scores> => {
    const count = rows.count();
    let [all, width] = [new Float64Array(0), 0];
    for await (const { from, count: own, values } of rows.blocks(size)) {
      if (exchange !== undefined) exchangeIn(values, rows.width, from, own, exchange);
      const [output] = (await run(rows.feeds(values, size), signal)).values();
      const scores = numbers(output!);
      if (width === 0) {
        width = scores.length / size;
        all = new Float64Array(count * width);
      }
      for (let i = 0; i < own * width; i++) all[from * width + i] = scores[i]!;
    }
    if (all.some(Number.isNaN)) throw new ExplainError('not-finite', 'the model gives NaN for some rows, which no metric can judge');
    return { values: all, width };
  };

function exchangeIn(values: Numbers, width: number, from: number, count: number, { columns, values: others, order }: Exchange): void {
  const wide = columns.length;
  for (let row = 0; row < count; row++) {
    const source = order[from + row]! * wide;
    for (let i = 0; i < wide; i++) values[row * width + columns[i]!] = others[source + i]!;
  }
}
