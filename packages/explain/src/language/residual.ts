import { isFloat, uses, type Graph, type Node, type Value } from '@vitrine/ir';

/** A place where a layer's part adds what it found to the state that all layers share. */
export interface Residual {
  /** What is added. */
  readonly branch: Value;
  /** The state after it. */
  readonly state: Value;
  /** Name for people: where the branch ends. */
  readonly name: string;
}

/** The states that a network passes on from layer to layer before a value: the first to the last. Empty where no sum has a way around it. */
export function residualsOf(graph: Graph, before: Value): readonly Residual[] {
  const producers = new Map<Value, Node>();
  const place = new Map<Node, number>();
  graph.nodes.forEach((node, i) => {
    place.set(node, i);
    for (const value of node.outputs) if (value !== undefined) producers.set(value, node);
  });
  const isAbove = (above: Value, value: Value): boolean => leadsTo(producers, place, above, value);
  const found: Residual[] = [];
  let current: Value | undefined = before;
  while (current !== undefined) {
    const node = producers.get(current);
    if (node === undefined) break;
    const [a, b] = node.inputs;
    const around =
      node.opType === SUM && a !== undefined && b !== undefined ? (isAbove(a, b) ? a : isAbove(b, a) ? b : undefined) : undefined;
    if (around !== undefined) {
      const branch = around === a ? b! : a!;
      found.push({ branch, state: current, name: nameOf(branch) });
    }
    // Elsewhere the way goes on with the first operand that is computed from something; among conditions and positions, with one of its rank.
    const computed: readonly Value[] =
      around === undefined ? node.inputs.filter((value): value is Value => value !== undefined && producers.has(value)) : [around];
    current =
      computed.find(({ type }) => type.shape?.length === current!.type.shape?.length) ?? computed.find(({ type }) => isFloat(type.dtype));
  }
  return found.toReversed();
}

const SUM = 'Add';

/** Whether a value is computed from another: looked for behind no further than that one was made. */
function leadsTo(producers: ReadonlyMap<Value, Node>, place: ReadonlyMap<Node, number>, from: Value, to: Value): boolean {
  const start = producers.get(from);
  if (start === undefined) return false;
  const first = place.get(start)!;
  const seen = new Set<Value>([to]);
  for (const value of seen) {
    const node = producers.get(value);
    if (node === undefined || place.get(node)! <= first) continue;
    for (const operand of uses(node)) {
      if (operand === from) return true;
      seen.add(operand);
    }
  }
  return false;
}

/** `layers.3/attention/MatMul_5` as `layers.3/attention`. */
const nameOf = ({ name }: Value): string => name.replace(/^\//, '').replace(/\/[^/]*$/, '');
