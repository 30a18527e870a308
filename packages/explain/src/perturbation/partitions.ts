import { felzenszwalb, quickshift, slic } from '@vitrine/data';
import type { Tensor } from '@vitrine/ir';
import { ExplainError } from '../error.js';
import { int, number, type Fields, type OptionsOf } from '../field.js';
import type { Inquiry, Point } from '../inquiry.js';
import { isChannelLast, spatialAxes } from '../layout.js';
import { elements, grid, slices, type Partition } from './partition.js';
import { superpixels } from './superpixels.js';

/** A way to divide what is explained into parts that are taken away together. */
export interface Dividing<F extends Fields = Fields> {
  /** How it is asked for. */
  readonly form: string;
  /** Author, year and place, where it has some. */
  readonly paper?: string;
  /** Said behind a colon: `slic:segments=80,sigma=1`. */
  readonly options: F;
  /** `value` is what stands behind `=`; undefined where that makes no sense. @throws ExplainError 'bad-option' */
  divide(q: Pick<Inquiry, 'x' | 'pictures'>, options: OptionsOf<F>, value: string | undefined): Partition | undefined;
}

const dividing = <F extends Fields>(row: Dividing<F>): Dividing<F> => row;
const sigma = (value: number) => number(value, 'blur beforehand, in pixels', { min: 0, max: 100 });

/** Ways to divide any example. Texts have others of their own. */
export const partitions = {
  elements: dividing({ form: 'elements', options: {}, divide: ({ x }, _, value) => (value === undefined ? elements(x) : undefined) }),
  axis: dividing({
    form: 'axis=K',
    options: {},
    divide: ({ x }, _, value) => (value !== undefined && /^\d+$/.test(value) ? slices(x, Number(value)) : undefined),
  }),
  grid: dividing({
    form: 'grid=RxC',
    options: {},
    divide: ({ x }, _, value) => (value !== undefined && /^\d+(x\d+)*$/.test(value) ? gridOf(x, value.split('x').map(Number)) : undefined),
  }),
  pixels: dividing({ form: 'pixels', options: {}, divide: ({ x }, _, value) => (value === undefined ? pixels(x) : undefined) }),
  slic: dividing({
    form: 'slic',
    paper: 'Achanta et al. 2012, IEEE TPAMI 34(11)',
    options: {
      segments: int(64, 'about how many regions', { min: 1, max: 10_000 }),
      compactness: number(10, 'how much a step across the picture weighs beside one in colour', { min: 0.01, max: 10_000 }),
      sigma: sigma(1),
    },
    divide: superpixels('slic', slic),
  }),
  quickshift: dividing({
    form: 'quickshift',
    paper: 'Vedaldi and Soatto 2008, ECCV',
    options: {
      kernel: number(4, 'standard deviation of the kernel for density, in pixels: larger makes larger regions', { min: 0.5, max: 20 }),
      distance: number(200, 'the longest step within a region, in pixels', { min: 1, max: 1e6 }),
      ratio: number(0.2, 'what a step in colour counts, in pixels', { min: 0, max: 10 }),
      sigma: sigma(0),
    },
    divide: superpixels('quickshift', quickshift),
  }),
  felzenszwalb: dividing({
    form: 'felzenszwalb',
    paper: 'Felzenszwalb and Huttenlocher 2004, IJCV 59(2)',
    options: {
      scale: number(100, 'how much colours within a region may differ: larger makes larger regions', { min: 0, max: 1e6 }),
      sigma: sigma(0.8),
      smallest: int(50, 'pixels that a region has at least', { min: 1, max: 1e6 }),
    },
    divide: superpixels('felzenszwalb', felzenszwalb),
  }),
} as const satisfies { readonly [name: string]: Dividing<never> | Dividing };

const refuse = (message: string): never => {
  throw new ExplainError('bad-option', message);
};

/** A grid over the axes of space, the last of them where there are more than counts; of a row of numbers over its axes. */
export function gridOf(x: Point, counts: readonly number[]): Partition {
  const [{ dims }] = [...x.values()] as [Tensor];
  const spatial = isChannelLast(dims) ? spatialAxes(dims) : dims.map((_, axis) => axis).slice(-counts.length);
  if (counts.some((count) => count < 1)) refuse(`grid=${counts.join('x')} has no parts: give whole numbers above 0`);
  if (counts.length > spatial.length || counts.length >= dims.length)
    refuse(`grid=${counts.join('x')} needs as many axes of space, and the value has shape [${dims.join(',')}]`);
  return grid(x, new Map(spatial.slice(-counts.length).map((axis, i) => [axis, counts[i]!])));
}

/** Each place with all its channels. */
export function pixels(x: Point): Partition {
  const [[at, { dims }]] = [...x] as [[string, Tensor]];
  const spatial = spatialAxes(dims);
  if (x.size > 1 || dims.length < 3)
    refuse(`parts=pixels divides one picture or series, and ${at} has shape [${dims.join(',')}]: use elements`);
  const extents = spatial.map((axis) => dims[axis]!);
  return { ...grid(x, new Map(spatial.map((axis, i) => [axis, extents[i]!]))), of: 'pixel', field: extents };
}
