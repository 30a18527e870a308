/** The same numbers as peer.py feeds: a picture for an input named input, tokens for others. */
export const inputsFor = (graph, batch) =>
  new Map(
    graph.inputs.map(({ name, type }) => [
      name,
      name === 'input' ? image([batch, ...type.shape.slice(1)]) : tokens(batch, name === 'attention_mask' ? () => 1n : undefined),
    ]),
  );

function image(dims) {
  const data = Float32Array.from({ length: dims.reduce((n, d) => n * d, 1) }, (_, i) => ((i * 0.618033988749895) % 1) * 2 - 1);
  return { dtype: 'float32', dims, data };
}

function tokens(batch, of = (i) => BigInt(((i * 7919) % 30000) + 1)) {
  return { dtype: 'int64', dims: [batch, 128], data: BigInt64Array.from({ length: batch * 128 }, (_, i) => of(i)) };
}
