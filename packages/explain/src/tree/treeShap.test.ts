import { random } from '@vitrine/data';
import { builder, tensorOf, type AttrValue, type Builder, type Graph, type Tensor, type Value } from '@vitrine/ir';
import { caching, type Runtime } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { example, explain, type Example } from '../explain.js';
import type { Explanation } from '../explanation.js';
import { subject } from '../subject.js';
import { listed } from '../testing/asking.js';
import type { Listing } from './listing.js';
import { grown, listingOf, NEWER, newerTrees, OLDER, olderLeaves, olderNodes, ORDERED } from './testing/written.js';

let runtime: Runtime;
beforeAll(async () => {
  runtime = caching(await nodeRuntime({ threads: 1 }));
});
afterAll(() => runtime.close());

const COLUMNS = 4;
type Attrs = { readonly [name: string]: AttrValue };

/** Nodes of ai.onnx.ml, whose kinds are told by names here. */
const ml = (b: Builder, opType: string, inputs: readonly Value[], attrs: Attrs, outputs = 1): readonly Value[] =>
  b.node(`ai.onnx.ml.${opType}`, inputs, attrs, outputs) as readonly Value[];

function graphOf(make: (b: Builder, x: Value) => Value | readonly Value[], dtype: 'float32' | 'float64' = 'float32'): Graph {
  const b = builder();
  const x = b.input('x', { dtype, shape: ['N', COLUMNS] });
  return b.build([make(b, x)].flat());
}

const random3 = (seed: number, modes: Parameters<typeof grown>[3] = OLDER, trees = 3): Listing => {
  const next = random(seed, 'forest');
  const written = Array.from({ length: trees }, () => grown(next, COLUMNS, 4, modes, 0));
  return listingOf(written, () => 1 + Math.floor(next() * 9));
};

const rowsOf = (seed: number, count: number, missing = 0.1, columns = COLUMNS): Tensor<'float32'> => {
  const next = random(seed, 'rows');
  return tensorOf(
    'float32',
    [count, columns],
    Array.from({ length: count * columns }, () => (next() < missing ? NaN : Math.floor(next() * 5) - 2)),
  );
};

const asExample = (graph: Graph, inputs: ReadonlyMap<string, Tensor>, version = 3): Promise<Example> => {
  const model = { graph, domains: new Map([['ai.onnx.ml', version]]), metadata: new Map(), producer: '', opset: 23, irVersion: 10 };
  return example(subject(model, 'trees', ''), inputs, runtime);
};

const asked = async (
  ex: Example,
  method: string,
  options: object = {},
  index: readonly number[] = [0],
  more: object = {},
): Promise<Explanation> =>
  explain(ex, runtime, { method, inputs: ex.feeds, target: { kind: 'index', index }, options: { ...options }, ...more });

const valuesIn = ({ attributions }: Explanation): readonly number[] => attributions.flatMap(({ tensor }) => listed(tensor));
const close = (actual: readonly number[], expected: readonly number[], digits = 5): void =>
  expect(actual).toEqual(expected.map((v) => expect.closeTo(v, digits)));

const BACKGROUND = rowsOf(91, 9);
const one = (seed: number): ReadonlyMap<string, Tensor> => new Map([['x', rowsOf(seed, 1)]]);

/** Interventional values beside those that ONNX Runtime's answers to all sets of columns give. */
async function agrees(ex: Example, index: readonly number[] = [0]): Promise<Explanation> {
  const found = await asked(ex, 'tree-shap', { background: BACKGROUND }, index);
  const slow = await asked(ex, 'shapley-values', { baseline: BACKGROUND, parts: 'elements' }, index);
  close(valuesIn(found), valuesIn(slow));
  expect(Math.abs(found.completeness!.gap)).toBeLessThan(1e-5);
  expect(found.completeness!.expected).toBeCloseTo(slow.completeness!.expected, 5);
  return found;
}

const regressor = (listing: Listing, attrs: Attrs = {}): Attrs => ({
  ...olderNodes(listing),
  ...olderLeaves('target', listing, () => [0]),
  n_targets: 1,
  ...attrs,
});

describe('TreeSHAP explains what ONNX Runtime computes', () => {
  test.each([1, 2, 3])('of a TreeEnsembleRegressor with every kind of test (trees %i)', async (seed) => {
    const graph = graphOf((b, x) => ml(b, 'TreeEnsembleRegressor', [x], regressor(random3(seed), { base_values: [0.25] })));
    await agrees(await asExample(graph, one(seed)));
  });
  test('of the mean over trees', async () => {
    const graph = graphOf((b, x) => ml(b, 'TreeEnsembleRegressor', [x], regressor(random3(4), { aggregate_function: 'AVERAGE' })));
    await agrees(await asExample(graph, one(4)));
  });
  test('of several targets, each by its index', async () => {
    const listing = random3(5);
    const leaves = olderLeaves('target', listing, (tree) => (tree === 1 ? [0, 2] : [1]));
    const graph = graphOf((b, x) =>
      ml(b, 'TreeEnsembleRegressor', [x], { ...olderNodes(listing), ...leaves, n_targets: 3, base_values: [1, 2, 3] }),
    );
    const ex = await asExample(graph, one(5));
    for (const k of [0, 1, 2]) await agrees(ex, [k]);
  });
  test('of a TreeEnsemble of ai.onnx.ml 5, sets among its tests', async () => {
    for (const seed of [6, 7]) {
      const graph = graphOf((b, x) => ml(b, 'TreeEnsemble', [x], newerTrees(random3(seed, NEWER))));
      await agrees(await asExample(graph, one(seed), 5));
    }
  });
  test('of float64 inputs', async () => {
    const graph = graphOf((b, x) => ml(b, 'TreeEnsembleRegressor', [x], regressor(random3(8, ORDERED))), 'float64');
    await agrees(await asExample(graph, new Map([['x', tensorOf('float64', [1, COLUMNS], [0, 1, -1, 2])]])));
  });
  test('of a difference of classes, and of trees that are weighed and added up behind', async () => {
    const graph = graphOf((b, x) => {
      const [first] = ml(b, 'TreeEnsembleRegressor', [x], regressor(random3(9)));
      const [second] = ml(b, 'TreeEnsembleRegressor', [x], regressor(random3(10)));
      return b.op.Add(b.op.Sub(b.op.Mul(first!, 0.5), b.op.Identity(second!)), 3);
    });
    await agrees(await asExample(graph, one(9)));
  });
});

/** Ways to say what two classes get, and what follows them. */
const twoClasses = [[0], [1], [0, 1]].flatMap((ids) =>
  [true, false].flatMap((positive) =>
    ['NONE', 'LOGISTIC', 'SOFTMAX'].flatMap((post) => [[], [0.125], [0.125, 0.5]].map((base) => [ids, positive, post, base] as const)),
  ),
);

test.each(twoClasses)(
  'scores of two classes are read as ONNX Runtime has them: classes %j told, positive %s, %s, base %j',
  async (ids, positive, post, base) => {
    const listing = random3(11);
    const weight = positive ? listing.weight.map(Math.abs) : listing.weight;
    const leaves = olderLeaves('class', { ...listing, weight }, (tree) => [ids[tree % ids.length]!]);
    const attrs = {
      ...olderNodes(listing),
      ...leaves,
      classlabels_int64s: [0, 1],
      post_transform: post,
      ...(base.length > 0 && { base_values: base }),
    };
    const graph = graphOf((b, x) => ml(b, 'TreeEnsembleClassifier', [x], attrs, 2));
    for (const seed of [1, 2]) {
      const ex = await asExample(graph, one(seed));
      for (const k of [0, 1]) {
        const found = await asked(ex, 'tree-shap', { background: BACKGROUND }, [k]);
        const given = Number(ex.outputs.values().next().value!.data[k]);
        // What was explained is the score before the link; behind it stands what the model gives.
        if (found.warnings.some((note) => note.includes('LOGISTIC'))) expect(1 / (1 + Math.exp(-found.target.score))).toBeCloseTo(given, 4);
        else if (!found.warnings.some((note) => note.includes('SOFTMAX'))) expect(found.target.score).toBeCloseTo(given, 5);
        expect(Math.abs(found.completeness!.gap)).toBeLessThan(1e-5);
      }
    }
  },
);

test('labels stand behind scores, and maps of scores are the scores', async () => {
  const listing = random3(12);
  const attrs = { ...olderNodes(listing), ...olderLeaves('class', listing, (tree) => [tree]), classlabels_strings: ['a', 'b', 'c'] };
  const graph = graphOf((b, x) => {
    const [label, scores] = ml(b, 'TreeEnsembleClassifier', [x], attrs, 2);
    const zipped = { opType: 'ai.onnx.ml.ZipMap', name: 'zip', inputs: [scores], attrs: { classlabels_strings: ['a', 'b', 'c'] } };
    return [label!, ...(b.named(zipped, ['maps']) as readonly Value[])];
  });
  const ex = await asExample(graph, one(12));
  const [scores, label] = [...ex.outputs.values()];
  expect(scores).toMatchObject({ dtype: 'float32', dims: [1, 3] });
  expect(label!.dtype).toBe('string');
  await agrees(ex, [2]);
  const difference = await explain(ex, runtime, {
    method: 'tree-shap',
    inputs: ex.feeds,
    target: { kind: 'difference', of: { kind: 'index', index: [0] }, minus: { kind: 'index', index: [1] } },
    options: { background: BACKGROUND },
  });
  const [first, second] = [
    await asked(ex, 'tree-shap', { background: BACKGROUND }, [0]),
    await asked(ex, 'tree-shap', { background: BACKGROUND }, [1]),
  ];
  close(
    valuesIn(difference),
    valuesIn(first).map((v, i) => v - valuesIn(second)[i]!),
  );
});

describe('before the trees', () => {
  const forest = (b: Builder, x: Value, seed: number): Value => ml(b, 'TreeEnsembleRegressor', [x], regressor(random3(seed, ORDERED)))[0]!;

  test('what works column by column leaves values at the input', async () => {
    const graph = graphOf((b, x) => {
      const [imputed] = ml(b, 'Imputer', [x], { imputed_value_floats: [0, 1, -1, 0.5], replaced_value_float: NaN });
      return forest(b, ml(b, 'Scaler', [imputed!], { offset: [0.5, 0, 0, 0], scale: [2, 1, -1, 1] })[0]!, 13);
    });
    const found = await agrees(await asExample(graph, one(13)));
    expect(found.attributions.map(({ at }) => at)).toEqual(['x']);
    expect(found.warnings).toEqual([]);
  });
  test('columns of several inputs are put together, picked, and turned into categories', async () => {
    const b = builder();
    const [age, job, code] = [
      b.input('age', { dtype: 'float32', shape: ['N', 2] }),
      b.input('job', { dtype: 'float32', shape: ['N', 1] }),
      b.input('code', { dtype: 'int64', shape: ['N', 1] }),
    ];
    const [hot] = ml(b, 'OneHotEncoder', [b.op.Cast(job, { to: 7 })], { cats_int64s: [0, 1] });
    const columns = b.op.Concat(
      b.op.Gather(age, b.ints([1]), { axis: 1 }),
      b.op.Reshape(hot!, b.ints([-1, 2])),
      b.op.Cast(code, { to: 1 }),
      { axis: 1 },
    );
    const graph = b.build([forest(b, columns, 14)], [age, job, code]);
    const inputs = new Map<string, Tensor>([
      ['age', tensorOf('float32', [1, 2], [5, -1])],
      ['job', tensorOf('float32', [1, 1], [1])],
      ['code', tensorOf('int64', [1, 1], [1])],
    ]);
    const background = new Map([
      ['age', tensorOf('float32', [4, 2], [1, 2, 3, -2, 0, 1, 1, 0])],
      ['job', tensorOf('float32', [4, 1], [0, 0, 1, 0])],
    ]);
    const ex = await asExample(graph, inputs);
    const found = await asked(ex, 'tree-shap', { background });
    const slow = await asked(ex, 'shapley-values', { baseline: background, parts: 'elements' });
    expect(found.parts!.values.map(({ name }) => name)).toEqual(['age 0', 'age 1', 'job']);
    close(valuesIn(found), valuesIn(slow));
    const dependent = await asked(ex, 'tree-shap');
    // What is not attributed stays as it is in background rows; where examples go both ways it counts.
    expect(dependent.attributions.map(({ at }) => at)).toEqual(['age', 'job', 'code']);
    await expect(asked(ex, 'tree-shap', { perturbation: 'path-dependent', background })).rejects.toThrow(
      /does not tell code, .* use perturbation=interventional/,
    );
    expect(Math.abs(dependent.completeness!.gap)).toBeLessThan(1e-5);
  });
  test('columns that are made of several are explained where the trees take them', async () => {
    const graph = graphOf((b, x) => forest(b, ml(b, 'Normalizer', [b.op.Where(b.op.IsNaN(x), 0, x)], { norm: 'L2' })[0]!, 15));
    const found = await asked(await asExample(graph, one(15)), 'tree-shap', { background: BACKGROUND });
    expect(found.attributions.map(({ at }) => at)).toEqual(['Normalizer']);
    expect(found.warnings.join()).toMatch(/columns of Normalizer.*makes some of them of more than one column of x/);
    expect(Math.abs(found.completeness!.gap)).toBeLessThan(1e-5);
  });
});

test('interactions add up to the values, row by row', async () => {
  const graph = graphOf((b, x) => ml(b, 'TreeEnsembleRegressor', [x], regressor(random3(16))));
  const ex = await asExample(graph, one(16));
  for (const options of [{}, { background: BACKGROUND }]) {
    const pairs = await asked(ex, 'tree-shap-interactions', options);
    expect(pairs.attributions[0]!.tensor.dims).toEqual([1, COLUMNS, COLUMNS]);
    const flat = valuesIn(pairs);
    const sums = Array.from({ length: COLUMNS }, (_, i) => flat.slice(i * COLUMNS, (i + 1) * COLUMNS).reduce((a, b) => a + b, 0));
    close(sums, valuesIn(await asked(ex, 'tree-shap', options)));
    for (let i = 0; i < COLUMNS; i++) for (let j = 0; j < i; j++) expect(flat[i * COLUMNS + j]).toBe(flat[j * COLUMNS + i]);
  }
});

test('interactions are those of shapley-interactions, where absent columns have the values of background rows', async () => {
  const graph = graphOf((b, x) => ml(b, 'TreeEnsembleRegressor', [x], regressor(random3(18))));
  const ex = await asExample(graph, one(18));
  const listed = ({ parts }: Explanation): readonly (readonly [string, number])[] =>
    parts!.values.map(({ name, value }): readonly [string, number] => [name, value]).toSorted(([a], [b]) => a.localeCompare(b));
  const slow = listed(await asked(ex, 'shapley-interactions', { baseline: BACKGROUND, parts: 'elements' }));
  const found = listed(await asked(ex, 'tree-shap-interactions', { background: BACKGROUND }));
  expect(found.map(([name]) => name)).toEqual(slow.map(([name]) => name));
  close(
    found.map(([, value]) => value),
    slow.map(([, value]) => value),
  );
});

test('the same question has the same bits, and background rows can stand in for covers', async () => {
  const listing = random3(17, ORDERED);
  const known = await asExample(
    graphOf((b, x) => ml(b, 'TreeEnsembleRegressor', [x], regressor(listing))),
    one(17),
  );
  expect(valuesIn(await asked(known, 'tree-shap'))).toEqual(valuesIn(await asked(known, 'tree-shap')));
  const without = graphOf((b, x) =>
    ml(
      b,
      'TreeEnsembleRegressor',
      [x],
      regressor(listing, { nodes_hitrates: listing.mode.length === 0 ? [] : Array.from(listing.mode, () => 1) }),
    ),
  );
  const ex = await asExample(without, one(17));
  await expect(asked(ex, 'tree-shap')).rejects.toThrow(/do not say how many examples passed each node.*background=FILE.npy$/);
  const counted = await asked(ex, 'tree-shap', { perturbation: 'path-dependent', background: BACKGROUND });
  expect(Math.abs(counted.completeness!.gap)).toBeLessThan(1e-5);
});

describe('is refused with a sentence', () => {
  const refusal = async (graph: Graph, why: RegExp, method = 'tree-shap'): Promise<void> => {
    const ex = await asExample(graph, one(18));
    await expect(asked(ex, method, { background: BACKGROUND })).rejects.toThrow(why);
  };
  const tree = (attrs: Attrs): Graph => graphOf((b, x) => ml(b, 'TreeEnsembleRegressor', [x], regressor(random3(18), attrs)));

  test('the least of trees', () =>
    refusal(tree({ aggregate_function: 'MIN' }), /takes the MIN over its trees, .* use kernel-shap or shapley-values$/));
  test('what is not linear behind trees', () =>
    refusal(
      graphOf((b, x) => b.op.Sigmoid(ml(b, 'TreeEnsembleRegressor', [x], regressor(random3(18)))[0]!)),
      /^Sigmoid \(at Sigmoid\) stands between .* and the target, and is not linear/,
    ));
  test('a way past the trees', () =>
    refusal(
      graphOf((b, x) =>
        b.op.Add(
          ml(b, 'TreeEnsembleRegressor', [x], regressor(random3(18)))[0]!,
          b.op.ReduceSum(b.op.Where(b.op.IsNaN(x), 0, x), b.ints([1])),
        ),
      ),
      /the target depends on ReduceSum .* past .* as well: use kernel-shap$/,
    ));
  test('no trees at all', async () => {
    const ex = await asExample(
      graphOf((b, x) => b.op.Relu(x)),
      new Map([['x', tensorOf('float32', [1, COLUMNS], [1, 2, 3, 4])]]),
    );
    await expect(asked(ex, 'tree-shap')).rejects.toThrow('no ensemble of trees stands between x and the target');
    await expect(asked(ex, 'linear-shap')).rejects.toThrow('no linear model stands between x and the target');
  });
  test('a missing value where no operator knows what it means', async () => {
    const missing = new Map([['x', tensorOf('float32', [1, COLUMNS], [1, NaN, 3, 4])]]);
    const graph = graphOf((b, x) => b.op.Relu(x));
    await expect(asExample(graph, missing)).rejects.toThrow(/holds NaN/);
  });
});

test('a linear model is explained by its coefficients, before its link where there is one', async () => {
  const background = rowsOf(92, 7, 0);
  const x = new Map([['x', rowsOf(19, 1, 0)]]);
  const coefficients = [0.5, -1, 2, 0.25, 1, 1, -0.5, 0, -1, 0.5, 0, 2];
  const plain = await asExample(
    graphOf((b, v) => ml(b, 'LinearRegressor', [v], { coefficients, intercepts: [1, 2, 3], targets: 3 })),
    x,
  );
  const found = await asked(plain, 'linear-shap', { background }, [1]);
  close(valuesIn(found), valuesIn(await asked(plain, 'shapley-values', { baseline: background, parts: 'elements' }, [1])));
  const logits = { coefficients, intercepts: [1, 2, 3], classlabels_ints: [0, 1, 2], post_transform: 'LOGISTIC' };
  const linked = await asExample(
    graphOf((b, v) => ml(b, 'Normalizer', [ml(b, 'LinearClassifier', [v], logits, 2)[1]!], { norm: 'L1' })),
    x,
  );
  const before = await asked(linked, 'linear-shap', { background }, [1]);
  close(valuesIn(before), valuesIn(found));
  expect(before.target.score).toBeCloseTo(found.target.score, 5);
  expect(before.warnings.join()).toMatch(/before LOGISTIC/);
});
