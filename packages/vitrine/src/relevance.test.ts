import { VitrineError } from '@vitrine/ir';
import { describe, expect, test } from 'vitest';
import { worst } from './testing/balance.js';
import { allModels, opened, strongest } from './testing/models.js';

/** Methods that keep books, how they are asked, and how far the balance may miss: where signs cancel, single precision is lost in amounts that do not show in the sums. */
const asked: readonly (readonly [method: string, options: { readonly [name: string]: string }, miss: number])[] = [
  ['lrp', { composite: 'epsilon-plus' }, 1e-4],
  ['lrp', { composite: 'epsilon' }, 1e-3],
  ['lrp', { composite: 'epsilon-alpha2-beta1-flat' }, 1e-4],
  ['attn-lrp', {}, 1e-3],
  ['cp-lrp', {}, 1e-3],
  ['dl-backtrace', {}, 1e-4],
];

/** What is no attention is refused. */
const refused = (error: unknown): undefined => {
  if (error instanceof VitrineError && /is no attention/.test(error.message)) return undefined;
  throw error;
};

describe.each(allModels)('%s', (_, file) => {
  test('relevance keeps its balance at every layer', async () => {
    const { model, exam } = await opened(file);
    try {
      for (const [method, options, miss] of asked) {
        const answer = await exam.explain({ method, options, target: strongest(exam) }).catch(refused);
        if (answer === undefined) continue;
        const { explanation } = answer;
        for (const books of explanation.conservation!) {
          expect(books.layers.length).toBeGreaterThan(0);
          expect.soft(worst(books), `${method} ${JSON.stringify(options)} ${books.name}`).toBeLessThan(miss);
          const size = books.layers.reduce(
            (s, { relevance, bias }) => Math.max(s, Math.abs(relevance), Math.abs(bias)),
            Math.abs(books.start),
          );
          expect.soft(Math.abs(books.gap) / size, `${method} ${books.name}, from end to end`).toBeLessThan(miss);
        }
      }
    } finally {
      await model.close();
    }
  });
});
