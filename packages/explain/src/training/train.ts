import { builder, type Graph, type Tensor, type Value } from '@vitrine/ir';
import { checkBudget, price, type Feeds, type Runtime } from '@vitrine/runtime';
import { backward, fromTable, prepared, vjps } from '@vitrine/transform';
import { ExplainError } from '../error.js';
import type { Progress } from '../inquiry.js';
import { permutation } from '../perturbation/coalition.js';
import { adam } from './adam.js';
import type { Network, Weights } from './network.js';

export interface Training {
  /** How many examples there are. */
  readonly examples: number;
  /** What is fed for some of them, always as many, by name. Noise is drawn here. */
  readonly feed: (examples: Uint32Array) => Feeds;
  /** How often each example is seen; what does not fill a batch waits for the next time. */
  readonly epochs: number;
  /** Examples of one step; all where there are fewer. */
  readonly batch: number;
  readonly rate: number;
  /** What of each weight goes in a step of length 1. */
  readonly decay?: number;
  readonly random: (label: string) => () => number;
  readonly runtime: Runtime;
  /** Memory that one step may take. */
  readonly memoryBytes: number;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: Progress | undefined;
}

export interface Trained {
  readonly weights: Weights;
  /** Mean loss of each epoch. */
  readonly losses: readonly number[];
}

const LOSS = 'loss';
const GRADIENT = 'gradient/';

/**
 * Trains a network by Adam in small batches: the same bits for the same seed.
 * @throws ExplainError 'not-finite' where it goes astray; RuntimeError 'over-budget', 'cancelled'
 */
export async function train(network: Network, training: Training): Promise<Trained> {
  const { examples, feed, epochs, rate, decay = 0, random, runtime, memoryBytes, signal, progress } = training;
  const size = Math.min(training.batch, examples);
  const steps = Math.floor(examples / size);
  const uniform = random('order');
  const graph = stepGraph(network, feed(Uint32Array.from({ length: size }, (_, i) => i)));
  checkBudget(price(graph), memoryBytes);
  const session = await runtime.open(graph);
  const losses: number[] = [];
  let { weights } = network;
  try {
    const next = adam({ rate, decay });
    for (let epoch = 0; epoch < epochs; epoch++) {
      const order = permutation(examples, uniform);
      let total = 0;
      for (let step = 0; step < steps; step++) {
        const results = await session.run(new Map([...feed(order.subarray(step * size, (step + 1) * size)), ...weights]), signal);
        const loss = Number(results.get(LOSS)!.data[0]);
        if (!Number.isFinite(loss)) astray(loss, epoch, rate);
        total += loss / steps;
        weights = next(weights, new Map([...weights.keys()].map((name) => [name, results.get(GRADIENT + name) as Tensor<'float32'>])));
        progress?.(epoch * steps + step + 1, epochs * steps);
      }
      losses.push(total);
    }
  } finally {
    await session.close();
  }
  return { weights, losses };
}

/** The loss of one batch and its gradient, from weights and what is fed. */
function stepGraph(network: Network, fed: Feeds): Graph {
  const forward = builder();
  const inputs = new Map(
    [...fed, ...network.weights].map(([name, { dtype, dims }]) => [name, forward.input(name, { dtype, shape: dims })] as const),
  );
  const named = (name: string): Value => inputs.get(name)!;
  const rules = fromTable(vjps);
  const names = [...network.weights.keys()];
  const written = network.loss(forward, named, named);
  const ready = prepared(forward.build([written], [...inputs.values()]), names, [written.name], rules);
  const b = builder(ready);
  const [loss] = ready.outputs as readonly [Value];
  const wrt = names.map((name) => ready.inputs.find((input) => input.name === name)!);
  const found = backward(b, ready, new Map([[loss, b.scalar(1, 'float32')]]), wrt, rules);
  const outputs = [
    b.named({ opType: 'Identity', name: LOSS, inputs: [loss], attrs: {} }, [LOSS])[0]!,
    ...wrt.map((value) => {
      const gradient = found.get(value) ?? b.op.Mul(value, 0);
      return b.named({ opType: 'Identity', name: GRADIENT + value.name, inputs: [gradient], attrs: {} }, [GRADIENT + value.name])[0]!;
    }),
  ];
  return b.build(outputs, ready.inputs);
}

function astray(loss: number, epoch: number, rate: number): never {
  throw new ExplainError(
    'not-finite',
    `training went astray in epoch ${epoch}: its loss is ${loss}; give a rate below ${rate}, or check that the examples are finite`,
  );
}
