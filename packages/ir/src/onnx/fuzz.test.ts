import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { filesIn } from '../testing/archive.js';
import { casesIn } from '../testing/cases.js';
import { mutant, outcome, randomFrom } from '../testing/fuzz.js';

const MUTANTS = 1000;

test(`${MUTANTS} broken files end as a model or in one clear sentence`, () => {
  const files = casesIn(filesIn(fileURLToPath(new URL('../../testdata/node-cases.tar.gz', import.meta.url)))).map(({ model }) => model);
  const random = randomFrom(20_260_601);
  const pick = (): Uint8Array => files[Math.floor(random() * files.length)]!;
  const counts = { read: 0, refused: 0 };
  for (let i = 0; i < MUTANTS; i++) {
    const bytes = mutant(pick(), pick(), random);
    const start = performance.now();
    counts[outcome(bytes)]++;
    expect(performance.now() - start, `mutant ${i}`).toBeLessThan(4000);
  }
  // Both ends are reached: a mutator that only makes rubbish tests nothing.
  expect(counts.read).toBeGreaterThan(MUTANTS / 10);
  expect(counts.refused).toBeGreaterThan(MUTANTS / 10);
});
