import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import type { DType, Tensor } from '../tensor.js';

/** Tensors that ONNX Runtime's Node binding takes and gives. */
export const boundary = new Set<DType>([
  'float32',
  'float64',
  'float16',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'uint32',
  'uint64',
  'bool',
  'string',
]);

/** Runs a model once on ONNX Runtime: the second implementation that ours is held against. */
export async function run(model: Uint8Array, feeds: ReadonlyMap<string, Tensor>, optimize = true): Promise<ReadonlyMap<string, Tensor>> {
  const session = await InferenceSession.create(model, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
    graphOptimizationLevel: optimize ? 'all' : 'disabled',
  });
  try {
    const results = await session.run(
      Object.fromEntries([...feeds].map(([name, { dtype, data, dims }]) => [name, new OrtTensor(dtype as 'float32', data as never, dims)])),
    );
    return new Map(Object.entries(results).map(([name, { type, data, dims }]) => [name, { dtype: type, dims, data: data as never }]));
  } finally {
    await session.release();
  }
}
