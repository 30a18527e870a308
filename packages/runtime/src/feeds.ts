import { byteLength, sizeOf, type Graph, type Tensor, type Value } from '@vitrine/ir';
import { RuntimeError } from './error.js';
import type { Feeds } from './session.js';

const bad = (message: string): never => {
  throw new RuntimeError('bad-feed', message);
};

/** What a graph takes of the feeds. @throws RuntimeError 'bad-feed' naming the input */
export const feedsFor = ({ inputs }: Graph, feeds: Feeds): Feeds =>
  new Map(inputs.map((input) => [input.name, fitting(input, feeds.get(input.name))]));

function fitting({ name, type }: Value, feed: Tensor | undefined): Tensor {
  if (feed === undefined) return bad(`nothing is given for input ${name}`);
  const { dtype, dims, data } = feed;
  if (type.dtype !== 'unknown' && dtype !== type.dtype) bad(`input ${name} is ${dtype}, the graph takes ${type.dtype}`);
  const { shape } = type;
  if (shape !== undefined && (dims.length !== shape.length || shape.some((dim, axis) => typeof dim === 'number' && dim !== dims[axis])))
    bad(`input ${name} has shape [${dims.join(',')}], the graph takes [${shape.join(',')}]`);
  const count = sizeOf(dims);
  if (
    ArrayBuffer.isView(data)
      ? dtype === 'string' || data.byteLength !== byteLength(dtype, count)
      : dtype !== 'string' || data.length !== count
  )
    bad(`input ${name} does not hold the ${count} ${dtype} elements that its shape [${dims.join(',')}] takes`);
  return feed;
}
