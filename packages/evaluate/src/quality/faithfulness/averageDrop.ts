import { divided } from '../curve.js';
import type { Evidence } from '../evidence.js';
import { mapOf } from '../map.js';
import { metric } from '../metric.js';
import { removing } from '../parts.js';
import { numberOption, type NumberWatched } from '../remaining.js';

const options = { ...removing('finest', 'zero'), number: numberOption('probability') };

interface Asked {
  readonly parts: Parameters<Evidence['partition']>[0];
  readonly baseline: Parameters<Evidence['probe']['removal']>[0];
  readonly number: NumberWatched;
}

/** The number at the example, and where the map is laid over it. */
export async function underMap(e: Evidence, asked: Asked): Promise<readonly [all: number, seen: number]> {
  const { values, score } = await divided(e, asked);
  const [all, seen] = await score([new Float32Array(values.length).fill(1), mapOf(values)], 2);
  return [all!, seen!];
}

const shared = { family: 'faithfulness', options } as const;

/** Chattopadhay et al. 2018, section 4.1.1, as a share: max(0, Y − O) / Y. */
export const averageDrop = metric({
  ...shared,
  name: 'average-drop',
  title: 'Average drop',
  paper: 'Chattopadhay et al. 2018, arXiv:1710.11063',
  meaning: 'the share of the probability that is lost where only what speaks for the class is seen',
  better: 'lower',
  undefinedWhere: 'the probability is 0 at the example',
  async measure(e, asked) {
    const [all, seen] = await underMap(e, asked);
    return { value: all === 0 ? NaN : Math.max(0, all - seen) / all };
  },
});

/** Chattopadhay et al. 2018, section 4.1.2, of one example. */
export const averageIncrease = metric({
  ...shared,
  name: 'average-increase',
  title: 'Average increase in confidence',
  paper: 'Chattopadhay et al. 2018, arXiv:1710.11063',
  meaning: '1 where the probability is higher when only what speaks for the class is seen, else 0',
  better: 'higher',
  undefinedWhere: 'never',
  async measure(e, asked) {
    const [all, seen] = await underMap(e, asked);
    return { value: seen > all ? 1 : 0 };
  },
});

/** Zhang et al. 2024, eq. 14: max(0, O − Y) / (1 − Y). */
export const averageGain = metric({
  ...shared,
  name: 'average-gain',
  title: 'Average gain',
  paper: 'Zhang et al. 2024, arXiv:2301.07002',
  meaning: 'the share of what the probability lacks that is gained where only what speaks for the class is seen',
  better: 'higher',
  undefinedWhere: 'the probability is 1 at the example',
  async measure(e, asked) {
    const [all, seen] = await underMap(e, asked);
    return { value: all >= 1 ? NaN : Math.max(0, seen - all) / (1 - all) };
  },
});
