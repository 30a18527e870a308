import type { Classified, Sample } from '../outcome.js';

/** Points of a curve, from left to right. */
export interface Points {
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** The score from which on rows count as found; infinite where none does, NaN where points stem from several. */
  readonly threshold: readonly number[];
}

/** A way to draw how scores order rows. */
export interface CurveKind {
  readonly name: string;
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly meaning: string;
  readonly source: string;
  /** Of class k, or of ALL. */
  readonly points: (sample: Sample<Classified>, k: number) => Points;
  /** Between points: a line, or the height of the next point to the right. */
  readonly between: 'line' | 'step';
  /** What scores without any knowledge give. */
  readonly chance: (sample: Sample<Classified>, k: number) => (x: number) => number;
}

/** The height of a curve at x: of several points there, the last one's. */
export function heightAt({ x, y }: Points, between: CurveKind['between'], at: number): number {
  let [low, high] = [0, x.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (x[middle]! <= at) low = middle;
    else high = middle - 1;
  }
  if (low === x.length - 1 || x[low] === at || x[low]! > at) return y[low]!;
  return between === 'step' ? y[low + 1]! : y[low]! + ((y[low + 1]! - y[low]!) * (at - x[low]!)) / (x[low + 1]! - x[low]!);
}

/** Without points that lie on the line between their neighbours. */
export function withoutCollinear({ x, y, threshold }: Points): Points {
  const kept: number[] = [];
  for (let i = 0; i < x.length; i++) {
    const [before, next] = [kept.at(-1), i + 1];
    const turn =
      before === undefined || next === x.length ? 1 : (x[i]! - x[before]!) * (y[next]! - y[i]!) - (y[i]! - y[before]!) * (x[next]! - x[i]!);
    if (Math.abs(turn) > 1e-15) kept.push(i);
  }
  return { x: kept.map((i) => x[i]!), y: kept.map((i) => y[i]!), threshold: kept.map((i) => threshold[i]!) };
}

/** More points than these are thinned. */
const MOST_POINTS = 2000;
const STEP = 1e-3;

/** Of many points, those that are a thousandth away from the one before, in either direction; and the last. */
export function thinned({ x, y, threshold }: Points): Points {
  if (x.length <= MOST_POINTS) return { x, y, threshold };
  const kept: number[] = [];
  for (let i = 0; i < x.length; i++) {
    const before = kept.at(-1);
    if (before === undefined || i === x.length - 1 || Math.abs(x[i]! - x[before]!) >= STEP || Math.abs(y[i]! - y[before]!) >= STEP)
      kept.push(i);
  }
  return { x: kept.map((i) => x[i]!), y: kept.map((i) => y[i]!), threshold: kept.map((i) => threshold[i]!) };
}
