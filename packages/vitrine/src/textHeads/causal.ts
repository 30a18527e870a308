import { example } from '@vitrine/explain';
import type { Tensor } from '@vitrine/ir';
import type { Scene, TokenScores } from './head.js';

/** Scores that move less than this share of the largest do not move. */
const STILL = 1e-5;

/** Whether what a model says at a token leaves out the tokens behind it, as seen by putting another in the place of the last. */
export async function isCausal({ model, example: ex, text }: Scene, scores: TokenScores): Promise<boolean> {
  const last = lastRead(text.encoded.tokens);
  if (last < 1) return true;
  const { dims, data } = text.feeds.get(text.ids)!;
  const changed = BigInt64Array.from(data as BigInt64Array);
  changed[last] = changed[last] === changed[0] ? changed[0]! + 1n : changed[0]!;
  const feeds = new Map(ex.feeds).set(text.ids, { dtype: 'int64', dims, data: changed } satisfies Tensor);
  const { outputs } = await example(model.subject, feeds, await model.runtime());
  const [before, after] = [scores.tensor, outputs.get(scores.name)!].map(({ data }) =>
    (data as Float32Array).subarray(0, last * scores.width),
  );
  const most = before!.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  return before!.every((v, i) => Math.abs(v - after![i]!) <= STILL * most);
}

/** The last token that is read: behind it only padding stands. */
export const lastRead = (tokens: Scene['text']['encoded']['tokens']): number => tokens.findLastIndex(({ attended }) => attended);
