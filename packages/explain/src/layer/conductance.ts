import { tensorOf, type Tensor } from '@vitrine/ir';
import { accumulator, floats } from '../arithmetic.js';
import { baselinesFor } from '../baseline.js';
import { ExplainError } from '../error.js';
import { ATTRIBUTION, collect, explainer, type Found } from '../explainer.js';
import { choice, int } from '../field.js';
import { integratedGradients, pathOptions, quadratureFor } from '../gradient/integratedGradients.js';
import type { Inquiry, Point } from '../inquiry.js';
import { quadratureNames } from '../quadrature.js';
import type { Program } from '../program.js';
import { pointOf, scoreOf, scoreProgram } from '../rows.js';
import { layerNeeded } from './layers.js';

const setting = (q: Inquiry): Parameters<typeof baselinesFor>[0] => ({
  x: q.x,
  shapes: new Map([...q.x].map(([name, { dims }]) => [name, dims])),
  random: q.random,
});

function* path(q: Inquiry, baseline: Point, alphas: readonly number[]): Iterable<Point> {
  for (const alpha of alphas) yield pointOf(q.x, { baseline, alpha, weight: 1 });
}

const layerProgram = (layer: string): Program => ({
  key: `layer+gradient:${layer}`,
  layers: [layer],
  write: (f) => {
    const value = f.value(layer);
    return { activation: f.op.Identity(value), gradient: f.gradient([value])[0]! };
  },
});

async function baselineScore(q: Inquiry, baseline: Point): Promise<number> {
  const [results] = await collect(q.evaluate(scoreProgram, [baseline], 1));
  return scoreOf(results!);
}

/** Dhamdhere, Sundararajan and Yan 2018, eq. 2, as a sum: the gradient at a layer times the change of the layer along the path. */
export const layerConductance = explainer({
  name: 'layer-conductance',
  title: 'Layer conductance',
  paper: 'Dhamdhere, Sundararajan and Yan 2018, arXiv:1805.12233',
  meaning: 'how much of the difference from the baseline flows through this neuron',
  family: 'layer',
  signed: true,
  layer: 'named',
  // The sum needs both ends of the path.
  options: {
    ...pathOptions,
    steps: int(50, 'points on the path', { min: 1, max: 10_000 }),
    quadrature: choice(quadratureNames, 'trapezoid', 'rule for the points'),
  },
  async explain(q, options): Promise<Found> {
    const layer = layerNeeded(q, 'layer-conductance');
    const [baseline] = baselinesFor(setting(q), options.baseline);
    // One point more than steps: each step is a difference of two.
    const { points } = quadratureFor({ ...options, steps: options.steps + 1 });
    let total: ReturnType<typeof accumulator> | undefined;
    let before: ReadonlyMap<string, Tensor> | undefined;
    for await (const results of q.evaluate(layerProgram(layer), path(q, baseline!, points), points.length)) {
      total ??= accumulator(results.get('activation')!);
      if (before !== undefined) {
        const [now, then, g] = [results, before].map((r) => floats(r.get('activation')!)).concat(floats(before.get('gradient')!)) as [
          Float32Array,
          Float32Array,
          Float32Array,
        ];
        total.add(before.get('gradient')!, (_, i) => g[i]! * (now[i]! - then[i]!));
      }
      before = results;
    }
    // What flows around the layer is not in its conductance.
    return {
      attributions: [{ at: layer, tensor: total!.read() }],
      ...(q.carriesAll(layer) && { expected: q.score - (await baselineScore(q, baseline!)) }),
    };
  },
});

/** Leino et al. 2018, definition 1: the mean gradient at a layer along the path. */
export const internalInfluence = explainer({
  name: 'internal-influence',
  title: 'Internal influence',
  paper: 'Leino et al. 2018, arXiv:1802.03788',
  meaning: 'how much the score would rise with this neuron, on average between baseline and input',
  family: 'layer',
  signed: true,
  rate: true,
  layer: 'named',
  options: pathOptions,
  async explain(q, options): Promise<Found> {
    const layer = layerNeeded(q, 'internal-influence');
    const [baseline] = baselinesFor(setting(q), options.baseline);
    const { points, weights } = quadratureFor(options);
    let total: ReturnType<typeof accumulator> | undefined;
    let k = 0;
    for await (const results of q.evaluate(layerProgram(layer), path(q, baseline!, points), points.length)) {
      const g = results.get('gradient')!;
      total ??= accumulator(g);
      const weight = weights[k++]!;
      total.add(g, (v) => v * weight);
    }
    return { attributions: [{ at: layer, tensor: total!.read() }] };
  },
});

/** How much of each input element's integrated gradient passes one neuron. Dhamdhere, Sundararajan and Yan 2018, eq. 2. */
export const neuronConductance = explainer({
  name: 'neuron-conductance',
  title: 'Neuron conductance',
  paper: 'Dhamdhere, Sundararajan and Yan 2018, arXiv:1805.12233',
  meaning: "this element's part in the difference from the baseline, as far as it passes through the neuron",
  family: 'layer',
  signed: true,
  layer: 'named',
  options: { ...pathOptions, neuron: int(0, 'index of the neuron in the flattened layer', { min: 0 }) },
  async explain(q, options): Promise<Found> {
    const layer = layerNeeded(q, 'neuron-conductance');
    const { neuron } = options;
    const [baseline] = baselinesFor(setting(q), options.baseline);
    const { points, weights } = quadratureFor(options);
    const program: Program = {
      key: `through:${layer}:${neuron}`,
      layers: [layer],
      write(f) {
        const { op, b } = f;
        const value = f.value(layer);
        const dims = value.type.shape as readonly number[];
        const size = dims.slice(1).reduce((n, d) => n * d, 1);
        if (neuron >= size)
          throw new ExplainError('bad-option', `neuron-conductance: neuron ${neuron} lies outside the ${size} neurons of ${layer}`);
        const [g] = f.gradient([value]);
        const hot = Array.from({ length: size }, (_, i) => (i === neuron ? 1 : 0));
        const mask = b.initializer(tensorOf(value.type.dtype as 'float32', [1, ...dims.slice(1)], hot), 'neuron');
        return Object.fromEntries(
          f.gradient(f.x, { seeds: new Map([[value, op.Mul(g!, mask)]]) }).map((v, i) => [ATTRIBUTION + f.x[i]!.name, v]),
        );
      },
    };
    const total = new Map([...q.x].map(([name, tensor]) => [name, accumulator(tensor)]));
    let k = 0;
    for await (const results of q.evaluate(program, path(q, baseline!, points), points.length)) {
      const weight = weights[k++]!;
      for (const [name, x] of q.x) {
        const [v, b] = [floats(x), floats(baseline!.get(name)!)];
        total.get(name)!.add(results.get(ATTRIBUTION + name)!, (g, i) => g * weight * (v[i]! - b[i]!));
      }
    }
    return { attributions: [...total].map(([at, t]) => ({ at, tensor: t.read() })) };
  },
});

/** Integrated gradients at a layer, from its value at the baseline to its value at the input. */
export const layerIntegratedGradients = explainer({
  name: 'layer-integrated-gradients',
  title: 'Layer integrated gradients',
  paper: 'Kokhlikyan et al. 2020, arXiv:2009.07896',
  meaning: "this neuron's part in the difference between the score here and at the baseline",
  family: 'layer',
  signed: true,
  layer: 'named',
  options: pathOptions,
  async explain(q, options): Promise<Found> {
    const layer = layerNeeded(q, 'layer-integrated-gradients');
    const [baseline] = baselinesFor(setting(q), options.baseline);
    const program: Program = { key: `value:${layer}`, layers: [layer], write: (f) => ({ value: f.op.Identity(f.value(layer)) }) };
    const [at, start] = await collect(q.evaluate(program, [q.x, baseline!], 2));
    const inner = q.moved([layer], new Map([[layer, at!.get('value')!]]));
    return integratedGradients.explain(inner, { ...options, baseline: new Map([[layer, start!.get('value')!]]), timesInput: true });
  },
});
