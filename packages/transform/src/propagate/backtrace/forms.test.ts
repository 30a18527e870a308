import { builder, isFloat, numbers, type OpType, type Value } from '@vitrine/ir';
import { expect, test } from 'vitest';
import { propagate } from '../../backward.js';
import { RuleError } from '../../error.js';
import { prepared } from '../../prepare.js';
import type { Form } from '../../testing/form.js';
import { forms } from '../../testing/forms/index.js';
import { build } from '../../testing/gradcheck.js';
import { runOnce } from '../../testing/ort.js';
import { seedOf } from '../../testing/random.js';
import { backtraceRules } from './index.js';

/** What has no meaning for shares of contributions. */
const REFUSED: ReadonlySet<string> = new Set([
  'GlobalLpPool',
  'LpPool',
  'OneHot',
  'ReduceLogSumExp',
  'ReduceProd',
  // By multiplication.
  'ScatterElements',
  'ScatterND',
  'Unique',
  'com.microsoft.Inverse',
]);

/** What relevance of 1 at every element of the result gains or loses on the way to the first input, for each lane; undefined where none takes part. */
async function missed(opType: OpType, form: Form, mode: 'default' | 'contrast'): Promise<readonly number[] | undefined> {
  const built = build(opType, form, 'float32', seedOf(opType));
  const inputs = built.graph.inputs.filter(({ type }) => isFloat(type.dtype)).map(({ name }) => name);
  const output = built.graph.outputs.find(({ type }) => isFloat(type.dtype))?.name;
  if (inputs.length === 0 || output === undefined) return undefined;
  const options = { mode, profile: 'intended' } as const;
  const graph = prepared(built.graph, inputs, [output], backtraceRules(options));
  const b = builder(graph);
  const y = graph.outputs.find(({ name }) => name === output)!;
  const x = graph.inputs.find(({ name }) => name === inputs[0])!;
  const ones = b.op.Expand(b.scalar(1, y.type.dtype as 'float32'), b.op.Shape(y));
  const seeds = mode === 'default' ? [ones] : [ones, b.op.Mul(ones, 0.5)];
  const rules = backtraceRules(options, { graph, from: [x], to: [y] });
  const pass = propagate(
    b,
    graph,
    seeds.map((seed) => new Map([[y, seed]])),
    [x],
    rules,
    { books: true },
  );
  const arrived = pass.signals.get(x);
  if (arrived === undefined) return undefined;
  const total = (v: Value): Value => b.op.ReduceSum(b.op.Reshape(b.op.Cast(v, { to: 1 }), b.ints([-1])), undefined, { keepdims: 0 });
  const gaps = seeds.map((seed, lane) => {
    const kept = pass.absorbed.filter((entry) => entry.lane === lane).map(({ amount }) => total(amount));
    const left = kept.reduce((sum, v) => b.op.Add(sum, v), total(arrived[lane]!));
    return b.op.Div(b.op.Sub(total(seed), left), b.op.Max(total(seed), 1));
  });
  const results = await runOnce(b.build(gaps, graph.inputs), built.feeds);
  return gaps.map(({ name }) => Number([...numbers(results.get(name)!)][0]));
}

const rows = (Object.entries(forms) as (readonly [OpType, readonly Form[]])[]).flatMap(([opType, list]) =>
  list.flatMap((form, i) => (form.unrun ? [] : [[opType, i, form] as const])),
);

test.each(rows)('relevance keeps its sum through %s, form %i, or the operator is refused', async (opType, _, form) => {
  for (const mode of ['default', 'contrast'] as const) {
    try {
      for (const gap of (await missed(opType, form, mode)) ?? []) expect(Math.abs(gap)).toBeLessThan(1e-4);
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      expect(error.message).toContain(`(at `);
      if (error.code === 'missing-rule') expect([...REFUSED].some((name) => error.message.includes(name))).toBe(true);
    }
  }
});
