import { ExplainError } from '../error.js';
import { choice, int, number } from '../field.js';
import type { Inquiry } from '../inquiry.js';
import { binned } from './binned.js';
import { nobody, permutation, type Coalition } from './coalition.js';
import { perturbing, removing, type Fitted, type Sampling } from './perturbing.js';
import { repeated, regression, type Row } from './regression.js';
import { selections } from './selection.js';
import { untilOption } from './shapley.js';

/** The normal equations have as many rows and columns as there are parts. */
const MOST_PLAYERS = 1000;
/** Widths of the kernel unless one is given: as Ribeiro et al. have them for pictures and text, and for tables in roots of the number of parts. */
const [COSINE_WIDTH, EUCLIDEAN_WIDTH] = [0.25, 0.75];
/** How often features are selected again to see how far chance goes. */
const REPEATS = 100;

/** How far a coalition is from everything being there, from the number of parts that are. */
const distances = {
  cosine: (there: number, players: number) => 1 - Math.sqrt(there / players),
  euclidean: (there: number, players: number) => Math.sqrt(players - there),
} as const;

const options = {
  ...removing,
  samples: int(1000, 'sets of parts that are scored', { min: 2, max: 1_000_000 }),
  draw: choice(['coin', 'size'], 'coin', 'how a set is drawn: each part by the toss of a coin, or first how many are there and then which'),
  distance: choice(['cosine', 'euclidean'], 'cosine', 'how far a set is from everything being there'),
  width: number(0, 'width of the kernel that weighs near sets more; 0 is 0.25 for cosine, 0.75 √parts for euclidean', { min: 0 }),
  ridge: number(1, 'what the squares of the coefficients cost beside the squared errors', { min: 0 }),
  features: int(0, 'how many parts the linear model may use; 0 for all', { min: 0 }),
  selection: choice(['forward', 'lars', 'highest'], 'forward', 'how those are chosen'),
  discretize: choice(
    ['none', 'quartile', 'decile'],
    'none',
    'of a row of a table: a number counts as being in its quarter or tenth of the background, not as being what it is',
  ),
  until: untilOption,
};

type Options = {
  readonly samples: number;
  readonly draw: 'coin' | 'size';
  readonly distance: 'cosine' | 'euclidean';
  readonly width: number;
  readonly ridge: number;
  readonly features: number;
  readonly selection: keyof typeof selections;
};

/** A linear model of the score near the example, by which parts are there. Ribeiro, Singh and Guestrin 2016, algorithm 1. */
export const lime = perturbing({
  name: 'lime',
  title: 'LIME',
  paper: 'Ribeiro, Singh and Guestrin 2016, arXiv:1602.04938',
  meaning: 'what its being there adds to the score in a linear model of it, fitted near the example',
  options,
  remove: (removal, q, { discretize }, partition) => (discretize === 'none' ? removal : binned(q, removal, partition, discretize)),
  sampling: (players, given, random, _, { shares }) => limeSampling(players, given, random, shares),
});

/** `shares` says how often each part is there; every other time unless given. */
export function limeSampling(players: number, given: Options, random: Inquiry['random'], shares?: readonly number[]): Sampling {
  const { samples, draw, distance, features, selection, ridge } = given;
  if (players > MOST_PLAYERS)
    throw new ExplainError('bad-option', `lime fits at most ${MOST_PLAYERS} parts, and there are ${players}: give larger ones with parts=`);
  const width = given.width || (distance === 'cosine' ? COSINE_WIDTH : EUCLIDEAN_WIDTH * Math.sqrt(players));
  const weightOf = (there: number): number => Math.exp(-((distances[distance](there, players) / width) ** 2) / 2);
  const coalitions = (): Iterable<Coalition> => (draw === 'coin' ? tossed(players, random('coalitions'), shares) : sized(players, random('coalitions'))); // prettier-ignore
  return {
    fixed: 0,
    draw: 1,
    draws: samples,
    coalitions,
    fit(scores, full): Fitted {
      const everything = Array.from({ length: players }, (_, i) => i);
      const rows: Row[] = [{ present: everything, score: full, weight: weightOf(players) }];
      for (const coalition of coalitions()) {
        if (rows.length > scores.length) break;
        const present = everything.filter((i) => coalition[i] === 1);
        rows.push({ present, score: scores[rows.length - 1]!, weight: weightOf(present.length) });
      }
      const all = features === 0 || features >= players;
      const chosen = (of: readonly Row[]): ReturnType<typeof regression> =>
        regression(of, players, ridge, all ? undefined : (gram) => selections[selection](gram, features, ridge));
      const { values, errors, explained } = chosen(rows);
      return {
        values,
        standardErrors: all ? errors() : repeated(rows, REPEATS, random('repeats'), (of) => chosen(of).values),
        warnings: [...(shares === undefined ? [] : [BINNED]), ...(explained < POOR ? [poor(explained)] : [])],
      };
    },
  };
}

const BINNED =
  'a number counts as lying in its part of the background’s rows, a category as being the same, each beside rows in which it does not';
/** A linear model that explains less of the scores than this is not near the network. */
const POOR = 0.5;
const poor = (explained: number): string =>
  `the linear model explains ${Math.round(100 * Math.max(0, explained))} % of how the score varies near the example: what a part counts depends on which others are there`;

function* tossed(players: number, uniform: () => number, shares?: readonly number[]): Iterable<Coalition> {
  for (;;) yield nobody(players).map((_, i) => (uniform() < (shares?.[i] ?? 0.5) ? 1 : 0));
}

/** As many parts as a uniform number says, at least one of them gone. */
function* sized(players: number, uniform: () => number): Iterable<Coalition> {
  for (;;) {
    const coalition = nobody(players);
    for (const i of permutation(players, uniform).subarray(0, Math.floor(uniform() * players))) coalition[i] = 1;
    yield coalition;
  }
}
