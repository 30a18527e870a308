import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { random } from '@vitrine/data';
import { memory, numbers, readModel, sizeOf, type Tensor } from '@vitrine/ir';
import { nodeRuntime } from '@vitrine/runtime/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compile } from './compile.js';
import { examine } from './exam.js';
import { load } from './model.js';
import { root } from './testing/command.js';

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(path.join(os.tmpdir(), 'vitrine-learnt-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const people = path.join(root, 'examples/tables/adult.csv');
const quick = { epochs: 20, hidden: 20 };

/** What a file gives for what the model takes, and what it says of itself. */
async function ran(
  file: string,
  feeds: ReadonlyMap<string, Tensor>,
): Promise<{ readonly results: ReadonlyMap<string, Tensor>; readonly metadata: ReadonlyMap<string, string> }> {
  const runtime = await nodeRuntime();
  const { graph, metadata } = readModel(memory(new Uint8Array(readFileSync(file))));
  const session = await runtime.open(graph);
  const results = await session.run(feeds);
  await runtime.close();
  return { results, metadata };
}

test('what l2x learned of a table is an ONNX file, which chooses for each row as explain does', async () => {
  const model = await load(path.join(root, 'models/adult_dice.onnx'));
  const out = path.join(scratch, 'few.onnx');
  const background = { table: people };
  const compiled = await compile(model, { method: 'l2x', options: quick, background, out });
  expect(compiled.fidelity!.map(({ name }) => name)).toEqual(['accuracy', 'AUROC', 'accuracy', 'AUROC']);
  const seen = new Set<string>();
  for (const row of [0, 3, 17]) {
    const exam = await examine(model, { table: people, row });
    const { explanation } = await exam.explain({ method: 'l2x', options: quick, background });
    const { results, metadata } = await ran(out, exam.example.feeds);
    const [{ at, tensor }] = explanation.attributions as readonly [{ readonly at: string; readonly tensor: Tensor }];
    const found = numbers(results.get(`attribution/${at}`)!);
    Array.from(numbers(tensor), Number).forEach((value, i) => expect(Number(found[i])).toBeCloseTo(value, 5));
    expect(Number(results.get('score')!.data[0])).toBeCloseTo(explanation.target.score, 5);
    expect(metadata.get('vitrine.method')).toBe('l2x');
    expect(JSON.parse(metadata.get('vitrine.fidelity')!)).toEqual(compiled.fidelity);
    seen.add(Array.from(found, Number).join());
  }
  expect(seen.size).toBe(3);
  await model.close();
});

test('the same for pictures, whose cells are read as their means', async () => {
  const model = await load(path.join(root, 'models/resnet20_ts_opset13.onnx'));
  const [input] = model.subject.graph.inputs;
  const dims = input!.type.shape!.slice(1) as readonly number[];
  const uniform = random(3, 'pictures');
  const cell = (): number => 2 * uniform() - 1;
  const data = Float32Array.from({ length: 30 * sizeOf(dims) }, cell);
  const background: Tensor = { dtype: 'float32', dims: [30, ...dims], data };
  const options = { ...quick, parts: 'grid=4x4', features: 3, background };
  const out = path.join(scratch, 'cells.onnx');
  await compile(model, { method: 'l2x', options, out });
  const x: Tensor = { dtype: 'float32', dims: [1, ...dims], data: Float32Array.from({ length: sizeOf(dims) }, cell) };
  const { explanation } = await (await examine(model, new Map([[input!.name, x]]))).explain({ method: 'l2x', options });
  const { results } = await ran(out, new Map([[input!.name, x]]));
  const found = numbers(results.get(`attribution/${input!.name}`)!);
  const want = Array.from(numbers(explanation.attributions[0]!.tensor), Number);
  expect(new Set(want).size).toBe(16);
  want.forEach((value, i) => expect(Number(found[i])).toBeCloseTo(value, 6));
  await model.close();
});

test('without a background, or with one for other inputs, it says what is missing', async () => {
  const model = await load(path.join(root, 'models/adult_dice.onnx'));
  const out = path.join(scratch, 'never.onnx');
  await expect(compile(model, { method: 'l2x', out })).rejects.toThrow('l2x learns from many examples: give rows with --background TABLE');
  const other = new Map<string, Tensor>([['age', { dtype: 'float32', dims: [30, 1], data: new Float32Array(30) }]]);
  await expect(compile(model, { method: 'l2x', out, options: { background: other } })).rejects.toThrow(
    'the background holds nothing for input dense_input: give it as a table, or as FILE.npz with an array for each input',
  );
  await expect(compile(model, { method: 'maple', out, background: { table: people } })).rejects.toThrow(/is no single graph/);
  await model.close();
});
