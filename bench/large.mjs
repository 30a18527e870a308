// A language model of a billion parameters: node bench/large.mjs FOLDER [--tokens N] [--rounds N] [--threads N] [--save FILE]
// Each method in a process of its own: from nothing to its first answer, then medians of runs of the model's graph and of the method's.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { price } from '@vitrine/runtime';
import { examine, load } from 'vitrine';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tokens: { type: 'string', default: '128' },
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: '2' },
    save: { type: 'string' },
    method: { type: 'string' },
  },
});
const [folder] = positionals;
const [tokens, rounds, threads] = [values.tokens, values.rounds, values.threads].map(Number);
const GB = 2 ** 30;

const methods = {
  gradient: { method: 'gradient' },
  'attn-lrp': { method: 'attn-lrp' },
  'dl-backtrace': { method: 'dl-backtrace' },
};

/** Seconds of the clock, and of all processors together: other programs on the machine lengthen the first, not the second. */
function timer() {
  const [start, before] = [performance.now(), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(before);
    return { wallS: (performance.now() - start) / 1000, cpuS: (user + system) / 1e6 };
  };
}
const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];
const medianOf = (times) => ({ wallS: median(times.map((t) => t.wallS)), cpuS: median(times.map((t) => t.cpuS)) });
/** Peak resident memory, the mapped part of the weights' file included. */
const peakGB = () => (Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024) / GB;

/** One method, measured in this process. */
async function measured(question) {
  const loading = timer();
  const model = await load(folder, { threads });
  const loaded = loading();
  // What ran last.
  let last;
  const watching = async () => {
    const runtime = await model.runtime();
    return {
      ...runtime,
      async open(graph, options) {
        const session = await runtime.open(graph, options);
        return {
          ...session,
          async run(feeds) {
            last = { priceGB: price(graph).total / GB, again: () => session.run(feeds) };
            return session.run(feeds);
          },
        };
      },
    };
  };
  const ids = BigInt64Array.from({ length: tokens }, (_, i) => BigInt(((i * 7919) % 30000) + 1));
  const given = {
    input_ids: { dtype: 'int64', dims: [1, tokens], data: ids },
    attention_mask: { dtype: 'int64', dims: [1, tokens], data: new BigInt64Array(tokens).fill(1n) },
  };
  const exam = await examine({ ...model, runtime: watching }, given);
  const forward = last;
  const answered = loading();
  const forwardPeakGB = peakGB();
  const asking = timer();
  await exam.explain({ ...question, target: `0,${tokens - 1},7` });
  const asked = asking();
  const program = last;
  const peak = peakGB();
  const { version } = await model.runtime();
  // One after the other: the two sessions together are more than is kept, and one gives way to the other.
  const runs = async ({ again }) => {
    const times = [];
    for (let round = -1; round < rounds; round++) {
      const running = timer();
      await again();
      if (round >= 0) times.push(running());
    }
    return medianOf(times);
  };
  const [programRun, forwardRun] = [await runs(program), await runs(forward)];
  await model.close();
  return {
    loaded,
    answered,
    asked,
    forward: { priceGB: forward.priceGB, run: forwardRun, peakGB: forwardPeakGB },
    program: { priceGB: program.priceGB, run: programRun, peakGB: peak },
    version,
  };
}

if (values.method !== undefined) {
  console.log(JSON.stringify(await measured(methods[values.method])));
} else {
  const results = {};
  let version;
  const s = ({ wallS, cpuS }) => `${wallS.toFixed(2)} s (${cpuS.toFixed(2)} s of processors)`;
  for (const name of Object.keys(methods)) {
    const { stdout, status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), ...process.argv.slice(2), '--method', name], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (status !== 0) process.exit(status ?? 1);
    const result = JSON.parse(stdout);
    const { loaded, answered, asked, forward, program } = result;
    version = result.version;
    const ratio = { wall: program.run.wallS / forward.run.wallS, cpu: program.run.cpuS / forward.run.cpuS };
    results[name] = { loaded, answered, asked, forward, program, ratio };
    console.log(name);
    console.log(`  loaded after ${s(loaded)}, the model's answer after ${s(answered)}; the question ${s(asked)}`);
    console.log(`  forward ${s(forward.run)}, peak ${forward.peakGB.toFixed(1)} GB, priced ${forward.priceGB.toFixed(1)} GB`);
    console.log(`  ${name} ${s(program.run)}, peak ${program.peakGB.toFixed(1)} GB, priced ${program.priceGB.toFixed(1)} GB`);
    console.log(`  ${ratio.wall.toFixed(2)} × forward by the clock, ${ratio.cpu.toFixed(2)} × in processors' time`);
  }
  const machine = { cpu: os.cpus()[0]?.model, cores: os.cpus().length, threads, memoryGB: Math.round(os.totalmem() / GB), node: process.version, onnxruntime: version }; // prettier-ignore
  if (values.save) {
    mkdirSync(path.dirname(values.save), { recursive: true });
    const rounded = (_, v) => (typeof v === 'number' ? Math.round(100 * v) / 100 : v);
    writeFileSync(values.save, `${JSON.stringify({ machine, tokens, rounds, results }, rounded, 2)}\n`);
  }
  console.log(JSON.stringify(machine));
}
