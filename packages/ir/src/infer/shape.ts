import type { Dim, Shape, Value } from '../graph.js';
import { axesOf, axisOf, broadcast, freshList, listOf, numbersOf, shapeOf, type InferContext, type InferTable } from './context.js';
import { productOf, reshaped } from './reshape.js';

type Fresh = Pick<InferContext, 'fail' | 'fresh'>;

/** Operators that only move or repeat elements. */
export const shape = {
  Shape: ({ x: [x], attrs }) => [[sliceRange(shapeOf(x).length, attrs)[1]]],
  Size: () => [[]],
  Reshape: (c) => [reshaped(c, shapeOf(c.x[0]), listOf(c.x[1]) ?? freshList(c, c.x[1]), c.attrs.allowzero === 1)],
  Flatten: (c) => {
    const x = shapeOf(c.x[0]);
    const axis = c.attrs.axis === x.length ? x.length : axisOf(c, c.attrs.axis, x.length);
    return [[productOf(c, x.slice(0, axis)), productOf(c, x.slice(axis))]];
  },
  Transpose: (c) => {
    const x = shapeOf(c.x[0]);
    const perm = c.attrs.perm ?? x.map((_, i) => x.length - 1 - i);
    if (perm.length !== x.length || axesOf(c, perm, x.length).length !== x.length)
      c.fail(`perm [${perm.join(',')}] does not fit [${x.join(',')}]`);
    return [perm.map((axis) => x[axisOf(c, axis, x.length)]!)];
  },
  Squeeze: (c) => {
    const x = shapeOf(c.x[0]);
    if (c.x[1] === undefined) return [x.some((d) => typeof d === 'string') ? undefined : x.filter((d) => d !== 1)];
    const axes = numbersOf(c.x[1]);
    const count = c.x[1].type.shape?.[0];
    if (axes === undefined) return [typeof count === 'number' ? x.slice(count).map(() => c.fresh()) : undefined];
    const gone = axesOf(c, axes, x.length);
    gone.forEach((axis) => typeof x[axis] === 'number' && x[axis] !== 1 && c.fail(`axis ${axis} of [${x.join(',')}] is not 1`));
    return [x.filter((_, i) => !gone.includes(i))];
  },
  Unsqueeze: (c) => {
    const axes = numbersOf(c.x[1]);
    const count = axes?.length ?? c.x[1].type.shape?.[0];
    if (typeof count !== 'number') return [undefined];
    const rank = shapeOf(c.x[0]).length + count;
    if (axes === undefined) return [Array.from({ length: rank }, () => c.fresh())];
    const added = axesOf(c, axes, rank);
    const rest = [...shapeOf(c.x[0])];
    return [Array.from({ length: rank }, (_, i) => (added.includes(i) ? 1 : rest.shift()!))];
  },
  Expand: (c) => {
    const to = listOf(c.x[1]) ?? freshList(c, c.x[1]);
    return [to && broadcast(c, shapeOf(c.x[0]), to)];
  },
  Tile: (c) => {
    const repeats = numbersOf(c.x[1]);
    return [
      shapeOf(c.x[0]).map((dim, i) =>
        repeats?.[i] === 1 ? dim : typeof dim === 'number' && repeats?.[i] !== undefined ? dim * repeats[i] : c.fresh(),
      ),
    ];
  },
  Concat: (c) => {
    const shapes = c.x.map(shapeOf);
    const rank = shapes[0]!.length;
    if (shapes.some(({ length }) => length !== rank)) c.fail('inputs differ in rank');
    const axis = axisOf(c, c.attrs.axis, rank);
    const total = shapes.reduce<Dim>((sum, s) => (typeof sum === 'number' && typeof s[axis] === 'number' ? sum + s[axis] : c.fresh()), 0);
    return [
      shapes[0]!.map((dim, i) =>
        i === axis
          ? total
          : agree(
              c,
              dim,
              shapes.map((s) => s[i]!),
            ),
      ),
    ];
  },
  Split: (c) => {
    const x = shapeOf(c.x[0]);
    const axis = axisOf(c, c.attrs.axis, x.length);
    const extent = x[axis]!;
    const sizes = c.x[1] === undefined && typeof extent === 'number' ? evenly(extent, c.outputs) : numbersOf(c.x[1]);
    if (sizes && (sizes.length !== c.outputs || (typeof extent === 'number' && sizes.reduce((a, b) => a + b, 0) !== extent)))
      c.fail(`split [${sizes.join(',')}] does not add up to ${extent} in ${c.outputs} parts`);
    return Array.from({ length: c.outputs }, (_, k) => x.map((dim, i) => (i === axis ? (sizes?.[k] ?? c.fresh()) : dim)));
  },
  Slice: (c) => {
    const [x, starts, ends, axes, steps] = c.x;
    const from = shapeOf(x);
    const [s, e, a, p] = [numbersOf(starts), numbersOf(ends), axes && numbersOf(axes), steps && numbersOf(steps)];
    const length = starts.type.shape?.[0];
    if ((axes && !a) || (!axes && typeof length !== 'number')) return [from.map(() => c.fresh())];
    if (!a && (length as number) > from.length) c.fail(`${length} starts for ${from.length} axes`);
    const where = axesOf(c, a ?? Array.from({ length: length as number }, (_, i) => i), from.length);
    return [
      from.map((dim, axis) => {
        const i = where.indexOf(axis);
        if (i < 0) return dim;
        const step = steps ? p?.[i] : 1;
        if (step === 0) c.fail('a step of 0');
        if (step === 1 && s?.[i] === 0 && (e?.[i] ?? 0) >= 2 ** 31 - 1) return dim;
        if (typeof dim === 'string' || s?.[i] === undefined || e?.[i] === undefined || step === undefined) return c.fresh();
        return sliceLength(dim, s[i], e[i], step);
      }),
    ];
  },
  Pad: (c) => [padded(c, shapeOf(c.x[0]), numbersOf(c.x[1]), c.x[3])],
  DepthToSpace: (c) => {
    const [n, ch, h, w] = image(c, shapeOf(c.x[0]));
    const k = c.attrs.blocksize;
    return [[n, scaled(c, ch, 1, k * k), scaled(c, h, k), scaled(c, w, k)]];
  },
  SpaceToDepth: (c) => {
    const [n, ch, h, w] = image(c, shapeOf(c.x[0]));
    const k = c.attrs.blocksize;
    return [[n, scaled(c, ch, k * k), scaled(c, h, 1, k), scaled(c, w, 1, k)]];
  },
  Resize: (c) => {
    const [x, , scales, sizes] = c.x;
    const from = shapeOf(x);
    const axes = c.attrs.axes === undefined ? from.map((_, i) => i) : axesOf(c, c.attrs.axes, from.length);
    const [by, to] = [numbersOf(scales), listOf(sizes)];
    const given = sizes === undefined || sizes.type.shape?.[0] === 0 ? by : undefined;
    const fit =
      to &&
      resizePolicy(
        c.attrs.keep_aspect_ratio_policy,
        axes.map((a) => from[a]!),
        to,
      );
    return [
      from.map((dim, axis) => {
        const i = axes.indexOf(axis);
        if (i < 0) return dim;
        if (given) return given[i] === 1 ? dim : typeof dim === 'number' && given[i] !== undefined ? scaledBy(dim, given[i]) : c.fresh();
        return fit?.[i] ?? c.fresh();
      }),
    ];
  },
  CenterCropPad: (c) => {
    const x = shapeOf(c.x[0]);
    const axes = c.attrs.axes === undefined ? x.map((_, i) => i) : axesOf(c, c.attrs.axes, x.length);
    const to = listOf(c.x[1]);
    return [x.map((dim, axis) => (axes.includes(axis) ? (to?.[axes.indexOf(axis)] ?? c.fresh()) : dim))];
  },
  Col2Im: (c) => {
    const [x, image_, block] = c.x;
    const [from, to, b] = [shapeOf(x), listOf(image_), numbersOf(block)];
    const channels = b && typeof from[1] === 'number' ? from[1] / b.reduce((p, v) => p * v, 1) : c.fresh();
    const spatial = to ?? freshList(c, image_);
    return [spatial && [from[0]!, channels, ...spatial]];
  },
  GridSample: ({ x: [x, grid] }) => [[...shapeOf(x).slice(0, 2), ...shapeOf(grid).slice(1, -1)]],
  AffineGrid: (c) => {
    const size = listOf(c.x[1]);
    if (size === undefined) return [undefined];
    return [[size[0]!, ...size.slice(2), size.length - 2]];
  },
} satisfies InferTable;

/** A shape with pads at the beginnings and ends of these axes, of all axes when none are given. */
export function padded(c: Fresh, x: Shape, pads: readonly number[] | undefined, listed?: Value): Shape {
  const axes = listed === undefined ? x.map((_, i) => i) : numbersOf(listed);
  if (pads === undefined || axes === undefined) return x.map(() => c.fresh());
  const where = axesOf(c, axes, x.length);
  if (pads.length !== 2 * where.length) c.fail(`pads [${pads.join(',')}] do not fit ${where.length} axes`);
  return x.map((dim, axis) => {
    const i = where.indexOf(axis);
    const added = i < 0 ? 0 : pads[i]! + pads[i + where.length]!;
    if (added === 0) return dim;
    if (typeof dim === 'string') return c.fresh();
    return dim + added >= 0 ? dim + added : c.fail(`pads [${pads.join(',')}] cut more than there is of [${x.join(',')}]`);
  });
}

/** [start, length] of Shape's `start` and `end` attributes. */
export function sliceRange(
  rank: number,
  { start, end }: { readonly start: number; readonly end: number | undefined },
): readonly [number, number] {
  const clamp = (i: number): number => Math.min(rank, Math.max(0, i < 0 ? i + rank : i));
  return [clamp(start), Math.max(0, clamp(end ?? rank) - clamp(start))];
}

/** Number of elements a slice takes from an extent. */
export function sliceLength(extent: number, start: number, end: number, step: number): number {
  const [from, to] = sliceBounds(extent, start, end, step);
  return Math.max(0, Math.ceil((to - from) / step));
}

/** Start and end of a slice, negative and overlong indices resolved; the end is -1 when a backward slice runs through the front. */
export function sliceBounds(extent: number, start: number, end: number, step: number): readonly [number, number] {
  const resolve = (i: number, least: number, most: number): number => Math.min(most, Math.max(least, i < 0 ? i + extent : i));
  return step > 0 ? [resolve(start, 0, extent), resolve(end, 0, extent)] : [resolve(start, 0, extent - 1), resolve(end, -1, extent - 1)];
}

/** Parts of a Split without sizes: equal, the last one smaller. */
export function evenly(extent: number, parts: number): readonly number[] {
  const size = Math.ceil(extent / parts);
  return Array.from({ length: parts }, (_, i) => Math.max(0, Math.min(size, extent - i * size)));
}

/** Sizes that Resize really produces under keep_aspect_ratio_policy. */
export function resizePolicy(policy: string, from: Shape, to: Shape): Shape | undefined {
  if (policy === 'stretch') return to;
  if ([...from, ...to].some((d) => typeof d === 'string')) return undefined;
  const ratios = to.map((size, i) => (size as number) / (from[i] as number));
  const ratio = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  return from.map((d) => Math.round(ratio * (d as number)));
}

function agree(c: Fresh, first: Dim, dims: Shape): Dim {
  const extents = dims.filter((d) => typeof d === 'number');
  if (extents.some((d) => d !== extents[0])) c.fail(`extents ${dims.join(', ')} differ off the axis`);
  return extents[0] ?? first;
}

/** ONNX Runtime multiplies in float32: 10 × 0.7 is 7 there, and 6.99… in float64. */
const scaledBy = (dim: number, scale: number): number => Math.floor(Math.fround(dim * Math.fround(scale)));

const image = (c: Fresh, x: Shape): readonly [Dim, Dim, Dim, Dim] =>
  x.length === 4 ? (x as never) : c.fail(`needs an input [N,C,H,W], got [${x.join(',')}]`);
const scaled = (c: Fresh, dim: Dim, by: number, over = 1): Dim => {
  if (typeof dim === 'string') return c.fresh();
  const size = (dim * by) / over;
  return Number.isInteger(size) ? size : c.fail(`blocksize does not divide ${dim}`);
};
