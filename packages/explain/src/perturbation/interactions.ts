import { ExplainError } from '../error.js';
import { int } from '../field.js';
import type { Inquiry } from '../inquiry.js';
import { fromBits, type Coalition } from './coalition.js';
import { binomial, dividends, membersOf } from './dividends.js';
import { moments } from './moments.js';
import { perturbing, removing, type Fitted, type Sampling } from './perturbing.js';
import { untilOption } from './shapley.js';
import { setsUpTo, type Members } from './together.js';

/** The fewest independent draws that errors are told from. */
const FEWEST_DRAWS = 5;
/** Bernoulli numbers. */
const BERNOULLI = [1, -1 / 2, 1 / 6];

/** How what parts do together is shared among sets of at most `order` of them. */
interface Index {
  /** Of a dividend of r parts, what each of its sets of s parts gets. */
  share(r: number, s: number, order: number): number;
  /** Others are there with a probability drawn by this quantile function. */
  quantile(p: number, order: number): number;
  /** Smaller sets count what they do with nothing else there. */
  readonly alone: boolean;
}

const shapley: Index = {
  // Sets of fewer parts lose what larger ones tell. Bordt and von Luxburg 2023, arXiv:2209.04012, theorem 5.
  share: (r, s, order) =>
    BERNOULLI.slice(0, order - s + 1).reduce((sum, b, j) => sum + (s + j > r ? 0 : (b * binomial(r - s, j)) / (r - s - j + 1)), 0),
  quantile: (p) => p,
  alone: false,
};

const taylor: Index = {
  share: (r, s, order) => (s === order ? 1 / binomial(r, s) : Number(r === s)),
  quantile: (p, order) => 1 - (1 - p) ** (1 / order),
  alone: true,
};

const options = {
  ...removing,
  order: int(2, 'the most parts of one set: 1, pairs or triples', { min: 1, max: 3 }),
  samples: int(5000, 'sets of parts that are scored; where there are no more, the answer is exact', { min: 2, max: 1_000_000 }),
  until: untilOption,
};

export const shapleyInteractions = perturbing({
  name: 'shapley-interactions',
  title: 'Shapley interactions',
  paper: 'Grabisch and Roubens 1999, International Journal of Game Theory 28; Bordt and von Luxburg 2023, arXiv:2209.04012',
  meaning: 'its Shapley value, told apart: what it counts alone, and its share of what it counts together with others',
  options,
  sampling: (players, { order, samples }, random) => interactionSampling('shapley', players, { order, samples }, random),
});

export const shapleyTaylor = perturbing({
  name: 'shapley-taylor',
  title: 'Shapley–Taylor interactions',
  paper: 'Sundararajan, Dhamdhere and Agarwal 2020, arXiv:1902.05622',
  meaning: 'its Shapley value, told apart: what it adds where nothing else is, and its share of what it does together with others',
  options,
  sampling: (players, { order, samples }, random) => interactionSampling('taylor', players, { order, samples }, random),
});

const indices = { shapley, taylor };

export function interactionSampling(
  name: keyof typeof indices,
  players: number,
  { order: given, samples }: { readonly order: number; readonly samples: number },
  random: Inquiry['random'],
): Sampling {
  const order = Math.min(given, players);
  return 2 ** players - 1 <= samples ? exactly(indices[name], players, order) : byDraws(indices[name], players, order, samples, random);
}

/** Every coalition is scored. */
function exactly({ share }: Index, players: number, order: number): Sampling {
  const count = 2 ** players - 1;
  return {
    fixed: count,
    draw: 0,
    draws: 0,
    *coalitions(): Iterable<Coalition> {
      for (let bits = 0; bits < count; bits++) yield fromBits(bits, players);
    },
    fit(scores, full): Fitted {
      const [, ...sets] = setsUpTo(players, order);
      const place = new Map(sets.map((members, k) => [bitsOf(members), k]));
      const values = new Float64Array(sets.length);
      const shares = Array.from({ length: players + 1 }, (_, r) => Array.from({ length: order + 1 }, (__, s) => (s > r ? 0 : share(r, s, order)))); // prettier-ignore
      const found = dividends(Float64Array.of(...scores, full));
      for (let bits = 1; bits <= count; bits++) {
        const members = membersOf(bits);
        const own = shares[members.length]!;
        for (const chosen of setsUpTo(members.length, order))
          if (chosen.length > 0) values[place.get(bitsOf(chosen.map((k) => members[k]!)))!]! += own[chosen.length]! * found[bits]!;
      }
      return { values, sets, expected: full - scores[0]! };
    },
  };
}

const bitsOf = (members: Members): number => members.reduce((bits, i) => bits | (1 << i), 0);

/**
 * Random coalitions T, each with one drawn the other way round, and all that differ from them in at most `order` parts: T Δ F. A set S of parts then
 * does Σ_F⊆S (−1)^|F| v(T Δ F) together, up to a sign, with the others of T there. With a uniform probability of being there that is
 * the Shapley interaction index (its weights are ∫ uᵗ (1 − u)ⁿ⁻ᵗ⁻ˢ du); with the least of k uniform numbers, the one of Shapley and Taylor.
 */
function byDraws(index: Index, players: number, order: number, samples: number, random: Inquiry['random']): Sampling {
  const lattice = latticeOf(players, order);
  const { all } = lattice;
  const sets = all.slice(1);
  const fixed = index.alone ? all.filter(({ length }) => length < order) : [[]];
  const draws = Math.floor((samples - fixed.length) / (2 * all.length));
  if (draws < FEWEST_DRAWS)
    throw new ExplainError(
      'bad-option',
      `interactions of ${players} parts need samples=${fixed.length + FEWEST_DRAWS * 2 * all.length} or more, not ${samples}: give so many, or larger parts with parts=`,
    );
  function* centres(): Iterable<Coalition> {
    const uniform = random('coalitions');
    for (;;) {
      const p = uniform();
      const places = Float64Array.from({ length: players }, uniform);
      const [near, far] = [index.quantile(p, order), index.quantile(1 - p, order)];
      yield Uint8Array.from(places, (x) => Number(x < near));
      yield Uint8Array.from(places, (x) => Number(1 - x < far));
    }
  }
  const nothing = new Uint8Array(players);
  return {
    fixed: fixed.length,
    draw: 2 * all.length,
    draws,
    *coalitions(): Iterable<Coalition> {
      for (const members of fixed) yield flipped(nothing, members);
      for (const centre of centres()) for (const members of all) yield flipped(centre, members);
    },
    fit(scores, full): Fitted {
      const found = moments(sets.length);
      const expected = full - scores[0]!;
      const alone = jointly(lattice, scores.subarray(0, fixed.length), nothing);
      const pair = new Float64Array(all.length);
      let [at, turn] = [fixed.length, 0];
      for (const centre of centres()) {
        if (at === scores.length) break;
        jointly(lattice, scores.subarray(at, (at += all.length)), centre).forEach((v, k) => (pair[k]! += v / 2));
        if (++turn % 2 === 1) continue;
        const told = index.alone ? withSmaller(lattice, pair, alone, order, expected) : lessLarger(lattice, pair, order, expected);
        found.add(told.subarray(1));
        pair.fill(0);
      }
      return { values: found.mean(), standardErrors: found.standardErrors(), degrees: turn / 2 - 1, sets, expected };
    },
  };
}

/** Sets of parts, and where the subsets of each are among them, itself the last. */
interface Lattice {
  readonly all: readonly Members[];
  readonly below: readonly Int32Array[];
}

function latticeOf(players: number, order: number): Lattice {
  const all = [...setsUpTo(players, order)];
  const place = new Map(all.map((members, k) => [members.join(), k]));
  const below = all.map((members) =>
    Int32Array.from(setsUpTo(members.length, members.length), (chosen) => place.get(chosen.map((c) => members[c]!).join())!),
  );
  return { all, below };
}

/** What the first sets do together, from the scores of what differs from a coalition in them. */
function jointly({ all, below }: Lattice, scores: Float64Array, centre: Coalition): Float64Array {
  return scores.map((_, k) => {
    const sign = all[k]!.reduce((s, i) => (centre[i] ? s : -s), 1);
    return sign * below[k]!.reduce((sum, at) => sum + (all[at]!.length % 2 === 0 ? scores[at]! : -scores[at]!), 0);
  });
}

/** Smaller sets as they are alone; what is missing from the whole goes to the largest in equal shares, which keeps their mean right. */
function withSmaller({ all }: Lattice, drawn: Float64Array, alone: Float64Array, order: number, total: number): Float64Array {
  const told = drawn.map((v, k) => (k < alone.length && all[k]!.length < order ? alone[k]! : v));
  const missing = all.reduce((rest, { length }, k) => (length === 0 ? rest : rest - told[k]!), total);
  const largest = all.filter(({ length }) => length === order).length;
  return told.map((v, k) => (all[k]!.length === order ? v + missing / largest : v));
}

/** Shapley values add up to the whole, what is missing in equal shares; then smaller sets lose what larger ones tell. */
function lessLarger({ all, below }: Lattice, drawn: Float64Array, order: number, total: number): Float64Array {
  const singles = all.filter(({ length }) => length === 1).length;
  const missing = drawn.subarray(1, 1 + singles).reduce((rest, v) => rest - v, total) / singles;
  const whole = drawn.map((v, k) => (all[k]!.length === 1 ? v + missing : v));
  if (order === 1) return whole;
  const told = new Float64Array(all.length);
  whole.forEach((v, k) => below[k]!.forEach((at) => (told[at]! += BERNOULLI[all[k]!.length - all[at]!.length]! * v)));
  return told;
}

function flipped(coalition: Coalition, members: Members): Coalition {
  const other = coalition.slice();
  for (const i of members) other[i]! ^= 1;
  return other;
}
