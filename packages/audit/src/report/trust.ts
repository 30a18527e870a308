import type { ExplanationRecord } from '../provenance.js';
import { percent } from './amounts.js';
import { balance } from './conservation.js';

/** What the method promises, and whether it kept it. */
export function trust(record: ExplanationRecord): readonly string[] {
  return [...promised(record), ...estimates(record)];
}

function estimates({ parts, fidelity, evaluations }: ExplanationRecord): readonly string[] {
  if (parts?.largestStandardError === undefined) return [];
  if (fidelity !== undefined)
    return ['± is the standard error of what was fitted to the examples; learning again with another seed may move a number further.'];
  return [
    `The numbers are estimates from ${evaluations} model runs: another seed moves them by about ${parts.largestStandardError.toPrecision(2)} (the largest standard error). More samples make it smaller.`,
  ];
}

function promised(record: ExplanationRecord): readonly string[] {
  const { completenessResidual: residual, conservation, fidelity, score, rule, contrast } = record;
  if (rule !== undefined)
    return [
      `Its precision was measured on ${rule.precision.samples} samples that played no part in finding it. The interval is wrong in at most ${percent(1 - rule.confidence)} of searches.`,
    ];
  if (conservation !== undefined && residual === undefined) return conservation.map(balance);
  if (fidelity !== undefined)
    return [
      'It explains a model of the model, which learned from examples. How well that stands in for it:',
      ...fidelity.map(({ name, value, on }) => `${name} ${value.toFixed(3)} on ${on}.`),
    ];
  if (contrast !== undefined)
    return [
      contrast.kind === 'negative'
        ? 'It is one example of another decision, the nearest that was found: there may be nearer ones, and the moves may be such that nothing in the world makes.'
        : 'It is one set that is enough, the smallest that was found: there may be others.',
    ];
  if (residual === undefined) return ['This method makes no promise that its parts add up to the score. It shows where, not how much.'];
  const { expected, gap } = residual;
  const share = Math.abs(gap) / Math.max(Math.abs(expected), 1e-12);
  const verdict =
    share < 0.01 ? 'They add up' : share < 0.05 ? 'They nearly add up' : 'They do not add up: raise steps before relying on the amounts';
  return [
    `The parts should add up to ${expected.toPrecision(4)}, what the score (${score.toPrecision(4)}) gains over the baseline. They miss it by ${gap.toPrecision(2)} (${percent(share)}). ${verdict}.`,
  ];
}
