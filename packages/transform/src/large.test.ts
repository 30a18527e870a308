import { builder, tensorOf, type Graph } from '@vitrine/ir';
import { expect, test } from 'vitest';
import { backward } from './backward.js';
import { prepared } from './prepare.js';
import { fromTable } from './rule.js';
import { vjps } from './vjp/index.js';

const rules = fromTable(vjps);

/** x through `length` operators, one after the other. */
function chain(length: number): Graph {
  const b = builder();
  let value = b.input('x', { dtype: 'float32', shape: [1, 4] });
  const half = b.initializer(tensorOf('float32', [], [0.5]));
  for (let i = 0; i < length; i++) value = i % 2 === 0 ? b.op.Tanh(value) : b.op.Mul(value, half);
  return b.build([value]);
}

test('a chain of 50,000 operators goes back to its input', () => {
  const graph = chain(50_000);
  const [y] = graph.outputs;
  const ready = prepared(graph, ['x'], [y!.name], rules);
  const b = builder(ready);
  const found = backward(
    b,
    ready,
    new Map([[ready.outputs[0]!, b.op.Expand(b.scalar(1, 'float32'), b.ints([1, 4]))]]),
    ready.inputs,
    rules,
  );
  const result = b.build([...found.values()]);
  expect(result.nodes.length).toBeGreaterThan(100_000);
});
