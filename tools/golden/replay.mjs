// Replays golden cases: computes what a case.json describes and compares it with the files beside it.
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readNpy, writeNpy } from '@vitrine/data';
import { example, explain, explainers, ExplainError, subject } from '@vitrine/explain';
import { memory, readModel, sizeOf, VitrineError } from '@vitrine/ir';
import { caching } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { laidOut, perturbing } from './perturbing.mjs';

const npy = (file) => readNpy(new Uint8Array(readFileSync(file)));
const float32 = (tensor) => ({ ...tensor, dtype: 'float32', data: Float32Array.from(tensor.data, Number) });

/** Folders below `root` that hold a case.json. */
export function casesIn(root) {
  if (existsSync(path.join(root, 'case.json'))) return [root];
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => casesIn(path.join(root, entry.name)))
    .sort((a, b) => (a < b ? -1 : 1));
}

/** The methods of the cases, as explainers and options. `files` gives tensors by attributed value. */
const methods = {
  gradient: () => ['gradient'],
  saliency: () => ['saliency'],
  input_x_gradient: () => ['input-x-gradient'],
  integrated_gradients: (p, c) => [
    'integrated-gradients',
    { ...path_(p, c), baseline: c.baseline(p.baseline), timesInput: p.multiply_by_inputs ?? true },
  ],
  smoothgrad: (p, c) => ['smoothgrad', { noise: c.tensors(p.noise) }],
  smoothgrad_sq: (p, c) => ['smoothgrad-squared', { noise: c.tensors(p.noise) }],
  vargrad: (p, c) => ['vargrad', { noise: c.tensors(p.noise) }],
  gradient_shap: (p, c) => ['expected-gradients', { alphas: float32(c.file(p.alphas)), baseline: c.tensors(p.baselines) }],
  guided_backprop: () => ['guided-backprop'],
  deconvolution: () => ['deconvnet'],
  layer_activation: () => ['layer-activation'],
  layer_gradient: () => ['layer-gradient'],
  layer_gradient_x_activation: () => ['layer-gradient-x-activation'],
  layer_gradcam: (p) => ['grad-cam', { relu: p.relu }],
  layer_gradcam_upsampled: (p) => ['grad-cam', { relu: p.relu, upsample: p.interpolate }],
  guided_gradcam: (p) => ['guided-grad-cam', { upsample: p.interpolate }],
  layer_conductance: (p, c) => ['layer-conductance', { ...path_(p, c), baseline: c.baseline(p.baseline) }],
  lrp: (p) => [
    'lrp',
    {
      composite: lrpComposite(p),
      ...Object.fromEntries(['epsilon', 'gamma', 'low', 'high'].flatMap((k) => (p[k] === undefined ? [] : [[k, p[k]]]))),
      residual: 'copy',
      beyond: 'allow',
      padding: 'apart',
    },
  ],
  lrp_epsilon: (p) => ['lrp', { composite: 'epsilon', epsilon: p.epsilon }],
  attnlrp: () => ['attn-lrp'],
  deeplift_rescale: (p, c) => ['deeplift', { baseline: c.baseline(p.baseline) }],
  attention_probabilities: () => ['attention', { show: 'all' }],
  attention_rollout: () => ['attention-rollout', { show: 'all' }],
  chefer_relevance: () => ['chefer', { show: 'all' }],
  internal_influence: (p, c) => ['internal-influence', { ...path_(p, c), baseline: c.baseline(p.baseline) }],
};
/** Composites by the names that Zennit gives them, and rules that go on every layer. */
const lrpComposite = ({ composite, rule }) =>
  composite === undefined
    ? { Epsilon: 'epsilon', Gamma: 'gamma', ZPlus: 'z-plus', AlphaBeta: 'alpha2-beta1', WSquare: 'w-square' }[rule.split(/[ (]/)[0]]
    : composite.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();
const vector = (values) => ({ dtype: 'float32', dims: [values.length], data: Float32Array.from(values) });
const path_ = ({ alphas, step_sizes: weights }) => ({
  ...(alphas && { alphas: vector(alphas) }),
  ...(weights && { weights: vector(weights) }),
});

/** What a case says, with its files read as they are asked for. */
function opened(folder) {
  const spec = JSON.parse(readFileSync(path.join(folder, 'case.json'), 'utf8'));
  const file = (name) => npy(path.join(folder, name));
  const at = spec.attributed_at.map(({ name }) => name);
  const tensors = (byKey) =>
    typeof byKey === 'string'
      ? float32(file(byKey))
      : new Map(Object.entries(byKey).map(([key, name]) => [at[spec.attribution_keys.indexOf(key)] ?? key, float32(file(name))]));
  const baseline = (name) => {
    const { constant, files } = spec.baselines[name];
    return files === undefined ? constant : tensors(files);
  };
  const shape = (name) => spec.outputs.find((o) => o.name === name)?.shape;
  const target =
    spec.target.kind === 'index'
      ? {
          kind: 'index',
          output: spec.target.output,
          index: shape(spec.target.output)?.[0] === 1 ? spec.target.index.slice(1) : spec.target.index,
        }
      : { kind: 'weights', output: spec.target.output, weights: file(spec.target.weights) };
  return { spec, file, at, tensors, baseline, target };
}

const difference = (got, want) => {
  if (sizeOf(got.dims) !== sizeOf(want.dims)) return Infinity;
  let [most, apart] = [0, 0];
  for (let i = 0; i < want.data.length; i++) {
    most = Math.max(most, Math.abs(want.data[i]));
    const d = Math.abs(got.data[i] - want.data[i]);
    apart = Math.max(apart, Number.isNaN(d) ? Infinity : d);
  }
  return apart / (most || 1);
};

/** Replays one case; yields a line per golden: { case, golden, method, status, error, tolerance, reason }. */
export async function* replay(folder, runtime, save) {
  const c = opened(folder);
  const { spec } = c;
  const model = readModel(memory(new Uint8Array(readFileSync(path.join(folder, spec.onnx.file)))));
  const inputs = new Map(spec.inputs.map(({ name, file }) => [name, c.file(file)]));
  let ex;
  for (const golden of spec.goldens) {
    const line = { case: spec.name, golden: golden.id, method: golden.method };
    const make = methods[golden.method];
    const perturb = perturbing[golden.method];
    if (make === undefined && perturb === undefined) {
      yield { ...line, status: 'not supported', reason: `method ${golden.method} is not built yet` };
      continue;
    }
    try {
      ex ??= await example(subject(model, spec.name, ''), inputs, runtime);
      const found = [];
      for (const [method, options = {}, more = {}] of perturb?.(golden.params, c) ?? [make(golden.params, c)]) {
        const layer = explainers[method].layer === 'none' ? undefined : golden.params.layer_value;
        found.push(await explain(ex, runtime, { method, inputs, target: c.target, at: c.at, layer, options, ...more }));
      }
      const tolerance = Math.max(1e-4, golden.suggested_tolerance ?? 0);
      let error = 0;
      for (const { at, shape, file, file_f64: exact } of golden.files) {
        const got = perturb ? laidOut({ at, shape }, golden, found) : found[0].attributions.find((a) => a.at === at.name)?.tensor;
        if (got === undefined) throw new ExplainError('unknown-value', `no attribution for ${at.name}`);
        if (save !== undefined) {
          const target = path.join(save, spec.name, file);
          mkdirSync(path.dirname(target), { recursive: true });
          writeFileSync(target, writeNpy(got));
        }
        error = Math.max(error, difference(got, c.file(exact ?? file)));
      }
      yield { ...line, status: error <= tolerance ? 'agrees' : 'differs', error, tolerance, informative: golden.informative === true };
    } catch (error) {
      if (!(error instanceof VitrineError)) throw error;
      yield { ...line, status: 'not supported', reason: error.message };
    }
  }
}

export const openRuntime = async () => caching(await nodeRuntime());
