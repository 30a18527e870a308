import type { Space } from './space.js';

/** What the model says of a point: how far it is from where it should be (below zero it is there), and the slope of that for each element. */
export interface Said {
  readonly margin: number;
  readonly slope: Float64Array;
}

export interface Descent {
  /** Weights of the decision beside what δ costs, each tried by itself. */
  readonly weights: readonly number[];
  readonly beta: number;
  readonly kappa: number;
  readonly steps: number;
}

/** The first step as a share of what an element may be. */
const RATE = 0.05;

/** β ‖δ‖₁ + ‖δ‖₂². */
export const costOf = (delta: Float64Array, beta: number): number => delta.reduce((sum, d) => sum + beta * Math.abs(d) + d * d, 0);

/**
 * Minimizes c max(margin(δ), −κ) + β ‖δ‖₁ + ‖δ‖₂² between bounds, for several c side by side, by fast iterative shrinkage-thresholding. `ask` is told all points of a
 * step at once. Beck and Teboulle 2009, section 4; Dhurandhar et al. 2018, eq. 5 and 6.
 */
export async function fista(
  { size, unit, low, high, start }: Space,
  { weights, beta, kappa, steps }: Descent,
  ask: (deltas: readonly Float64Array[]) => Promise<readonly Said[]>,
): Promise<void> {
  const clipped = (d: number, i: number): number => Math.min(high[i]!, Math.max(low[i]!, d));
  const ahead = weights.map(() => start.slice());
  const before = weights.map(() => start.slice());
  // A slope counts as a share of the steepest one at the start, so that c means the same for every model.
  let steepest = 0;
  for (let k = 0; k < steps; k++) {
    const said = await ask(ahead);
    if (steepest === 0) for (let i = 0; i < size; i++) steepest = Math.max(steepest, Math.abs(said[0]!.slope[i]! * unit[i]!));
    const rate = RATE * Math.sqrt(1 - k / steps);
    const momentum = k / (k + 3);
    said.forEach(({ margin, slope }, t) => {
      const [y, last] = [ahead[t]!, before[t]!];
      const pull = margin > -kappa && steepest > 0 ? weights[t]! / steepest : 0;
      for (let i = 0; i < size; i++) {
        const moved = y[i]! - rate * (2 * y[i]! + pull * slope[i]! * unit[i]!);
        const shrunk = Math.sign(moved) * Math.max(0, Math.abs(moved) - rate * beta);
        const next = clipped(shrunk, i);
        y[i] = clipped(next + momentum * (next - last[i]!), i);
        last[i] = next;
      }
    });
  }
}
