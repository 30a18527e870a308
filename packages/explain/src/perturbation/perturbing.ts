import { ExplainError } from '../error.js';
import type { PartValue } from '../explanation.js';
import type { Explainer, Found } from '../explainer.js';
import type { Fields, OptionsOf, Tensors } from '../field.js';
import type { Inquiry, Point } from '../inquiry.js';
import type { Presence } from './coalition.js';
import { partitionFor, partsOption } from './dividing.js';
import { intervalsOf, type Interval } from './interval.js';
import type { Part, Partition } from './partition.js';
import { ranking } from './ranking.js';
import { backgroundOption, removalFor, removalOption, rowsIn, type Removal } from './removal.js';
import { apartScorer, gradedScorer, scorer, type Scorer } from './scorer.js';
import { spread } from './spread.js';
import { shared, together, type Members } from './together.js';

/** What each part counts. */
export interface Fitted {
  readonly values: Float64Array;
  /** Standard deviation of each value over other draws, where coalitions were drawn. */
  readonly standardErrors?: Float64Array | undefined;
  /** From how many draws more than needed errors were told: degrees of freedom. Endless unless given. */
  readonly degrees?: number;
  /** Of 95 %, where they are others than values and errors make. */
  readonly intervals?: readonly Interval[];
  /** Where values are of sets of parts: which. */
  readonly sets?: readonly Members[];
  /** What the values should add up to, where the method promises it. */
  readonly expected?: number;
  readonly warnings?: readonly string[];
}

/** Which coalitions are scored, and how their scores become one number for each part. */
export interface Sampling {
  /** Parts are there in part. */
  readonly graded?: true;
  /** Coalitions that are scored in any case. They come first. */
  readonly fixed: number;
  /** Coalitions of one independent draw, and how many draws there are at most. */
  readonly draw: number;
  readonly draws: number;
  /** Made as they are asked for, the same each time. */
  coalitions(): Iterable<Presence>;
  /** From the scores of the fixed coalitions and of the first draws, in order; `full` is the score with every part there. */
  fit(scores: Float64Array, full: number): Fitted;
}

/** What a method has to play with that chooses what it scores by the scores so far, or looks at each point that stands in. */
export interface Playing {
  readonly x: Point;
  readonly partition: Partition;
  /** The score with every part there. */
  readonly full: number;
  readonly score: Scorer;
  /** Scores with each point that stands in by itself, all of one coalition, then all of the next; and how many points there are, none where they depend on what is there. */
  readonly scoreApart: Scorer;
  readonly points: number;
  /** Rows to compare with, where there are some. */
  readonly rows: readonly Point[];
}

/** Options of every method that takes parts away. */
export const removing = { parts: partsOption, baseline: removalOption, background: backgroundOption };

/** Pixels of a picture of 256 × 256. */
const MOST_PARTS = 2 ** 16;
/** The fewest draws that a standard error is believed after, and by how much a round of draws makes them more. */
const [BELIEVED, GROWTH] = [16, 1.5];

type Perturbing<F extends Fields> = Omit<Explainer<F>, 'explain' | 'compile' | 'family' | 'layer' | 'forwardOnly' | 'signed'> & {
  /** Whether less than zero means something; it does unless said otherwise. */
  readonly signed?: boolean;
  /** What the option's partition becomes, where a method does not take it as it is. */
  readonly divide?: (partition: Partition, q: Inquiry, options: OptionsOf<F>) => Partition;
  /** What the option's removal becomes. */
  readonly remove?: (removal: Removal, q: Inquiry, options: OptionsOf<F>, partition: Partition) => Removal;
} & (
    | {
        readonly sampling: (
          players: number,
          options: OptionsOf<F>,
          random: Inquiry['random'],
          partition: Partition,
          removal: Removal,
        ) => Sampling;
      }
    | { readonly play: (game: Playing, options: OptionsOf<F>) => Promise<Fitted> }
  );

/** A method that takes parts away and scores what is left: partition × sampler × removal × fit. It asks for no gradient. */
export const perturbing = <F extends Fields & typeof removing>({ divide, remove, ...row }: Perturbing<F>): Explainer<F> => ({
  signed: true,
  ...row,
  family: 'perturbation',
  layer: 'none',
  forwardOnly: true,
  async explain(q, options): Promise<Found> {
    // A type with open fields does not tell that those of `removing` are among them.
    const { parts, baseline, background, until = 0 } = options as unknown as Removing;
    const asked = removalFor(q, baseline, background);
    const named = partitionFor(q, parts);
    const partition = changing(divide?.(named, q, options) ?? named, new Set([...q.x.keys(), ...asked.names]));
    const removal = remove?.(asked, q, options, partition) ?? asked;
    const players = partition.parts.length;
    if (players === 0) throw new ExplainError('bad-input', `${row.name} finds nothing to take away: the example has no ${partition.of}`);
    if (players > MOST_PARTS)
      throw new ExplainError(
        'bad-option',
        `${players} parts are too many to take away one by one (at most ${MOST_PARTS}): give larger ones with parts=`,
      );
    const found =
      'play' in row
        ? await row.play(playing(q, partition, removal, background), options)
        : await fitted(q, partition, removal, row.sampling(players, options, q.random, partition, removal), until);
    const { values, sets, expected, warnings } = found;
    const estimates = estimatesOf(found, q.random);
    return {
      attributions: spread(q.x, partition, sets === undefined ? values : shared(players, sets, values)),
      ...(expected !== undefined && { expected }),
      ...(warnings && { warnings }),
      parts:
        sets === undefined
          ? { of: partition.of, values: partition.parts.map((part, i) => ({ ...part, ...estimates[i]! })) }
          : together(partition.of, partition.parts, sets, estimates),
    };
  },
});

const playing = (q: Inquiry, partition: Partition, removal: Removal, rows: Tensors | undefined): Playing => ({
  x: q.x,
  partition,
  full: q.score,
  score: scorer(q, partition, removal),
  scoreApart: apartScorer(q, partition, removal),
  points: removal.background?.length ?? 0,
  rows: rows === undefined ? (removal.background ?? []) : rowsIn(q, rows),
});

/** Values, and how far they may be off where they were estimated. */
function estimatesOf(found: Fitted, random: Inquiry['random']): readonly Omit<PartValue, keyof Part>[] {
  const { values, standardErrors } = found;
  if (standardErrors === undefined) return Array.from(values, (value) => ({ value }));
  const ranks = ranking(values, standardErrors, random);
  const intervals = intervalsOf(found)!;
  return Array.from(values, (value, i) => ({
    value,
    standardError: standardErrors[i]!,
    interval: intervals[i]!,
    ...(ranks.has(i) && { rank: ranks.get(i)! }),
  }));
}

/** Parts without elements of inputs that nothing stands in for. */
const changing = ({ parts, ...rest }: Partition, names: ReadonlySet<string>): Partition => ({
  ...rest,
  parts: parts.map((part) => ({ ...part, runs: new Map([...part.runs].filter(([at]) => names.has(at))) })),
});

interface Removing {
  readonly parts: string | Tensors;
  readonly baseline: string | number | Tensors;
  readonly background: Tensors | undefined;
  /** Only methods that draw have it. */
  readonly until?: number;
}

/** Draws until every standard error is small enough, or all draws are made. */
async function fitted(q: Inquiry, partition: Partition, removal: Removal, plan: Sampling, until: number): Promise<Fitted> {
  const score = (plan.graded || removal.shares ? gradedScorer : scorer)(q, partition, removal);
  const scores: number[] = [];
  const coalitions = plan.coalitions()[Symbol.iterator]();
  const more = async (count: number): Promise<Fitted> => {
    for (const one of await score(taken(coalitions, count), count)) scores.push(one);
    return plan.fit(Float64Array.from(scores), q.score);
  };
  if (until <= 0 || plan.draws <= BELIEVED) return more(plan.fixed + plan.draws * plan.draw);
  let draws = BELIEVED;
  let found = await more(plan.fixed + draws * plan.draw);
  while (draws < plan.draws && found.standardErrors?.every((error) => error <= until) !== true) {
    const next = Math.min(plan.draws, Math.ceil(draws * GROWTH));
    found = await more((next - draws) * plan.draw);
    draws = next;
  }
  return found;
}

function* taken<T>(items: Iterator<T>, count: number): Iterable<T> {
  for (let i = 0; i < count; i++) {
    const { value, done } = items.next();
    if (done) return;
    yield value;
  }
}
