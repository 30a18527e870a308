// How long the transform takes, without running anything: node bench/transform.mjs [--rounds N] [--save FILE]
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { build, gradientProgram } from '@vitrine/explain';
import { builder, tensorOf } from '@vitrine/ir';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '9' }, save: { type: 'string' } } });

/** Residual blocks of seven nodes, [1,8,8,8], until there are `count` of them. */
function residual(count) {
  const b = builder();
  const weights = (dims) =>
    b.initializer(
      tensorOf(
        'float32',
        dims,
        Array.from({ length: dims.reduce((a, d) => a * d, 1) }, (_, i) => Math.sin(i)),
      ),
    );
  const [w, bias] = [weights([8, 8, 3, 3]), weights([8])];
  let x = b.input('x', { dtype: 'float32', shape: [1, 8, 8, 8] });
  const convolved = (v) => b.op.Conv(v, w, bias, { pads: [1, 1, 1, 1] });
  for (let n = 0; n < count - 2; n += 7)
    x = b.op.Relu(b.op.Add(x, b.op.Mul(b.op.Sigmoid(convolved(b.op.Relu(convolved(x)))), b.scalar(0.5, 'float32'))));
  return b.build([b.op.ReduceMean(x, b.ints([2, 3]), { keepdims: 0 })]);
}

const median = (list) => list.toSorted((a, c) => a - c)[list.length >> 1];
const results = {};
for (const count of [1000, 10_000, 50_000]) {
  const graph = residual(count);
  const times = [];
  let nodes = 0;
  for (let round = -1; round < Number(values.rounds); round++) {
    const start = performance.now();
    const made = build({ graph, at: ['x'], target: { kind: 'index', index: [3] }, batch: 1 }, gradientProgram(['x']));
    if (round >= 0) times.push(performance.now() - start);
    nodes = made.nodes.length;
  }
  results[graph.nodes.length] = { medianMs: median(times), minMs: Math.min(...times), maxMs: Math.max(...times), nodes };
  console.log(
    `${graph.nodes.length} nodes: gradient of ${nodes} nodes in ${median(times).toFixed(0)} ms (${Math.min(...times).toFixed(0)} to ${Math.max(...times).toFixed(0)})`,
  );
}
const machine = { cpu: os.cpus()[0]?.model, cores: os.cpus().length, node: process.version };
if (values.save) writeFileSync(values.save, `${JSON.stringify({ machine, rounds: Number(values.rounds), results }, null, 2)}\n`);
