import { numbers, type Tensor } from '@vitrine/ir';
import { DataError } from '../error.js';
import type { Segment } from './segments.js';

/** How the numbers of a token's vector become one: their sum, which keeps signs and adds up, or their length, which has neither. */
export const tokenReductions = ['sum', 'norm'] as const;
export type TokenReduction = (typeof tokenReductions)[number];

/**
 * Whether a tensor holds one number or one vector for each of so many tokens: [T], [T,D], [1,T] or [1,T,D]; of tokens in R rows
 * [R,T/R], [R,T/R,D] or [1,R,T/R,D].
 */
export function isByToken({ dims }: Pick<Tensor, 'dims'>, tokens: number, rows = 1): boolean {
  if (rows > 1) {
    const inner = dims[0] === 1 ? dims.slice(1) : dims;
    return (inner.length === 2 || inner.length === 3) && inner[0] === rows && inner[1] === tokens / rows;
  }
  const inner = dims[0] === 1 && !(dims.length === 1 && tokens === 1) ? dims.slice(1) : dims;
  return (inner.length === 1 || inner.length === 2) && inner[0] === tokens;
}

/** One number for each token, of a tensor that holds one number or vector for each. @throws DataError 'bad-input' for other shapes */
export function tokenValues(tensor: Tensor, tokens: number, how: TokenReduction = 'sum', rows = 1): Float64Array {
  const shape = rows > 1 ? `${rows},${tokens / rows}` : tokens;
  if (!isByToken(tensor, tokens, rows))
    throw new DataError(
      'bad-input',
      `an attribution of ${tokens} tokens has shape [${shape}] or [${shape},D], not [${tensor.dims.join(',')}]`,
    );
  const values = numbers(tensor);
  const width = values.length / tokens;
  return Float64Array.from({ length: tokens }, (_, t) => {
    let total = 0;
    for (let i = t * width; i < (t + 1) * width; i++) total += how === 'sum' ? Number(values[i]) : Number(values[i]) ** 2;
    return how === 'sum' ? total : Math.sqrt(total);
  });
}

/** One number for each segment: the sum over its tokens. Over all segments they add up to what the tokens do. */
export const segmentValues = (segments: readonly Segment[], values: ArrayLike<number>): Float64Array =>
  Float64Array.from(segments, ({ tokens }) => tokens.reduce((sum, t) => sum + values[t]!, 0));
