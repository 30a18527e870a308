import type { Fetches } from '@vitrine/runtime';
import { classOf, classProgram, decisionFor } from '../decision.js';
import { collect } from '../explainer.js';
import type { Kept } from '../explanation.js';
import type { Inquiry, Point } from '../inquiry.js';
import type { Program } from '../program.js';
import { scoreOf, scoreProgram } from '../rows.js';

/** What a rule is to keep. */
export interface Keeping {
  readonly kept: Kept;
  readonly program: Program;
  holds(results: Fetches): boolean;
}

export const decisions = ['auto', 'class', 'side', 'score'] as const;

interface Options {
  readonly decision: (typeof decisions)[number];
  readonly cut: string;
  readonly tolerance: number;
}

/** Samples that tell how much a score varies. */
const CALIBRATION = 100;

/** What stays the same: the best class, the side of a threshold, or nearly the score. `points` are samples without a rule. @throws ExplainError 'bad-option' */
export async function keepingFor(q: Inquiry, { decision, cut, tolerance }: Options, points: () => Point): Promise<Keeping> {
  const found = decision === 'score' ? undefined : await decisionFor(q, 'anchors', { decision, cut });
  if (found?.kind === 'class') {
    const own = found.target.index.at(-1);
    return { kept: { kind: 'class' }, program: classProgram(found.target), holds: (results) => classOf(results) === own };
  }
  if (found !== undefined) return { kept: found, program: scoreProgram, holds: (results) => scoreOf(results) > found.cut === found.above };
  const reach = tolerance > 0 ? tolerance : (await deviation(q, points)) / 2;
  return {
    kept: { kind: 'score', low: q.score - reach, high: q.score + reach },
    program: scoreProgram,
    holds: (results) => Math.abs(scoreOf(results) - q.score) <= reach,
  };
}

async function deviation(q: Inquiry, points: () => Point): Promise<number> {
  const drawn = Array.from({ length: CALIBRATION }, points);
  const scores = (await collect(q.evaluate(scoreProgram, drawn, CALIBRATION))).map(scoreOf);
  const mean = scores.reduce((a, s) => a + s, 0) / CALIBRATION;
  return Math.sqrt(scores.reduce((a, s) => a + (s - mean) ** 2, 0) / (CALIBRATION - 1));
}
