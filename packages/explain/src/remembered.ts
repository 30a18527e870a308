import { random } from '@vitrine/data';
import type { Graph } from '@vitrine/ir';
import type { Inquiry } from './inquiry.js';
import type { Shaped } from './subject.js';
import type { Resolved } from './target.js';

let streams: { readonly seed: number; readonly of: Inquiry['random'] } | undefined;
/** The streams of a seed. Who is asked with the same seed again gets the same function: what was made of it can be told again. */
export function streamsOf(seed: number): Inquiry['random'] {
  if (streams?.seed !== seed) streams = { seed, of: (stream) => random(seed, stream) };
  return streams.of;
}

const built = new WeakMap<Shaped['graphAt'], Map<string, Map<string, Graph>>>();
/** Questions whose graphs are kept. */
const KEPT = 16;

/** Graphs of a question about one output by program and batch: kept for examples of the same shapes, as the rows of a table are. */
export function graphsFor(
  graphAt: Shaped['graphAt'],
  question: { readonly target: Resolved; readonly at: readonly string[]; readonly layer: string | undefined },
): Map<string, Graph> {
  if (question.target.kind !== 'index') return new Map();
  const known = built.get(graphAt) ?? new Map<string, Map<string, Graph>>();
  built.set(graphAt, known);
  const key = JSON.stringify(question);
  const found = known.get(key) ?? new Map<string, Graph>();
  known.delete(key);
  if (known.size >= KEPT) known.delete(known.keys().next().value!);
  return known.set(key, found) && found;
}
