// Side by side with PyTorch and Captum, in one run: node bench/run.mjs [--python PYTHON] [--lxt PYTHON] [--models DIR] [--rounds N] [--save FILE]
// PYTHON must have torch, torchvision, transformers, captum, zennit, onnx and dl-backtrace 0.0.25; that of --lxt torch, torchvision, transformers
// 4.52 and lxt 2.1, which knows no later ones. Runs are interleaved; medians are reported.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { explain, example, subject } from '@vitrine/explain';
import { importFolder } from '@vitrine/formats/node';
import { openModel } from '@vitrine/ir/node';
import { caching } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { inputsFor } from './inputs.mjs';
import { bertEmbeddings, programFor } from './programs.mjs';

const here = path.dirname(new URL(import.meta.url).pathname);
const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    lxt: { type: 'string' },
    models: { type: 'string', default: path.join(os.tmpdir(), 'vitrine-bench') },
    rounds: { type: 'string', default: '7' },
    threads: { type: 'string', default: '2' },
    save: { type: 'string' },
    only: { type: 'string' },
  },
});
const threads = Number(values.threads);
const rounds = Number(values.rounds);
const llama = path.join(values.models, 'llama8');
const env = { ...process.env, THREADS: values.threads, LLAMA: llama };
const python = (...args) =>
  spawnSync(values.python, [path.join(here, 'peer.py'), ...args], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
if (!existsSync(path.join(values.models, 'cnn32.onnx'))) python('models', values.models);
if (values.lxt && !existsSync(path.join(llama, 'config.json'))) python('llama', llama);

const runtime = caching(await nodeRuntime({ threads }), 32);
const file = (name) => path.join(values.models, `${name}.onnx`);
const subjects = new Map();
function subjectOf(name) {
  if (!subjects.has(name)) subjects.set(name, subject(name === 'llama8' ? importFolder(llama).model : openModel(file(name)), name, ''));
  return subjects.get(name);
}

/** A compiled graph of ours, ready to time: a call is one run. */
const compiled = (name, batch, program) => programFor(runtime, subjectOf(name), inputsFor(subjectOf(name).graph, batch), batch, program);

/** A whole call of the library, batching and reduction included. */
async function called(name, request) {
  const inputs = inputsFor(subjectOf(name).graph, 1);
  const ex = await example(subjectOf(name), inputs, runtime);
  return () => explain(ex, runtime, { inputs, target: { kind: 'index', index: [7] }, ...request });
}

function peer(program = values.python) {
  const child = spawn(program, [path.join(here, 'peer.py'), 'serve'], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await lines.next()).value);
  return {
    about: next,
    run: (name, batch) => async () => {
      child.stdin.write(`${JSON.stringify({ case: name, batch })}\n`);
      return (await next()).ms;
    },
    close: () => child.stdin.end(),
  };
}

const timed = (run) => async () => {
  const start = performance.now();
  await run();
  return performance.now() - start;
};
const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];

/** Times sides in turn, A B C A B C …, after one round that is not counted. */
async function interleaved(sides) {
  const times = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const [name, run] of Object.entries(sides)) {
      const ms = await run();
      if (round >= 0) times[name].push(ms);
    }
  }
  return Object.fromEntries(
    Object.entries(times).map(([name, list]) => [name, { medianMs: median(list), minMs: Math.min(...list), maxMs: Math.max(...list) }]),
  );
}

/** Ours against our own forward pass, and each peer against ours: contrast against contrast. */
function ratiosOf(times) {
  const entries = Object.entries(times).flatMap(([side, { medianMs }]) => {
    if (side === 'forward') return [];
    const mine = side.includes('contrast') && times['vitrine, contrast'] ? 'vitrine, contrast' : 'vitrine';
    if (side.startsWith('vitrine') || side.startsWith('baseline'))
      return times.forward === undefined ? [] : [[`${side} / own forward`, medianMs / times.forward.medianMs]];
    return [[`${side} / ${mine}`, medianMs / times[mine].medianMs]];
  });
  return Object.fromEntries(entries);
}

const torch = peer();
const versions = await torch.about();
const lxt = values.lxt === undefined ? undefined : peer(values.lxt);
const lxtVersions = await lxt?.about();
const gradient = async (model, batch) => ({
  forward: timed(await compiled(model, batch, 'forward')),
  vitrine: timed(await compiled(model, batch, 'gradient')),
  pytorch: torch.run(`${model}_gradient`, batch),
});
const backtrace = async (model) => ({
  forward: timed(await compiled(model, 1, 'forward')),
  vitrine: timed(await compiled(model, 1, 'dl-backtrace')),
  'vitrine, contrast': timed(await compiled(model, 1, 'dl-backtrace, mode contrast')),
});
const cases = {
  'resnet50 gradient, batch 1': () => gradient('resnet50', 1),
  'resnet50 gradient, batch 8': () => gradient('resnet50', 8),
  'bert-base gradient, 1 × 128 tokens': () => gradient('bert', 1),
  'bert-base gradient, 2 × 128 tokens': () => gradient('bert', 2),
  'resnet50 Grad-CAM, batch 1': async () => ({
    forward: timed(await compiled('resnet50', 1, 'forward')),
    vitrine: timed(await compiled('resnet50', 1, 'grad-cam')),
    captum: torch.run('resnet50_gradcam', 1),
  }),
  'resnet50 LRP EpsilonPlus, batch 1': async () => ({
    forward: timed(await compiled('resnet50', 1, 'forward')),
    vitrine: timed(await compiled('resnet50', 1, 'lrp')),
    zennit: torch.run('resnet50_lrp', 1),
  }),
  'resnet50 DeepLIFT, batch 1': async () => ({
    forward: timed(await compiled('resnet50', 1, 'forward')),
    vitrine: timed(await compiled('resnet50', 1, 'deeplift, baseline fed')),
    'baseline compiled in': timed(await compiled('resnet50', 1, 'deeplift')),
    captum: torch.run('resnet50_deeplift', 1),
  }),
  'resnet50 DL-Backtrace, batch 1': () => backtrace('resnet50'),
  'bert-base DL-Backtrace, 1 × 128 tokens': () => backtrace('bert'),
  'three-layer CNN at 32 × 32, DL-Backtrace': async () => ({
    ...(await backtrace('cnn32')),
    'reference, default': torch.run('cnn32_backtrace', 0),
    'reference, contrast': torch.run('cnn32_backtrace', 1),
  }),
  'resnet50 integrated gradients, 50 steps': async () => ({
    vitrine: timed(await called('resnet50', { method: 'integrated-gradients', options: { steps: 50 } })),
    'captum, all at once': torch.run('resnet50_ig', 0),
    'captum, 10 at a time': torch.run('resnet50_ig', 10),
  }),
  'bert-base integrated gradients, 50 steps, 1 × 128 tokens': async () => ({
    vitrine: timed(
      await called('bert', {
        method: 'integrated-gradients',
        options: { steps: 50 },
        at: [bertEmbeddings(subjectOf('bert').graph)],
        target: { kind: 'index', index: [1] },
      }),
    ),
    'captum, all at once': torch.run('bert_ig', 0),
    'captum, 10 at a time': torch.run('bert_ig', 10),
  }),
  ...(lxt && {
    'Llama of 8 layers, width 1,024: AttnLRP of one token over 128': async () => ({
      forward: timed(await compiled('llama8', 1, 'forward')),
      vitrine: timed(await compiled('llama8', 1, 'attn-lrp')),
      lxt: lxt.run('llama_attnlrp', 1),
    }),
  }),
};

const results = {};
for (const [name, sides] of Object.entries(cases)) {
  if (values.only && !name.includes(values.only)) continue;
  const times = await interleaved(await sides());
  const ratios = ratiosOf(times);
  results[name] = { times, ratios };
  console.log(name);
  for (const [side, { medianMs, minMs, maxMs }] of Object.entries(times))
    console.log(`  ${side.padEnd(24)} ${medianMs.toFixed(1)} ms  (${minMs.toFixed(1)} to ${maxMs.toFixed(1)})`);
  for (const [ratio, value] of Object.entries(ratios)) console.log(`  ${ratio.padEnd(24)} ${value.toFixed(2)}`);
}
torch.close();
lxt?.close();
await runtime.close();

const peak = (command, ...args) =>
  JSON.parse(spawnSync(command, args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).stdout).mb;
const memory = {};
for (const [model, batch] of values.only
  ? []
  : [
      ['resnet50', 1],
      ['resnet50', 8],
      ['bert', 1],
    ]) {
  const mine = peak(process.execPath, path.join(here, 'memory.mjs'), file(model), String(batch), 'gradient');
  const theirs = peak(values.python, path.join(here, 'peer.py'), 'memory', `${model}_gradient`, String(batch));
  memory[`${model} gradient, batch ${batch}`] = { vitrineMB: mine, pytorchMB: theirs };
  console.log(`${model} gradient, batch ${batch}: peak memory of the process ${mine.toFixed(0)} MB, pytorch ${theirs.toFixed(0)} MB`);
}

const cold = [];
for (let round = 0; round < (values.only ? 0 : rounds); round++) {
  const out = mkdtempSync(path.join(os.tmpdir(), 'vitrine-cold-'));
  const start = performance.now();
  spawnSync(
    process.execPath,
    [
      'packages/vitrine/dist/cli/main.js',
      'explain',
      'models/squeezenet1.1.onnx',
      '--input',
      'examples/pictures/dog.jpg',
      '--method',
      'grad-cam',
      '--save',
      out,
    ],
    { cwd: path.join(here, '..') },
  );
  cold.push(performance.now() - start);
  rmSync(out, { recursive: true });
}
if (cold.length > 0) console.log(`squeezenet Grad-CAM on the command line, from start to files: ${median(cold).toFixed(0)} ms`);

const machine = {
  cpu: os.cpus()[0]?.model,
  cores: os.cpus().length,
  threads,
  memoryGB: Math.round(os.totalmem() / 2 ** 30),
  node: process.version,
  onnxruntime: runtime.version,
  ...versions,
  ...(lxtVersions && { besideLxt: { lxt: lxtVersions.lxt, transformers: lxtVersions.transformers, torch: lxtVersions.torch } }),
};
if (values.save) {
  mkdirSync(path.dirname(values.save), { recursive: true });
  writeFileSync(values.save, `${JSON.stringify({ machine, rounds, results, memory, commandLineMs: median(cold) }, null, 2)}\n`);
}
console.log(JSON.stringify(machine));
