// TreeSHAP beside SHAP's own, in one run: node bench/trees.mjs [--python PYTHON] [--models DIR] [--rounds N] [--save FILE]
// PYTHON must have scikit-learn, xgboost, skl2onnx, onnxmltools, onnx and shap. Runs are interleaved; medians are reported, of the clock and of the processor.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { readNpy } from '@vitrine/data';
import { treesIn, treesOf, treeValues } from '@vitrine/explain';
import { openModel } from '@vitrine/ir/node';

const here = path.dirname(new URL(import.meta.url).pathname);
const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    models: { type: 'string', default: path.join(os.tmpdir(), 'vitrine-bench-trees') },
    rounds: { type: 'string', default: '5' },
    save: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
// One thread on both sides.
const env = { ...process.env, OMP_NUM_THREADS: '1' };
const peerArgs = (command) => [path.join(here, 'treesPeer.py'), command, values.models];
if (!existsSync(path.join(values.models, 'boosted.onnx')))
  spawnSync(values.python, peerArgs('models'), { env, stdio: ['ignore', 'ignore', 'inherit'] });

const file = (name) => path.join(values.models, name);
const array = (name) => readNpy(new Uint8Array(readFileSync(file(name))));
const rowsOf = ({ dims: [count, width], data }) =>
  Array.from({ length: count }, (_, i) => Float64Array.from(data.subarray(i * width, (i + 1) * width)));
const [rows, background] = [rowsOf(array('rows.npy')), rowsOf(array('background.npy'))];
const PAIRS = 20;

function treesFrom(name) {
  const [ensemble] = treesIn(openModel(file(`${name}.onnx`)).graph).values();
  return treesOf(ensemble, 0, rows[0].length);
}
const trees = { forest: treesFrom('forest'), boosted: treesFrom('boosted') };

const child = spawn(values.python, peerArgs('serve'), { env, stdio: ['pipe', 'pipe', 'ignore'] });
const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
const next = async () => JSON.parse((await lines.next()).value);
const peerVersions = await next();

function ours({ model, perturbation, interactions = false }) {
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  const found = treeValues(trees[model], interactions ? rows.slice(0, PAIRS) : rows, {
    perturbation,
    interactions,
    ...(perturbation === 'interventional' && { background }),
  });
  const { user, system } = process.cpuUsage(cpu);
  return { ms: performance.now() - wall, cpuMs: (user + system) / 1000, values: found.values };
}
async function theirs(asked) {
  child.stdin.write(`${JSON.stringify(asked)}\n`);
  return next();
}

const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];
const cases = [
  { model: 'forest', perturbation: 'path-dependent' },
  { model: 'forest', perturbation: 'interventional' },
  { model: 'forest', perturbation: 'path-dependent', interactions: true },
  { model: 'boosted', perturbation: 'path-dependent' },
  { model: 'boosted', perturbation: 'interventional' },
];
const results = [];
for (const asked of cases) {
  const [own, peer] = [[], []];
  let apart = 0;
  for (let round = -1; round < rounds; round++) {
    const [a, b] = [ours(asked), await theirs(asked)];
    const want = array('peer.npy').data;
    const most = want.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
    apart = want.reduce((worst, v, i) => Math.max(worst, Math.abs(v - a.values[i]) / most), 0);
    if (round < 0) continue;
    own.push(a);
    peer.push(b);
  }
  const of = (list, key) => Math.round(median(list.map((one) => one[key])));
  const row = {
    ...asked,
    rows: asked.interactions ? PAIRS : rows.length,
    ms: of(own, 'ms'),
    peerMs: of(peer, 'ms'),
    cpuMs: of(own, 'cpuMs'),
    peerCpuMs: of(peer, 'cpuMs'),
    apart,
  };
  row.peerOverOurs = Number(median(peer.map(({ cpuMs }, i) => cpuMs / own[i].cpuMs)).toFixed(2));
  results.push(row);
  console.log(JSON.stringify(row));
}
child.stdin.end();
const machine = { cpu: os.cpus()[0]?.model, cores: os.cpus().length, node: process.version, ...peerVersions };
if (values.save) writeFileSync(values.save, `${JSON.stringify({ machine, rounds, results }, null, 2)}\n`);
