import { expect } from 'vitest';
import type { Graph } from '../graph.js';
import type { GraphProto, NodeProto, ValueInfoProto } from '../onnx/proto.js';
import { readModel } from '../onnx/read.js';
import { memory } from '../onnx/source.js';
import { sizeOf, tensorOf, type Tensor } from '../tensor.js';
import { check, type Case } from './cases.js';
import { info } from './models.js';

// Models from x to y, a few nodes long.

export const x = (...dims: readonly number[]): ValueInfoProto => info('x', 'float32', dims);

export const graph = (nodes: readonly NodeProto[], rest: GraphProto = {}): GraphProto => ({
  input: [x(2, 3)],
  output: [info('y')],
  ...rest,
  node: nodes,
});

export const read = (file: Uint8Array): Graph => readModel(memory(file)).graph;

export const feed = (...dims: readonly number[]): Tensor =>
  tensorOf(
    'float32',
    dims,
    Array.from({ length: sizeOf(dims) }, (_, i) => Math.sin(i + 1)),
  );

/** The file computes the same before and after it is read and written. */
export async function same(file: Uint8Array, ...inputs: readonly Tensor[]): Promise<void> {
  const one: Case = { name: '', model: file, inputs: () => inputs };
  expect(await check(one)).toMatchObject({ kind: 'unchanged', why: '' });
}
