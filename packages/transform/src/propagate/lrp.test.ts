import { builder, numbers, tensorOf, sizeOf, type Builder, type Graph, type Tensor, type Value } from '@vitrine/ir';
import { describe, expect, test } from 'vitest';
import { propagate } from '../backward.js';
import type { RuleSet } from '../rule.js';
import { runOnce } from '../testing/ort.js';
import { compositeRules, composites, type CompositeRow } from './composite.js';
import { readComposite } from './readComposite.js';
import { lrpRules, type RuleName, type RuleOptions } from './rules.js';

const EPSILON = 1e-6;
const wave = (dims: readonly number[], from: number): Tensor =>
  tensorOf(
    'float32',
    dims,
    Array.from({ length: sizeOf(dims) }, (_, i) => Math.sin(1.3 * (i + from)) + 0.1),
  );

/** A layer of one operator: its input's shape, and how it is written. */
interface Layer {
  readonly dims: readonly number[];
  /** Length of the bias, and where its axis is in the output. */
  readonly units: number;
  readonly write: (b: Builder, x: Value, bias: Value | undefined) => Value;
}

const layers: { readonly [name: string]: Layer } = {
  Gemm: { dims: [1, 5], units: 4, write: (b, x, bias) => b.op.Gemm(x, b.initializer(wave([4, 5], 3)), bias, { transB: 1 }) },
  'Conv, strided, padded, dilated, in groups': {
    dims: [1, 4, 6, 5],
    units: 6,
    write: (b, x, bias) =>
      b.op.Conv(x, b.initializer(wave([6, 2, 2, 3], 5)), bias, { group: 2, strides: [2, 1], pads: [1, 0, 0, 1], dilations: [1, 2] }),
  },
  'Conv over a series': {
    dims: [1, 2, 7],
    units: 3,
    write: (b, x, bias) => b.op.Conv(x, b.initializer(wave([3, 2, 3], 2)), bias, { pads: [1, 1] }),
  },
  ConvTranspose: {
    dims: [1, 2, 3, 3],
    units: 3,
    write: (b, x, bias) => b.op.ConvTranspose(x, b.initializer(wave([2, 3, 2, 2], 4)), bias, { strides: [2, 2] }),
  },
};

function graphOf({ dims, units, write }: Layer, biased: boolean): Graph {
  const b = builder();
  const x = b.input('x', { dtype: 'float32', shape: dims });
  return b.build([write(b, x, biased ? b.initializer(wave([units], 9)) : undefined)]);
}

/** The layer as a matrix [outputs][inputs] and a bias for each output: what it makes of nothing and of each unit vector. */
async function matrixOf(layer: Layer): Promise<{ readonly w: readonly (readonly number[])[]; readonly bias: readonly number[] }> {
  const n = sizeOf(layer.dims);
  const run = async (graph: Graph, values: readonly number[]): Promise<readonly number[]> => {
    const results = await runOnce(graph, new Map([['x', tensorOf('float32', layer.dims, values)]]));
    return [...numbers(results.values().next().value!)];
  };
  const zero = new Array<number>(n).fill(0);
  const bias = await run(graphOf(layer, true), zero);
  const columns = await Promise.all(zero.map((_, i) => run(graphOf(layer, false), zero.with(i, 1))));
  return { w: bias.map((_, j) => columns.map((column) => column[j]!)), bias };
}

/** What a unit's share of input i is, from all z_i = x_i w_i and the bias: the papers' formulas, one unit at a time. */
type Share = (x: readonly number[], w: readonly number[], b: number) => readonly number[];
const up = (v: number): number => Math.max(v, 0);
const down = (v: number): number => Math.min(v, 0);
const stable = (z: number): number => z + (z < 0 ? -EPSILON : EPSILON);
const sum = (list: readonly number[]): number => list.reduce((a, c) => a + c, 0);
const contributions = (x: readonly number[], w: readonly number[]): readonly number[] => x.map((v, i) => v * w[i]!);

const gammaShare =
  (gamma: number): Share =>
  (x, w, b) => {
    const z = sum(contributions(x, w)) + b;
    // What has the sign of the result counts 1 + γ times.
    const part = z > 0 ? up : down;
    const stressed = contributions(x, w).map((c) => c + gamma * part(c));
    const total = sum(stressed) + b + gamma * part(b);
    return z === 0 ? x.map(() => 0) : stressed.map((c) => c / stable(total));
  };

const shares: { readonly [rule in RuleName]?: Share } = {
  zero: (x, w, b) => contributions(x, w).map((c) => c / (sum(contributions(x, w)) + b)),
  epsilon: (x, w, b) => contributions(x, w).map((c) => c / stable(sum(contributions(x, w)) + b)),
  'z-plus': (x, w, b) => {
    const z = contributions(x, w).map(up);
    return z.map((c) => c / stable(sum(z) + up(b)));
  },
  'alpha-beta': (x, w, b) => {
    const [raise, lower] = [contributions(x, w).map(up), contributions(x, w).map(down)];
    return raise.map((c, i) => (2 * c) / stable(sum(raise) + up(b)) - lower[i]! / stable(sum(lower) + down(b)));
  },
  gamma: gammaShare(0.25),
  'w-square': (_, w, b) => w.map((v) => v ** 2 / stable(sum(w.map((u) => u ** 2)) + b ** 2)),
  flat: (_, w) => w.map((v) => (v === 0 ? 0 : 1) / stable(w.filter((u) => u !== 0).length)),
  'z-box': (x, w, b) => {
    const z = x.map((v, i) => v * w[i]! + 2 * up(w[i]!) - 3 * down(w[i]!));
    // The bias cancels: b − b⁺ − b⁻.
    return z.map((c) => c / stable(sum(z) + b - up(b) - down(b)));
  },
};

async function relevanceOf(
  layer: Layer,
  rule: RuleName,
  options: RuleOptions,
  x: Tensor,
): Promise<{ readonly got: readonly number[]; readonly kept: number; readonly seed: readonly number[] }> {
  const graph = graphOf(layer, true);
  const b = builder(graph);
  const [y] = graph.outputs as readonly [Value];
  const seed = wave(y.type.shape as readonly number[], 20);
  const made = lrpRules[rule](options);
  const pass = propagate(b, graph, [new Map([[y, b.initializer(seed)]])], graph.inputs, () => made, { books: true });
  const absorbed = pass.absorbed.map(({ amount }) => b.op.ReduceSum(b.op.Reshape(amount, b.ints([-1]))));
  const r = pass.signals.get(graph.inputs[0]!)![0]!;
  const results = await runOnce(b.build([r, ...absorbed]), new Map([['x', x]]));
  return {
    got: [...numbers(results.get(r.name)!)],
    kept: sum(absorbed.map(({ name }) => numbers(results.get(name)!)[0]!)),
    seed: [...numbers(seed)],
  };
}

const given = (layer: Layer): Tensor => wave(layer.dims, 1);
const absolute = (tensor: Tensor): Tensor => ({ ...tensor, data: Float32Array.from(numbers(tensor), (v) => Math.abs(v as number)) });

describe.each(Object.entries(layers))('%s', (_, layer) => {
  test.each(Object.keys(shares) as readonly RuleName[])('rule %s is its formula, unit by unit', async (rule) => {
    const { w, bias } = await matrixOf(layer);
    const inputs = [
      [given(layer), {}],
      // Told that nothing is negative, rules leave out half of their work.
      [absolute(given(layer)), { nonNegative: () => true }],
    ] as const;
    for (const [tensor, told] of inputs) {
      const x = [...numbers(tensor)];
      const { got, kept, seed } = await relevanceOf(layer, rule, { low: -2, high: 3, ...told }, tensor);
      const want = x.map((__, i) => sum(seed.map((r, j) => r * shares[rule]!(x, w[j]!, bias[j]!)[i]!)));
      const scale = Math.max(...want.map(Math.abs));
      got.forEach((v, i) => expect(Math.abs(v - want[i]!) / scale).toBeLessThan(2e-4));
      // What arrived and what was kept are what there was.
      expect(Math.abs(sum(got) + kept - sum(seed))).toBeLessThan(1e-3 * Math.max(1, sum(got.map(Math.abs))));
    }
  });
});

describe('rules that cannot be meant are refused', () => {
  test.each([
    ['alpha-beta', { alpha: 2, beta: 2 }, /alpha - beta = 1.*alpha 2 and beta 2/],
    ['alpha-beta', { alpha: 0.5, beta: -0.5 }, /beta is not negative/],
    ['z-box', { low: 1, high: 0 }, /low < high/],
  ] as const)('%s with %o', (rule, options, why) => {
    expect(() => lrpRules[rule](options as RuleOptions)).toThrow(why);
  });

  test.each([
    [7, /a composite is a list of rows/],
    [[{ rule: 'epsilonn' }], /row 0: rule 'epsilonn' is no rule: there are zero, epsilon/],
    [[{ op: 'Conv' }], /row 0 names no rule/],
    [[{ rule: 'pass', kind: 'conv' }], /row 0: kind 'conv' is no kind/],
    [[{ rule: 'pass', colour: 'red' }], /row 0 has an unknown column 'colour'/],
    [[{ rule: 'gamma', gamma: 'much' }], /row 0: gamma must be a number/],
    [[{ rule: 'epsilon', epsilon: -1 }], /row 0: epsilon must not be negative/],
    [[{ rule: 'pass', op: 'Convv' }], /row 0: op 'Convv' is no operator of ONNX/],
    [[{ rule: 'pass', position: 'middle' }], /position must be 'first' or 'last'/],
  ])('%j as a composite', (value, why) => {
    expect(() => readComposite(value, 'mine')).toThrow(why);
  });
});

describe('composites', () => {
  /** Two convolutions, the second beside a shortcut, and a dense layer. */
  function network(biased = true): Graph {
    const b = builder();
    const x = b.input('x', { dtype: 'float32', shape: [1, 2, 4, 4] });
    const conv = (v: Value, from: number): Value =>
      b.op.Conv(v, b.initializer(wave([2, 2, 3, 3], from)), biased ? b.initializer(wave([2], from)) : undefined, { pads: [1, 1, 1, 1] });
    const first = b.op.Relu(conv(x, 1));
    const sum_ = b.op.Add(first, conv(first, 7));
    return b.build([b.op.Gemm(b.op.Flatten(b.op.Relu(sum_)), b.initializer(wave([32, 3], 3)))]);
  }

  test.each(Object.entries(composites))('%s conserves: what arrived and what was kept are the start', async (_, composite) => {
    const graph = network();
    const b = builder(graph);
    const [y] = graph.outputs as readonly [Value];
    const rules = compositeRules(
      { rows: composite.rows as readonly CompositeRow[] },
      { low: -2, high: 2 },
      { graph, from: graph.inputs, to: graph.outputs },
    );
    const pass = propagate(b, graph, [new Map([[y, y]])], graph.inputs, rules, { books: true });
    const total = (v: Value): Value => b.op.ReduceSum(b.op.Reshape(v, b.ints([-1])));
    const ends = [total(y), total(pass.signals.get(graph.inputs[0]!)![0]!), ...pass.absorbed.map(({ amount }) => total(amount))];
    const results = await runOnce(b.build(ends), new Map([['x', wave([1, 2, 4, 4], 30)]]));
    const [start, ...rest] = ends.map(({ name }) => numbers(results.get(name)!)[0]!);
    expect(sum(rest)).toBeCloseTo(start!, 3);
  });

  test.each([
    ['z-plus', 1e-9],
    ['epsilon', 1e-9],
    ['alpha2-beta1', 1e-9],
  ] as const)('%s on a network without biases keeps nothing: all that starts arrives', async (name, epsilon) => {
    const graph = network(false);
    const b = builder(graph);
    const [y] = graph.outputs as readonly [Value];
    const rules = compositeRules(composites[name], { epsilon }, { graph, from: graph.inputs, to: graph.outputs });
    const pass = propagate(b, graph, [new Map([[y, y]])], graph.inputs, rules);
    const total = (v: Value): Value => b.op.ReduceSum(b.op.Reshape(v, b.ints([-1])));
    const [start, end] = [total(y), total(pass.signals.get(graph.inputs[0]!)![0]!)] as const;
    const results = await runOnce(b.build([start, end]), new Map([['x', wave([1, 2, 4, 4], 30)]]));
    expect(numbers(results.get(end.name)!)[0]).toBeCloseTo(numbers(results.get(start.name)!)[0] as number, 4);
  });

  test('rows are tried in order: by operator, name and position', async () => {
    const graph = network();
    const names = graph.nodes.filter(({ opType }) => opType === 'Conv').map(({ name }) => name);
    const mine = readComposite(
      [
        { position: 'first', kind: ['convolution', 'dense'], rule: 'flat' },
        { name: `${names[1]}*`, rule: 'gamma', gamma: 0.5 },
        { position: 'last', rule: 'w-square' },
        { op: 'Relu', rule: 'pass' },
        { kind: ['sum'], rule: 'norm' },
        { kind: 'routing', rule: 'gradient' },
      ],
      'mine',
    );
    const byHand: { readonly [name: string]: RuleName } = {
      [names[0]!]: 'flat',
      [names[1]!]: 'gamma',
      Relu: 'pass',
      Add: 'norm',
      Gemm: 'w-square',
      Flatten: 'gradient',
    };
    const relevance = async (rules: RuleSet): Promise<readonly number[]> => {
      const b = builder(graph);
      const pass = propagate(b, graph, [new Map([[graph.outputs[0]!, graph.outputs[0]!]])], graph.inputs, rules);
      const r = pass.signals.get(graph.inputs[0]!)![0]!;
      return [...numbers((await runOnce(b.build([r]), new Map([['x', wave([1, 2, 4, 4], 30)]]))).get(r.name)!)];
    };
    const found = await relevance(compositeRules(mine, {}, { graph, from: graph.inputs, to: graph.outputs }));
    const want = await relevance((node) => lrpRules[byHand[node.name] ?? byHand[node.opType]!]({ gamma: 0.5 }));
    expect(found).toEqual(want);
  });

  test.each([
    [{ kind: ['convolution', 'dense'], rule: 'pass' }, /the rule pass means nothing for Gemm \(at Gemm\), a dense/],
    [
      { kind: 'activation', rule: 'epsilon' },
      /the rule epsilon means nothing for Relu \(at Relu_?\d*\), an activation: it is for convolution, dense/,
    ],
    [{ kind: 'sum', rule: 'gamma' }, /the rule gamma means nothing for Add/],
    [{ op: 'Conv', rule: 'norm' }, /the rule norm means nothing for Conv/],
  ] as const)('%j is refused where it meets such an operator', (row, why) => {
    const graph = network();
    const rules = compositeRules(
      { rows: [row, ...(composites.epsilon.rows as readonly CompositeRow[])] },
      {},
      { graph, from: graph.inputs, to: graph.outputs },
    );
    const b = builder(graph);
    expect(() => propagate(b, graph, [new Map([[graph.outputs[0]!, graph.outputs[0]!]])], graph.inputs, rules)).toThrow(why);
  });

  test('numbers that a rule cannot have are told with their row', () => {
    expect(() => compositeRules({ rows: [{ rule: 'pass' }, { rule: 'alpha-beta', alpha: 3, beta: 1 }] })).toThrow(
      /row 1: the alpha-beta rule/,
    );
  });

  test('a gate is one wherever the exporter put a Reshape', async () => {
    const arrived = async (reshapedBefore: boolean): Promise<readonly number[]> => {
      const b = builder();
      const x = b.input('x', { dtype: 'float32', shape: [1, 3, 4, 4] });
      const squeezed = b.op.Gemm(b.op.Flatten(b.op.GlobalAveragePool(x)), b.initializer(wave([3, 3], 2)));
      const open = (v: Value): Value => b.op.Reshape(v, b.ints([1, 3, 1, 1]));
      const gate = reshapedBefore ? b.op.Sigmoid(open(squeezed)) : open(b.op.Sigmoid(squeezed));
      const graph = b.build([b.op.ReduceSum(b.op.Mul(x, gate), undefined, { keepdims: 0 })]);
      const more = builder(graph);
      const [y] = graph.outputs as readonly [Value];
      const rules = compositeRules(composites.epsilon, {}, { graph, from: graph.inputs, to: graph.outputs });
      const pass = propagate(more, graph, [new Map([[y, y]])], graph.inputs, rules);
      const r = pass.signals.get(graph.inputs[0]!)![0]!;
      return [...numbers((await runOnce(more.build([r]), new Map([['x', wave([1, 3, 4, 4], 5)]]))).get(r.name)!)];
    };
    expect(await arrived(true)).toEqual(await arrived(false));
  });

  test('an operator without a row is named, with its node', () => {
    const graph = network();
    const rules = compositeRules(
      readComposite([{ kind: 'dense', rule: 'epsilon' }], 'mine'),
      {},
      { graph, from: graph.inputs, to: graph.outputs },
    );
    const b = builder(graph);
    expect(() => propagate(b, graph, [new Map([[graph.outputs[0]!, graph.outputs[0]!]])], graph.inputs, rules)).toThrow(
      /no relevance rule for Flatten \(at Flatten\): add a row for it to the composite/,
    );
  });
});
