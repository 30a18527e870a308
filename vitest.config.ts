import { defineConfig } from 'vitest/config';

// Tests run on what `tsc -b` wrote: the code that ships is the code that is tested.
export default defineConfig({
  test: {
    include: ['packages/*/dist/**/*.test.js'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
