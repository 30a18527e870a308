import { builder, dtypes, inline, sizeOf, type Builder, type Graph, type Tensor, type Value } from '@vitrine/ir';
import type { Inquiry, Point } from '../inquiry.js';
import type { Program } from '../program.js';
import { scoreProgram } from '../rows.js';
import { typed } from '../batches.js';
import { atomsOf } from './atoms.js';
import type { Coalition } from './coalition.js';
import type { Partition } from './partition.js';

const COALITIONS = 'perturbation/coalitions';
const SCORES = 'perturbation/scores';
const standInFor = (name: string): string => `perturbation/instead/${name}`;
const atomsFor = (name: string): string => `perturbation/atoms/${name}`;
/** Types that can be chosen between. */
const CHOSEN: ReadonlySet<string> = new Set(['float32', 'float64', 'int32', 'int64']);

/** Scores coalitions, each on average over the points that stand in for what is absent: the scores of a run at a time. */
export type Placing = (coalitions: Iterable<Coalition>, count: number) => AsyncIterable<ArrayLike<number>>;

/**
 * Coalitions scored by a graph that makes the points itself: which parts are there is all that it is fed in each run. Undefined where the model
 * takes one example at a time, or so many points at once are too large.
 */
export function placing(q: Inquiry, partition: Partition, points: readonly Point[]): Placing | undefined {
  const names = [...points[0]!.keys()].filter((name) => q.x.has(name) || q.fixed.has(name));
  const given = new Map(names.map((name) => [name, (q.x.get(name) ?? q.fixed.get(name))!]));
  const isLaidOut = (name: string, { dims, dtype }: Tensor): boolean =>
    dims[0] === 1 && CHOSEN.has(dtype) && points.every((point) => point.get(name)?.dims.join() === dims.join());
  if (partition.summands !== undefined || !points.every(({ size }) => size === points[0]!.size)) return undefined;
  if (names.length === 0 || ![...given].every(([name, tensor]) => isLaidOut(name, tensor))) return undefined;
  const atoms = atomsOf(partition, given);
  // Graphs are shared by examples that are divided in about as many parts.
  const width = 2 ** Math.ceil(Math.log2(atoms.count));
  const program = placed(atoms.labels, points.length, width, new Map([...q.fixed, ...q.x]));
  if (!q.fits(program)) return undefined;

  return async function* (coalitions, count) {
    if (count === 0) return;
    const { batch, graph, run } = await q.open(program, count);
    const inputs = new Map(graph.inputs.map((input) => [input.name, input]));
    const still = new Map<string, Tensor>([...q.fixed, ...q.x]);
    for (const name of names) {
      still.set(standInFor(name), joined(points.map((point) => typed(point.get(name)!, inputs.get(name)!))));
      const labels = atoms.labels.get(name)!;
      still.set(atomsFor(name), { ...labels, dims: [sizeOf(labels.dims)] } as Tensor);
    }
    const feeds = new Map([...inputs].map(([name, input]) => [name, still.has(name) ? typed(still.get(name)!, input) : undefined!]));
    let mask = new Uint8Array(batch * width);
    let used = 0;
    const scored = async (): Promise<ArrayLike<number>> => {
      feeds.set(COALITIONS, { dtype: 'bool', dims: [batch, width], data: mask });
      const results = await run(feeds, used);
      const found = (results.get(SCORES)!.data as Float64Array).subarray(0, used);
      used = 0;
      return found;
    };
    for (const coalition of coalitions) {
      atoms.there(coalition, mask.subarray(used * width, (used + 1) * width));
      if (++used < batch) continue;
      yield await scored();
      mask = new Uint8Array(batch * width);
    }
    if (used > 0) yield await scored();
  };
}

/** Points one after the other. */
function joined(all: readonly Tensor[]): Tensor {
  const [first] = all as readonly [Tensor];
  const size = sizeOf(first.dims);
  const data = new (first.data.constructor as Float32ArrayConstructor)(size * all.length);
  all.forEach((one, k) => data.set(one.data as Float32Array, k * size));
  return { dtype: first.dtype, dims: [all.length, ...first.dims.slice(1)], data: data as never };
}

/** Scores [items, each], behind nodes that choose between the example and what stands in, element by element. */
function placed(labels: ReadonlyMap<string, Tensor>, each: number, width: number, fixed: Point): Program {
  const key = JSON.stringify([each, width, [...labels].map(([name, { dims }]) => [name, dims])]);
  return {
    ...scoreProgram,
    key: `coalitions ${key}`,
    ahead: {
      each,
      write(graph: Graph, items: number): Graph {
        const b = builder();
        const examples = items * each;
        const there = b.input(COALITIONS, { dtype: 'bool', shape: [items, width] });
        const args = graph.inputs.map((input): Value => {
          const { name, type } = input;
          const shape = type.shape as readonly number[];
          const own = labels.get(name);
          if (own !== undefined) return b.within('perturbation/', () => chosen(b, input, there, own, items, each));
          if (examples === 1 || shape[0] !== examples || fixed.get(name)?.dims[0] !== 1) return b.input(name, type);
          return b.op.Expand(b.input(name, { ...type, shape: shape.with(0, 1) } as Value['type']), b.ints(shape));
        });
        const [score] = inline(b, graph, args, (node, into, operands) => into.replay(node, operands));
        const wide = b.op.Cast(b.op.Reshape(score!, b.ints([items, each])), { to: dtypes.float64.code });
        const means = [wide, b.ints([1])];
        return b.build(
          b.named({ opType: 'ReduceMean', name: SCORES, inputs: means, attrs: { keepdims: 0 } }, [SCORES]) as readonly Value[],
        );
      },
    },
  };
}

/** An input's examples [items × each,…] from the example, what stands in [each,…], and which atoms are there [items,width]. */
function chosen(b: Builder, { name, type }: Value, there: Value, labels: Tensor, items: number, each: number): Value {
  const { op } = b;
  const shape = (type.shape as readonly number[]).slice(1);
  const input = (called: string, count: number): Value => b.input(called, { ...type, shape: [count, ...shape] } as Value['type']);
  const [x, instead] = [input(name, 1), input(standInFor(name), each)];
  const atoms = b.input(atomsFor(name), { dtype: 'int32', shape: [sizeOf(labels.dims)] });
  const seen = op.Gather(there, atoms, { axis: 1 });
  // Where, and not a product with the mask: what is not there must not count even where it is infinite or missing.
  if (each === 1) return op.Where(op.Reshape(seen, b.ints([items, ...labels.dims.slice(1)])), x, instead);
  const own = op.Reshape(seen, b.ints([items, 1, ...labels.dims.slice(1)]));
  const all = op.Where(own, op.Unsqueeze(x, b.ints([0])), op.Unsqueeze(instead, b.ints([0])));
  return op.Reshape(all, b.ints([items * each, ...shape]));
}
