import { producers, type Tensor, type Value } from '@vitrine/ir';
import { kindByOperator, type Absorber, type Pass } from '@vitrine/transform';
import type { Conservation, LayerBooks } from '../explanation.js';
import type { Frame } from '../program.js';

/** Outputs of the books: sums [K], and what each of them is, [K] texts. */
export const SUMS = 'books/sums';
export const ENTRIES = 'books/entries';

/** One sum in the books, as JSON in the graph that works it out. */
interface Entry {
  readonly lane: number;
  readonly what: 'start' | 'arrived' | 'layer' | Absorber;
  readonly value?: string;
  readonly node?: string;
  readonly opType?: string;
}

/** Adds the sums of a backward pass to its graph: at the start, at each value that a layer made, what was kept on the way, and at the end. */
export function writeBooks(
  f: Frame,
  seeds: readonly ReadonlyMap<Value, Value>[],
  pass: Pass,
  of: readonly Value[],
): { readonly [output: string]: Value } {
  const { op, b } = f;
  const sums: Value[] = [];
  const entries: Entry[] = [];
  const enter = (entry: Entry, v: Value): void => {
    const flat = op.ReduceSum(op.Reshape(v, b.ints([-1])), undefined, { keepdims: 1 });
    sums.push(flat);
    entries.push(entry);
  };
  seeds.forEach((map, lane) => map.forEach((seed, value) => enter({ lane, what: 'start', value: value.name }, seed)));
  const producer = producers(f.graph);
  for (const [value, lanes] of pass.signals) {
    const node = producer.get(value);
    if (node === undefined || kindByOperator(node) === 'routing') continue;
    lanes.forEach((signal, lane) => enter({ lane, what: 'layer', value: value.name, node: node.name, opType: node.opType }, signal));
  }
  for (const { node, lane, by, amount } of pass.absorbed) enter({ lane, what: by, node: node.name, opType: node.opType }, amount);
  for (const value of of) pass.signals.get(value)?.forEach((signal, lane) => enter({ lane, what: 'arrived', value: value.name }, signal));
  const texts = entries.map((entry) => JSON.stringify(entry));
  return {
    [SUMS]: op.Concat(...sums, { axis: 0 }),
    [ENTRIES]: b.initializer({ dtype: 'string', dims: [texts.length], data: texts }, 'books'),
  };
}

/** The books as they were added up, one set per lane. */
export function readBooks(results: ReadonlyMap<string, Tensor>, names: readonly string[]): readonly Conservation[] {
  const sums = results.get(SUMS)!.data as Float32Array;
  const entries = (results.get(ENTRIES)!.data as readonly string[]).map((text, i) => ({ ...(JSON.parse(text) as Entry), sum: sums[i]! }));
  return names.map((name, lane) => {
    const own = entries.filter((entry) => entry.lane === lane);
    const total = (what: Entry['what']): number => own.reduce((s, entry) => (entry.what === what ? s + entry.sum : s), 0);
    const [start, arrived, bias, stabilizer, dropped] = [
      total('start'),
      total('arrived'),
      total('bias'),
      total('stabilizer'),
      total('dropped'),
    ];
    const kept = new Map<string, { bias: number; stabilizer: number; dropped: number }>();
    for (const { what, node, sum } of own) {
      if (what !== 'bias' && what !== 'stabilizer' && what !== 'dropped') continue;
      const of = kept.get(node!) ?? { bias: 0, stabilizer: 0, dropped: 0 };
      of[what] += sum;
      kept.set(node!, of);
    }
    const layers = own.flatMap(({ what, value, node, opType, sum }): readonly LayerBooks[] =>
      what === 'layer'
        ? [{ value: value!, node: node!, opType: opType!, relevance: sum, ...(kept.get(node!) ?? { bias: 0, stabilizer: 0, dropped: 0 }) }]
        : [],
    );
    return { name, start, arrived, bias, stabilizer, dropped, gap: start - arrived - bias - stabilizer - dropped, layers };
  });
}

/** A sentence when relevance went missing; none where the balance closes. */
export function unbalanced(books: readonly Conservation[]): readonly string[] {
  return books.flatMap(({ name, start, arrived, bias, stabilizer, dropped, gap, layers }) => {
    const scale = Math.max(Math.abs(start), Math.abs(arrived), Math.abs(bias), ...layers.map(({ relevance }) => Math.abs(relevance)));
    const share = scale === 0 ? 0 : Math.abs(gap) / scale;
    const lost = Math.abs(stabilizer) + Math.abs(dropped);
    return [
      ...(share > 1e-3
        ? [
            `the balance of ${name} does not close: ${gap.toPrecision(3)} of ${start.toPrecision(4)} went somewhere that no rule accounts for`,
          ]
        : []),
      ...(start !== 0 && lost > 0.1 * Math.abs(start)
        ? [
            `stabilisers and units without any contribution took ${lost.toPrecision(3)} of the ${start.toPrecision(4)} that ${name} started with: results like this are noisy`,
          ]
        : []),
    ];
  });
}
