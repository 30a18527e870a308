// What a classifier of text says as words are taken away.
const ROWS = 64;

/** How a word goes: its tokens left out, or each put as a token that says nothing. */
export const erasures = {
  remove: () => undefined,
  unk: ({ unknown }) => unknown,
  mask: async (tokenizer) => (await tokenizer.pieces('[MASK]'))[0].id,
};

/**
 * For a sentence, `curve(order)`: the probability of class `index` with 0, 1, … all words of `order` gone. Texts that curves share run once.
 * `wordOf` has the word of each token, undefined for those that stay ([CLS], [SEP]).
 */
export async function curvesOf({ session, inputs, tokens, wordOf, index, instead, padding }, orders) {
  const words = orders[0].length;
  const steps = orders.map((order) => Array.from({ length: words + 1 }, (_, gone) => without(order.slice(0, gone))));
  const texts = [...new Map(steps.flat().map((ids) => [ids.join(), ids])).values()].toSorted((a, b) => a.length - b.length);
  const probabilities = new Map();
  for (let start = 0; start < texts.length; start += ROWS) {
    const rows = texts.slice(start, start + ROWS);
    const found = await classProbabilities(rows);
    rows.forEach((ids, i) => probabilities.set(ids.join(), found[i]));
  }
  return steps.map((curve) => curve.map((ids) => probabilities.get(ids.join())));

  function without(gone) {
    const out = new Set(gone);
    return tokens.flatMap(({ id }, t) => (out.has(wordOf[t]) ? (instead === undefined ? [] : [instead]) : [id]));
  }

  async function classProbabilities(rows) {
    const width = rows.at(-1).length; // The longest is last.
    const filled = {
      input_ids: (ids, t) => ids[t] ?? padding,
      attention_mask: (ids, t) => Number(t < ids.length),
      token_type_ids: () => 0,
    };
    const feeds = inputs.map((name) => {
      const numbers = rows.flatMap((ids) => Array.from({ length: width }, (_, t) => filled[name](ids, t)));
      return [name, { dtype: 'int64', dims: [rows.length, width], data: BigInt64Array.from(numbers, BigInt) }];
    });
    const [{ data, dims }] = (await session.run(new Map(feeds))).values();
    return rows.map((_, i) => softmax(data.subarray(i * dims[1], (i + 1) * dims[1]))[index]);
  }
}

/** Area below a curve of equal steps, from 0 to 1: trapezoids. */
export const areaOf = (curve) => curve.slice(1).reduce((sum, p, i) => sum + (p + curve[i]) / 2, 0) / (curve.length - 1);

function softmax(scores) {
  const most = Math.max(...scores);
  const powers = Array.from(scores, (s) => Math.exp(s - most));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((p) => p / total);
}
