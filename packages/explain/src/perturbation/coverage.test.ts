import { normal, random } from '@vitrine/data';
import { describe, expect, test } from 'vitest';
import { coverage, mixedGame, play, scoresOf, shapleyIndex, shapleyOf, stream, taylorIndex, type Game } from '../testing/games.js';
import { everyone, fromBits } from './coalition.js';
import { hsicOf, hsicSampling } from './hsic.js';
import { interactionSampling } from './interactions.js';
import { studentQuantile } from './interval.js';
import { kernelSampling } from './kernelShap.js';
import { limeSampling } from './lime.js';
import { permuted } from './permutation.js';
import type { Fitted, Sampling } from './perturbing.js';
import { regression } from './regression.js';
import { maskSampling } from './rise.js';
import { orderSampling } from './shapley.js';
import { sobolSampling } from './sobol.js';
import { setsUpTo } from './together.js';

const RUNS = 500;

interface Covered {
  readonly players: number;
  readonly game: Game;
  readonly truth: readonly number[];
  readonly plan: (seed: number) => Sampling;
  readonly runs?: number;
}

const shapley = (players: number, sampling: (random: ReturnType<typeof stream>) => Sampling): Covered => {
  const game = mixedGame(players, 4);
  return { players, game, truth: shapleyOf(players, game), plan: (seed) => sampling(stream(seed)) };
};

/** An index of all sets of the order, and of smaller ones by their definition. */
function interactions(name: 'shapley' | 'taylor', players: number, samples: number): Covered {
  const game = mixedGame(players, 4);
  const scores = scoresOf(players, game);
  const sets = [...setsUpTo(players, 2)].slice(1);
  const pairs = new Map(sets.filter((s) => s.length === 2).map((s) => [s.join(), (name === 'shapley' ? shapleyIndex : taylorIndex)(players, scores, s)])); // prettier-ignore
  const others = (i: number): number => [...pairs].reduce((sum, [key, v]) => (key.split(',').includes(String(i)) ? sum + v / 2 : sum), 0);
  const alone = (i: number): number => (name === 'shapley' ? shapleyIndex(players, scores, [i]) - others(i) : scores[1 << i]! - scores[0]!);
  const truth = sets.map((s) => pairs.get(s.join()) ?? alone(s[0]!));
  return { players, game, truth, plan: (seed) => interactionSampling(name, players, { order: 2, samples }, stream(seed)) };
}

function masks(probability: number, samples: number): Covered {
  const players = 7;
  const game = mixedGame(players, 4);
  const seen = new Float64Array(players);
  let mean = 0;
  scoresOf(players, game).forEach((score, bits) => {
    const there = fromBits(bits, players);
    const size = there.reduce((a, b) => a + b, 0);
    const share = probability ** size * (1 - probability) ** (players - size);
    mean += share * score;
    there.forEach((one, i) => (seen[i]! += (one * share * score) / probability));
  });
  return {
    players,
    game,
    truth: Array.from(seen, (s) => s - mean),
    plan: (seed) => maskSampling(players, { samples, probability, cells: 7 }, stream(seed)),
  };
}

/** Where the fit goes when each coalition comes as often as it should. */
function lime(samples: number): Covered {
  const players = 7;
  const game = mixedGame(players, 4);
  const weightOf = (size: number): number => Math.exp(-(((1 - Math.sqrt(size / players)) / 0.25) ** 2) / 2);
  const rows = Array.from(scoresOf(players, game), (score, bits) => {
    const present = [...fromBits(bits, players).entries()].flatMap(([i, there]) => (there ? [i] : []));
    return { present, score, weight: (weightOf(present.length) * samples) / 2 ** players };
  });
  const full = { present: [...everyone(players).keys()], score: game(everyone(players)), weight: 1 };
  const options = { samples, draw: 'coin', distance: 'cosine', width: 0, ridge: 1, features: 0, selection: 'forward' } as const;
  return {
    players,
    game,
    truth: Array.from(regression([...rows, full], players, 1).values),
    plan: (seed) => limeSampling(players, options, stream(seed)),
  };
}

/** The g-function of Saltelli and Sobol' 1995: its parts have shares of the variance in closed form. */
function sobol(samples: number): Covered {
  const a = [0, 0.5, 1, 3, 9];
  const own = a.map((one) => 1 / 3 / (1 + one) ** 2);
  const all = own.reduce((product, v) => product * (1 + v), 1);
  return {
    players: 5,
    game: (there) => a.reduce((product, one, i) => (product * (Math.abs(4 * there[i]! - 2) + one)) / (1 + one), 1),
    truth: own.map((v) => (v * (all / (1 + v))) / (all - 1)),
    plan: (seed) => sobolSampling(5, samples, stream(seed)),
  };
}

function hsic(samples: number): Covered {
  const players = 6;
  const game = mixedGame(players, 4);
  const count = 2 ** players;
  const { values } = hsicOf(players, Array.from({ length: count }, (_, bits) => fromBits(bits, players)), scoresOf(players, game)); // prettier-ignore
  return {
    players,
    game,
    truth: Array.from(values, (v) => v * ((count - 1) / count) ** 2),
    plan: (seed) => hsicSampling(players, samples, stream(seed)),
    runs: 200,
  };
}

const covered: { readonly [name: string]: Covered } = {
  'shapley-sampling of 60 orders': shapley(8, (random) => orderSampling(8, 60, random)),
  'shapley-sampling of 400 orders': shapley(6, (random) => orderSampling(6, 400, random)),
  'kernel-shap of 12 pairs': shapley(8, (random) => kernelSampling(8, 40, random)),
  'kernel-shap of 52 pairs': shapley(8, (random) => kernelSampling(8, 120, random)),
  'shapley-interactions of 5 draws': interactions('shapley', 10, 600),
  'shapley-interactions of 8 draws': interactions('shapley', 10, 1000),
  'shapley-taylor of 5 draws': interactions('taylor', 10, 600),
  'shapley-taylor of 8 draws': interactions('taylor', 10, 1000),
  'rise of 50 masks': masks(0.5, 50),
  'rise of 400 masks, few seen': masks(0.2, 400),
  'lime of 200 sets': lime(200),
  'sobol of 32 points': sobol(32),
  'sobol of 256 points': sobol(256),
  'hsic of 120 sets': hsic(120),
};

describe.each(Object.keys(covered))('%s', (name) => {
  const { players, game, truth, plan, runs = RUNS } = covered[name]!;
  test('intervals of 95 % hold the truth 93 to 97 times of 100', () => {
    const share = coverage(runs, truth, (seed) => play(plan(seed), players, game));
    expect(share).toBeGreaterThan(0.93);
    expect(share).toBeLessThan(0.97);
  });
});

test('permutation: intervals of 95 % hold what all examples there are would give', async () => {
  // Each example stands in by itself: a score is of what is left and of a row that is drawn from a population.
  const players = 6;
  const score = (there: ArrayLike<number>, row: readonly number[]): number =>
    Math.tanh(row.reduce((sum, v, i) => sum + (there[i] ? 0.5 : v) * (i - 2.5), 0)) + 0.3 * (there[0] ? 0.5 : row[0]!) ** 2;
  const draw = random(7, 'population');
  const population = Array.from({ length: 4000 }, () => Array.from({ length: players }, () => normal(draw)()));
  const everything = everyone(players);
  const full = score(everything, population[0]!);
  const without = (i: number): Uint8Array => everything.with(i, 0);
  const truth = Array.from({ length: players }, (_, i) => full - population.reduce((sum, row) => sum + score(without(i), row), 0) / 4000);
  const partition = { of: 'feature', parts: Array.from({ length: players }, (_, i) => ({ name: String(i), runs: new Map() })) };
  for (const points of [10, 60]) {
    const found: Fitted[] = [];
    for (let seed = 0; seed < RUNS; seed++) {
      const pick = random(seed, 'rows');
      const rows = Array.from({ length: points }, () => population[Math.floor(pick() * population.length)]!);
      const scoreApart = (coalitions: Iterable<ArrayLike<number>>): Promise<Float64Array> =>
        Promise.resolve(Float64Array.from([...coalitions].flatMap((there) => rows.map((row) => score(there, row)))));
      found.push(await permuted({ partition, full, scoreApart, points }));
    }
    const share = coverage(RUNS, truth, (seed) => found[seed]!);
    expect(share).toBeGreaterThan(0.93);
    expect(share).toBeLessThan(0.97);
  }
});

test('quantiles of Student’s t are those of tables', () => {
  const known = [
    [1, 12.706],
    [4, 2.776],
    [9, 2.262],
    [10, 2.228],
    [30, 2.042],
    [120, 1.98],
    [Infinity, 1.96],
  ] as const;
  for (const [degrees, quantile] of known) expect(studentQuantile(degrees)).toBeCloseTo(quantile, 3);
});
