import type { Explanation } from '@vitrine/explain';
import type { Tensor } from '@vitrine/ir';
import type { RecordParts } from '../provenance.js';

export const floats = (...values: readonly number[]): Tensor<'float32'> => ({
  dtype: 'float32',
  dims: [1, values.length],
  data: Float32Array.from(values),
});

/** An explanation with every field that a record may show. */
export const explanation: Explanation = {
  kind: 'tensor',
  method: 'integrated-gradients',
  options: { steps: 32, baseline: floats(0, 0), unset: undefined },
  attributions: [{ at: 'x', tensor: floats(0.5, -0.25) }],
  target: { resolved: { kind: 'weights', weights: floats(1, 2) }, score: 2.5, label: 'tench' },
  completeness: { expected: 2, gap: 0.001 },
  evaluations: 33,
  seed: 7,
  graph: { digest: 'graph-digest', batch: 4 },
  warnings: ['The path crosses a kink.'],
};

export const parts: RecordParts = {
  explanation,
  model: { name: 'model.onnx', digest: 'model-digest' },
  inputs: new Map([
    ['x', floats(1, 2)],
    ['mask', floats(1, 0)],
  ]),
  predicted: { index: [3], score: 2.5, label: 'tench' },
  probability: 0.75,
  spans: [{ label: '“a tench”', text: 1, start: 3, end: 10, score: 2.5, probability: 0.5 }],
  runtime: { name: 'onnxruntime-node', version: '1.2.3', device: 'cpu', threads: 2 },
  environment: { platform: 'linux-x64' },
  toolVersion: '0.1.0',
  actor: 'ada@machine',
  createdAt: '2026-01-02T03:04:05.000Z',
  files: ['x.npy'],
};
