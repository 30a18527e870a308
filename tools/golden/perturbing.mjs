// Methods that take parts away: what a case asks for, and its numbers as the references lay them out.
import { atPositions } from '@vitrine/explain';
import { sizeOf } from '@vitrine/ir';

/** Methods of the cases as explainers, options, and what else the question holds. `at` is there where each value is asked about by itself. */
export const perturbing = {
  occlusion: (p, c) =>
    c.spec.attribution_keys.map((key, i) => [
      'occlusion',
      {
        window: p.windows[key].join('x'),
        stride: p.strides[key].join('x'),
        baseline: one(c.baseline(p.baseline), c.at[i]),
        parts: 'elements',
      },
      { at: [c.at[i]] },
    ]),
  feature_ablation: (p, c) => [p.positions === undefined ? ['feature-ablation', grouped(p, c)] : ['feature-ablation', ...replaced(p, c)]],
  shapley_exact: (p, c) => [p.positions === undefined ? ['shapley-values', grouped(p, c)] : ['shapley-values', ...replaced(p, c)]],
  kernel_shap: (p, c) => [
    [
      'kernel-shap',
      p.background === undefined
        ? { ...grouped(p, c), samples: p.nsamples }
        : { parts: 'elements', baseline: c.file(p.background), samples: p.nsamples },
    ],
  ],
};

const one = (baseline, name) => (baseline instanceof Map ? baseline.get(name) : baseline);
const grouped = (p, c) => ({ parts: c.tensors(p.feature_mask), baseline: c.baseline(p.baseline) });

/** Tokens by themselves, another token in their place. */
function replaced({ positions, replacement_id: id }, c) {
  const { name, file } = c.spec.inputs.find((input) => input.name === 'input_ids');
  const ids = c.file(file);
  const changed = ids.data.map((given, t) => (positions.includes(t) ? BigInt(id) : given));
  const groups = positions.map((t) => ({ name: String(t), positions: [t] }));
  return [
    { parts: 'token', baseline: 'replacement' },
    {
      divisions: new Map([['token', (x) => atPositions('token', groups, ids.data.length, x)]]),
      standIns: new Map([['replacement', { inputs: new Map([[name, { ...ids, data: changed }]]), looksUp: true }]]),
    },
  ];
}

/** What each part counts: a list of groups, one number for each token, or on each of its elements, the mean where parts overlap. */
export function laidOut({ at, shape }, golden, explanations) {
  const parts = explanations.flatMap((found) => found.parts.values);
  if (at.kind === 'groups') return { dtype: 'float64', dims: shape, data: Float64Array.from(parts, ({ value }) => value) };
  const [sum, times] = [new Float64Array(sizeOf(shape)), new Float64Array(sizeOf(shape))];
  if (at.kind === 'tokens') {
    parts.forEach(({ value }, i) => (sum[golden.params.positions[i]] = value));
    return { dtype: 'float64', dims: shape, data: sum };
  }
  for (const { runs, value } of parts) {
    for (const [start, end] of runs.get(at.name) ?? [])
      for (let i = start; i < end; i++) {
        sum[i] += value;
        times[i]++;
      }
  }
  return { dtype: 'float64', dims: shape, data: sum.map((s, i) => s / times[i]) };
}
