// What portable.test.ts asks of the browser. Tensors cross over as plain lists.
import * as ort from 'onnxruntime-web/wasm';
import { examine, explain, load, padded, pageTokenizer, textParts } from '/packages/vitrine/dist/web.js';

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

/** Reads a text with the tokenizer of a model, filled up to a length. */
globalThis.readText = async (file, text, length) => {
  const tokenizer = await pageTokenizer(await (await fetch(file)).text());
  const read = await tokenizer.encode(text);
  return { read, filled: padded(read, length, tokenizer.padding) };
};

/** Explains a text with the library itself: what the model says, and what each word counts. */
globalThis.explainText = async (file, tokenizer, text, question) => {
  const bytes = new Uint8Array(await (await fetch(file)).arrayBuffer());
  const model = await load(bytes, { tokenizer: await (await fetch(tokenizer)).text(), labels: ['bad', 'good'] });
  const exam = await examine(model, { text });
  const parts = textParts(exam, { explanation: await exam.explain(question) });
  const failure = await examine(model, { text: 'good '.repeat(90) }).catch(({ message }) => message);
  await model.close();
  return { best: exam.prediction.classes[0].label, parts, failure };
};
globalThis.ready = true;
