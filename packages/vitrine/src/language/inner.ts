import {
  attentionIn,
  largest,
  lens,
  probabilities,
  residualsOf,
  type AttentionState,
  type Explanation,
  type Residual,
} from '@vitrine/explain';
import { numbers, sizeOf, type Graph, type Tensor } from '@vitrine/ir';
import { AT_PLACE } from '@vitrine/transform';
import type { Exam } from '../exam.js';
import type { Question } from '../asked.js';
import { writtenBehind, type Spoken } from './speak.js';
import type { Stretch } from './stretch.js';
import type { LensStep, TraceStep } from './trace.js';

/** Where layers add to the state, and where attention has its weights. */
interface Structure {
  readonly residuals: readonly Residual[];
  readonly attention: readonly AttentionState[];
}

const structures = new WeakMap<Graph, Structure>();

/** A graph is looked through once, and not for each token. */
function structureOf(graph: Graph): Structure {
  const found = structures.get(graph) ?? { residuals: residualsOf(graph, graph.outputs[0]!), attention: attentionIn(graph) };
  structures.set(graph, found);
  return found;
}

/** Relevance of the layers and heads, where the method tells it. */
export function innerOf(exam: Exam, { conservation, layers: told = [] }: Explanation): Pick<TraceStep, 'layers' | 'heads'> {
  if (conservation === undefined) return {};
  const { residuals, attention } = structureOf(exam.example.shaped.graphAt(1));
  // Lanes of opposite sign are one relevance.
  const relevance = new Map<string, number>();
  for (const [lane, { layers }] of conservation.entries())
    for (const { value, relevance: r } of layers) relevance.set(value, (relevance.get(value) ?? 0) + (lane === 0 ? r : -r));
  const at = (name: string): number | undefined => {
    const found = [relevance.get(name), relevance.get(name + AT_PLACE)].filter((r) => r !== undefined);
    return found.length === 0 ? undefined : found.reduce((a, b) => a + b, 0);
  };
  const layers = residuals.flatMap(({ branch, name }) => {
    const value = at(branch.name);
    return value === undefined ? [] : [{ name, value }];
  });
  const byName = new Map<string, Tensor[]>();
  for (const { at: name, tensor } of told) byName.set(name, [...(byName.get(name) ?? []), tensor]);
  const heads = attention.flatMap(({ value }) => {
    const lanes = byName.get(value) ?? [];
    return lanes.length === 0 ? [] : [{ name: value.replace(/\/[^/]*$/, ''), values: headsOf(lanes) }];
  });
  return { ...(layers.length > 0 && { layers }), ...(heads.length > 0 && { heads }) };
}

/** The first lane less the others, [1,H] each. */
const headsOf = ([first, ...others]: readonly Tensor[]): readonly number[] =>
  Array.from({ length: sizeOf(first!.dims) }, (_, h) =>
    others.reduce((sum, lane) => sum - Number(numbers(lane)[h]), Number(numbers(first!)[h])),
  );

const LENS_BEST = 3;

export async function lensAt(
  exam: Exam,
  { encoded: { tokens }, apart }: Stretch,
  place: number,
  { id }: Spoken,
  { limits, signal }: Pick<Question, 'limits' | 'signal'>,
): Promise<readonly LensStep[]> {
  const { tokenizer } = exam.text!;
  const layers = await lens(exam.example, place - 1 - apart, await exam.model.runtime(), limits, signal);
  const before = tokens.slice(apart, place);
  return Promise.all(
    layers.map(async ({ layer, scores }) => {
      const p = probabilities(scores);
      const best = largest(p, LENS_BEST).map(async (token) => ({
        id: token,
        text: await writtenBehind(tokenizer, before, token),
        probability: p[token]!,
      }));
      return { layer, probability: p[id]!, best: await Promise.all(best) };
    }),
  );
}
