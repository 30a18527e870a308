import { DataError } from '../error.js';

/** Which axes of a tensor a series lies along; any others have one element. */
export interface SeriesAxes {
  readonly time: number;
  /** Undefined where there is no axis for channels, because there is one channel. */
  readonly channel: number | undefined;
}

type Shape = readonly (number | string)[];

/** Axes behind the batch that hold something. [T] and [C,T] with a fixed first axis have no batch. */
function inner(shape: Shape): readonly number[] {
  const isBatched = shape.length > 2 || (shape.length === 2 && (typeof shape[0] === 'string' || shape[0] === 1));
  const behind = shape.map((_, axis) => axis).slice(isBatched ? 1 : 0);
  const singles = behind.filter((axis) => shape[axis] === 1);
  // Of [N,1,C,T] and its like the axis of 1 is a picture's channel.
  const dropped = new Set(singles.slice(0, Math.max(0, behind.length - 2)));
  return behind.filter((axis) => !dropped.has(axis));
}

/**
 * Where channels and time lie in a model's input: [N,C,T], [N,T,C], [N,T], [T], [C,T], and with an axis of 1 more, as [N,1,C,T]. Unless
 * `layout` says it, where so many channels fit; of both, where the samples fit too; else channels come first. Undefined where so many
 * channels fit nowhere.
 */
export function axesFor(shape: Shape, channels: number, samples: number, layout?: 'CT' | 'TC'): SeriesAxes | undefined {
  const [a, b, ...more] = inner(shape);
  if (a === undefined || more.length > 0) return undefined;
  if (b === undefined) return channels === 1 ? { time: a, channel: undefined } : undefined;
  const fits = (axis: number): boolean => typeof shape[axis] === 'string' || shape[axis] === channels;
  const both = [
    { layout: 'CT', channel: a, time: b },
    { layout: 'TC', channel: b, time: a },
  ].filter((one) => (layout === undefined ? fits(one.channel) : one.layout === layout && fits(one.channel)));
  const said = both.filter(({ channel }) => shape[channel] === channels);
  const exact = (said.length > 0 ? said : both).toSorted((p, q) => Number(shape[q.time] === samples) - Number(shape[p.time] === samples));
  const [best] = exact;
  return best && { time: best.time, channel: best.channel };
}

/** How many channels a model's input takes, where its shape or the layout says so. */
export function channelsIn(shape: Shape, layout?: 'CT' | 'TC'): readonly number[] {
  const axes = inner(shape);
  if (axes.length === 1) return [1];
  return (layout === undefined ? axes : [axes[layout === 'CT' ? 0 : 1]!]).flatMap((axis) => {
    const extent = shape[axis];
    return typeof extent === 'number' ? [extent] : [];
  });
}

/** Axes of an array that is a series already: time is the longer one, unless `layout` says otherwise. Undefined where it is none. */
export function axesOf(dims: readonly number[], layout?: 'CT' | 'TC'): SeriesAxes | undefined {
  const [a, b, ...more] = inner(dims);
  if (a === undefined || more.length > 0) return undefined;
  if (b === undefined) return { time: a, channel: undefined };
  const first = layout === undefined ? dims[a]! > dims[b]! : layout === 'TC';
  return first ? { time: a, channel: b } : { time: b, channel: a };
}

/** @throws DataError naming the input, for shapes that no series has */
export function checkShape(shape: Shape | undefined, name: string): Shape {
  const axes = shape && inner(shape);
  if (axes === undefined || axes.length === 0 || axes.length > 2)
    throw new DataError('bad-input', `input ${name} has shape [${shape?.join(',') ?? '?'}], which is no series': give it as .npy`);
  return shape!;
}
