import { ExplainError } from '@vitrine/explain';
import { describe, expect, test } from 'vitest';
import { worst } from './testing/balance.js';
import { allModels, opened, strongest } from './testing/models.js';

/** Models whose output is a number without bounds: there is nothing to hold it against. */
const REGRESSIONS = /^unet/;

describe.each(allModels)('%s', (name, file) => {
  test('both sides of a DL-Backtrace contrast keep their balance at every layer', async () => {
    const { model, exam } = await opened(file);
    try {
      const asked = exam.explain({ method: 'dl-backtrace', options: { mode: 'contrast' }, target: strongest(exam) });
      if (REGRESSIONS.test(name)) {
        await expect(asked).rejects.toThrow(ExplainError);
        return;
      }
      const { explanation } = await asked;
      expect(explanation.conservation!.map((books) => books.name)).toEqual(['positive', 'negative']);
      for (const books of explanation.conservation!) {
        expect.soft(worst(books), books.name).toBeLessThan(1e-4);
        const size = books.layers.reduce((s, { relevance }) => Math.max(s, Math.abs(relevance)), Math.abs(books.start));
        expect.soft(Math.abs(books.gap) / size, `${books.name}, from end to end`).toBeLessThan(1e-4);
      }
    } finally {
      await model.close();
    }
  });
});
