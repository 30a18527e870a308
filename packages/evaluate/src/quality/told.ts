import { resample } from '@vitrine/data';
import { floats, isChannelLast, spatialAxes, type Attribution, type Point, type Probe } from '@vitrine/explain';
import { sizeOf, type Tensor } from '@vitrine/ir';
import { EvaluateError } from '../error.js';

/**
 * Attributions as points shaped as what they explain. A map of a layer is enlarged to the input, and what has no channels is shared out among
 * them. @throws EvaluateError 'bad-input' where a method explains something else
 */
export function told({ q, explainer }: Probe, attributions: readonly Attribution[]): Point {
  return new Map(
    [...q.x].map(([name, like]) => {
      const own = attributions.find(({ at, part }) => at === name && part === undefined);
      const found = own ?? (q.x.size === 1 && explainer.family === 'cam' ? attributions[0] : undefined);
      const tensor = found && fitted(found.tensor, like);
      if (tensor === undefined)
        throw new EvaluateError(
          'bad-input',
          `${explainer.name} explains ${attributions.map(({ at, tensor: { dims } }) => `${at} [${dims.join(',')}]`).join(', ')}, and metrics need a number for each element of ${name} [${like.dims.join(',')}]: leave the method out`,
        );
      return [name, explainer.rate && isLookup(q, like) ? lengths(tensor) : tensor];
    }),
  );
}

/** Vectors of tokens [1,T,D]. */
const isLookup = ({ divisions, series }: Probe['q'], { dims }: Tensor): boolean =>
  divisions.size > 0 && series.size === 0 && dims.length === 3;

/** An array of the same size; or a map [1,1,…] over the same space, or a coarser one, shared out among channels. */
function fitted(tensor: Tensor, like: Tensor): Tensor | undefined {
  const size = sizeOf(like.dims);
  if (sizeOf(tensor.dims) === size) return { ...tensor, dims: like.dims };
  const extents = spatialAxes(like.dims).map((axis) => like.dims[axis]!);
  const coarse = tensor.dims.slice(2);
  if (tensor.dims[1] !== 1 || coarse.length !== extents.length || extents.length === 0 || extents.length > 2) return undefined;
  const [height, width] = extents.length === 1 ? [1, extents[0]!] : (extents as [number, number]);
  const map = { width: coarse.at(-1)!, height: coarse.length === 1 ? 1 : coarse[0]!, channels: 1, data: Float32Array.from(floats(tensor)) };
  const { data } = resample(map, width, height, 'bilinear', false);
  const channels = size / (width * height);
  const place = isChannelLast(like.dims) ? (e: number): number => Math.floor(e / channels) : (e: number): number => e % (width * height);
  return { dtype: 'float32', dims: like.dims, data: Float32Array.from({ length: size }, (_, e) => data[place(e)]! / channels) };
}

/** Rates of change over the vector of a token [1,T,D] add up to nothing: their length is told, in equal shares. */
function lengths(tensor: Tensor): Tensor {
  const width = tensor.dims.at(-1)!;
  const values = floats(tensor);
  const data = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += width) {
    let square = 0;
    for (let e = start; e < start + width; e++) square += values[e]! ** 2;
    data.fill(Math.sqrt(square) / width, start, start + width);
  }
  return { dtype: 'float32', dims: tensor.dims, data };
}
