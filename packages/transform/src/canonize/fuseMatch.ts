import { producers, type Graph, type Node, type Value } from '@vitrine/ir';
import { constantsOf } from './mergeBatchNorm.js';

/** What a pattern has met so far: values and lists of numbers by name, and the nodes that it covers. */
export interface Found {
  readonly values: { readonly [name: string]: Value };
  readonly lists: { readonly [name: string]: readonly number[] };
  readonly nodes: readonly Node[];
}

/** A graph as patterns read it. */
export interface Reader {
  readonly producer: (v: Value) => Node | undefined;
  readonly isConstant: (v: Value) => boolean;
}

/** A pattern: all ways in which a value can be seen as it. */
export type Term = (v: Value, found: Found, r: Reader) => Iterable<Found>;

export const NOTHING: Found = { values: {}, lists: {}, nodes: [] };

export function readerOf(graph: Graph): Reader {
  const producer = producers(graph);
  const constant = constantsOf(graph);
  return { producer: (v) => producer.get(v), isConstant: (v) => constant.has(v) };
}

/** The number that a constant of one element holds. */
const numberIn = (v: Value): number | undefined => {
  const [number, ...others] = v.known?.values ?? [];
  return others.length === 0 && typeof number === 'number' ? number : undefined;
};

/** The same number, up to the rounding of a half-precision constant. */
const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-3 * Math.abs(b);

/** Any value; the same one wherever the name comes again. */
export const any = (name: string): Term =>
  function* (v, found) {
    const known = found.values[name];
    if (known === undefined) yield { ...found, values: { ...found.values, [name]: v } };
    else if (known === v) yield found;
  };

/** Any value that no input takes part in. */
export const constant = (name: string): Term =>
  function* (v, found, r) {
    if (r.isConstant(v)) yield* any(name)(v, found, r);
  };

/** A number. */
export const number = (value: number): Term =>
  function* (v, found) {
    const held = numberIn(v);
    if (held !== undefined && near(held, value)) yield found;
  };

/** Exactly nothing. */
export const zero: Term = function* (v, found) {
  if (numberIn(v) === 0) yield found;
};

/** Any number, kept by name. */
export const scalar = (name: string): Term =>
  function* (v, found) {
    const held = numberIn(v);
    if (held !== undefined) yield { ...found, lists: { ...found.lists, [name]: [held] } };
  };

/** One of several. */
export const either = (...terms: readonly Term[]): Term =>
  function* (v, found, r) {
    for (const term of terms) yield* term(v, found, r);
  };

const COMMUTING = new Set(['Add', 'Mul', 'Max', 'Min']);

/** The result of an operator on operands like these; sums and products take theirs in either order. */
export const node = (opType: string, ...operands: readonly Term[]): Term =>
  function* (v, found, r) {
    const made = r.producer(v);
    if (made === undefined || made.outputs[0] !== v) return;
    if (made.opType === 'Identity' && made.inputs[0] !== undefined) {
      yield* node(opType, ...operands)(made.inputs[0], { ...found, nodes: [...found.nodes, made] }, r);
      return;
    }
    if (made.opType !== opType) return;
    const inside = { ...found, nodes: [...found.nodes, made] };
    yield* inOrder(operands, made.inputs, inside, r);
    if (COMMUTING.has(opType) && operands.length === 2) yield* inOrder(operands, made.inputs.toReversed(), inside, r);
  };

function* inOrder(terms: readonly Term[], values: readonly (Value | undefined)[], found: Found, r: Reader): Iterable<Found> {
  const [term, ...rest] = terms;
  const [v, ...others] = values;
  if (term === undefined) yield found;
  else if (v !== undefined) for (const next of term(v, found, r)) yield* inOrder(rest, others, next, r);
}

/** An operator of which an attribute is this number. */
export const withNumber = (attribute: string, fallback: number, value: number, term: Term): Term =>
  function* (v, found, r) {
    const given = r.producer(v)?.attrs[attribute] ?? fallback;
    if (typeof given === 'number' && near(given, value)) yield* term(v, found, r);
  };

/** `of` reduced over axes that are kept at 1; the same axes wherever it comes again. */
export const reduced = (opType: 'ReduceMean' | 'ReduceSum' | 'ReduceMax', of: Term): Term =>
  function* (v, found, r) {
    const made = r.producer(v);
    if (made?.opType !== opType || (made.attrs['keepdims'] ?? 1) !== 1) return;
    const [x, over] = made.inputs;
    const rank = x?.type.shape?.length;
    const given = over?.known?.values as readonly number[] | undefined;
    if (x === undefined || rank === undefined || given === undefined || given.length === 0) return;
    const axes = given.map((axis) => (axis < 0 ? axis + rank : axis)).toSorted((a, b) => a - b);
    const known = found.lists['axes'];
    if (known !== undefined && known.join() !== axes.join()) return;
    yield* of(x, { ...found, lists: { ...found.lists, axes }, nodes: [...found.nodes, made] }, r);
  };

interface Product {
  readonly by: number;
  readonly factors: readonly Value[];
  readonly nodes: readonly Node[];
}

/** A value seen as a product of a number and others, in every way up to this depth. */
function* products(v: Value, depth: number, r: Reader): Iterable<Product> {
  const held = numberIn(v);
  if (held !== undefined) {
    yield { by: held, factors: [], nodes: [] };
    return;
  }
  yield { by: 1, factors: [v], nodes: [] };
  const made = r.producer(v);
  const [a, c] = made?.inputs ?? [];
  if (depth === 0 || made === undefined || a === undefined) return;
  if (made.opType === 'Identity') yield* products(a, depth, r);
  if (made.opType === 'Mul' && c !== undefined)
    for (const left of products(a, depth - 1, r))
      for (const right of products(c, depth - 1, r))
        yield {
          by: left.by * right.by,
          factors: [...left.factors, ...right.factors],
          nodes: [made, ...left.nodes, ...right.nodes],
        };
  const divisor = made.opType === 'Div' && c !== undefined ? numberIn(c) : undefined;
  if (divisor !== undefined)
    for (const left of products(a, depth - 1, r)) yield { ...left, by: left.by / divisor, nodes: [made, ...left.nodes] };
  const power = made.opType === 'Pow' && c !== undefined ? numberIn(c) : undefined;
  if (power === 2 || power === 3) yield { by: 1, factors: Array.from({ length: power }, () => a), nodes: [made] };
}

/** A product of a number and factors like these, however it is bracketed and ordered: quotients by numbers and small powers too. */
export const product = (by: number, ...factors: readonly Term[]): Term =>
  function* (v, found, r) {
    for (const seen of products(v, 4, r))
      if (near(seen.by, by) && seen.factors.length === factors.length && seen.nodes.length > 0)
        yield* inAnyOrder(factors, seen.factors, { ...found, nodes: [...found.nodes, ...seen.nodes] }, r);
  };

function* inAnyOrder(terms: readonly Term[], values: readonly Value[], found: Found, r: Reader): Iterable<Found> {
  const [term, ...rest] = terms;
  if (term === undefined) yield found;
  else
    for (const [i, v] of values.entries())
      if (values.indexOf(v) === i) for (const next of term(v, found, r)) yield* inAnyOrder(rest, values.toSpliced(i, 1), next, r);
}
