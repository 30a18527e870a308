import type { Graph } from '@vitrine/ir';
import { findAttention, openAttention, type AttentionLayer } from '@vitrine/transform';
import { gridOf, type Grid } from './grid.js';

/** One layer of attention, as a survey tells of it. */
export interface AttentionState extends Pick<AttentionLayer, 'index' | 'kind' | 'heads' | 'queries' | 'keys'> {
  /** The weights: what the softmax gives. */
  readonly value: string;
  /** How the tokens that are looked at lie over a picture, where they are patches of one. */
  readonly grid?: Grid;
}

/** All attention of a graph whose shapes are known, for one example. */
export const attentionIn = (graph: Graph): readonly AttentionState[] => {
  const open = openAttention(graph);
  return findAttention(open).map(({ index, kind, heads, queries, keys, weights }) => {
    const grid = keys === undefined ? undefined : gridOf(open, keys);
    return { index, kind, heads, queries, keys, value: weights.name, ...(grid && { grid }) };
  });
};
