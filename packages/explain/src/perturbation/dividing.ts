import { sizeOf, type Graph, type Tensor } from '@vitrine/ir';
import { embeddingsIn } from '../embedding.js';
import { ExplainError } from '../error.js';
import { partition as field, type Tensors } from '../field.js';
import type { Inquiry, Point } from '../inquiry.js';
import { isChannelLast } from '../layout.js';
import { elements, grid, labelled, slices, type Partition } from './partition.js';

/** Divides the attributed values as an example of its kind is divided, a text into words; undefined where they are not laid out so. */
export type Division = (x: Point) => Partition | undefined;

export const partsOption = field(
  'auto',
  'what is taken away together: token, word, phrase or sentence of a text, elements, axis=K, grid=RxC, or a .npy file with a label for each element; auto is words, tokens where there is no text, a table’s features, a grid of 8x8 over a picture, 32 stretches of a series',
);

const [SQUARES, STRETCHES] = [8, 32];
/** A table has no more features than this; what is longer is a series. */
const LONGEST_ROW = 512;

/** The partition that an option names. @throws ExplainError 'bad-option' */
export function partitionFor({ x, divisions, model }: Pick<Inquiry, 'x' | 'divisions' | 'model'>, given: string | Tensors): Partition {
  if (typeof given === 'object') return labelled(x, given instanceof Map ? given : new Map([[onlyOf(x), given as Tensor]]));
  if (given === 'auto')
    return divisions.values().next().value?.(x) ?? (isLookup(x, model()) ? { ...slices(x, 1), of: 'token' } : suited(x));
  const division = divisions.get(given);
  if (division !== undefined)
    return (
      division(x) ??
      refuse(
        `parts=${given} needs values with one vector for each token: leave --at at the embeddings, or use elements, axis=K or grid=RxC`,
      )
    );
  if (given === 'elements') return elements(x);
  const [, kind, text] = /^(axis|grid)=(\d+(?:x\d+)*)$/.exec(given) ?? [];
  if (kind === 'axis' && /^\d+$/.test(text!)) return slices(x, Number(text));
  if (kind === 'grid') return gridOf(x, text!.split('x').map(Number));
  const own = [...divisions.keys()].map((name) => `${name}, `).join('');
  return refuse(`there is no partition called ${given}: use ${own}elements, axis=K, grid=RxC or a .npy file of labels`);
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
function suited(x: Point): Partition {
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

/** A grid over the axes of space: all but the batch's and the channels', as many as counts are given. */
function gridOf(x: Point, counts: readonly number[]): Partition {
  const [{ dims }] = [...x.values()] as [Tensor];
  const spatial =
    dims.length >= 4 && isChannelLast(dims) ? dims.map((_, a) => a).slice(1, -1) : dims.map((_, a) => a).slice(-counts.length);
  if (counts.some((count) => count < 1)) refuse(`grid=${counts.join('x')} has no parts: give whole numbers above 0`);
  if (counts.length > spatial.length || counts.length >= dims.length)
    refuse(`grid=${counts.join('x')} needs as many axes of space, and the value has shape [${dims.join(',')}]`);
  return grid(x, new Map(spatial.slice(-counts.length).map((axis, i) => [axis, counts[i]!])));
}
