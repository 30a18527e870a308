import { random } from '@vitrine/data';
import { percentiles, redraw } from '../../statistics/bootstrap.js';
import { Z_95 } from '../../statistics/interval.js';
import { marginsOf } from '../margins.js';
import { affordable } from '../evaluate.js';
import { whole, type Classified, type Sample } from '../outcome.js';
import { ALL } from '../ranking.js';
import { heightAt, thinned, withoutCollinear, type CurveKind, type Points } from './curve.js';
import { gain, lift } from './gain.js';
import { precisionRecall } from './precisionRecall.js';
import { roc, rocMacro } from './roc.js';

/** Curves of scores, in the order of reports. */
export const curveKinds = { roc, 'precision-recall': precisionRecall, gain, lift } satisfies { readonly [name: string]: CurveKind };
export type CurveName = keyof typeof curveKinds;

/** A curve with how far resampling moves it. */
export interface Curve {
  readonly kind: CurveName;
  /** The class, or "macro", "micro". */
  readonly of: string;
  readonly points: Points;
  /** Where 95 % of resampled curves run, at x from 0 to 1: each x by itself. */
  readonly band: readonly { readonly x: number; readonly low: number; readonly high: number }[];
  readonly resamples: number;
}

export interface CurveOptions {
  readonly z?: number;
  readonly resamples?: number;
  readonly seed?: number;
  /** Classes by place: all unless given. */
  readonly classes?: readonly number[] | undefined;
  /** Whether averages over classes are drawn too; where there are more than two unless given. */
  readonly averages?: boolean;
}

const GRID = Array.from({ length: 51 }, (_, i) => i / 50);
export const BAND_RESAMPLES = 500;
const FEWEST_OF_BANDS = 100;

/** All curves of predictions with scores. Classes that no row is of, or all are, have none. */
export function drawCurves(outcome: Classified, options: CurveOptions = {}): readonly Curve[] {
  if (outcome.scores === undefined) return [];
  const { z = Z_95, seed = 0, averages = outcome.classes.length > 2 } = options;
  const sample = whole(outcome);
  const { actual, rows } = marginsOf(sample);
  const tellable = [...outcome.classes.keys()].filter((k) => actual[k]! > 0 && actual[k]! < rows);
  const asked = tellable.filter((k) => options.classes?.includes(k) ?? true);
  const resamples = Math.min(options.resamples ?? BAND_RESAMPLES, affordable(outcome, BAND_RESAMPLES, FEWEST_OF_BANDS));
  const drawings = (Object.keys(curveKinds) as CurveName[]).flatMap((kind): readonly Drawing[] => [
    ...asked.map((k) => ({ kind, of: outcome.classes[k]!, points: (drawn: Sample<Classified>) => curveKinds[kind].points(drawn, k) })),
    ...(averages && kind === 'roc' && tellable.length > 0
      ? [{ kind, of: 'macro', points: (drawn: Sample<Classified>) => rocMacro(drawn, tellable) }]
      : []),
    ...(averages && tellable.length > 0
      ? [{ kind, of: 'micro', points: (drawn: Sample<Classified>) => curveKinds[kind].points(drawn, ALL) }]
      : []),
  ]);
  const heights = resampledHeights(outcome, drawings, resamples, random(seed, 'curves'));
  return drawings.map(({ kind, of, points }, i) => ({
    kind,
    of,
    points: thinned(curveKinds[kind].between === 'line' ? withoutCollinear(points(sample)) : points(sample)),
    band: GRID.flatMap((x, at) => {
      const { low, high } = percentiles(heights[i]![at]!, z);
      return Number.isFinite(low) && Number.isFinite(high) ? [{ x, low, high }] : [];
    }),
    resamples,
  }));
}

interface Drawing {
  readonly kind: CurveName;
  readonly of: string;
  readonly points: (sample: Sample<Classified>) => Points;
}

/** Of each drawing, at each x, in each resample: [drawings][x][resamples]. */
function resampledHeights(
  outcome: Classified,
  drawings: readonly Drawing[],
  resamples: number,
  uniform: () => number,
): readonly (readonly number[])[][] {
  const counts = new Float64Array(outcome.truth.length);
  const heights: number[][][] = drawings.map(() => GRID.map(() => []));
  for (let r = 0; r < resamples; r++) {
    const drawn = { outcome, counts: redraw(counts, uniform) };
    for (const [i, { kind, points }] of drawings.entries()) {
      const curve = points(drawn);
      for (const [at, x] of GRID.entries()) {
        const height = curve.x.length === 0 || (kind === 'lift' && x === 0) ? NaN : heightAt(curve, curveKinds[kind].between, x);
        heights[i]![at]!.push(height);
      }
    }
  }
  return heights;
}
