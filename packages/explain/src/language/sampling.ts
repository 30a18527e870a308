import { probabilities } from '../arithmetic.js';
import { ExplainError } from '../error.js';

/** How the next token is chosen. Without a temperature, or at 0, the likeliest one. */
export interface Sampling {
  /** Scores are divided by it. */
  readonly temperature?: number | undefined;
  /** Only so many of the likeliest are drawn from. */
  readonly topK?: number | undefined;
  /** Only the likeliest are drawn from, until their probabilities reach this sum. Holtzman et al. 2020, arXiv:1904.09751. */
  readonly topP?: number | undefined;
}

/** @throws ExplainError 'bad-option' naming the option */
export function checkSampling({ temperature, topK, topP }: Sampling): void {
  const bad = (message: string): never => {
    throw new ExplainError('bad-option', message);
  };
  if (temperature !== undefined && !(temperature >= 0 && Number.isFinite(temperature)))
    bad(`temperature must be a number from 0, not ${temperature}`);
  if (topK !== undefined && !(Number.isInteger(topK) && topK >= 1)) bad(`top-k must be a whole number above 0, not ${topK}`);
  if (topP !== undefined && !(topP > 0 && topP <= 1)) bad(`top-p must be above 0 and at most 1, not ${topP}`);
  if (!temperature && (topK !== undefined || topP !== undefined)) bad('top-k and top-p choose at random: give a temperature above 0 too');
}

/** The numbers of the `count` largest values, largest first; of equal ones the first. */
export function largest(values: ArrayLike<number>, count: number): readonly number[] {
  const best: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (best.length === count && values[i]! <= values[best.at(-1)!]!) continue;
    let at = best.length;
    while (at > 0 && values[best[at - 1]!]! < values[i]!) at--;
    best.splice(at, 0, i);
    if (best.length > count) best.pop();
  }
  return best;
}

/** The next token, as `sampling` chooses it. */
export function chosen(scores: ArrayLike<number>, { temperature, topK, topP }: Sampling, random: () => number): number {
  if (!temperature) return largest(scores, 1)[0]!;
  const p = probabilities(scores, temperature);
  const order =
    topK === undefined && topP === undefined ? Array.from(p.keys()) : Array.from(p.keys()).sort((a, b) => p[b]! - p[a]! || a - b);
  const drawn = nucleus(order.slice(0, topK), p, topP);
  const total = drawn.reduce((sum, id) => sum + p[id]!, 0);
  let rest = random() * total;
  for (const id of drawn) if ((rest -= p[id]!) < 0) return id;
  // What rounding left over.
  return drawn.findLast((id) => p[id]! > 0)!;
}

/** The first of `order` whose probabilities reach a share of what all of `order` have. */
function nucleus(order: readonly number[], p: Float64Array, share: number | undefined): readonly number[] {
  if (share === undefined) return order;
  const enough = share * order.reduce((sum, id) => sum + p[id]!, 0);
  let sum = 0;
  const end = order.findIndex((id) => (sum += p[id]!) >= enough);
  return end < 0 ? order : order.slice(0, end + 1);
}
