import { joinedBytes, writeModel, type DType, type Graph, type Tensor } from '@vitrine/ir';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';

export type Feeds = ReadonlyMap<string, Tensor>;
/** Runs one graph as often as asked. */
export interface Runner {
  run(feeds: Feeds): Promise<ReadonlyMap<string, Tensor>>;
  close(): Promise<void>;
}

/** A model file or graph on ONNX Runtime, one thread; domains other than ONNX's are imported at version 1. */
export async function open(model: Graph | Uint8Array): Promise<Runner> {
  const bytes = model instanceof Uint8Array ? model : joinedBytes(writeModel(model));
  const session = await InferenceSession.create(bytes, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
    // Some of the fusions beyond the basic ones make operators that have no kernel for float64.
    graphOptimizationLevel: model instanceof Uint8Array || !isDouble(model) ? 'all' : 'basic',
  });
  return {
    async run(feeds) {
      const given = session.inputNames.map((name) => {
        const tensor = feeds.get(name);
        if (tensor === undefined) throw new Error(`no input ${name} among ${[...feeds.keys()].join(', ')}`);
        return [name, new OrtTensor(tensor.dtype as 'float32', tensor.data as never, tensor.dims)] as const;
      });
      const results = await session.run(Object.fromEntries(given));
      return new Map(
        Object.entries(results).map(([name, { type, data, dims }]) => [name, { dtype: type as DType, dims, data: data as never }]),
      );
    },
    close: () => session.release(),
  };
}

const isDouble = (graph: Graph): boolean => graph.inputs.some(({ type }) => type.dtype === 'float64');

/** Runs a model once. */
export async function runOnce(model: Graph | Uint8Array, feeds: Feeds): Promise<ReadonlyMap<string, Tensor>> {
  const runner = await open(model);
  try {
    return await runner.run(feeds);
  } finally {
    await runner.close();
  }
}
