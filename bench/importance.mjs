// Permutation importance over many rows: time and memory by their number. node bench/importance.mjs [ROWS …]
import { spawnSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { random } from '@vitrine/data';
import { importance, load } from 'vitrine';

const [first, ...given] = process.argv.slice(2);
if (first === '--one') {
  const model = await load('models/adult_dice.onnx');
  const started = performance.now();
  const { rows } = await importance(model, { table: given[0] }, { options: { repeats: 1 } });
  const seconds = (performance.now() - started) / 1000;
  await model.close();
  const mb = Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024);
  console.log(`${rows.toLocaleString('en')} rows: ${seconds.toFixed(1)} s, ${mb} MB`);
} else {
  const [names, ...people] = readFileSync('examples/tables/adult.csv', 'utf8').trimEnd().split('\n');
  const folder = mkdtempSync(path.join(os.tmpdir(), 'vitrine-bench-'));
  for (const rows of first === undefined ? [10_000, 100_000, 1_000_000] : [first, ...given].map(Number)) {
    const file = path.join(folder, `${rows}.csv`);
    const out = createWriteStream(file);
    const uniform = random(1, 'rows');
    out.write(`${names}\n`);
    for (let row = 0; row < rows; row++) {
      const person = people[Math.floor(uniform() * people.length)].replace(/^\d+/, String(17 + Math.floor(70 * uniform())));
      if (!out.write(`${person}\n`)) await once(out, 'drain');
    }
    out.end();
    await once(out, 'finish');
    spawnSync(process.execPath, [process.argv[1], '--one', file], { stdio: 'inherit' });
  }
  rmSync(folder, { recursive: true });
}
