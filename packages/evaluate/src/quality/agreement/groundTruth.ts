import { number, type Tensors } from '@vitrine/explain';
import { sums } from '../evidence.js';
import { metric, type QualityMetric } from '../metric.js';
import { removing } from '../parts.js';
import { agreements, type AgreementName } from './agree.js';

const options = {
  parts: removing('auto').parts,
  share: number(0.25, 'the share of all parts that k is: how many of the largest are compared', { min: 0, max: 1 }),
};

const withTruth = (name: AgreementName, title: string, meaning: string): QualityMetric<typeof options> =>
  metric({
    name: `${name}-agreement`,
    title,
    family: 'agreement',
    paper: 'Krishna et al. 2022, arXiv:2202.01602; Agarwal et al. 2022, arXiv:2206.11104',
    meaning,
    better: 'higher',
    needs: ['truth'],
    undefinedWhere: 'there is one part, or all count the same',
    options,
    measure(e, { parts, share }: { readonly parts: string | Tensors; readonly share: number }) {
      const partition = e.partition(parts);
      const k = Math.max(1, Math.round(share * partition.parts.length));
      return { value: agreements[name](e.values(partition), sums(e.truth!, partition), k) };
    },
  });

export const featureAgreement = withTruth(
  'feature',
  'Feature agreement (FA)',
  'the share of the k largest that the truth has among its k largest',
);
export const rankAgreement = withTruth('rank', 'Rank agreement (RA)', 'the same, at the same place');
export const signAgreement = withTruth('sign', 'Sign agreement (SA)', 'the same, with the same sign');
export const signedRankAgreement = withTruth(
  'signed-rank',
  'Signed rank agreement (SRA)',
  'the same, at the same place with the same sign',
);
export const rankCorrelationAgreement = withTruth(
  'rank-correlation',
  'Rank correlation (RC)',
  'how well the order by size goes with that of the truth',
);
export const pairwiseRankAgreement = withTruth(
  'pairwise-rank',
  'Pairwise rank agreement (PRA)',
  'the share of pairs that stand in the order of the truth by size',
);
