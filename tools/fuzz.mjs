// Breaks model files in many ways; each must end as a model or as one clear sentence, in bounded time and memory.
// usage: node tools/fuzz.mjs [COUNT [SEED [FILE.onnx|ARCHIVE.tar.gz …]]]      (one mutant again: COUNT as `=INDEX`)
import { readFileSync, writeFileSync } from 'node:fs';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { casesIn } from '../packages/ir/dist/testing/cases.js';
import { filesIn } from '../packages/ir/dist/testing/archive.js';
import { mutant, outcome, randomFrom } from '../packages/ir/dist/testing/fuzz.js';

const SECONDS = 2;
const SECONDS_PER_MEGABYTE = 0.05;
const MEGABYTES = 1500;
const BUNDLED = ['../packages/ir/testdata/node-cases.tar.gz', '../models/resnet20_ts_opset13.onnx', '../models/silero_vad.onnx'].map(
  (file) => new URL(file, import.meta.url).pathname,
);

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads has no origin
const tell = (message) => parentPort.postMessage(message);

function seeds(paths) {
  return paths
    .flatMap((path) => (path.endsWith('.gz') ? casesIn(filesIn(path)).map(({ model }) => model) : [readFileSync(path)]))
    .filter(({ length }) => length < 3_000_000);
}

function made(files, seed, index) {
  const random = randomFrom(seed * 1_000_003 + index);
  const pick = () => files[Math.floor(random() * files.length)];
  return mutant(pick(), pick(), random);
}

if (isMainThread) {
  const [count = '10000', seed = '1', ...files] = process.argv.slice(2);
  const paths = files.length > 0 ? files : BUNDLED;
  const only = count.startsWith('=') ? Number(count.slice(1)) : undefined;
  if (only !== undefined) {
    const bytes = made(seeds(paths), Number(seed), only);
    writeFileSync('/tmp/mutant.onnx', bytes);
    console.log(bytes.length, outcome(bytes));
    process.exit();
  }
  let next = 0;
  const total = { read: 0, refused: 0, bad: 0 };
  const bad = (index, why) => {
    total.bad++;
    console.log(`mutant ${index} of seed ${seed}: ${why}`);
  };
  while (next < Number(count)) {
    await new Promise((resolve) => {
      const worker = new Worker(new URL(import.meta.url), {
        workerData: { from: next, count: Number(count), seed: Number(seed), paths },
        resourceLimits: { maxOldGenerationSizeMb: MEGABYTES },
      });
      let timer;
      let current = next;
      const watch = (limit) => {
        clearTimeout(timer);
        timer = setTimeout(() => void (bad(current, `hangs`), worker.terminate()), limit * 3);
      };
      worker.on('message', ({ index, result, why, ms, limit }) => {
        if (result === 'making') {
          clearTimeout(timer);
          current = index;
        } else if (result === 'start') {
          watch(limit);
        } else {
          total[result] = (total[result] ?? 0) + 1;
          if (why) console.log(`mutant ${index} of seed ${seed}: ${why}`);
          if (ms > limit) bad(index, `takes ${ms.toFixed(0)} ms, its size allows ${limit.toFixed(0)}`);
        }
      });
      worker.on('error', (error) => bad(current, String(error)));
      worker.on('exit', () => {
        clearTimeout(timer);
        next = current + 1;
        resolve();
      });
    });
  }
  console.log(JSON.stringify(total));
  process.exitCode = total.bad > 0 ? 1 : 0;
} else {
  const { from, count, seed, paths } = workerData;
  const files = seeds(paths);
  for (let index = from; index < count; index++) {
    tell({ index, result: 'making' });
    const bytes = made(files, seed, index);
    const limit = (SECONDS + (SECONDS_PER_MEGABYTE * bytes.length) / 1e6) * 1000;
    tell({ index, result: 'start', limit });
    const start = performance.now();
    let result = 'bad';
    let why;
    try {
      result = outcome(bytes);
    } catch (error) {
      why = error.stack.split('\n').slice(0, 4).join(' | ');
    }
    tell({ index, result, why, limit, ms: performance.now() - start });
  }
}
