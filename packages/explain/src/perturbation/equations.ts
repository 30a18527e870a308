import { ExplainError } from '../error.js';
import { MOST_KEPT, type Coalition } from './coalition.js';
import { cholesky, solve } from './leastSquares.js';

/** The parts that are there in each of so many coalitions, one list behind the other. The empty one in front is left out. */
export interface Observed {
  readonly present: Uint16Array;
  /** Where each list begins, and behind them the end of the last. */
  readonly starts: Uint32Array;
}

export function observed(coalitions: Iterable<Coalition>, count: number): Observed {
  const starts = new Uint32Array(count);
  let present = new Uint16Array(1024);
  let [at, size] = [0, 0];
  for (const coalition of coalitions) {
    if (at === count) break;
    if (size + coalition.length > present.length) present = enlarged(present, size + coalition.length);
    for (let i = 0; i < coalition.length; i++) if (coalition[i] === 1) present[size++] = i;
    starts[at++] = size;
  }
  return { present, starts };
}

function enlarged(list: Uint16Array, least: number): Uint16Array<ArrayBuffer> {
  const larger = new Uint16Array(Math.max(2 * list.length, least));
  larger.set(list);
  return larger;
}

/** The weighted normal equations of coalitions, solved but for their right side. */
export interface Equations extends Observed {
  readonly players: number;
  readonly weights: Float64Array;
  /** The solution that adds up to `keep`. */
  solved(v: Float64Array, keep: number): Float64Array;
  /** How the solution moves, its sum as it is, when coalition k gains 1 more. */
  moved(k: number): Float64Array;
}

/** @throws ExplainError 'bad-option' where parts are never told apart */
export function equationsOf(players: number, { present, starts }: Observed, weights: Float64Array): Equations {
  const a = new Float64Array(players * players);
  weights.forEach((weight, k) => {
    for (let from = starts[k]!; from < starts[k + 1]!; from++) {
      const row = present[from]! * players;
      for (let to = starts[k]!; to <= from; to++) a[row + present[to]!]! += weight;
    }
  });
  const factor = cholesky(a, players);
  if (factor === undefined)
    throw new ExplainError(
      'bad-option',
      `kernel-shap cannot tell ${players} parts apart by ${weights.length} scored sets: give more, as samples=${8 * players}`,
    );
  const ones = solve(factor, players, new Float64Array(players).fill(1));
  const norm = sum(ones);
  const solved = (v: Float64Array, keep: number): Float64Array => {
    const x = solve(factor, players, v);
    const off = (sum(x) - keep) / norm;
    for (let i = 0; i < players; i++) x[i]! -= off * ones[i]!;
    return x;
  };
  const move = (k: number): Float64Array => {
    const pull = new Float64Array(players);
    for (let at = starts[k]!; at < starts[k + 1]!; at++) pull[present[at]!] = weights[k]!;
    return solved(pull, 0);
  };
  const moves = new Map<number, Float64Array>();
  const moved = (k: number): Float64Array => {
    const known = moves.get(k) ?? move(k);
    moves.set(k, known);
    return known;
  };
  return { players, present, starts, weights, solved, moved: players * weights.length > MOST_KEPT ? move : moved };
}

function sum(values: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}
