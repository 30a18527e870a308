import { broadcast, shapeOf, type InferTable } from './context.js';

/** Strings. */
export const text = {
  RegexFullMatch: ({ x: [x] }) => [shapeOf(x)],
  StringConcat: (c) => [broadcast(c, shapeOf(c.x[0]), shapeOf(c.x[1]))],
  // Stop words are taken out of the last axis.
  StringNormalizer: (c) => [shapeOf(c.x[0]).map((dim, i, all) => (i === all.length - 1 ? c.fresh() : dim))],
  StringSplit: (c) => [[...shapeOf(c.x[0]), c.fresh()], shapeOf(c.x[0])],
  TfIdfVectorizer: ({ x: [x], attrs: { ngram_indexes: places } }) => [
    [...shapeOf(x).slice(0, -1), places.reduce((most, place) => Math.max(most, place + 1), 0)],
  ],
} satisfies InferTable;
