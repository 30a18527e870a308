// What portable.test.ts asks of the browser. Tensors cross over as plain lists.
import * as ort from 'onnxruntime-web/wasm';
import { explain, load } from '/packages/vitrine/dist/web.js';

/** Runs a compiled explainer with nothing but onnxruntime-web. */
globalThis.runModel = async (file, feeds) => {
  const session = await ort.InferenceSession.create(file);
  const tensors = Object.entries(feeds).map(([name, { dtype, dims, data }]) => [
    name,
    dtype === 'int64' ? new ort.Tensor('int64', data.map(BigInt), dims) : new ort.Tensor('float32', data, dims),
  ]);
  const results = await session.run(Object.fromEntries(tensors));
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, Array.from(data)]));
};

/** Explains a model with the library itself. */
globalThis.explainModel = async (file, { dims, data }, methods) => {
  const model = await load(new Uint8Array(await (await fetch(file)).arrayBuffer()));
  const inputs = new Map([['input', { dtype: 'float32', dims, data: Float32Array.from(data) }]]);
  const answers = [];
  for (const method of methods) answers.push(Array.from((await explain(model, inputs, { method, seed: 1 })).attributions[0].tensor.data));
  return answers;
};
globalThis.ready = true;
