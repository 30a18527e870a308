import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { examine } from '../exam.js';
import { load, type LoadedModel } from '../model.js';
import { evaluateMethods, type Evaluation } from './evaluateMethods.js';
import { masksIn } from './masks.js';
import { evaluationFiles, ranked, testLines } from './told.js';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const at = (file: string): string => path.join(root, file);
let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(path.join(os.tmpdir(), 'vitrine-evaluate-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('rows of a table', () => {
  let model: LoadedModel;
  let found: Evaluation;
  const question = {
    methods: ['occlusion', 'gradient', 'grad-cam'],
    metrics: ['faithfulness-estimate', 'sparseness', 'sufficiency'],
    sample: 8,
    seed: 5,
    sanity: true,
  };
  beforeAll(async () => {
    model = await load(at('models/adult_dice.onnx'));
    found = await evaluateMethods(model, { table: at('examples/tables/adult.csv') }, question);
  });
  afterAll(() => model.close());
  const rowOf = (metric: string, method: string, floor?: string) =>
    found.metrics.find((one) => one.metric === metric)!.rows.find((row) => row.method === method && row.floor === floor)!;

  test('are measured by every metric, with what knows nothing beside them', () => {
    expect(found.examples).toHaveLength(8);
    expect(rowOf('faithfulness-estimate', 'occlusion').mean).toBeGreaterThan(0.95);
    expect(Math.abs(rowOf('faithfulness-estimate', 'occlusion', 'random').mean)).toBeLessThan(0.5);
    expect(rowOf('sufficiency', 'occlusion').count).toBeGreaterThan(0);
    expect(rowOf('faithfulness-estimate', 'gradient', 'permuted').mean).toBeLessThan(rowOf('faithfulness-estimate', 'occlusion').mean);
  });

  test('a method that fails is told, and the others are kept', () => {
    expect(found.missed.filter(({ method, floor }) => method === 'grad-cam' && floor === undefined)).toHaveLength(8);
    expect(found.missed.every(({ method }) => method === 'grad-cam')).toBe(true);
    expect(rowOf('sparseness', 'grad-cam')).toMatchObject({ count: 0, missing: 8 });
    expect(ranked(found.metrics[0]!).at(-1)!.method).toBe('grad-cam');
  });

  test('the difference of methods is tested on the same examples', () => {
    const [lines] = [testLines(found.metrics[0]!)];
    expect(lines[0]).toMatch(/^occlusion is better than gradient by 0\.\d+ \(p = 0\.00\d+\)$/);
  });

  test('explanations are checked', () => {
    const occlusion = found.sanity.get('occlusion')!;
    expect(occlusion).toHaveLength(8);
    expect(occlusion.every((one) => one!.checks.length === 4)).toBe(true);
  });

  test('asked again, the files have the same bytes', async () => {
    const again = await evaluateMethods(model, { table: at('examples/tables/adult.csv') }, question);
    expect(evaluationFiles(model, again)).toEqual(evaluationFiles(model, found));
    expect(JSON.parse(evaluationFiles(model, found).get('evaluation.json')!)).toMatchObject({ seed: 5, data: { noun: 'row' } });
  });

  test('an option that is wrong is told before anything runs', async () => {
    const wrong = { methods: ['occlusion'], metrics: ['abpc'], metricOptions: new Map([['abpc', { steps: 0 }]]) };
    await expect(evaluateMethods(model, { table: at('examples/tables/adult.csv') }, wrong)).rejects.toThrow(
      'abpc: option steps must be a whole number from 1 to 100000, not 0',
    );
  });

  test('one example has no interval', async () => {
    const one = await evaluateMethods(
      model,
      { table: at('examples/tables/adult.csv') },
      { methods: ['occlusion'], metrics: ['sparseness'], sample: 1 },
    );
    expect(one.metrics[0]!.rows[0]).toMatchObject({ count: 1, low: undefined, high: undefined });
  });
});

describe('pictures with masks', () => {
  const pictures = (): string => path.join(scratch, 'pictures');
  beforeAll(async () => {
    for (const name of ['pictures', 'masks', 'small']) mkdirSync(path.join(scratch, name));
    for (const name of ['cat.jpg', 'dog.jpg']) cpSync(at(`examples/pictures/${name}`), path.join(pictures(), name));
    for (const name of ['cat', 'dog']) {
      const { width, height } = await sharp(at(`examples/pictures/${name}.jpg`)).metadata();
      const middle = await sharp({ create: { width: width >> 1, height: height >> 1, channels: 3, background: 'white' } })
        .png()
        .toBuffer();
      const mask = sharp({ create: { width, height, channels: 3, background: 'black' } }).composite([{ input: middle, gravity: 'centre' }]);
      await mask.png().toFile(path.join(scratch, 'masks', `${name}.png`));
    }
    await sharp(path.join(scratch, 'masks/cat.png')).resize(20, 20).toFile(path.join(scratch, 'small/cat.png'));
  });
  const evaluated = async (masks: string): Promise<Evaluation> => {
    const model = await load(at('models/squeezenet1.1.onnx'));
    try {
      return await evaluateMethods(
        model,
        { folder: pictures() },
        { methods: ['grad-cam'], metrics: ['localisation-auc'], floors: false, mask: masksIn(path.join(scratch, masks)) },
      );
    } finally {
      await model.close();
    }
  };

  test('masks are cut and scaled as the pictures are', async () => {
    const model = await load(at('models/squeezenet1.1.onnx'));
    for (const source of ['cat.jpg', 'dog.jpg']) {
      const exam = await examine(model, path.join(pictures(), source));
      const mask = (await masksIn(path.join(scratch, 'masks'))(exam, { number: 0, source, examine: async () => exam }))!.get('data')!;
      const { image, geometry } = exam.inputs.get('data')!.picture!;
      const across = image.width / 2 / geometry.scaleX / geometry.width;
      const down = image.height / 2 / geometry.scaleY / geometry.height;
      expect(mask.reduce((sum, v) => sum + v, 0) / mask.length).toBeCloseTo(Math.min(1, across) * Math.min(1, down), 1);
      const { width, height } = geometry;
      expect([mask[0], mask[(height >> 1) * width + (width >> 1)], mask.at(-1)]).toEqual([0, 1, 0]);
    }
    await model.close();
    const { missed, metrics } = await evaluated('masks');
    expect(missed).toEqual([]);
    expect(metrics[0]!.rows[0]!.count).toBe(2);
  });

  test('a mask of another size, and one that is not there, are told', async () => {
    const { missed } = await evaluated('small');
    expect(missed.map(({ message }) => message)).toEqual([
      expect.stringMatching(/cat\.png has 20 × 20 pixels, and the picture has \d+ × \d+: a mask is as large as its picture$/),
      expect.stringMatching(/holds no mask for dog\.jpg: name it dog\.png$/),
    ]);
  });
});

test('texts of a file are measured by words', async () => {
  const file = path.join(scratch, 'texts.txt');
  writeFileSync(file, 'a delight from start to finish\nboring and far too long\nnever boring\n');
  const model = await load(at('models/bert_mini_sst2_ts_opset14.onnx'));
  const { metrics, missed, data } = await evaluateMethods(
    model,
    { texts: file },
    { methods: ['occlusion', 'gradient'], metrics: ['abpc'] },
  );
  await model.close();
  expect(missed).toEqual([]);
  expect(data.noun).toBe('text');
  expect(ranked(metrics[0]!)[0]!.method).toBe('occlusion');
});
