import {
  build,
  checkedFeeds,
  deepLiftProgram,
  defaultAt,
  explainerNamed,
  gradientProgram,
  optionsFor,
  pointed,
  shaped,
  spatialLayer,
} from '@vitrine/explain';
import { valuesByName } from '@vitrine/ir';

/** Where BERT's gradient is taken: behind the embeddings, as PyTorch's is. */
export const bertEmbeddings = (graph) => graph.nodes.find(({ opType }) => opType === 'LayerNormalization').outputs[0].name;

const zeros = ({ type }) => ({ dtype: 'float32', dims: type.shape, data: new Float32Array(type.shape.reduce((n, d) => n * d, 1)) });

/** A program of a model, loaded: `run()` is one run of it on the given inputs. */
export async function programFor(runtime, subject, inputs, batch, name) {
  const one = new Map(
    [...inputs].map(([key, t]) => [key, { ...t, dims: [1, ...t.dims.slice(1)], data: t.data.subarray(0, t.data.length / t.dims[0]) }]),
  );
  const shapes = await shaped(subject, checkedFeeds(subject, one), runtime);
  const plain = shapes.graphAt(batch);
  const text = plain.inputs.every(({ type }) => type.dtype === 'int64');
  // A language model is asked about the last of its tokens.
  const speaks = plain.outputs[0].type.shape.length === 3;
  const at = speaks ? defaultAt(plain) : text ? [bertEmbeddings(plain)] : plain.inputs.map((v) => v.name);
  const index = speaks ? [plain.outputs[0].type.shape[1] - 1, 1] : [text ? 1 : 7];
  const asked = pointed(shapes, { kind: 'index', index }, inputs, { keep: at, whole: false });
  const graph = asked.graphAt(batch);
  const built = name === 'forward' ? plain : build({ graph, at, target: asked.target, batch }, program(name, graph, at));
  const session = await runtime.open(built);
  const feeds = new Map(built.inputs.map((v) => [v.name, asked.feeds.get(v.name) ?? zeros(v)]));
  return () => session.run(feeds);
}

function program(name, graph, at) {
  if (name === 'gradient') return gradientProgram(at);
  if (name === 'deeplift, baseline fed') return deepLiftProgram(at, 'rescale');
  const [method, mode] = name.split(', mode ');
  const row = explainerNamed(method);
  const values = valuesByName(graph);
  const layer = spatialLayer(
    graph,
    at.map((n) => values.get(n)),
    graph.outputs,
  )?.value.name;
  const shapes = new Map(at.map((n) => [n, values.get(n).type.shape]));
  return row.compile({ at, layer, shapes, random: () => () => 0 }, optionsFor(method, row.options, mode === undefined ? {} : { mode }));
}
