// How often the sanity gate rejects explainers that know nothing, and passes those of a healthy model.
// VITRINE_ASSETS=DIR node bench/gate.mjs [--examples 100] [--save FILE]: DIR holds data-cifar10-test500
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { readNpz } from '@vitrine/data';
import { evidence, floors, sanity } from '@vitrine/evaluate';
import { readFileSync } from 'node:fs';
import { examine, load } from 'vitrine';

const { values } = parseArgs({
  options: { examples: { type: 'string', default: '100' }, save: { type: 'string' }, only: { type: 'string' } },
});
const assets = process.env.VITRINE_ASSETS;
if (assets === undefined) throw new Error('set VITRINE_ASSETS to the folder that holds data-cifar10-test500');
const count = Number(values.examples);
const pictures = readNpz(readFileSync(path.join(assets, 'data-cifar10-test500/cifar10_test500.npz')), 'cifar10_test500.npz').get('x');
const MEAN = [0.485, 0.456, 0.406];
const STD = [0.229, 0.224, 0.225];
const PIXELS = 32 * 32;

/** A picture [32,32,3] as the network takes it: [1,3,32,32]. */
function tensorOf(i) {
  const data = Float32Array.from({ length: 3 * PIXELS }, (_, k) => {
    const c = Math.floor(k / PIXELS);
    return (pictures.data[i * 3 * PIXELS + (k % PIXELS) * 3 + c] / 255 - MEAN[c]) / STD[c];
  });
  return { dtype: 'float32', dims: [1, 3, 32, 32], data };
}

const explainers = {
  gradient: { method: 'gradient' },
  'input-x-gradient': { method: 'input-x-gradient' },
  'integrated-gradients': { method: 'integrated-gradients' },
  lrp: { method: 'lrp' },
  occlusion: { method: 'occlusion' },
  'grad-cam': { method: 'grad-cam', options: { upsample: 'bilinear' } },
  'constant, as a gradient': { method: 'gradient', says: floors.constant },
  'random numbers, as a gradient': { method: 'gradient', says: floors.random },
  '|input|, as a gradient': { method: 'gradient', says: floors.input },
  'gradient of permuted weights': { method: 'gradient', says: floors.permuted },
  'constant, as shares': { method: 'integrated-gradients', says: floors.constant },
  'random numbers, as shares': { method: 'integrated-gradients', says: floors.random },
  '|input|, as shares': { method: 'integrated-gradients', says: floors.input },
  'integrated gradients of permuted weights': { method: 'integrated-gradients', says: floors.permuted },
};

const model = await load('models/resnet20_ts_opset13.onnx');
const [{ name }] = model.subject.graph.inputs;
const found = {};
const started = performance.now();
for (const [title, { method, says, options }] of Object.entries(explainers)) {
  if (values.only && !new RegExp(values.only).test(title)) continue;
  let rejected = 0;
  const failed = {};
  for (let i = 0; i < count; i++) {
    // Classes lie one after the other; every fifth picture is of all of them.
    const exam = await examine(model, { [name]: tensorOf((i * 5) % 500) });
    const e = await evidence(await exam.probe({ method, options, seed: i }), { says });
    const { verdict, checks } = await sanity(e);
    if (verdict === 'not to be trusted') rejected++;
    for (const check of checks) if (check.passed === false) failed[check.name] = (failed[check.name] ?? 0) + 1;
  }
  found[title] = { rejected, of: count, failed };
  console.log(
    `${title}: ${rejected} of ${count} rejected ${JSON.stringify(failed)} (${((performance.now() - started) / 1000).toFixed(0)} s)`,
  );
}
await model.close();
if (values.save)
  writeFileSync(
    values.save,
    `${JSON.stringify({ machine: `${os.cpus()[0].model}, ${os.cpus().length} cores`, node: process.version, model: 'resnet20_ts_opset13', found }, null, 2)}\n`,
  );
