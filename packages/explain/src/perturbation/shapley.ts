import { ExplainError } from '../error.js';
import { int, number } from '../field.js';
import type { Inquiry } from '../inquiry.js';
import { fromBits, nobody, permutation, type Coalition } from './coalition.js';
import { moments } from './moments.js';
import { perturbing, removing, type Fitted, type Sampling } from './perturbing.js';

/** 2^12 coalitions. */
const MOST_PLAYERS = 12;

export const untilOption = number(0, 'stop as soon as no standard error is above this, in units of the score; 0 takes all samples', {
  min: 0,
});

const meaning =
  'its part in the difference between the score here and with everything taken away: what it adds, on average over all orders in which parts may come';

/** Every coalition is scored. Shapley 1953; Lundberg and Lee 2017, eq. 8. */
export const shapleyValues = perturbing({
  name: 'shapley-values',
  title: 'Shapley values',
  paper: 'Shapley 1953; Lundberg and Lee 2017, arXiv:1705.07874',
  meaning,
  options: removing,
  sampling(players): Sampling {
    if (players > MOST_PLAYERS)
      throw new ExplainError(
        'bad-option',
        `shapley-values would score 2^${players} sets of ${players} parts (at most ${MOST_PLAYERS} parts): use kernel-shap or shapley-sampling, or larger parts with parts=`,
      );
    const count = 2 ** players - 1;
    return {
      fixed: count,
      draw: 0,
      draws: 0,
      *coalitions(): Iterable<Coalition> {
        for (let bits = 0; bits < count; bits++) yield fromBits(bits, players);
      },
      fit(scores, full): Fitted {
        const all = [...scores, full];
        const weights = orderShares(players);
        const values = new Float64Array(players);
        for (let bits = 0; bits < count; bits++) {
          const weight = weights[sizeOf(bits)]!;
          for (let i = 0; i < players; i++) if ((bits & (1 << i)) === 0) values[i]! += weight * (all[bits | (1 << i)]! - all[bits]!);
        }
        return { values, expected: full - all[0]! };
      },
    };
  },
});

/** Of all orders, the share in which a given set of s parts, and no other, comes before a given part: s! (M − s − 1)! / M!. */
function orderShares(players: number): readonly number[] {
  const shares = [1 / players];
  for (let s = 1; s < players; s++) shares.push((shares[s - 1]! * s) / (players - s));
  return shares;
}

function sizeOf(bits: number): number {
  let size = 0;
  for (let rest = bits; rest > 0; rest &= rest - 1) size++;
  return size;
}

const ofOrders = {
  meaning,
  options: {
    ...removing,
    samples: int(64, 'orders in which parts come, half of them the reverse of the other half', { min: 2, max: 1_000_000 }),
    until: untilOption,
  },
  sampling: (players: number, { samples }: { readonly samples: number }, random: Inquiry['random']): Sampling =>
    orderSampling(players, samples, random),
};

/** Random orders in which parts come, each with its reverse. Castro, Gómez and Tejada 2009, section 3; pairs as in Mitchell et al. 2022, section 4.1. */
export const shapleySampling = perturbing({
  name: 'shapley-sampling',
  title: 'Shapley values by sampled permutations',
  paper: 'Castro, Gómez and Tejada 2009, Computers & OR 36(5); Štrumbelj and Kononenko 2010, JMLR 11',
  ...ofOrders,
});

/** The same by the name that SHAP gives it: forward and backward along random orders. */
export const permutationShap = perturbing({
  name: 'permutation-shap',
  title: 'PermutationSHAP',
  paper: 'Lundberg and Lee 2017, arXiv:1705.07874; Mitchell et al. 2022, arXiv:2104.12199',
  ...ofOrders,
});

/** Errors of fewer pairs may be too small where parts are few: all orders that were drawn may agree by chance. */
const FEW_PAIRS = 16;
const few = (pairs: number): string =>
  `errors are told from ${pairs} pair${pairs === 1 ? '' : 's'} of orders and may be too small: give samples=${2 * FEW_PAIRS} or more`;

export function orderSampling(players: number, samples: number, random: Inquiry['random']): Sampling {
  const draws = players === 1 ? 0 : Math.ceil(samples / 2);
  function* orders(): Iterable<Uint32Array> {
    const uniform = random('permutations');
    for (;;) {
      const order = permutation(players, uniform);
      yield order;
      yield order.toReversed();
    }
  }
  return {
    fixed: 1,
    draw: 2 * (players - 1),
    draws,
    *coalitions(): Iterable<Coalition> {
      yield nobody(players);
      if (draws === 0) return;
      for (const order of orders()) {
        const coalition = nobody(players);
        for (const i of order.subarray(0, -1)) {
          coalition[i] = 1;
          yield coalition.slice();
        }
      }
    },
    fit(scores, full): Fitted {
      const empty = scores[0]!;
      const expected = full - empty;
      const pairs = players === 1 ? 0 : (scores.length - 1) / (2 * (players - 1));
      if (pairs === 0) return { values: Float64Array.of(expected), expected };
      const found = moments(players);
      const gains = new Float64Array(players);
      let [next, turn] = [1, 0];
      for (const order of orders()) {
        let before = empty;
        order.forEach((i, k) => {
          const after = k === players - 1 ? full : scores[next++]!;
          gains[i]! += (after - before) / 2;
          before = after;
        });
        if (++turn % 2 === 1) continue;
        found.add(gains);
        gains.fill(0);
        if (turn === 2 * pairs) break;
      }
      return {
        values: found.mean(),
        standardErrors: found.standardErrors(),
        degrees: pairs - 1,
        expected,
        ...(pairs < FEW_PAIRS && { warnings: [few(pairs)] }),
      };
    },
  };
}
