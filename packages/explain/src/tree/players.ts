import type { Graph, Value } from '@vitrine/ir';
import type { Inquiry } from '../inquiry.js';
import type { Asked } from './asked.js';
import { isMixed, originsOf, type Origin } from './origins.js';
import { refused, whereOf, type Scorer } from './scorer.js';

/** Whose values are told: elements of inputs, or columns of what the models take where no element of an input alone makes them. */
export interface Players {
  /** Who owns each column of the models' inputs. [columns] */
  readonly players: Int32Array;
  readonly owners: readonly Origin[];
  readonly warnings: readonly string[];
}

const widthOf = ({ type }: Value): number => (type.shape as readonly number[]).slice(1).reduce((n, dim) => n * dim, 1);

const columnsOf = (value: Value): readonly Origin[] => Array.from({ length: widthOf(value) }, (_, column) => ({ at: value.name, column }));

/**
 * Owners of the columns, at the attributed values, and with `all` at other inputs too. Without it those stay as they are: nothing ever turns on them, and
 * whoever owns their columns gets nothing for it.
 */
export function playersIn<S extends Scorer>({ graph, parts, x }: Asked<S>, q: Inquiry, all: boolean): Players {
  const players = new Int32Array(x.length);
  const inputs = new Map(parts.map(({ input, start }) => [input, start]));
  const traced = [...inputs].map(([input, start]) => ({ start, found: originsOf(graph, input) }));
  for (const { found } of traced) if (isMixed(found)) return ofInput(graph, [...inputs.keys()], whereOf(found.mixes));
  const origins = traced.flatMap(({ start, found }) => (found as readonly Origin[]).map((origin, i) => ({ origin, column: start + i })));
  const used = new Set(origins.map(({ origin }) => origin.at));
  const owners = graph.inputs.filter(({ name }) => q.x.has(name) || (all && used.has(name))).flatMap(columnsOf);
  const places = new Map(owners.map(({ at, column }, place) => [`${column} ${at}`, place]));
  for (const { origin, column } of origins) players[column] = places.get(`${origin.column} ${origin.at}`) ?? 0;
  return { players, owners, warnings: [] };
}

/** The columns of the only input that the models have. */
function ofInput(graph: Graph, [input, ...others]: readonly Value[], mixes: string): Players {
  if (input === undefined || others.length > 0)
    return refused(`${mixes} makes columns of several, and several models take different ones: use kernel-shap`);
  const owners = columnsOf(input);
  return {
    players: Int32Array.from(owners.keys()),
    owners,
    warnings: [
      `values are of the columns of ${input.name}: ${mixes} makes some of them of more than one column of ${graph.inputs.map(({ name }) => name).join(', ')}`,
    ],
  };
}
