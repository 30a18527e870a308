import { builder, tensorOf, type Graph } from '@vitrine/ir';
import type { Runtime } from '@vitrine/runtime';
import { nodeRuntime } from '@vitrine/runtime/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asking, caseOf, listed } from './testing/asking.js';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await nodeRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

/** y = 2 (x w), where x w is called as results of explanations are. */
function graph(names: readonly [input: string, inner: string]): Graph {
  const b = builder();
  const x = b.input(names[0], { dtype: 'float32', shape: ['N', 3] });
  const w = b.initializer(tensorOf('float32', [3, 1], [1, -2, 0.5]));
  const [inner] = b.named({ opType: 'MatMul', name: 'product', inputs: [x, w], attrs: {} }, [names[1]]);
  return b.build([b.op.Mul(inner!, 2)]);
}
const point = tensorOf('float32', [1, 3], [1, 2, 4]);

test('a model may call its values as results of explanations are called', async () => {
  for (const name of ['score', 'attribution/x', 'gradient/x']) {
    const made = await caseOf(graph(['x', name]), runtime, new Map([['x', point]]), { kind: 'top' });
    for (const method of ['integrated-gradients', 'gradient', 'occlusion', 'input-x-gradient']) {
      const { attributions } = await asking(runtime)(made, method);
      expect(listed(attributions[0]!.tensor)).toEqual(method === 'gradient' ? [2, -4, 1] : [2, -8, 4]);
    }
  }
});

test('but not its inputs, which is said', async () => {
  const made = await caseOf(graph(['score', 'h']), runtime, new Map([['score', point]]), { kind: 'top' });
  await expect(asking(runtime)(made, 'integrated-gradients')).rejects.toThrow('a value that is explained is called score');
});
