import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { evidence, measure } from '@vitrine/evaluate';
import { expect, test } from 'vitest';
import { examine, type Exam } from './exam.js';
import { load } from './model.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const at = (file: string): string => path.join(root, file);

/** What a metric reads off a method's explanation. */
async function read(exam: Exam, method: string, metric: string, options = {}): Promise<number> {
  const [reading] = await measure(metric, [await evidence(await exam.probe({ method }))], options);
  return reading!.value;
}

const kinds: readonly (readonly [kind: string, model: string, given: Parameters<typeof examine>[1], least: number])[] = [
  ['a text by its words', 'models/bert_mini_sst2_ts_opset14.onnx', { text: 'never boring, a delight from start to finish' }, 0.8],
  ['a row by its features', 'models/adult_dice.onnx', { table: at('examples/tables/adult.csv'), row: 3 }, 0.8],
  ['a series by its windows', 'models/events_cnn.onnx', { series: at('golden/series/events.ts'), rows: [[1, 1]] }, 0.6],
];

test.each(kinds)('%s is measured by taking its parts away', async (_, file, given, least) => {
  const model = await load(at(file));
  const exam = await examine(model, given);
  // Occlusion says what each part takes with it, and that is what the estimate asks.
  expect(await read(exam, 'occlusion', 'faithfulness-estimate', { number: 'score' })).toBeGreaterThan(0.99);
  expect(await read(exam, 'integrated-gradients', 'faithfulness-correlation')).toBeGreaterThan(least);
  expect(await read(exam, 'integrated-gradients', 'completeness')).toBeLessThan(0.02);
  expect(await read(exam, 'integrated-gradients', 'abpc', { parts: 'auto' })).toBeGreaterThan(0);
  await model.close();
});

test('a class map of a layer is measured at the size of the picture', async () => {
  const model = await load(at('models/squeezenet1.1.onnx'));
  const exam = await examine(model, at('examples/pictures/cat.jpg'));
  expect(await read(exam, 'grad-cam', 'deletion', { parts: 'grid=14x14', steps: 20 })).toBeLessThan(
    await read(exam, 'grad-cam', 'insertion', { parts: 'grid=14x14', steps: 20 }),
  );
  await model.close();
});
