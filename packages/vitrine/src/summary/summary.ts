import type { SummaryShown } from '@vitrine/audit';
import { random } from '@vitrine/data';
import { summarizing, type FeatureSummary } from '@vitrine/evaluate';
import type { Explained, Named } from './explained.js';
import type { Outcome } from './journal.js';

/** What one feature counts over all examples. */
export interface SummaryFeature extends Named, Omit<FeatureSummary, 'feature'> {}

/** What many explanations say together. */
export interface Summarized {
  /** The greatest first. */
  readonly features: readonly SummaryFeature[];
  readonly explained: number;
  readonly failed: number;
  /** The first that failed, and why. */
  readonly failures: readonly { readonly number: number; readonly message: string }[];
  /** Mean of the explained number, and of what it is where nothing is known. */
  readonly score: number;
  readonly base: number;
  /** Explained targets, the most frequent first. */
  readonly targets: readonly { readonly target: string; readonly count: number }[];
  /** Some of the rows, drawn by seed, for charts. */
  readonly shown: SummaryShown;
}

/** Rows that are kept for charts, features that are, and numbers that all of them may be. */
const [SHOWN_ROWS, SHOWN_FEATURES, SHOWN] = [2000, 100, 400_000];
const MOST_FAILURES = 100;
/** Names that are told apart: words of texts are any number. */
const MOST_NAMES = 50_000;

/** Takes outcomes one after the other. */
export interface Collecting {
  add(outcome: Outcome): void;
  done(): Summarized;
}

export function collecting(seed: number): Collecting {
  const names = new Map<string, number>();
  const known: Named[] = [];
  const uniform = random(seed, 'rows shown');
  const kept: Kept[] = [];
  const failures: { readonly number: number; readonly message: string }[] = [];
  const targets = new Map<string, number>();
  let sums: ReturnType<typeof summarizing> | undefined;
  let [explained, failed, score, base] = [0, 0, 0, 0];
  const placeOf = ({ name, label, unit }: Named): number => {
    const place =
      names.get(name) ??
      (names.size < MOST_NAMES ? known.push({ name, ...(label !== undefined && { label }), ...(unit !== undefined && { unit }) }) - 1 : -1);
    if (place >= 0) names.set(name, place);
    return place;
  };
  return {
    add(outcome) {
      if (outcome.explained === undefined) {
        failed++;
        if (failures.length < MOST_FAILURES) failures.push({ number: outcome.number, message: outcome.failure });
        return;
      }
      const own = outcome.explained;
      const places = own.values.map(placeOf);
      // Where the second has other names than the first, there may be any number of them.
      sums ??= summarizing({ seed, features: outcome.source === undefined ? own.values.length : undefined });
      const held = places.flatMap((place, i) => (place < 0 ? [] : [i]));
      sums.add(
        held.map((i) => places[i]!),
        held.map((i) => own.values[i]!.attribution),
      );
      explained++;
      score += own.score;
      base += own.base ?? NaN;
      if (own.target !== undefined) targets.set(own.target, (targets.get(own.target) ?? 0) + 1);
      const most = Math.max(50, Math.min(SHOWN_ROWS, Math.floor(SHOWN / Math.max(1, own.values.length))));
      const place = kept.length < most ? kept.length : Math.floor(uniform() * explained);
      if (place < most) kept[place] = { number: outcome.number, id: outcome.source ?? String(outcome.number), explained: own };
    },
    done() {
      const features = (sums?.done() ?? []).map(({ feature, ...rest }): SummaryFeature => ({ ...known[feature]!, ...rest }));
      return {
        features,
        explained,
        failed,
        failures,
        score: score / explained,
        base: base / explained,
        targets: [...targets].map(([target, count]) => ({ target, count })).toSorted((a, b) => b.count - a.count),
        shown: shownOf(
          features.slice(0, SHOWN_FEATURES),
          kept.toSorted((a, b) => a.number - b.number),
        ),
      };
    },
  };
}

interface Kept {
  readonly number: number;
  readonly id: string;
  readonly explained: Explained;
}

function shownOf(features: readonly SummaryFeature[], kept: readonly Kept[]): SummaryShown {
  return {
    features: features.map(({ name, label = name, unit, mean, meanAbs, low, high }) => ({
      name: label,
      ...(unit !== undefined && { unit }),
      mean,
      meanAbs,
      low,
      high,
    })),
    rows: kept.map(({ id, explained: { score, base = NaN, values } }) => {
      const own = new Map(values.map((value) => [value.name, value]));
      return {
        id,
        prediction: score,
        base,
        values: Float64Array.from(features, ({ name }) => own.get(name)?.attribution ?? 0),
        features: features.map(({ name }) => {
          const value = own.get(name)?.value ?? null;
          return typeof value === 'boolean' ? String(value) : value;
        }),
      };
    }),
  };
}
