import { builder, numbers, sizeOf, tensorOf, type Builder, type Graph, type Tensor, type Value } from '@vitrine/ir';
import { propagate, type Pass } from '../backward.js';
import { prepared } from '../prepare.js';
import { backtraceRules, type BacktraceOptions } from '../propagate/backtrace/index.js';
import { runOnce } from './ort.js';
import { random } from './random.js';

/** Uniform numbers in [−1, 1) times a size, as a tensor. */
export function noise(seed: number, dims: readonly number[], size = 1): Tensor {
  const next = random(seed);
  return tensorOf(
    'float32',
    dims,
    Array.from({ length: sizeOf(dims) }, () => size * (2 * next() - 1)),
  );
}

/** A network of one input and one result. */
export function network(x: Tensor, make: (b: Builder, x: Value) => Value): Graph {
  const b = builder();
  const y = make(b, b.input('x', { dtype: 'float32', shape: x.dims }));
  return b.build([b.named({ opType: 'Identity', name: 'end', inputs: [y], attrs: {} }, ['y'])[0]!]);
}

/** One layer of a pass, checked: what arrives at a node, and what of it the node passes on or keeps. */
export interface Balance {
  readonly node: string;
  readonly lane: number;
  readonly arrived: number;
  readonly left: number;
}

/** Relevance at x in every lane from seeds at y, and the balance of every node on the way. */
export async function traced(
  network: Graph,
  x: Tensor,
  seeds: readonly Tensor[],
  options: BacktraceOptions,
): Promise<{
  readonly relevance: readonly (readonly number[])[];
  readonly balances: readonly Balance[];
  readonly dropped: readonly number[];
}> {
  const graph = prepared(network, ['x'], ['y'], backtraceRules(options));
  const b = builder(graph);
  const [input, y] = [graph.inputs[0]!, graph.outputs[0]!];
  const signals = seeds.map((seed, i) => b.input(`seed${i}`, { dtype: 'float32', shape: seed.dims }));
  const rules = backtraceRules(options, { graph, from: [input], to: [y] });
  const pass = propagate(
    b,
    graph,
    signals.map((s) => new Map([[y, s]])),
    [input],
    rules,
    { books: true },
  );
  const out = (name: string, v: Value): Value => b.named({ opType: 'Identity', name: `${name}/out`, inputs: [v], attrs: {} }, [name])[0]!;
  const { sums, entries } = entered(b, graph, pass);
  const outputs = [...pass.signals.get(input)!.map((v, i) => out(`relevance${i}`, v)), ...sums.map((v, i) => out(`sum${i}`, v))];
  const feeds = new Map([['x', x], ...seeds.map((seed, i) => [`seed${i}`, seed] as const)]);
  const results = await runOnce(b.build(outputs, [input, ...signals]), feeds);
  const read = (name: string): readonly number[] => [...numbers(results.get(name)!)];
  const values = sums.map((_, i) => read(`sum${i}`)[0]!);
  const total = (node: string, lane: number, side: 'arrived' | 'left'): number =>
    entries.reduce((s, e, i) => (e.node === node && e.lane === lane && e.side === side ? s + values[i]! : s), 0);
  const nodes = [...new Set(entries.map(({ node }) => node))];
  const lanes = seeds.map((_, lane) => lane);
  return {
    relevance: lanes.map((lane) => read(`relevance${lane}`)),
    balances: nodes.flatMap((node) =>
      lanes.map((lane) => ({ node, lane, arrived: total(node, lane, 'arrived'), left: total(node, lane, 'left') })),
    ),
    dropped: lanes.map((lane) => entries.reduce((s, e, i) => (e.by === 'dropped' && e.lane === lane ? s + values[i]! : s), 0)),
  };
}

interface Entry {
  readonly node: string;
  readonly lane: number;
  readonly side: 'arrived' | 'left';
  readonly by?: string;
}

/** Every sum that a balance is made of. */
function entered(b: Builder, graph: Graph, pass: Pass): { readonly sums: readonly Value[]; readonly entries: readonly Entry[] } {
  const sums: Value[] = [];
  const entries: Entry[] = [];
  const enter = (entry: Entry, v: Value): void => {
    sums.push(b.op.ReduceSum(b.op.Reshape(v, b.ints([-1])), undefined, { keepdims: 1 }));
    entries.push(entry);
  };
  const visited = new Set([...pass.passed, ...pass.absorbed].map(({ node }) => node));
  for (const node of graph.nodes) {
    if (!visited.has(node)) continue;
    for (const v of node.outputs)
      if (v !== undefined) pass.signals.get(v)?.forEach((s, lane) => enter({ node: node.name, lane, side: 'arrived' }, s));
  }
  for (const { node, lane, amount } of pass.passed) enter({ node: node.name, lane, side: 'left' }, amount);
  for (const { node, lane, amount, by } of pass.absorbed) enter({ node: node.name, lane, side: 'left', by }, amount);
  return { sums, entries };
}

/** The largest imbalance, as a share of the largest relevance that any node gets. */
export function imbalance(balances: readonly Balance[]): number {
  const scale = Math.max(...balances.map(({ arrived }) => Math.abs(arrived)));
  return Math.max(...balances.map(({ arrived, left }) => Math.abs(arrived - left))) / scale;
}

/** The matrix [units, inputs] of an operator that is linear: what it makes of each unit vector. */
export async function matrixOf(x: Tensor, make: (b: Builder, x: Value) => Value): Promise<readonly (readonly number[])[]> {
  const size = sizeOf(x.dims);
  const columns: (readonly number[])[] = [];
  for (let i = 0; i < size; i++) {
    const unit = tensorOf(
      'float32',
      x.dims,
      Array.from({ length: size }, (_, k) => (k === i ? 1 : 0)),
    );
    columns.push([...numbers((await runOnce(network(x, make), new Map([['x', unit]]))).get('y')!)]);
  }
  return columns[0]!.map((_, unit) => columns.map((column) => column[unit]!));
}
