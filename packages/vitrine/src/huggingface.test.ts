import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { numbers, tensorOf, type Tensor } from '@vitrine/ir';
import { examine } from './exam.js';
import { load } from './model.js';

const golden = fileURLToPath(new URL('../../../golden/huggingface', import.meta.url));

interface Listed {
  readonly dims: readonly number[];
  readonly data: readonly number[];
}
interface Reference {
  readonly inputs: { readonly [name: string]: Listed };
  readonly outputs: { readonly [name: string]: Listed };
  readonly gradient: Listed & { readonly output: string; readonly index: readonly number[] };
}

const reference = (folder: string): Reference => JSON.parse(readFileSync(path.join(folder, 'reference.json'), 'utf8')) as Reference;
const int64 = ({ dims, data }: Listed): Tensor => tensorOf('int64', dims, data);
const feeds = (inputs: Reference['inputs']) => Object.fromEntries(Object.entries(inputs).map(([name, given]) => [name, int64(given)]));

/** Largest difference. */
function apart(tensor: Tensor | undefined, { dims, data }: Listed): number {
  expect(tensor?.dims).toEqual(dims);
  return Array.from(numbers(tensor!)).reduce((most, v, i) => Math.max(most, Math.abs(v - data[i]!)), 0);
}

const checkpoints = readdirSync(golden).filter((name) => existsSync(path.join(golden, name, 'config.json')));

describe.each(checkpoints)('%s', (name) => {
  const folder = path.join(golden, name);
  const { inputs, outputs, gradient } = reference(folder);
  const target = { kind: 'index', output: gradient.output, index: gradient.index } as const;

  test('outputs and the gradient at the embeddings are those of transformers', async () => {
    const model = await load(folder);
    const exam = await examine(model, feeds(inputs));
    expect([...exam.prediction.outputs.keys()]).toEqual(Object.keys(outputs));
    for (const [output, expected] of Object.entries(outputs))
      expect(apart(exam.prediction.outputs.get(output), expected)).toBeLessThan(1e-4);
    const { explanation } = await exam.explain({ method: 'gradient', target });
    expect(apart(explanation.attributions[0]!.tensor, gradient)).toBeLessThan(1e-3);
    await model.close();
  });
});
