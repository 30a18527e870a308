import type { Value } from '../schema.js';
import { normalBelow, probit } from './probit.js';

/** What a step makes of a value: another, or several numbers, or why it cannot. */
export type Made = Value | readonly number[] | { readonly fault: string };

/** One column's part of a step. */
export interface Coder {
  encode(value: Value): Made;
  /** The value that was encoded, or the nearest to it. */
  decode(made: Value | readonly number[]): Value;
  /** What each number stands for, where one value becomes several. */
  readonly parts?: readonly string[];
  /** Whether text may come in, and goes out. */
  readonly takesText?: boolean;
  readonly givesText?: boolean;
}

/** Parameters of a step: one for each column of its block. */
export interface StepFields {
  readonly impute: { readonly values?: readonly (number | string)[]; readonly strategy?: 'mean' | 'median' | 'mostFrequent' };
  readonly standard: { readonly mean?: readonly number[]; readonly std?: readonly number[] };
  readonly minMax: { readonly min?: readonly number[]; readonly max?: readonly number[]; readonly range?: readonly [number, number] };
  readonly quantile: {
    readonly quantiles?: readonly (readonly number[])[];
    readonly count?: number;
    readonly output?: 'uniform' | 'normal';
  };
  readonly bins: {
    readonly edges?: readonly (readonly number[])[];
    readonly count?: number;
    readonly by?: 'width' | 'quantile';
    readonly encode?: 'ordinal' | 'oneHot';
  };
  readonly ordinal: { readonly categories?: readonly (readonly string[])[]; readonly unknown?: number };
  readonly oneHot: {
    readonly categories?: readonly (readonly string[])[];
    readonly drop?: 'first' | 'ifBinary';
    readonly unknown?: 'error' | 'ignore';
  };
  readonly passthrough: object;
}

export type StepName = keyof StepFields;
export type Step = { readonly [name in StepName]: { readonly step: name } & StepFields[name] }[StepName];

const EMPTY = { fault: 'is empty, and nothing says what stands in: add an impute step' };

/** Steps on numbers; booleans are 0 and 1. */
const numeric = (encode: (x: number) => number, decode: (y: number) => number): Coder => ({
  encode: (value) => (value === null ? EMPTY : encode(Number(value))),
  decode: (made) => decode(Number(made)),
});

const unseen = (value: Value, categories: readonly string[]): { readonly fault: string } => ({
  fault: `is ${JSON.stringify(value)}, a category never seen: ${categories.length <= 12 ? `there are ${categories.join(', ')}` : `it is none of ${categories.length}`}`,
});
const wordOf = (value: Value): string => String(value);

const coders: { readonly [name in StepName]: (step: StepFields[name], column: number) => Coder } = {
  impute: ({ values }, i) => ({
    encode: (value) => value ?? values![i]!,
    decode: (made) => made as Value,
    takesText: true,
    givesText: true,
  }),
  // A column that is the same everywhere has no deviation: scikit-learn divides by 1.
  standard: ({ mean, std }, i) =>
    numeric(
      (x) => (x - mean![i]!) / (std![i]! || 1),
      (y) => y * (std![i]! || 1) + mean![i]!,
    ),
  minMax: ({ min, max, range: [low, high] = [0, 1] }, i) => {
    const extent = max![i]! - min![i]! || 1;
    return numeric(
      (x) => low + ((x - min![i]!) / extent) * (high - low),
      (y) => min![i]! + ((y - low) / (high - low)) * extent,
    );
  },
  quantile: ({ quantiles, output = 'uniform' }, i) => quantileCoder(quantiles![i]!, output),
  bins: ({ edges, encode = 'ordinal' }, i) => binsCoder(edges![i]!, encode),
  ordinal: ({ categories, unknown }, i) => {
    const known = categories![i]!;
    return {
      encode(value) {
        if (value === null) return unknown ?? EMPTY;
        const at = known.indexOf(wordOf(value));
        return at >= 0 ? at : (unknown ?? unseen(value, known));
      },
      decode: (made) => known[Math.round(Number(made))] ?? null,
      takesText: true,
    };
  },
  oneHot: (step, i) => oneHotCoder(step, step.categories![i]!),
  passthrough: () => ({ encode: (value) => value, decode: (made) => made as Value, takesText: true, givesText: true }),
};

function oneHotCoder({ drop, unknown = 'error' }: StepFields['oneHot'], categories: readonly string[]): Coder {
  const first = drop === 'first' || (drop === 'ifBinary' && categories.length === 2) ? 1 : 0;
  const parts = categories.slice(first);
  return {
    parts,
    takesText: true,
    encode(value) {
      if (value === null && unknown === 'error') return EMPTY;
      const at = value === null ? -1 : categories.indexOf(wordOf(value));
      if (at < 0 && unknown === 'error') return unseen(value, categories);
      return parts.map((_, k) => Number(k + first === at));
    },
    decode(made) {
      const numbers = made as readonly number[];
      const most = numbers.reduce((best, x, k) => (x > numbers[best]! ? k : best), 0);
      if ((numbers[most] ?? 0) > 0.5) return parts[most]!;
      return first === 1 ? categories[0]! : null;
    },
  };
}

/** Where x lies between knots that rise, as a number from 0 to 1, and back. Where knots repeat, the middle of both readings: scikit-learn's QuantileTransformer. */
function quantileCoder(knots: readonly number[], output: 'uniform' | 'normal'): Coder {
  const shares = knots.map((_, k) => k / (knots.length - 1));
  const turned = (list: readonly number[]): readonly number[] => list.map((x) => -x).toReversed();
  const [down, less] = [turned(knots), turned(shares)];
  const upwards = (x: number): number => interpolated(x, knots, shares);
  const downwards = (x: number): number => -interpolated(-x, down, less);
  const share = (x: number): number => {
    if (x <= knots[0]!) return 0;
    if (x >= knots.at(-1)!) return 1;
    return (upwards(x) + downwards(x)) / 2;
  };
  if (output === 'uniform') return numeric(share, (y) => interpolated(y, shares, knots));
  return numeric(
    (x) => {
      const p = share(x);
      return p === 0 || p === 1 ? (2 * p - 1) * FARTHEST : Math.min(FARTHEST, Math.max(-FARTHEST, probit(p)));
    },
    (y) => {
      const p = normalBelow(y);
      return p < CUT ? knots[0]! : p > 1 - CUT ? knots.at(-1)! : interpolated(p, shares, knots);
    },
  );
}

/** Where the ends of a normal distribution are cut, as scikit-learn does. */
const CUT = 1e-7;
const FARTHEST = -probit(CUT - Number.EPSILON);

/** y at x on the line through points whose x rise; beyond them the last one's. */
function interpolated(x: number, xs: readonly number[], ys: readonly number[]): number {
  if (x <= xs[0]! && x < xs[1]!) return ys[0]!;
  let right = xs.findIndex((knot) => knot > x);
  if (right < 0) return ys.at(-1)!;
  if (right === 0) right = 1;
  const left = right - 1;
  return ys[left]! + ((x - xs[left]!) / (xs[right]! - xs[left]!)) * (ys[right]! - ys[left]!);
}

/** Which interval x lies in; those at the ends are open. Back: its middle. */
function binsCoder(edges: readonly number[], encode: 'ordinal' | 'oneHot'): Coder {
  const inner = edges.slice(1, -1);
  const binOf = (x: number): number => {
    const at = inner.findIndex((edge) => x < edge);
    return at < 0 ? inner.length : at;
  };
  const middle = (bin: number): number => (edges[bin]! + edges[bin + 1]!) / 2;
  if (encode === 'ordinal') return numeric(binOf, (y) => middle(Math.min(inner.length, Math.max(0, Math.round(y)))));
  return {
    parts: edges.slice(1).map((edge, k) => `${edges[k]} to ${edge}`),
    encode: (value) => (value === null ? EMPTY : edges.slice(1).map((_, k) => Number(k === binOf(Number(value))))),
    decode(made) {
      const numbers = made as readonly number[];
      return middle(numbers.reduce((best, x, k) => (x > numbers[best]! ? k : best), 0));
    },
  };
}

/** One column's part of a step whose parameters are there. */
export const coderOf = (step: Step, column: number): Coder => (coders[step.step] as (step: Step, column: number) => Coder)(step, column);
