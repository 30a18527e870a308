import { producers, type Node, type Tensor, type Value } from '@vitrine/ir';
import { kindByOperator, type Absorber, type Kind, type Pass, type Passed } from '@vitrine/transform';
import type { Conservation, LayerBooks } from '../explanation.js';
import type { Frame } from '../program.js';

/** Outputs of the books: sums [K], and what each of them is, [K] texts. */
export const SUMS = 'books/sums';
export const ENTRIES = 'books/entries';

/** One sum in the books, as JSON in the graph that works it out. */
interface Entry {
  readonly lane: number;
  readonly what: 'start' | 'arrived' | 'layer' | 'passed' | Absorber;
  readonly value?: string;
  readonly node?: string;
  readonly opType?: string;
}

/** Kinds of operator that pass on what they get: a node with one input of these is no place of its own. */
const PASSING: ReadonlySet<Kind | undefined> = new Set([
  'routing',
  'activation',
  'scale',
  'softmax',
  'normalization',
  'batch normalization',
]);

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
    sums.push(op.ReduceSum(op.Reshape(v, b.ints([-1])), undefined, { keepdims: 1 }));
    entries.push(entry);
  };
  seeds.forEach((map, lane) => map.forEach((seed, value) => enter({ lane, what: 'start', value: value.name }, seed)));
  const { placeOf, isPlace } = placesIn(f, pass.passed);
  const producer = producers(f.graph);
  for (const [value, lanes] of pass.signals) {
    const node = producer.get(value);
    if (node !== undefined && isPlace(node))
      lanes.forEach((signal, lane) => enter({ lane, what: 'layer', value: value.name, node: node.name, opType: node.opType }, signal));
  }
  for (const { node, lane, to, amount } of pass.passed)
    if (isPlace(node)) enter({ lane, what: 'passed', node: node.name, value: placeOf(to).name }, amount);
  for (const { node, lane, by, amount } of pass.absorbed) enter({ lane, what: by, node: node.name, opType: node.opType }, amount);
  for (const value of of) pass.signals.get(value)?.forEach((signal, lane) => enter({ lane, what: 'arrived', value: value.name }, signal));
  const texts = entries.map((entry) => JSON.stringify(entry));
  return {
    [SUMS]: op.Concat(...sums, { axis: 0 }),
    [ENTRIES]: b.initializer({ dtype: 'string', dims: [texts.length], data: texts }, 'books'),
  };
}

/** Which nodes are places of their own, and for each value the value of the place it comes from. */
function placesIn(
  f: Frame,
  passed: readonly Passed[],
): { readonly isPlace: (node: Node) => boolean; readonly placeOf: (value: Value) => Value } {
  const inputs = new Map<Node, Set<Value>>();
  for (const { node, to } of passed) inputs.set(node, (inputs.get(node) ?? new Set()).add(to));
  const isPlace = (node: Node): boolean => !PASSING.has(kindByOperator(node)) || (inputs.get(node)?.size ?? 0) > 1;
  const producer = producers(f.graph);
  const placeOf = (value: Value): Value => {
    let at = value;
    for (let node = producer.get(at); node !== undefined && !isPlace(node) && inputs.has(node); node = producer.get(at))
      at = inputs.get(node)!.values().next().value!;
    return at;
  };
  return { isPlace, placeOf };
}

type Kept = Pick<LayerBooks, 'bias' | 'stabilizer' | 'dropped'>;
const NOTHING: Kept = { bias: 0, stabilizer: 0, dropped: 0 };

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
    const kept = new Map<string, Kept>();
    const gave = new Map<string, Map<string, number>>();
    for (const { what, node = '', value = '', sum } of own) {
      if (what === 'bias' || what === 'stabilizer' || what === 'dropped') {
        const of = kept.get(node) ?? NOTHING;
        kept.set(node, { ...of, [what]: of[what] + sum });
      } else if (what === 'passed') {
        const of = gave.get(node) ?? new Map<string, number>();
        gave.set(node, of.set(value, (of.get(value) ?? 0) + sum));
      }
    }
    const layers = own.flatMap(({ what, value = '', node = '', opType = '', sum }): readonly LayerBooks[] =>
      what === 'layer'
        ? [{ value, node, opType, relevance: sum, passed: Object.fromEntries(gave.get(node) ?? []), ...(kept.get(node) ?? NOTHING) }]
        : [],
    );
    return { name, start, arrived, bias, stabilizer, dropped, gap: start - arrived - bias - stabilizer - dropped, layers };
  });
}

/** So many times the start is no share of it any more. */
const GROWN = 50;

/** A sentence when relevance went missing; none where the balance closes. */
export function unbalanced(books: readonly Conservation[]): readonly string[] {
  return books.flatMap(({ name, start, arrived, bias, stabilizer, dropped, gap, layers }) => {
    const scale = Math.max(Math.abs(start), Math.abs(arrived), Math.abs(bias), ...layers.map(({ relevance }) => Math.abs(relevance)));
    const share = scale === 0 ? 0 : Math.abs(gap) / scale;
    const lost = Math.abs(stabilizer) + Math.abs(dropped);
    const peak = layers.reduce<LayerBooks | undefined>((a, l) => (Math.abs(l.relevance) > Math.abs(a?.relevance ?? 0) ? l : a), undefined);
    return [
      ...(peak !== undefined && Math.abs(peak.relevance) > GROWN * Math.max(Math.abs(start), Number.MIN_VALUE)
        ? [
            `${name} grew from ${start.toPrecision(3)} to ${peak.relevance.toPrecision(3)} at ${peak.value}, where contributions of opposite signs all but cancel: the amounts say little here`,
          ]
        : []),
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
