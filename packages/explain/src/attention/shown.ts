import { numbers, tensorOf, type Tensor, type Value } from '@vitrine/ir';
import { ExplainError } from '../error.js';
import type { Attribution } from '../explanation.js';
import type { Frame } from '../program.js';
import type { Resolved } from '../target.js';
import { gridOf } from './grid.js';

/** What names a result that is no single value's: relevance of tokens, or of tokens for each token. */
export const TOKENS = 'tokens';
export const TOKENS_BY_TOKENS = 'tokens x tokens';
/** Output that tells where tokens lie: height, width and extra tokens of a picture's grid, zeros without one; 1 for a model that answers for each token. */
export const PLACE = 'place';

interface Counted {
  readonly queries: number;
  readonly keys: number;
}
interface Asked {
  readonly token: number;
  readonly show: 'token' | 'all';
}

/** Whether the model answers for each token. */
export const isSequence = ({ graph }: Pick<Frame, 'graph'>, { queries }: Counted): boolean => {
  const shape = graph.outputs[0]!.type.shape;
  return shape?.length === 3 && shape[1] === queries;
};

export function placeOf(f: Frame, layer: Counted): Value {
  const { height, width, extra } = gridOf(f.graph, layer.keys) ?? { height: 0, width: 0, extra: 0 };
  return f.b.initializer(tensorOf('int64', [4], [height, width, extra, isSequence(f, layer) ? 1 : 0]), 'grid');
}

/** The position in a sequence that a target reads. */
const positionIn = (target: Resolved): number | undefined =>
  target.kind === 'index' && target.index.length > 1 ? target.index[0] : target.kind === 'difference' ? positionIn(target.of) : undefined;

/** The token that a question is about; undefined where it is the class token, if there is one. @throws ExplainError 'bad-option' */
export function positionFor(
  { token, show }: Asked,
  sequence: boolean,
  target: Resolved | undefined,
  queries: number,
  method: string,
): number | undefined {
  if (show === 'all') return undefined;
  if (token >= queries)
    throw new ExplainError('bad-option', `${method}: token ${token} was asked for and there are tokens 0 to ${queries - 1}`);
  if (token >= 0) return token;
  if (!sequence) return undefined;
  const position = target && positionIn(target);
  if (position !== undefined) return position;
  throw new ExplainError('bad-option', `${method}: the model answers for each of ${queries} tokens: say which with the option token`);
}

/** Rows of numbers as the question asks: all [1,T,T], or one over the picture [1,1,h,w] or as [1,T,1]. */
export function shown(
  place: Tensor,
  count: number,
  asked: Asked,
  target: Resolved,
  method: string,
  rowOf: (row: number) => readonly number[],
): readonly Attribution[] {
  const [height, width, extra, sequence] = Array.from(numbers(place), Number) as [number, number, number, number];
  const all = (): readonly (readonly number[])[] => Array.from({ length: count }, (_, row) => rowOf(row));
  if (asked.show === 'all') return [{ at: TOKENS_BY_TOKENS, tensor: tensorOf('float32', [1, count, count], all().flat()) }];
  const position = positionFor(asked, sequence === 1, target, count, method);
  // Without a class token, a picture's tokens are averaged.
  const row =
    position === undefined && height > 0 && extra === 0
      ? all().reduce((sum, r) => sum.map((v, i) => v + r[i]! / count), new Array<number>(count).fill(0))
      : rowOf(position ?? 0);
  const tensor = height === 0 ? tensorOf('float32', [1, count, 1], row) : tensorOf('float32', [1, 1, height, width], row.slice(extra));
  return [{ at: TOKENS, tensor }];
}
