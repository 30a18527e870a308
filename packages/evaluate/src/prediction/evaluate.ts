import { random } from '@vitrine/data';
import { MINIMUM, type Estimate, type Minimum } from '../estimate.js';
import { bca, deviation, leaveOut, redraw } from '../statistics/bootstrap.js';
import { Z_95 } from '../statistics/interval.js';
import { predictionMetrics } from './metrics.js';
import type { ClosedInterval, Metric } from './metric.js';
import { whole, type Outcome, type Sample } from './outcome.js';

export interface EvaluateOptions {
  /** Half the width of intervals, in standard deviations of a normal number: 1.96 is 95 %. */
  readonly z?: number;
  /** Draws for intervals that no formula gives. */
  readonly resamples?: number;
  readonly seed?: number;
  readonly minimum?: Partial<Minimum>;
  /** Which metrics, by name. All that the predictions allow unless given. */
  readonly metrics?: readonly string[] | undefined;
  /** Which classes metrics of a class are told for, by place. All unless given. */
  readonly classes?: readonly number[] | undefined;
}

/** One metric of some rows. */
export interface Measured {
  readonly metric: string;
  /** By place, for metrics of a class. */
  readonly of: number | undefined;
  readonly estimate: Estimate;
}

/** A metric, and the class it is told for; −1 where it is of the predictions as a whole. */
export interface Asked {
  readonly metric: Metric;
  readonly k: number;
}

export const RESAMPLES = 1000;
const FEWEST_RESAMPLES = 400;
/** Scores that one interval's resamples may look at: a few seconds. */
const MOST_LOOKS = 1e8;
/** Of more rows a bootstrap is not skewed: what the jackknife finds is nothing. */
const MOST_LEFT_OUT = 20_000;

/** Metrics with intervals. The same predictions, options and seed give the same numbers. */
export function evaluate(outcome: Outcome, options: EvaluateOptions = {}): readonly Measured[] {
  const { seed = 0, z = Z_95 } = options;
  const minimum = { ...MINIMUM, ...options.minimum };
  const sample = whole(outcome);
  const asked = askedOf(outcome, options);
  const enough = asked.map(({ metric, k }) => shortageOf(sample, metric, k, minimum));
  const drawn = asked.filter(({ metric }, i) => enough[i] === undefined && metric.interval === 'bootstrap');
  const resamples = affordable(outcome, options.resamples ?? RESAMPLES);
  const intervals = resampled(outcome, drawn, { resamples, z, uniform: random(seed, 'bootstrap') });
  return asked.map((each, i) => {
    const { metric, k } = each;
    return {
      metric: metric.name,
      of: metric.per === 'class' ? k : undefined,
      estimate: enough[i] ?? (metric.interval === 'bootstrap' ? intervals.get(each)! : closed(sample, metric, metric.interval, k, z)),
    };
  });
}

/** What can be told of these predictions, of what is asked for. */
export function askedOf(outcome: Outcome, { metrics, classes }: Pick<EvaluateOptions, 'metrics' | 'classes'>): readonly Asked[] {
  const rows = predictionMetrics[outcome.kind] as readonly Metric[];
  const allowed = rows.filter(({ name, needs }) => (metrics === undefined || metrics.includes(name)) && has(outcome, needs));
  const places = outcome.kind === 'regression' ? [] : (classes ?? [...outcome.classes.keys()]);
  return allowed.flatMap((metric) => (metric.per === 'class' ? places.map((k) => ({ metric, k })) : [{ metric, k: -1 }]));
}

const has = (outcome: Outcome, needs: Metric['needs']): boolean =>
  outcome.kind === 'regression' || needs === 'labels' || (outcome.scores !== undefined && (needs === 'scores' || outcome.probable));

/** Too few rows; undefined where there are enough. */
function shortageOf(sample: Sample, metric: Metric, k: number, { rows, events }: Minimum): Estimate | undefined {
  const all = sample.counts.length;
  if (all < rows) return { verdict: 'insufficient', support: all, needed: rows, of: 'rows' };
  const { count, of, events: ofEvents } = metric.support(sample, k);
  const needed = ofEvents ? events : rows;
  return count < needed ? { verdict: 'insufficient', support: count, needed, of } : undefined;
}

function closed(sample: Sample, metric: Metric, { name, at }: ClosedInterval<Outcome>, k: number, z: number): Estimate {
  const value = metric.of(sample, k);
  const { count: support } = metric.support(sample, k);
  if (Number.isNaN(value)) return { verdict: 'undefined', reason: metric.undefinedWhere, support };
  const interval = at(sample, k, z);
  return interval === undefined
    ? { verdict: 'estimated', value, low: undefined, high: undefined, interval: name, standardError: undefined, support, note: NO_WIDTH }
    : {
        verdict: 'estimated',
        value,
        low: interval.low,
        high: interval.high,
        interval: name,
        // As wide as a normal number with this interval would be: never 0, unlike the textbook's.
        standardError: (interval.high - interval.low) / (2 * z),
        support,
      };
}

const NO_WIDTH = 'no interval: these rows do not tell how much it varies';

interface Resampling {
  readonly resamples: number;
  readonly z: number;
  readonly uniform: () => number;
}

/** All metrics on the same draws. */
function resampled(outcome: Outcome, asked: readonly Asked[], { resamples, z, uniform }: Resampling): ReadonlyMap<Asked, Estimate> {
  const sample = whole(outcome);
  const counts = sample.counts.slice();
  const draws = asked.map(() => new Float64Array(resamples));
  const leftOut: number[][] = asked.map(() => []);
  if (asked.length > 0) {
    for (let r = 0; r < resamples; r++) {
      const drawn: Sample = { outcome, counts: redraw(counts, uniform) };
      for (const [i, { metric, k }] of asked.entries()) draws[i]![r] = metric.of(drawn, k);
    }
    for (const left of counts.length > MOST_LEFT_OUT ? [] : leaveOut(counts)) {
      const rest: Sample = { outcome, counts: left };
      for (const [i, { metric, k }] of asked.entries()) leftOut[i]!.push(metric.of(rest, k));
    }
  }
  return new Map(
    asked.map((each, i): readonly [Asked, Estimate] => {
      const { metric, k } = each;
      const value = metric.of(sample, k);
      const { count: support } = metric.support(sample, k);
      if (Number.isNaN(value)) return [each, { verdict: 'undefined', reason: metric.undefinedWhere, support }];
      const interval = bca(value, draws[i]!, leftOut[i]!, z);
      const told = { verdict: 'estimated', value, interval: `BCa bootstrap, ${resamples} resamples`, support } as const;
      return interval === undefined
        ? [each, { ...told, low: undefined, high: undefined, standardError: undefined, note: NO_WIDTH }]
        : [each, { ...told, ...interval, standardError: deviation(draws[i]!) }];
    }),
  );
}

/** Fewer where a resample is large. */
export function affordable(outcome: Outcome, resamples: number, fewest = FEWEST_RESAMPLES): number {
  const looks = outcome.truth.length * (outcome.kind === 'classification' ? outcome.classes.length : 1);
  return Math.min(resamples, Math.max(fewest, Math.floor(MOST_LOOKS / Math.max(1, looks))));
}
