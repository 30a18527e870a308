import { baselines } from '@vitrine/data';
import type { Tensor } from '@vitrine/ir';
import { baselinesFor, fromTensors } from '../baseline.js';
import { ExplainError } from '../error.js';
import { baseline as field, optionsFor, tensor, type Fields, type OptionsOf, type Tensors } from '../field.js';
import type { Inquiry, Point } from '../inquiry.js';
import { named } from '../named.js';
import { everyone, type Presence } from './coalition.js';
import { background, knn, type Comparing } from './comparing.js';
import { inpaint } from './inpaint.js';
import type { Partition } from './partition.js';
import { segmentMean } from './segmentMean.js';
import { linear } from './series/linear.js';
import { timeAxes } from './series/timeline.js';

/** What stands in for what is taken away. */
export interface Removal {
  /** Values and inputs that something stands in for. */
  readonly names: ReadonlySet<string>;
  /** Over how many points a score is averaged. */
  readonly points: number;
  /** The points, where they are the same whatever is there. */
  readonly background?: readonly Point[];
  /** Points stand for what is there too, drawn anew each time; how often each part is there by nature. [parts] */
  readonly shares?: readonly number[];
  /** The points, given what is there of each part. Each may hold only some of the values. */
  over(partition: Partition): (presence: Presence) => readonly Point[];
  /** The points where they are the same whatever is there. */
  always?(partition: Partition): readonly Point[];
}

/** What stands in depends on the parts, or on which of them are there. */
export interface Removing<F extends Fields = Fields> {
  readonly doc: string;
  readonly paper?: string;
  readonly options: F;
  /** Whether it is the same whatever else is absent. */
  readonly always?: true;
  /** @throws ExplainError 'bad-option' where the values are not laid out so */
  standIn(q: Pick<Inquiry, 'x' | 'random' | 'series'>, options: OptionsOf<F>, partition: Partition): (presence: Presence) => Point;
}

/** Stand-ins beside the baselines of paths, by name. */
export const removals = {
  'segment-mean': segmentMean,
  inpaint,
  linear,
} as const satisfies { readonly [name: string]: Removing<never> | Removing };

/** Stand-ins that are rows of a background, by name. */
export const comparisons = { background, knn } as const satisfies { readonly [name: string]: Comparing<never> | Comparing };

export const backgroundOption = tensor(
  'rows to compare with [K,…], for baseline=background and baseline=knn: FILE.npy, or FILE.npz with an array for each input',
);

export const removalOption = field(
  'auto',
  `what stands in for an absent part: mask, unknown, pad (tokens of a text), attention (its tokens are hidden by the attention mask), ${Object.keys(baselines).join(', ')}, ${Object.entries(
    { ...removals, ...comparisons },
  )
    .map(([name, { doc }]) => `${name} (${doc})`)
    .join(
      ', ',
    )}, a number, or a .npy file with one baseline [1,…] or several [K,…], over which scores are averaged; auto is the mask token where there is one, else the background where there is one, else zero`,
);

export function removalFor(q: Inquiry, given: string | number | Tensors, rows?: Tensors): Removal {
  const asked = typeof given === 'string' ? named(given) : undefined;
  if (asked !== undefined && Object.hasOwn(comparisons, asked.name)) {
    const row: Comparing = comparisons[asked.name as keyof typeof comparisons];
    if (rows === undefined)
      throw new ExplainError(
        'bad-option',
        `baseline=${asked.name} takes rows of a background: give them with --background TABLE, or arrays with --option background=FILE.npy`,
      );
    return row.compare(q, optionsFor(`baseline=${asked.name}`, row.options, asked.settings), rowsIn(q, rows));
  }
  if (asked !== undefined && Object.hasOwn(removals, asked.name)) {
    const row: Removing = removals[asked.name as keyof typeof removals];
    const options = optionsFor(`baseline=${asked.name}`, row.options, asked.settings);
    return {
      names: new Set(q.x.keys()),
      points: 1,
      over(partition) {
        const standIn = row.standIn(q, options, partition);
        return (presence) => [standIn(presence)];
      },
      ...(row.always && { always: (partition) => [row.standIn(q, options, partition)(everyone(partition.parts.length))] }),
    };
  }
  const points = pointsFor(q, given);
  return { names: new Set(points[0]!.keys()), points: points.length, background: points, over: () => () => points, always: () => points };
}

/** Rows of a background as points of the attributed values. @throws ExplainError 'bad-option' */
export const rowsIn = (q: Pick<Inquiry, 'x'>, rows: Tensors): readonly Point[] =>
  fromTensors(rows, new Map([...q.x].map(([name, { dims }]) => [name, dims])), 'background');

function pointsFor(q: Inquiry, given: string | number | Tensors): readonly Point[] {
  const shapes = new Map([...q.x].map(([name, { dims }]) => [name, dims]));
  // What stands in for tokens may be an input beside the attributed values.
  const beside = given instanceof Map ? new Map([...(given as Point)].filter(([name]) => !shapes.has(name))) : new Map<string, Tensor>();
  const own = given instanceof Map ? new Map([...(given as Point)].filter(([name]) => shapes.has(name))) : given;
  if (own instanceof Map && own.size === 0 && beside.size > 0) return [beside];
  const points =
    typeof own === 'object' ? fromTensors(own, shapes) : baselinesFor({ x: q.x, shapes, random: q.random, axes: timeAxes(q.series) }, own);
  return points.map((point) => new Map([...point, ...beside]));
}
