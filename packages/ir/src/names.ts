import type { Graph, Value } from './graph.js';

/** Names given out once each. */
export interface Names {
  /** `wanted` when it is free, else with the first number that is. */
  take(wanted: string): string;
  /** A name that is held back, for its owner or for whoever names none; else the same as `take`. */
  claim(wanted: string, owner?: object): string;
}

export function names(taken: Iterable<string>, heldBack: ReadonlyMap<string, object | undefined> = new Map()): Names {
  const held = new Map(heldBack);
  const used = new Set([...taken, ...held.keys()]);
  const counts = new Map<string, number>();
  const take = (wanted: string): string => {
    let name = wanted;
    for (let n = counts.get(wanted) ?? 0; used.has(name); counts.set(wanted, n)) name = `${wanted}_${++n}`;
    used.add(name);
    return name;
  };
  const claim = (wanted: string, owner?: object): string => {
    const mine = held.has(wanted) && (owner === undefined || (held.get(wanted) ?? owner) === owner);
    return mine && held.delete(wanted) ? wanted : take(wanted);
  };
  return { take, claim };
}

/** Names held back, with the value they belong to where there is one. Nodes and values have names apart from each other. */
export interface Reserved {
  readonly nodes: ReadonlyMap<string, undefined>;
  readonly values: ReadonlyMap<string, Value | undefined>;
}

/** Names of a graph's inputs and nodes and of what they compute; those in subgraphs are their own. */
export const namesOf = ({ inputs, nodes }: Pick<Graph, 'inputs' | 'nodes'>): Reserved => ({
  nodes: new Map(nodes.map(({ name }) => [name, undefined])),
  values: new Map(
    [...inputs, ...nodes.flatMap(({ outputs }) => outputs)].flatMap((value) => (value === undefined ? [] : [[value.name, value]])),
  ),
});
