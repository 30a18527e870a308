import { builder, numbers, specialize, tensorOf, type Graph, type OpType, type Tensor, type Value } from '@vitrine/ir';
import { describe, expect, test } from 'vitest';
import { difference, distance } from '../testing/equivalent.js';
import type { Form } from '../testing/form.js';
import { forms } from '../testing/forms/index.js';
import { build, written } from '../testing/gradcheck.js';
import { nodeCases } from '../testing/nodeCases.js';
import { runOnce, type Feeds } from '../testing/ort.js';
import { random, seedOf } from '../testing/random.js';
import { decompose } from './decomposition.js';
import { decompositions } from './index.js';

/** Allowed difference as a share of the largest value: float32 in another order. */
const ROUNDING = 1e-5;

/** Every operator written out that can be, those inside of others too. */
function writtenOut(graph: Graph): Graph {
  const { graph: next, moved } = decompose(graph, decompositions, () => true);
  return moved.size === 0 ? next : writtenOut(next);
}

const runnable = (Object.entries(forms) as (readonly [OpType, readonly Form[]])[])
  .filter(([opType]) => Object.hasOwn(decompositions, opType))
  .flatMap(([opType, list]) => list.map((form, i) => [opType, i, form] as const))
  .filter(([, , form]) => !form.unrun);

describe('written out, an operator computes the same', () => {
  test.each(runnable)('%s, form %i', async (opType, i, form) => {
    const built = build(opType, form, 'float32', seedOf(opType + i));
    const after = written(built);
    expect(after.nodes.map((node) => node.opType)).not.toContain(opType);
    expect(await difference(built.graph, after, built.feeds)).toBeLessThan(form.tolerance ?? ROUNDING);
  });
});

describe('written out, an operator computes what the standard expects', () => {
  /** What is refused, and says so. */
  const refused: { readonly [name: string]: RegExp } = {
    attention_4d_diff_heads_mask4d_padded_kv: /takes 6 inputs/,
    roialign_mode_max: /takes the max of its samples/,
  };
  /** The standard's expected values are float32 of another library. */
  const STANDARD = 2e-4;
  test.each([...nodeCases()])('%s', async (name, read) => {
    const compute = async (): Promise<number> => {
      const { graph, feeds, expected } = read();
      const bind = new Map([...feeds].filter(([, { dtype }]) => dtype === 'int64'));
      const results = await runOnce(writtenOut(specialize(graph, { bind }).graph), feeds);
      return Math.max(...[...expected].map(([output, tensor]) => distance(tensor, results.get(output), output)));
    };
    if (refused[name] === undefined) expect(await compute()).toBeLessThan(STANDARD);
    else await expect(compute()).rejects.toThrow(refused[name]);
  });
});

/** Runs a graph of given float inputs, everything written out. */
async function run(
  dims: readonly (readonly number[])[],
  make: (b: ReturnType<typeof builder>, x: readonly Value[]) => readonly Value[],
): Promise<readonly Tensor[]> {
  const b = builder();
  const next = random(7);
  const feeds = new Map<string, Tensor>();
  const inputs = dims.map((shape, i) => {
    const size = shape.reduce((p, d) => p * d, 1);
    feeds.set(
      `x${i}`,
      tensorOf(
        'float32',
        shape,
        Array.from({ length: size }, () => 2 * next() - 1),
      ),
    );
    return b.input(`x${i}`, { dtype: 'float32', shape });
  });
  const graph = b.build(make(b, inputs));
  const results = await runOnce(writtenOut(graph), feeds as Feeds);
  return graph.outputs.map(({ name }) => results.get(name)!);
}

/** Graphs in operators without a kernel on the CPU, and what they must equal. */
const equals: readonly (readonly [string, readonly (readonly number[])[], Parameters<typeof run>[1], Parameters<typeof run>[1]])[] = [
  ...(['forward', 'reverse', 'bidirectional'] as const).map((direction) => {
    const d = direction === 'bidirectional' ? 2 : 1;
    const shapes = [
      [2, 4, 3],
      [d, 8, 3],
      [d, 8, 2],
      [d, 16],
      [2, d, 2],
      [2, d, 2],
    ] as const;
    return [
      `LSTM with batches first, ${direction}`,
      shapes,
      (b, x) => b.node('LSTM', [x[0], x[1], x[2], x[3], undefined, x[4], x[5]], { hidden_size: 2, direction, layout: 1 }, 3),
      (b, x) => {
        const turn = (v: Value): Value => b.op.Transpose(v, { perm: [1, 0, 2] });
        const operands = [turn(x[0]!), x[1], x[2], x[3], undefined, turn(x[4]!), turn(x[5]!)];
        const [y, h, c] = b.node('LSTM', operands, { hidden_size: 2, direction }, 3) as [Value, Value, Value];
        return [b.op.Transpose(y, { perm: [2, 0, 1, 3] }), turn(h), turn(c)];
      },
    ] as const satisfies (typeof equals)[number];
  }),
  [
    'MultiHeadAttention of packed queries, keys and values',
    [[2, 3, 2, 3, 4]],
    (b, [x]) => b.node('com.microsoft.MultiHeadAttention', [x], { num_heads: 2 }),
    (b, [x]) => {
      const parts = b.op.Split(x!, b.ints([1, 1, 1]), { axis: 3, outputs: 3 });
      return b.node(
        'com.microsoft.MultiHeadAttention',
        parts.map((part) => b.op.Reshape(part, b.ints([2, 3, 8]))),
        { num_heads: 2 },
      );
    },
  ],
  [
    'GroupNorm with channels behind and silu',
    [[2, 3, 2, 4], [4], [4]],
    (b, [x, scale, bias]) => b.node('com.microsoft.GroupNorm', [x, scale, bias], { groups: 2, activation: 1 }),
    (b, [x, scale, bias]) => {
      const y = b.op.GroupNormalization(b.op.Transpose(x!, { perm: [0, 3, 1, 2] }), scale!, bias!, { num_groups: 2 });
      return [b.op.Transpose(b.op.Mul(y, b.op.Sigmoid(y)), { perm: [0, 2, 3, 1] })];
    },
  ],
  [
    'BiasSoftmax over the last two axes',
    [
      [2, 3, 4],
      [2, 1, 1],
    ],
    (b, [x, bias]) => b.node('com.microsoft.BiasSoftmax', [x, bias], { axis: 1, is_inner_broadcast: 1 }),
    (b, [x, bias]) => {
      const e = b.op.Exp(b.op.Add(x!, bias!));
      return [b.op.Div(e, b.op.ReduceSum(e, b.ints([1, 2])))];
    },
  ],
  [
    'BiasAdd',
    [[2, 3, 4], [4], [2, 3, 4]],
    (b, x) => b.node('com.microsoft.BiasAdd', x),
    (b, [x, bias, skip]) => [b.op.Sum(x!, bias!, skip!)],
  ],
  ['BiasDropout that drops nothing', [[2, 3], [3], [2, 3]], (b, x) => b.node('com.microsoft.BiasDropout', x), (b, x) => [b.op.Sum(...x)]],
  [
    'BiasSplitGelu',
    [[2, 3, 4], [4]],
    (b, x) => b.node('com.microsoft.BiasSplitGelu', x),
    (b, [x, bias]) => {
      const part = (from: number): Value => b.op.Slice(b.op.Add(x!, bias!), b.ints([from]), b.ints([from + 2]), b.ints([2]));
      return [b.op.Mul(part(0), b.op.Gelu(part(2)))];
    },
  ],
  [
    'GemmFastGelu',
    [[2, 3], [3, 4], [4]],
    (b, x) => b.node('com.microsoft.GemmFastGelu', x),
    (b, [x, w, bias]) => [b.op.Gelu(b.op.Gemm(x!, w!, bias), { approximate: 'tanh' })],
  ],
  [
    'FusedMatMulActivation',
    [
      [3, 2],
      [3, 4],
    ],
    (b, x) => b.node('com.microsoft.FusedMatMulActivation', x, { transA: 1, alpha: 0.5, activation: 'LeakyRelu', activation_alpha: 0.2 }),
    (b, [x, w]) => [b.op.LeakyRelu(b.op.Gemm(x!, w!, undefined, { transA: 1, alpha: 0.5 }), { alpha: 0.2 })],
  ],
  [
    'SkipGroupNorm',
    [[2, 4, 3, 2], [4], [4], [2, 4], [4]],
    (b, x) => b.node('com.microsoft.SkipGroupNorm', x, { groups: 2, activation: 0, channels_last: 0 }, 2),
    (b, [x, scale, bias, skip, more]) => {
      const sum = b.op.Sum(x!, b.op.Unsqueeze(skip!, b.ints([2, 3])), b.op.Unsqueeze(more!, b.ints([1, 2])));
      return [b.op.GroupNormalization(sum, scale!, bias!, { num_groups: 2 }), sum];
    },
  ],
  [
    'DFT back to a real signal of the length that half a spectrum tells',
    [[2, 4, 2]],
    (b, [x]) => b.node('DFT', [x], { inverse: 1, onesided: 1 }),
    (b, [x]) => b.node('DFT', [x, b.scalar(6, 'int64')], { inverse: 1, onesided: 1 }),
  ],
  [
    'NhwcFusedConv with a sum',
    [[1, 5, 4, 2], [3, 2, 3, 2], [3], [1, 3, 3, 3]],
    (b, x) => b.node('com.microsoft.NhwcFusedConv', x, { strides: [2, 1], pads: [1, 0, 1, 0], activation: 'Relu' }),
    (b, [x, w, bias, z]) => {
      const y = b.op.Conv(b.op.Transpose(x!, { perm: [0, 3, 1, 2] }), w!, bias, { strides: [2, 1], pads: [1, 0, 1, 0] });
      return [b.op.Relu(b.op.Add(b.op.Transpose(y, { perm: [0, 2, 3, 1] }), z!))];
    },
  ],
];

test.each(equals)('%s equals the same in plain operators', async (_, dims, fused, plain) => {
  const [a, b] = [await run(dims, fused), await run(dims, plain)];
  a.forEach((tensor, i) => {
    expect(tensor.dims).toEqual(b[i]!.dims);
    expect(distance(b[i]!, { ...tensor }, String(i))).toBeLessThan(ROUNDING);
  });
  expect(numbers(a[0]!).some((v) => v !== 0)).toBe(true);
});
