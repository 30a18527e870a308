import type { Graph, Node, Value } from '@vitrine/ir';
import { between } from '@vitrine/transform';
import { ExplainError } from '../error.js';
import type { Resolved } from '../target.js';
import { gridOf } from './grid.js';

/** The token that a question is about: its place, a value [B,1] of the graph where that depends on the input; or all of them alike. */
export type Reading = number | 'mean' | Value;

interface Tokens {
  readonly weights: Value;
  readonly queries: number;
  readonly keys: number;
}
interface Asked {
  readonly token: number;
  readonly show: 'token' | 'all';
}

/**
 * Which row of attention a question is about: the one that is asked for; in a model that answers for each token, the one the target
 * reads; else the token that the model itself picks behind this attention, or all of them where it averages; else the first.
 * @throws ExplainError 'bad-option' when nothing says which
 */
export function readingFor(graph: Graph, layer: Tokens, { token, show }: Asked, target: Resolved | undefined, method: string): Reading {
  const { queries } = layer;
  if (show === 'all') return 'mean';
  if (token >= queries)
    throw new ExplainError('bad-option', `${method}: token ${token} was asked for and there are tokens 0 to ${queries - 1}`);
  if (token >= 0) return token;
  const behind = numbersOfEach(graph, queries);
  if (behind !== undefined) {
    const position = target && positionIn(target, behind);
    if (position !== undefined) return position;
    throw new ExplainError('bad-option', `${method}: the model answers for each of ${queries} tokens: say which with the option token`);
  }
  return pickedBehind(graph, layer) ?? (gridOf(graph, layer.keys)?.extra === 0 ? 'mean' : 0);
}

/**
 * How many axes of numbers a model gives for each token: one, as [1,T,C]; none, where two outputs [1,T] are the start and the end of an
 * answer, since one alone may be of T classes. Undefined for others.
 */
function numbersOfEach({ outputs }: Graph, tokens: number): 0 | 1 | undefined {
  const isEach = (y: Value | undefined, rank: number): boolean => y?.type.shape?.length === rank && y.type.shape[1] === tokens;
  if (isEach(outputs[0], 3)) return 1;
  return outputs.filter((y) => isEach(y, 2)).length === 2 ? 0 : undefined;
}

/** What tells apart targets that attention is read for at different places. */
export const placeIn = (target: Resolved): number | undefined => positionIn(target, 1) ?? positionIn(target, 0);

/** The position in a sequence that a target reads, before so many axes of numbers: of several the first. */
function positionIn(target: Resolved, behind: 0 | 1): number | undefined {
  switch (target.kind) {
    case 'index':
      return target.index.length > behind ? target.index.at(-1 - behind) : undefined;
    case 'difference':
      return positionIn(target.of, behind);
    case 'sum':
      return target.of[0] && positionIn(target.of[0], behind);
    default:
      return undefined;
  }
}

/** Where tokens [B,T,D] behind attention become one: by an index, or by their mean. */
function pickedBehind(graph: Graph, { weights, queries }: Tokens): Reading | undefined {
  const path = between(graph, [weights], graph.outputs);
  for (const node of graph.nodes) {
    const shape = node.inputs[0]?.type.shape;
    if (!path.has(node) || shape?.length !== 3 || shape[1] !== queries) continue;
    const found = Object.hasOwn(readings, node.opType) ? readings[node.opType]!(node) : undefined;
    if (found !== undefined) return typeof found === 'number' && found < 0 ? found + queries : found;
  }
  return undefined;
}

const numbersAt = (node: Node, i: number): readonly number[] | undefined => {
  const values = node.inputs[i]?.known?.values;
  return values?.every((v) => typeof v === 'number') ? (values as readonly number[]) : undefined;
};
const averaged = (node: Node): Reading | undefined => (isTokenAxis(numbersAt(node, 1)) ? 'mean' : undefined);
/** An index for each example, that the graph works out: [B,1]. */
const pickedByInput = ({ inputs: [, index], attrs }: Node): Value | undefined =>
  attrs['batch_dims'] === 1 && index?.type.shape?.length === 2 && index.type.shape[1] === 1 ? index : undefined;
const only = (values: readonly number[] | undefined): number | undefined => (values?.length === 1 ? values[0] : undefined);

/** What an operator reads of tokens [B,T,D]; a position may count from the end. */
const readings: { readonly [opType: string]: (node: Node) => Reading | undefined } = {
  Gather: (node) => (isTokenAxis([(node.attrs['axis'] as number | undefined) ?? 0]) ? only(numbersAt(node, 1)) : undefined),
  GatherND: pickedByInput,
  Slice: (node) => (isTokenAxis(numbersAt(node, 3)) && node.outputs[0]?.type.shape?.[1] === 1 ? only(numbersAt(node, 1)) : undefined),
  ReduceMean: averaged,
  ReduceSum: averaged,
};

const isTokenAxis = (axes: readonly number[] | undefined): boolean => axes?.length === 1 && (axes[0] === 1 || axes[0] === -2);
