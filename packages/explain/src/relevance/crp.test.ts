import { builder, numbers, sizeOf, tensorOf, type Tensor } from '@vitrine/ir';
import { caching, type Runtime } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { channelAxis } from '../channels.js';
import { example, explain, type Example } from '../explain.js';
import { subject } from '../subject.js';

const wave = (dims: readonly number[], from: number): Tensor =>
  tensorOf(
    'float32',
    dims,
    Array.from({ length: sizeOf(dims) }, (_, i) => Math.sin(1.7 * (i + from)) + 0.2),
  );
const CHANNELS = 5;
const x = wave([1, 3, 8, 8], 1);
const inputs = new Map([['x', x]]);

let runtime: Runtime;
let ex: Example;
let layer: string;
beforeAll(async () => {
  runtime = caching(await nodeRuntime({ threads: 1 }));
  const b = builder();
  const input = b.input('x', { dtype: 'float32', shape: ['N', 3, 8, 8] });
  const maps = b.op.Relu(
    b.op.Conv(input, b.initializer(wave([CHANNELS, 3, 3, 3], 2)), b.initializer(wave([CHANNELS], 5)), { pads: [1, 1, 1, 1] }),
  );
  layer = maps.name;
  const further = b.op.Relu(b.op.Conv(maps, b.initializer(wave([4, CHANNELS, 3, 3], 9)), undefined, {}));
  const y = b.op.Gemm(b.op.Flatten(b.op.GlobalAveragePool(further)), b.initializer(wave([4, 3], 4)));
  const model = { graph: b.build([y]), domains: new Map(), metadata: new Map(), producer: '', opset: 23, irVersion: 10 };
  ex = await example(subject(model, 'small', ''), inputs, runtime);
});
afterAll(() => runtime.close());

const target = { kind: 'index', index: [1] } as const;
const values = (tensor: Tensor): readonly number[] => Array.from(numbers(tensor), Number);
const sum = (list: readonly number[]): number => list.reduce((a, c) => a + c, 0);

test('the ways through all channels are the way of all relevance', async () => {
  const all = Array.from({ length: CHANNELS }, (_, c) => c).join(',');
  const { attributions, channels } = await explain(ex, runtime, { method: 'crp', inputs, target, layer, options: { channels: all } });
  const { attributions: whole, conservation } = await explain(ex, runtime, { method: 'lrp', inputs, target });
  const together = values(attributions[0]!.tensor).map((_, i) => sum(attributions.map(({ tensor }) => values(tensor)[i]!)));
  values(whole[0]!.tensor).forEach((v, i) => expect(together[i]).toBeCloseTo(v, 4));
  expect(sum(channels!.map(({ relevance }) => relevance))).toBeCloseTo(
    conservation![0]!.layers.find(({ passed }) => 'x' in passed)!.relevance,
    4,
  );
});

test('top are the channels with the most relevance, and their greatest activations are told', async () => {
  const { attributions, channels } = await explain(ex, runtime, { method: 'crp', inputs, target, layer, options: { count: 2 } });
  const order = channels!.map(({ relevance }) => relevance);
  expect(order).toEqual(order.toSorted((a, b) => b - a));
  expect(attributions.map(({ part }) => part)).toEqual(channels!.slice(0, 2).map(({ channel }) => `channel ${channel}`));
  const { attributions: activations } = await explain(ex, runtime, { method: 'layer-activation', inputs, target, layer });
  const map = values(activations[0]!.tensor);
  for (const { channel, activation } of channels!)
    expect(activation).toBeCloseTo(Math.max(...map.slice(channel * 64, (channel + 1) * 64)), 5);
});

test('channels lie where the operator before puts them', () => {
  const b = builder();
  const w = (...dims: readonly number[]): ReturnType<typeof b.initializer> => b.initializer(wave(dims, 3));
  const series = b.op.Relu(b.op.Conv(b.input('series', { dtype: 'float32', shape: [1, 2, 9] }), w(5, 2, 3)));
  const tokens = b.op.Add(b.op.MatMul(b.input('tokens', { dtype: 'float32', shape: [1, 7, 4] }), w(4, 6)), w(6));
  const last = b.op.Gelu(b.op.MatMul(b.op.Transpose(series, { perm: [0, 2, 1] }), w(5, 8)));
  const turned = b.op.Transpose(series, { perm: [0, 2, 1] });
  const graph = b.build([series, tokens, last, turned]);
  expect([series, tokens, last, turned].map((v) => channelAxis(graph, v))).toEqual([1, 2, 2, 2]);
  expect(channelAxis(graph, graph.inputs[0]!)).toBeUndefined();
});

test('a channel that is not there is refused', async () => {
  await expect(explain(ex, runtime, { method: 'crp', inputs, target, layer, options: { channels: '5' } })).rejects.toThrow(
    /'5' is no channel of .*: write channels=top, or numbers from 0 to 4/,
  );
});
