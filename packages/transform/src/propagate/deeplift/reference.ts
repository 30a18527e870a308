import { subgraphs, uses, Value, type Builder, type Graph, type Node } from '@vitrine/ir';
import { RuleError } from '../../error.js';

/** The same value at the baseline; the value itself where the baseline does not change it. */
export type Reference = (v: Value) => Value;

/** What these give depends on shapes only. */
const SHAPED: ReadonlySet<string> = new Set(['Shape', 'Size', 'ConstantOfShape', 'RandomNormalLike', 'RandomUniformLike', 'EyeLike']);

/** Values whose content depends on any of `roots`, the roots included, and `still` left out. */
export function moving(graph: Graph, roots: readonly Value[], still: ReadonlySet<Value> = new Set()): ReadonlySet<Value> {
  const found = new Set(roots);
  for (const node of graph.nodes) {
    if (SHAPED.has(node.opType) || !uses(node).some((value) => found.has(value))) continue;
    for (const value of node.outputs) if (value !== undefined && value.known === undefined && !still.has(value)) found.add(value);
  }
  return found;
}

/**
 * Writes into `b`, beside the graph that is there, the part of it that depends on the keys of `baselines`, with those in their place.
 * Values of `still` stay as they are at x. @throws RuleError 'dynamic-control-flow'
 */
export function beside(b: Builder, graph: Graph, baselines: ReadonlyMap<Value, Value>, still: ReadonlySet<Value> = new Set()): Reference {
  const changed = moving(graph, [...baselines.keys()], still);
  const twins = new Map(baselines);
  const twin: Reference = (v) => twins.get(v) ?? v;
  for (const node of graph.nodes) {
    if (!node.outputs.some((v) => v !== undefined && changed.has(v) && !twins.has(v))) continue;
    if (subgraphs(node).length > 0) openEnded(node);
    const named = {
      ...node,
      name: `baseline/${node.name}`,
      outputs: node.outputs.map((v) => v && new Value(`baseline/${v.name}`, v.type)),
    };
    const outputs = b.replay(
      named,
      node.inputs.map((v) => v && twin(v)),
    );
    node.outputs.forEach((v, i) => v && changed.has(v) && !twins.has(v) && twins.set(v, outputs[i]!));
  }
  return twin;
}

function openEnded({ opType, name }: Node): never {
  throw new RuleError(
    'dynamic-control-flow',
    `${opType} (at ${name}) depends on what only running tells, so it cannot be written again at the baseline: explain from a value behind this node`,
  );
}
