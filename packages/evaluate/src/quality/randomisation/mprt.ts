import { choice, flattened, floats, int, mapped, number, type Point, type Tensors } from '@vitrine/explain';
import { normal } from '@vitrine/data';
import type { Graph, Tensor } from '@vitrine/ir';
import { EvaluateError } from '../../error.js';
import { meanOf } from '../curve.js';
import { sums, type Evidence } from '../evidence.js';
import { metric, type Reading } from '../metric.js';
import { removing } from '../parts.js';
import { permuted, weightLayers } from '../permuted.js';
import { alike, similarityOptions, type Similarity } from '../similarity.js';

const options = {
  parts: removing('finest').parts,
  ...similarityOptions,
  order: choice(
    ['cascade', 'independent'],
    'cascade',
    'whether layers are permuted one after the other, the last first, or each by itself',
  ),
};

interface Asked {
  readonly parts: string | Tensors;
  readonly similarity: Similarity;
  readonly sign: 'signed' | 'absolute';
  readonly order: 'cascade' | 'independent';
}

/** Models with more and more layers permuted, the last first; or with one each. */
export async function* randomised(e: Evidence, order: Asked['order']): AsyncIterable<Evidence> {
  const { probe } = e;
  const layers = weightLayers(probe.model).toReversed();
  if (layers.length === 0) throw new EvaluateError('bad-input', 'the model has no weights to permute');
  let graph: Graph = probe.model;
  for (const [k, { weights }] of layers.entries()) {
    const changed = await permuted(probe, order === 'cascade' ? graph : probe.model, weights, `layer ${k}`);
    graph = changed;
    yield e.about(await probe.changed(changed));
  }
}

async function similarity(e: Evidence, asked: Asked, told: (of: Evidence) => Promise<Point>): Promise<Reading> {
  const partition = e.partition(asked.parts);
  const own = sums(await told(e), partition);
  const found: number[] = [];
  for await (const other of randomised(e, asked.order)) found.push(alike(own, sums(await told(other), partition), asked));
  // An explanation that is the same all over is like none.
  const values = found.map((s) => (Number.isNaN(s) ? 0 : s));
  return {
    value: own.every((v) => v === own[0]) ? NaN : meanOf(values),
    curve: { along: values.map((_, k) => (k + 1) / values.length), values },
  };
}

const shared = { family: 'randomisation', better: 'lower', undefinedWhere: 'the explanation is the same all over' } as const;

/** Adebayo et al. 2018, section 3: how alike explanations stay while the weights of layers lose what they have learned. */
export const mprt = metric({
  ...shared,
  name: 'mprt',
  title: 'Model parameter randomisation test',
  paper: 'Adebayo et al. 2018, arXiv:1810.03292',
  meaning: 'how like the explanation of the model is to those of models with permuted weights, the mean over layers',
  options,
  measure: (e, asked) => similarity(e, asked, async (of) => of.attribution),
});

/** Hedström et al. 2023, section 4.1: explanations are averaged over noisy inputs first. */
export const smoothMprt = metric({
  ...shared,
  name: 'smooth-mprt',
  title: 'Smooth model parameter randomisation test',
  paper: 'Hedström et al. 2023, arXiv:2401.06465',
  meaning: 'the same, of explanations averaged over noisy inputs',
  options: {
    ...options,
    samples: int(10, 'noisy inputs', { min: 1, max: 10_000 }),
    noise: number(0.1, 'standard deviation of the noise, as a share of the range of the input', { min: 0, max: 10 }),
  },
  measure: (e, { samples, noise, ...asked }) => {
    const points = noisy(e, samples, noise);
    return similarity(e, asked, async (of) => averaged(of, points));
  },
});

function noisy(e: Evidence, samples: number, noise: number): readonly Point[] {
  const draw = normal(e.random('noise'));
  const one = (x: Tensor): Tensor => {
    const values = floats(x);
    const range = values.reduce((a, v) => Math.max(a, v), -Infinity) - values.reduce((a, v) => Math.min(a, v), Infinity);
    return mapped(x, (i) => values[i]! + noise * range * draw());
  };
  return Array.from({ length: samples }, () => new Map([...e.x].map(([name, x]) => [name, one(x)])));
}

async function averaged(e: Evidence, points: readonly Point[]): Promise<Point> {
  const totals = new Map(
    [...e.x].map(([name, x]) => [name, { ...x, dtype: 'float32' as const, data: new Float32Array(floats(x).length) }]),
  );
  for await (const attribution of e.explain(points))
    for (const [name, { data }] of totals)
      floats(attribution.get(name)!).forEach((v: number, i: number) => (data[i]! += v / points.length));
  return totals;
}

/** Hedström et al. 2023, eq. 6: (H(a of a model with all weights permuted) − H(a)) / H(a), H the entropy of a histogram. */
export const efficientMprt = metric({
  name: 'efficient-mprt',
  title: 'Efficient model parameter randomisation test',
  family: 'randomisation',
  paper: 'Hedström et al. 2023, arXiv:2401.06465',
  meaning: 'how much more entropy the explanation has when all weights are permuted, as a share of its own',
  better: 'higher',
  undefinedWhere: 'the explanation is the same all over',
  options: { bins: int(100, 'bins of the histogram', { min: 2, max: 10_000 }) },
  async measure(e, { bins }) {
    const weights = weightLayers(e.probe.model).flatMap((layer) => layer.weights);
    const other = await e.about(await e.probe.changed(await permuted(e.probe, e.probe.model, weights, 'all layers')));
    const own = histogramEntropy(flattened(e.attribution), bins);
    return { value: own === 0 ? NaN : (histogramEntropy(flattened(other.attribution), bins) - own) / own };
  },
});

/** Entropy of how values are spread over bins of equal width between the least and the greatest, in nats. */
export function histogramEntropy(values: Float64Array, bins: number): number {
  const [low, high] = [values.reduce((a, v) => Math.min(a, v), Infinity), values.reduce((a, v) => Math.max(a, v), -Infinity)];
  if (low === high) return 0;
  const counts = new Float64Array(bins);
  for (const v of values) counts[Math.min(bins - 1, Math.floor(((v - low) / (high - low)) * bins))]!++;
  return -counts.reduce((sum, n) => (n === 0 ? sum : sum + (n / values.length) * Math.log(n / values.length)), 0);
}
