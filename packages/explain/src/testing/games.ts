import { random } from '@vitrine/data';
import { everyone, fromBits, type Coalition } from '../perturbation/coalition.js';
import { intervalsOf } from '../perturbation/interval.js';
import type { Fitted, Sampling } from '../perturbation/perturbing.js';

/** What is scored when some parts are there. */
export type Game = (there: ArrayLike<number>) => number;

export const stream = (seed: number) => (label: string) => random(seed, label);

/** A sampling fed by a game: what the engine does with a model. */
export function play(plan: Sampling, players: number, value: Game, draws = plan.draws): Fitted {
  const count = plan.fixed + plan.draw * draws;
  const scores = new Float64Array(count);
  let at = 0;
  for (const presence of plan.coalitions()) {
    if (at === count) break;
    scores[at++] = value(presence);
  }
  return plan.fit(scores, value(everyone(players)));
}

/** Scores of all coalitions, by their bits. */
export const scoresOf = (players: number, value: Game): Float64Array =>
  Float64Array.from({ length: 2 ** players }, (_, bits) => value(fromBits(bits, players)));

const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));

/** A weighted mean, over all sets of others, of what the parts of a set do together: the definition of both indices. */
export function indexOf(players: number, scores: Float64Array, members: readonly number[], weight: (others: number) => number): number {
  const own = members.reduce((bits, i) => bits | (1 << i), 0);
  let sum = 0;
  for (let bits = 0; bits < 2 ** players; bits++) {
    if (bits & own) continue;
    let together = 0;
    for (let k = 0; k < 2 ** members.length; k++) {
      const inside = fromBits(k, members.length);
      const added = members.reduce((b, i, m) => (inside[m] ? b | (1 << i) : b), 0);
      together += (-1) ** (members.length - size(inside)) * scores[bits | added]!;
    }
    sum += weight(size(fromBits(bits, players))) * together;
  }
  return sum;
}

const size = (coalition: Coalition): number => coalition.reduce((a, b) => a + b, 0);

/** Grabisch and Roubens 1999: (n − t − s)! t! ÷ (n − s + 1)!, for one part the Shapley value. */
export const shapleyIndex = (players: number, scores: Float64Array, members: readonly number[]): number =>
  indexOf(
    players,
    scores,
    members,
    (t) => (factorial(players - t - members.length) * factorial(t)) / factorial(players - members.length + 1),
  );

/** Sundararajan, Dhamdhere and Agarwal 2020, theorem 2: k ÷ n ÷ C(n − 1, t), for sets of as many parts as the order. */
export const taylorIndex = (players: number, scores: Float64Array, members: readonly number[]): number =>
  indexOf(
    players,
    scores,
    members,
    (t) => ((members.length / players) * (factorial(t) * factorial(players - 1 - t))) / factorial(players - 1),
  );

export const shapleyOf = (players: number, value: Game): readonly number[] => {
  const scores = scoresOf(players, value);
  return Array.from({ length: players }, (_, i) => shapleyIndex(players, scores, [i]));
};

/** A game with main effects, pairs, triples and a bend. */
export function mixedGame(players: number, seed: number): Game {
  const draw = random(seed, 'game');
  const main = Array.from({ length: players }, () => 2 * draw() - 1);
  const pairs = Array.from({ length: players }, () => Array.from({ length: players }, () => (2 * draw() - 1) / Math.sqrt(players)));
  const triples = Array.from({ length: players }, () => Array.from({ length: 3 }, () => Math.floor(draw() * players)));
  return (there) => {
    let sum = 0;
    for (let i = 0; i < players; i++) if (there[i]) for (let j = 0; j <= i; j++) sum += there[j] ? (i === j ? main[i]! : pairs[i]![j]!) : 0;
    return Math.tanh(0.7 * sum) + 0.3 * triples.filter((three) => three.every((i) => there[i])).length;
  };
}

/** How often intervals of 95 % hold the truth, over so many seeds. What is found exactly is left out. */
export function coverage(runs: number, truth: readonly number[], found: (seed: number) => Fitted): number {
  let [held, all] = [0, 0];
  for (let seed = 0; seed < runs; seed++) {
    const one = found(seed);
    intervalsOf(one)?.forEach(([low, high], i) => {
      if (high - low < 1e-9 && Math.abs(one.values[i]! - truth[i]!) < 1e-9) return;
      if (low <= truth[i]! && truth[i]! <= high) held++;
      all++;
    });
  }
  return held / all;
}
