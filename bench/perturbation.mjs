// Methods that take parts away beside SHAP, LIME and Captum, in one run:
// node bench/perturbation.mjs [--python PYTHON] [--models DIR] [--transformers FOLDER] [--rounds N] [--only NAME] [--save FILE]
// PYTHON must have what perturbationPeer.py names. FOLDER is bert_mini_sst2 as transformers reads it; without it that peer is left out.
// Runs are interleaved; medians are reported. With --save, cases of --only are laid over those that the file holds.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { presets, readNpy, writeNpy } from '@vitrine/data';
import { example, explain, subject } from '@vitrine/explain';
import { openModel } from '@vitrine/ir/node';
import { caching } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { examine, load } from 'vitrine';

const here = path.dirname(new URL(import.meta.url).pathname);
const { values: given } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    models: { type: 'string', default: path.join(os.tmpdir(), 'vitrine-bench-perturbation') },
    transformers: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: '2' },
    only: { type: 'string' },
    save: { type: 'string' },
  },
});
const [rounds, threads] = [Number(given.rounds), Number(given.threads)];
const env = { ...process.env, THREADS: given.threads };
const peerArgs = (command) => [path.join(here, 'perturbationPeer.py'), command, given.models];
const file = (name) => path.join(given.models, name);
if (!existsSync(file('image.npy'))) spawnSync(given.python, peerArgs('models'), { env, stdio: ['ignore', 'ignore', 'inherit'] });
const array = (name) => readNpy(new Uint8Array(readFileSync(file(name))));
const shipped = (name) => path.join(here, '..', 'models', name);

const child = spawn(given.python, peerArgs('serve'), { env, stdio: ['pipe', 'pipe', 'inherit'] });
const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
const next = async () => JSON.parse((await lines.next()).value);
const peerVersions = await next();
/** A side of a case: a call is one run, its time and its values. */
const peer = (asked) => async () => {
  child.stdin.write(`${JSON.stringify(asked)}\n`);
  const { ms } = await next();
  return { ms, values: array('peer.npy').data };
};
const timed = (run) => async () => {
  const start = performance.now();
  const values = await run();
  return { ms: performance.now() - start, values };
};

const runtime = caching(await nodeRuntime({ threads }), 32);
const subjects = new Map();
function subjectOf(name) {
  if (!subjects.has(name)) subjects.set(name, subject(openModel(file(`${name}.onnx`)), name, ''));
  return subjects.get(name);
}
const partValues = ({ parts }) => parts.values.map(({ value }) => value);

const SAMPLES = 2048;
/** Rows of a table explained one after the other, each from the start; values and standard errors of all. */
async function kernelShap(model) {
  const { data, dims } = array(`${model}.rows.npy`);
  const baseline = new Map([['input', array(`${model}.background.npy`)]]);
  const found = { values: [], errors: [] };
  for (let at = 0; at < data.length; at += dims[1]) {
    const inputs = new Map([['input', { dtype: 'float32', dims: [1, dims[1]], data: data.slice(at, at + dims[1]) }]]);
    const ex = await example(subjectOf(model), inputs, runtime);
    const options = { samples: SAMPLES, baseline };
    const { parts } = await explain(ex, runtime, { method: 'kernel-shap', inputs, target: { kind: 'index', index: [0] }, options });
    for (const { value, standardError = 0 } of parts.values) {
      found.values.push(value);
      found.errors.push(standardError);
    }
  }
  return found;
}
const kernelPeer = (model, by, l1) => peer({ case: 'kernel_shap', model, by, samples: SAMPLES, ...(l1 !== undefined && { l1 }) });
const apart = (a, b) => a.reduce((worst, v, i) => Math.max(worst, Math.abs(v - b[i])), 0);
const most = (a) => a.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
const correlation = (a, b) => {
  const mean = (list) => list.reduce((s, v) => s + v, 0) / list.length;
  const [ma, mb] = [mean(a), mean(b)];
  const sum = (f) => a.reduce((s, _, i) => s + f(a[i] - ma, b[i] - mb), 0);
  return sum((u, v) => u * v) / Math.sqrt(sum((u) => u * u) * sum((_, v) => v * v));
};
const top = (list, n) => [...list.keys()].sort((i, j) => Math.abs(list[j]) - Math.abs(list[i])).slice(0, n);
/** How many of the parts that count most for one count most for the other as well. */
const shared = (a, b, n) => top(a, n).filter((i) => top(b, n).includes(i)).length;
const check = (fits, what) => {
  if (!fits) throw new Error(`values do not agree: ${what}`);
};

async function shapAgrees(model) {
  const [{ values, errors }, found] = [await kernelShap(model), (await kernelPeer(model, 'torch', false)()).values];
  if (errors.every((error) => error === 0)) {
    const worst = apart(values, found) / most(found);
    check(worst < 1e-4, `${model}, exact, ${worst}`);
    return { apart: worst };
  }
  // Both are draws around the same values: their difference has the spread of both.
  const z = values.map((v, i) => (v - found[i]) / (Math.SQRT2 * errors[i]));
  const spread = Math.sqrt(z.reduce((s, v) => s + v * v, 0) / z.length);
  check(spread < 2, `${model}, ${spread} standard errors`);
  return { standardErrorsApart: spread, largestApart: apart(values, found) / most(found) };
}

const MLP_SIDES = (model) => ({
  vitrine: timed(async () => (await kernelShap(model)).values),
  'shap, PyTorch': kernelPeer(model, 'torch'),
  'shap, ONNX Runtime': kernelPeer(model, 'onnx'),
  'shap, PyTorch, l1_reg off': kernelPeer(model, 'torch', false),
  'shap, ONNX Runtime, l1_reg off': kernelPeer(model, 'onnx', false),
});

async function occlusion() {
  const inputs = new Map([['input', array('image.npy')]]);
  const ex = await example(subjectOf('resnet50'), inputs, runtime);
  const options = { window: '3x32x32', stride: '3x16x16' };
  const target = { kind: 'index', index: [7] };
  return async () => (await explain(ex, runtime, { method: 'occlusion', inputs, target, options })).attributions[0].tensor.data;
}
async function occlusionAgrees() {
  const [ours, theirs] = [await (await occlusion())(), (await peer({ case: 'occlusion', batch: 8 })()).values];
  // Captum gives each element its window's whole difference, Vitrine its share of it.
  const own = ours.map((v) => v * 3 * 32 * 32);
  const worst = apart(own, theirs) / most(theirs);
  check(worst < 1e-4, `occlusion, ${worst}`);
  return { apart: worst };
}

const PICTURE = path.join(here, '..', 'examples', 'pictures', 'dog.jpg');
const QUICKSHIFT = 'quickshift:kernel=4,distance=200,ratio=0.2';
const pictured = async () => {
  const model = await load(shipped('squeezenet1.1.onnx'), { threads });
  const exam = await examine(model, PICTURE);
  const [{ picture }] = [...exam.inputs.values()];
  const seen = picture.seen();
  writeFileSync(
    file('picture.npy'),
    writeNpy({ dtype: 'float32', dims: [seen.height, seen.width, 3], data: Float32Array.from(seen.data) }),
  );
  const cls = [exam.prediction.classes[0].index].flat().at(-1);
  const { mean, std } = presets.imagenet;
  const ask = (parts, samples) => async () => {
    const options = { samples, parts, baseline: 'segment-mean' };
    return partValues(
      (await (await examine(model, PICTURE)).explain({ method: 'lime', target: { kind: 'index', index: [cls] }, options })).explanation,
    );
  };
  const theirs = (samples, by, labels) =>
    peer({
      case: 'lime_image',
      file: shipped('squeezenet1.1.onnx'),
      preprocess: { mean, std },
      cls,
      samples,
      by,
      ...(labels && { labels }),
    });
  return { ask, theirs, close: () => model.close() };
};

const TEXT =
  'a deeply moving and beautifully acted film that never once feels cheap even though its story is slow and its ending is a little bit too sweet for my taste';
const worded = async () => {
  const model = await load(shipped('bert_mini_sst2_ts_opset14.onnx'), { threads });
  const cls = 1;
  const ask = (samples) => async () =>
    partValues(
      (
        await (
          await examine(model, { text: TEXT })
        ).explain({ method: 'lime', target: { kind: 'index', index: [cls] }, options: { samples } })
      ).explanation,
    );
  const base = { case: 'lime_text', file: shipped('bert_mini_sst2_ts_opset14.onnx'), tokenizer: shipped('bert_mini_sst2.tokenizer.json') };
  const theirs = (samples, by, batch) => peer({ ...base, text: TEXT, cls, samples, by, folder: given.transformers ?? null, batch });
  return { ask, theirs, close: () => model.close() };
};

const cases = {
  'KernelSHAP, 2,048 samples, 50 background rows, 10 rows of 30 features, 30-64-32-1': {
    agree: async () => ({ ...(await shapAgrees('mlp')), exact: (await shapAgrees('few')).apart }),
    sides: () => MLP_SIDES('mlp'),
  },
  '… 30-256-256-1': { agree: () => shapAgrees('wide'), sides: () => MLP_SIDES('wide') },
  'occlusion 32 × 32, stride 16, ResNet-50 at 224 × 224': {
    agree: occlusionAgrees,
    sides: async () => ({
      vitrine: timed(await occlusion()),
      'captum, as it comes': peer({ case: 'occlusion', batch: null }),
      'captum, 4 a run': peer({ case: 'occlusion', batch: 4 }),
      'captum, 8 a run': peer({ case: 'occlusion', batch: 8 }),
      'captum, 16 a run': peer({ case: 'occlusion', batch: 16 }),
    }),
  },
  'LIME of a picture, 1,000 samples, quickshift, SqueezeNet 1.1': {
    async agree() {
      const { ask, theirs, close } = await pictured();
      // On the same superpixels.
      await theirs(10, 'onnx')();
      const own = array('segments.npy');
      const parts = new Map([['data', { ...own, dims: own.dims }]]);
      const [a, b] = [await ask(parts, 1000)(), (await theirs(1000, 'onnx', 'segments.npy')()).values];
      await close();
      const found = { parts: a.length, correlation: correlation(a, b), sharedOfTop10: shared(a, b, 10) };
      check(a.length === b.length && found.correlation > 0.9 && found.sharedOfTop10 >= 7, `LIME of a picture, ${JSON.stringify(found)}`);
      return found;
    },
    async sides() {
      const { ask, theirs, close } = await pictured();
      return {
        sides: {
          vitrine: timed(ask(QUICKSHIFT, 1000)),
          'lime, ONNX Runtime': theirs(1000, 'onnx'),
          'lime, PyTorch': theirs(1000, 'torch'),
        },
        close,
      };
    },
  },
  'LIME of a text, 1,000 samples, 30 words, bert_mini_sst2': {
    async agree() {
      const { ask, theirs, close } = await worded();
      const [a, b] = [await ask(4000)(), (await theirs(4000, 'onnx', null)()).values];
      await close();
      const found = { parts: a.length, correlation: correlation(a, b), sharedOfTop5: shared(a, b, 5) };
      check(a.length === b.length && found.correlation > 0.95 && found.sharedOfTop5 >= 4, `LIME of a text, ${JSON.stringify(found)}`);
      return found;
    },
    async sides() {
      const { ask, theirs, close } = await worded();
      return {
        sides: {
          vitrine: timed(ask(1000)),
          'lime, ONNX Runtime, all at once': theirs(1000, 'onnx', null),
          'lime, ONNX Runtime, 32 a run': theirs(1000, 'onnx', 32),
          ...(given.transformers && { 'lime, transformers, 32 a run': theirs(1000, 'torch', 32) }),
        },
        close,
      };
    },
  },
};

const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];
/** Times sides in turn, A B C A B C …, after one round that is not counted. */
async function interleaved(sides) {
  const times = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
  for (let round = -1; round < rounds; round++)
    for (const [name, run] of Object.entries(sides)) {
      const { ms } = await run();
      if (round >= 0) times[name].push(ms);
    }
  return Object.fromEntries(
    Object.entries(times).map(([name, list]) => [name, { medianMs: median(list), minMs: Math.min(...list), maxMs: Math.max(...list) }]),
  );
}

const results = {};
for (const [name, { agree, sides }] of Object.entries(cases)) {
  if (given.only && !name.includes(given.only)) continue;
  const agreement = await agree();
  const made = await sides();
  const times = await interleaved(made.sides ?? made);
  await made.close?.();
  const ratios = Object.fromEntries(
    Object.entries(times).flatMap(([side, { medianMs }]) =>
      side === 'vitrine' ? [] : [[`${side} / vitrine`, medianMs / times.vitrine.medianMs]],
    ),
  );
  results[name] = { agreement, times, ratios };
  console.log(name, JSON.stringify(agreement));
  for (const [side, { medianMs, minMs, maxMs }] of Object.entries(times)) {
    const ratio = ratios[`${side} / vitrine`];
    console.log(`  ${side.padEnd(34)} ${medianMs.toFixed(1)} ms  (${minMs.toFixed(1)} to ${maxMs.toFixed(1)})  ${ratio?.toFixed(2) ?? ''}`);
  }
}
child.stdin.end();
await runtime.close();
const machine = {
  cpu: os.cpus()[0]?.model,
  cores: os.cpus().length,
  threads,
  node: process.version,
  onnxruntimeNode: runtime.version,
  ...peerVersions,
};
if (given.save) {
  const before = given.only && existsSync(given.save) ? JSON.parse(readFileSync(given.save, 'utf8')).results : {};
  writeFileSync(given.save, `${JSON.stringify({ machine, rounds, results: { ...before, ...results } }, null, 2)}\n`);
}
console.log(JSON.stringify(machine));
