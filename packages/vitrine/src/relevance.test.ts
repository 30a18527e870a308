import { describe, expect, test } from 'vitest';
import { worst } from './testing/balance.js';
import { allModels, opened, strongest } from './testing/models.js';

/** Methods that keep books, and how they are asked. */
const asked: readonly (readonly [method: string, options: { readonly [name: string]: string }])[] = [
  ['lrp', { composite: 'epsilon-plus' }],
  ['lrp', { composite: 'epsilon' }],
  ['lrp', { composite: 'epsilon-alpha2-beta1-flat' }],
  ['attn-lrp', {}],
  ['cp-lrp', {}],
  ['dl-backtrace', {}],
];

describe.each(allModels)('%s', (_, file) => {
  test('relevance keeps its balance at every layer', async () => {
    const { model, exam } = await opened(file);
    try {
      for (const [method, options] of asked) {
        const { explanation } = await exam.explain({ method, options, target: strongest(exam) });
        for (const books of explanation.conservation!) {
          expect(books.layers.length).toBeGreaterThan(0);
          expect.soft(worst(books), `${method} ${JSON.stringify(options)} ${books.name}`).toBeLessThan(1e-4);
          const size = books.layers.reduce(
            (s, { relevance, bias }) => Math.max(s, Math.abs(relevance), Math.abs(bias)),
            Math.abs(books.start),
          );
          expect.soft(Math.abs(books.gap) / size, `${method} ${books.name}, from end to end`).toBeLessThan(1e-4);
        }
      }
    } finally {
      await model.close();
    }
  });
});
