import { valuesByName, type Graph, type Value } from '@vitrine/ir';
import { between, straightThrough } from '@vitrine/transform';
import type { Example } from './explain.js';
import type { Attribution } from './explanation.js';
import type { Explainer } from './explainer.js';
import { outputOf } from './resolve.js';
import type { StandIn } from './standIn.js';
import type { Resolved } from './target.js';

/** Zeros everywhere look like an answer, and are the lack of one. */
export const silent = (attributions: readonly Attribution[]): readonly string[] =>
  attributions.every(({ tensor }) => (tensor.data as Float32Array).every((v) => v === 0))
    ? ['every attribution is zero: at this input nothing that is explained moves the target, as behind a unit that is off or saturated']
    : [];

/** The share of what a path should add up to that it may miss. */
const MISSED = 0.02;

/** A path from zero misses its sum where a network divides by the length of a token's vector: all it says lies at the very start of the path. */
export function farFromZero(
  { family }: Pick<Explainer, 'family'>,
  options: { readonly [name: string]: unknown },
  standIns: ReadonlyMap<string, StandIn> | undefined,
  expected: number | undefined,
  total: number,
): readonly string[] {
  const better = [...(standIns ?? [])].flatMap(([name, { looksUp }]) => (looksUp ? [name] : []));
  const misses = expected !== undefined && Math.abs(total - expected) > MISSED * Math.abs(expected);
  if (family !== 'path' || options['baseline'] !== 'zero' || better.length === 0 || !misses) return [];
  return [
    `from a zero vector the path misses its sum, as in networks that divide by a vector's length: start at a token, with the option baseline=${better.join(' or baseline=')}`,
  ];
}

/** Roundings that the gradient passes as though they were not there. */
export function byConvention(graph: Graph, from: readonly string[], to: readonly string[]): readonly string[] {
  const values = valuesByName(graph);
  const pick = (names: readonly string[]): readonly Value[] => names.flatMap((name) => values.get(name) ?? []);
  const path = between(graph, pick(from), pick(to));
  const rounding = graph.nodes.filter((node) => path.has(node) && straightThrough.has(node.opType));
  if (rounding.length === 0) return [];
  const kinds = [...new Set(rounding.map(({ opType }) => opType))].toSorted();
  return [
    `${kinds.join(', ')} (${rounding.length} in all) round, and have no gradient of their own: signals pass straight through them, by convention`,
  ];
}

/** A probability near 1 hardly moves whatever the input does. */
export function saturated({ subject, outputs }: Example, target: Resolved): readonly string[] {
  if (target.kind !== 'index') return [];
  const name = target.output ?? subject.graph.outputs[0]?.name;
  const last = subject.graph.nodes.find(({ outputs: made }) => made.some((v) => v?.name === name));
  if (last === undefined || (last.opType !== 'Softmax' && last.opType !== 'Sigmoid')) return [];
  const y = outputOf(target.output, outputs);
  const best = (y.data as Float32Array).reduce((a, b) => Math.max(a, b), -Infinity);
  const before = last.inputs[0]?.name;
  return best > 0.99
    ? [
        `the output is a probability of ${best.toPrecision(4)}, whose gradient has all but vanished: --target value:${before},${target.index.join(',')} explains the score before the ${last.opType}`,
      ]
    : [];
}
