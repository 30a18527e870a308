import { text } from '@vitrine/explain';
import { divided, meanOf, orderOf, without } from '../curve.js';
import type { Evidence } from '../evidence.js';
import { metric, type Reading } from '../metric.js';
import { removing } from '../parts.js';
import { numberOption, type NumberWatched } from '../remaining.js';
import { sharesIn } from '../shares.js';

const options = {
  ...removing('finest'),
  number: numberOption('auto'),
  percentages: text('1 5 10 20 50', 'shares of parts that make up a rationale, in percent'),
};

interface Asked {
  readonly parts: Parameters<Evidence['partition']>[0];
  readonly baseline: Parameters<Evidence['probe']['removal']>[0];
  readonly number: NumberWatched;
  readonly percentages: string;
}

/** What is lost, the mean over rationales of several sizes and none: DeYoung et al. 2020, section 4.2 (AOPC). */
async function lost(e: Evidence, asked: Asked, kept: boolean): Promise<Reading> {
  const shares = sharesIn('percentages', asked.percentages);
  const { values, score } = await divided(e, asked);
  const order = orderOf(values, 'most', e.random('ties'));
  const sizes = shares.map((share) => Math.min(order.length, Math.max(1, Math.round(share * order.length))));
  const [all] = await score([new Uint8Array(order.length).fill(1)], 1);
  const left = [
    ...(await score(
      without(
        order,
        sizes.toSorted((a, b) => a - b),
        kept,
      ),
      sizes.length,
    )),
  ];
  const drops = left.map((s) => all! - s);
  return { value: meanOf([0, ...drops]), curve: { along: sizes.toSorted((a, b) => a - b).map((k) => k / order.length), values: drops } };
}

const shared = { family: 'faithfulness', paper: 'DeYoung et al. 2020, arXiv:1911.03429', undefinedWhere: 'never', options } as const;

/** DeYoung et al. 2020, eq. 1. */
export const comprehensiveness = metric({
  ...shared,
  name: 'comprehensiveness',
  title: 'Comprehensiveness (ERASER)',
  meaning: 'what the probability loses without the parts that count most, the mean over rationales of several sizes',
  better: 'higher',
  measure: (e, asked) => lost(e, asked, false),
});

/** DeYoung et al. 2020, eq. 2. */
export const rationaleSufficiency = metric({
  ...shared,
  name: 'rationale-sufficiency',
  title: 'Sufficiency of rationales (ERASER)',
  meaning: 'what the probability loses with only the parts that count most, the mean over rationales of several sizes',
  better: 'lower',
  measure: (e, asked) => lost(e, asked, true),
});
