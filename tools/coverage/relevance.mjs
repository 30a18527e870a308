// Asks every method of relevance of every bundled model, and of those under VITRINE_ASSETS, and writes how far the balance misses.
// node tools/coverage/relevance.mjs     then     npm run coverage
import { writeFileSync } from 'node:fs';
import { VitrineError } from '@vitrine/ir';
import { allModels, opened, strongest } from '../../packages/vitrine/dist/testing/models.js';
import { worst } from '../../packages/vitrine/dist/testing/balance.js';

const asked = [
  ['lrp', {}, 'lrp epsilon-plus'],
  ['lrp', { composite: 'epsilon' }, 'lrp epsilon'],
  ['lrp', { composite: 'gamma' }, 'lrp gamma'],
  ['attn-lrp', {}, 'attn-lrp'],
  ['cp-lrp', {}, 'cp-lrp'],
  ['dl-backtrace', {}, 'dl-backtrace'],
  ['dl-backtrace', { mode: 'contrast' }, 'dl-backtrace contrast'],
  ['deeplift', {}, 'deeplift'],
];

const rows = {};
for (const [name, file] of allModels) {
  const { model, exam } = await opened(file);
  const target = strongest(exam);
  const row = {};
  for (const [method, options, title] of asked) {
    try {
      const { explanation } = await exam.explain({ method, options, target });
      const { conservation, completeness } = explanation;
      row[title] =
        conservation === undefined
          ? { missed: Math.abs(completeness.gap) / Math.max(Math.abs(completeness.expected), 1e-3) }
          : { missed: Math.max(...conservation.map(worst)), layers: conservation[0].layers.length };
    } catch (error) {
      if (!(error instanceof VitrineError)) throw error;
      row[title] = { why: error.message };
    }
    console.log(name, title, JSON.stringify(row[title]));
  }
  await model.close();
  rows[name] = row;
}
writeFileSync(new URL('relevance.json', import.meta.url), `${JSON.stringify(rows, null, 1)}\n`);
