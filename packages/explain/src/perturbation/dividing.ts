import { sizeOf, type Graph, type Tensor } from '@vitrine/ir';
import { embeddingsIn } from '../embedding.js';
import { ExplainError } from '../error.js';
import { optionsFor, partition as field, type Tensors } from '../field.js';
import type { Inquiry, Point } from '../inquiry.js';
import { named } from '../named.js';
import { elements, grid, labelled, slices, type Partition } from './partition.js';
import { seriesPartition, seriesPartitions } from './series/index.js';
import { gridOf, partitions, type Dividing } from './partitions.js';

/** Divides the attributed values as an example of its kind is divided, a text into words; undefined where they are not laid out so. */
export type Division = (x: Point) => Partition | undefined;

export const partsOption = field(
  'auto',
  `what is taken away together: token, word, phrase or sentence of a text, ${Object.values(partitions)
    .map(({ form }) => form)
    .join(
      ', ',
    )}, points, windows=WIDTH/STRIDE (as 64/32 or 0.5s/0.25s), segments=PENALTY (between changes of level), channels or bands=COUNT (of frequencies, or their edges as 4-8-13) of a series, the first three with :channels behind them for each channel by itself, or a .npy file with a label for each element; settings stand behind a colon, as slic:segments=80,sigma=1; auto is words, tokens where there is no text, a table’s features, a grid of 8x8 over a picture, 32 windows of a series`,
);

const [SQUARES, STRETCHES] = [8, 32];
/** A table has no more features than this; what is longer is a series. */
const LONGEST_ROW = 512;

/** The partition that an option names. @throws ExplainError 'bad-option' */
export function partitionFor(q: Pick<Inquiry, 'x' | 'divisions' | 'model' | 'pictures' | 'series'>, given: string | Tensors): Partition {
  const { x, divisions, model, series } = q;
  if (typeof given === 'object') return labelled(x, given instanceof Map ? given : new Map([[onlyOf(x), given as Tensor]]));
  if (given === 'auto')
    return divisions.values().next().value?.(x) ?? (isLookup(x, model()) ? { ...slices(x, 1), of: 'token' } : suited(x, series));
  const division = divisions.get(given);
  if (division !== undefined)
    return (
      division(x) ??
      refuse(
        `parts=${given} needs values with one vector for each token: leave --at at the embeddings, or use elements, axis=K or grid=RxC`,
      )
    );
  const ofSeries = seriesPartition(given, x, series);
  if (ofSeries !== undefined) return ofSeries;
  const asked = named(given);
  if (asked !== undefined && Object.hasOwn(partitions, asked.name)) {
    const row: Dividing = partitions[asked.name as keyof typeof partitions];
    const found = row.divide(q, optionsFor(`parts=${asked.name}`, row.options, asked.settings), asked.value);
    if (found !== undefined) return found;
  }
  const names = [...divisions.keys(), ...Object.values(partitions).map(({ form }) => form), ...Object.keys(seriesPartitions)];
  return refuse(`there is no partition called ${given}: use ${names.join(', ')} or a .npy file of labels`);
}

const refuse = (message: string): never => {
  throw new ExplainError('bad-option', message);
};

function onlyOf(x: Point): string {
  const [name, ...more] = x.keys();
  return more.length === 0 ? name! : refuse(`labels are for one value, and there are ${more.length + 1}: give parts as a map of them`);
}

/** Vectors of tokens [1,T,D], one for each. */
function isLookup(x: Point, model: Graph): boolean {
  const found = new Set(embeddingsIn(model).map(({ value }) => value.name));
  return [...x].every(([at, { dims }]) => found.has(at) && dims.length === 3);
}

/** The parts that people see in what is of no kind that is known. */
function suited(x: Point, series: Inquiry['series']): Partition {
  if ([...x.keys()].every((at) => series.has(at))) return seriesPartition('windows', x, series)!;
  const [{ dims }] = [...x.values()] as [Tensor];
  if (dims.length >= 4)
    return gridOf(
      x,
      dims.slice(2).map(() => SQUARES),
    );
  if (dims.length < 2 || (dims.length === 2 && sizeOf(dims) <= LONGEST_ROW)) return elements(x);
  const longest = dims.reduce((best, extent, axis) => (axis > 0 && extent > dims[best]! ? axis : best), 1);
  return grid(x, new Map([[longest, STRETCHES]]));
}
