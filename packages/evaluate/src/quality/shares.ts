import { EvaluateError } from '../error.js';

/** Percentages as shares. @throws EvaluateError 'bad-option' */
export function sharesIn(option: string, given: string): readonly number[] {
  const shares = given
    .trim()
    .split(/[\s,]+/)
    .map((p) => Number(p) / 100);
  if (shares.some((share) => !(share >= 0 && share <= 1)))
    throw new EvaluateError('bad-option', `option ${option} must be numbers from 0 to 100 with spaces between them, not ${given}`);
  return shares;
}
