// Times metrics of explanations beside Quantus, with as many model evaluations on both sides.
// node bench/quality.mjs --python PYTHON [--save FILE]: PYTHON needs torch, torchvision, pillow and quantus==0.6.0
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { evidence, measure } from '@vitrine/evaluate';
import { examine, load } from 'vitrine';

const { values } = parseArgs({
  options: { python: { type: 'string' }, save: { type: 'string' }, threads: { type: 'string', default: '2' } },
});
const PICTURE = 'examples/pictures/cat.jpg';
const GRID = { parts: 'grid=7x7' };
const metrics = {
  'faithfulness-correlation': { samples: 100 },
  'faithfulness-estimate': { ...GRID, number: 'score' },
  monotonicity: { ...GRID, number: 'score' },
  'monotonicity-correlation': { ...GRID, number: 'score', samples: 10 },
  'pixel-flipping': { steps: 96 },
  'region-perturbation': { parts: 'patches=8' },
  selectivity: { parts: 'patches=28' },
  irof: { parts: 'slic:segments=100', number: 'score' },
  infidelity: { samples: 128 },
  road: {},
};
const model = await load('models/squeezenet1.1.onnx', { threads: Number(values.threads) });
const exam = await examine(model, PICTURE);
const e = await evidence(await exam.probe({ method: 'gradient' }));
const seconds = {};
for (const [name, options] of Object.entries(metrics)) {
  const times = [];
  for (let k = 0; k < 2; k++) {
    const start = performance.now();
    await measure(name, [e], options);
    times.push((performance.now() - start) / 1000);
  }
  seconds[name] = Math.min(...times);
}
await model.close();
const peer =
  values.python &&
  JSON.parse(
    execFileSync(values.python, ['bench/qualityPeer.py', values.threads, PICTURE], { encoding: 'utf8' }).trim().split('\n').at(-1),
  );
for (const [name, own] of Object.entries(seconds)) {
  const other = peer?.seconds[name];
  console.log(
    name.padEnd(26),
    own.toFixed(2).padStart(6),
    other === undefined ? '' : typeof other === 'number' ? `${other.toFixed(2).padStart(7)}  ${(other / own).toFixed(1)} ×` : other,
  );
}
if (values.save)
  writeFileSync(
    values.save,
    `${JSON.stringify({ machine: `${os.cpus()[0].model}, ${os.cpus().length} cores, ${values.threads} threads`, node: process.version, seconds, peer }, null, 2)}\n`,
  );
