// Files of series through the library and the command, held against a model whose answer can be told by hand: y = Σ w x.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { attr, constant, info, modelFile, node } from '@vitrine/ir/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { examine, examineEach, load, seriesIn, type LoadedModel, type Series } from '../index.js';
import { root, workplace } from '../testing/command.js';

const { at, vitrine } = workplace();
const WEIGHTS = [1, 2, 3, 4, -1, -2, -3, -4];

/** [N,2,4] or [N,4,2] → [N,1]. */
const linear = (shape: readonly (string | number)[]): Uint8Array =>
  modelFile({
    input: [info('x', 'float32', shape)],
    output: [info('y', 'float32', ['N', 1])],
    initializer: [constant('w', 'float32', [8, 1], WEIGHTS)],
    node: [node('Flatten', ['x'], ['flat'], attr.int('axis', 1)), node('MatMul', ['flat', 'w'], ['y'])],
  });

const put = (name: string, content: string | Uint8Array): string => {
  writeFileSync(at(name), content);
  return at(name);
};

const TWO =
  '@timeStamps false\n@dimensions 2\n@classLabel true up down\n@data\n1,0,0,0:0,0,0,0:up\n0,0,0,1:0,b,0,0:up\n0,0,0,1:0,0,0,1:down\n';

let model: LoadedModel;
beforeAll(async () => {
  put('linear.onnx', linear(['N', 2, 4]));
  put('linear.json', JSON.stringify({ labels: ['level'], series: { rateHz: 4, names: ['a', 'b'], mean: [0, 1], std: [1, 2] } }));
  model = await load(at('linear.onnx'));
});
afterAll(() => model.close());

const scoreOf = async (given: Parameters<typeof examine>[1]): Promise<number> => (await examine(model, given)).prediction.classes[0]!.score;

describe('a file of series is an input', () => {
  test('a table of columns, picked by name and standardised as MODEL.json says', async () => {
    const csv = put('columns.csv', 'time,b,other,a\n0,1,9,5\n0.25,3,9,0\n0.5,1,9,0\n0.75,1,9,0\n');
    // a = 5,0,0,0; (b − 1) / 2 = 0,1,0,0
    expect(await scoreOf(csv)).toBeCloseTo(5 * 1 + 1 * -2, 5);
    const exam = await examine(model, csv);
    expect(exam.inputs.get('x')!.series).toMatchObject({ names: ['a', 'b'], rateHz: 4, axes: { channel: 1, time: 2 } });
    const { explanation } = await exam.explain({ method: 'input-x-gradient' });
    expect(Array.from(explanation.attributions[0]!.tensor.data as Float32Array)).toEqual([5, 0, 0, 0, -0, -2, -0, -0]);
  });

  test('what was done to it is a note of every answer', async () => {
    const exam = await examine(model, put('gaps.csv', 'a,b\n1,1\n?,1\n3,1\n4,1\n'));
    const { explanation } = await exam.explain({ method: 'gradient' });
    expect(explanation.warnings).toEqual(['1 missing value was filled in, on a straight line between their neighbours in time']);
  });

  test('a series of the library’s own, and an array as it is', async () => {
    const data = { dtype: 'float32', dims: [2, 4], data: Float32Array.of(1, 0, 0, 0, 1, 1, 1, 3) } as const;
    const series: Series = { names: ['a', 'b'], data };
    expect(await scoreOf(series)).toBeCloseTo(1 - 4, 5);
    const exam = await examine(model, { ...data, dims: [1, 2, 4] });
    expect(exam.prediction.classes[0]!.score).toBeCloseTo(1 - 1 - 2 - 3 - 12, 5);
    expect(exam.inputs.get('x')!.series).toMatchObject({ names: ['a', 'b'], rateHz: 4, given: 4 });
  });

  test('samples before channels, where the model has them so', async () => {
    const turned = await load(put('turned.onnx', linear(['N', 4, 2])));
    const exam = await examine(turned, put('turned.csv', 'a,b\n1,5\n2,6\n3,7\n4,8\n'));
    expect(Array.from(exam.inputs.get('x')!.tensor.data as Float32Array)).toEqual([1, 5, 2, 6, 3, 7, 4, 8]);
    await turned.close();
  });
});

describe('a file of several series', () => {
  test('is examined one by one; one that cannot be read leaves the others', async () => {
    const found: unknown[] = [];
    for await (const { number, source, exam, failure } of examineEach(model, put('two.ts', TWO)))
      found.push([number, exam?.prediction.classes[0]!.score ?? failure?.message, source?.replace(/^.*\//, '')]);
    // (0 − 1) / 2 of channel b counts 5 together, and one more −4 / 2.
    expect(found).toEqual([
      [0, 6, 'two.ts, line 5, labelled up'],
      [1, `${at('two.ts')}, line 6, channel 1: b is no number`, undefined],
      [2, 7, 'two.ts, line 7, labelled down'],
    ]);
  });

  test('needs a choice where one series is examined', async () => {
    await expect(examine(model, at('two.ts'))).rejects.toThrow('two.ts holds several series: choose one with --row N');
    expect(await scoreOf({ series: at('two.ts'), rows: [[2, 2]] })).toBeCloseTo(7, 5);
    await expect(scoreOf({ series: at('two.ts'), rows: [[3, 3]] })).rejects.toThrow(
      'two.ts holds 3 series, numbered from 0: there is no 3',
    );
  });

  test('is read one after the other', async () => {
    const read: (string | undefined)[] = [];
    for await (const { series } of seriesIn({ series: at('two.ts') })) read.push('names' in series ? series.label : undefined);
    expect(read).toEqual(['up', undefined, 'down']);
  });
});

describe('the command', () => {
  test('explains one row, several, or all', async () => {
    const one = await vitrine('explain', 'linear.onnx', '--input', 'two.ts', '--row', '2', '--method', 'gradient', '--save', 'one');
    expect([one.code, one.err]).toEqual([0, '']);
    expect(one.out).toContain('one/gradient.npy');
    const all = await vitrine('explain', 'linear.onnx', '--input', 'two.ts', '--method', 'gradient', '--save', 'all');
    expect(all.code).toBe(1);
    expect(all.out).toMatch(/Example 0.*all\/0\/gradient\.npy.*Example 2.*all\/2\/gradient\.npy/s);
    expect(all.err).toContain('example 1: two.ts, line 6, channel 1: b is no number');
    const some = await vitrine('explain', 'linear.onnx', '--input', 'two.ts', '--rows', '0,2', '--method', 'gradient');
    expect(some.code).toBe(0);
    expect(some.out.match(/Example \d/g)).toEqual(['Example 0', 'Example 2']);
  });

  test('takes what MODEL.json says as options, and these before it', async () => {
    put('plain.onnx', linear(['N', 2, 4]));
    const columns = ['--signals', 'a,b', '--mean', '0,1', '--std', '1,2'];
    const { out, code } = await vitrine('explain', 'plain.onnx', '--input', 'columns.csv', ...columns, '--method', 'input-x-gradient');
    expect(code).toBe(0);
    expect(out).toContain('y  3.0000');
    const long = put('long.csv', Array.from({ length: 9 }, (_, t) => `${t},${t === 6 ? 3 : 1}`).join('\n'));
    const refused = await vitrine('explain', 'plain.onnx', '--input', long, '--method', 'gradient');
    expect(refused.err).toContain('has 9 samples and input x takes 4 samples: say where to begin, with --from 0');
    const cut = await vitrine('explain', 'plain.onnx', '--input', long, '--method', 'gradient', '--from', '1s', '--rate', '5');
    expect(cut.err).toContain('note: of 9 samples the model reads 4, from 5 on');
  });

  test('reads rows of a table as series', async () => {
    const flat = modelFile({
      input: [info('x', 'float32', ['N', 8])],
      output: [info('y', 'float32', ['N', 1])],
      initializer: [constant('w', 'float32', [8, 1], WEIGHTS)],
      node: [node('MatMul', ['x', 'w'], ['y'])],
    });
    put('flat.onnx', flat);
    put('rows.tsv', '1\t1\t0\t0\t0\t0\t0\t0\t0\n2\t0\t0\t0\t0\t0\t0\t0\t1\n');
    const { out, code } = await vitrine(
      'explain',
      'flat.onnx',
      '--input',
      'rows.tsv',
      '--series',
      'rows',
      '--method',
      'gradient',
      '--json',
    );
    expect(code).toBe(0);
    expect((JSON.parse(out) as readonly { readonly score: number }[]).map(({ score }) => score)).toEqual([1, -4]);
  });

  test.each([
    [['--row', '0-3'], '--row must be one number from 0, not 0-3'],
    [['--rows', '3-1'], '--rows 3-1 ends before it begins'],
    [['--row', '1', '--rows', '2'], '--row and --rows both choose series'],
    [['--pad', 'mirror'], '--pad must be a number or edge, not mirror'],
    [['--rate', '0'], '--rate must be samples a second, as 16000, not 0'],
    [['--from', 'noon'], 'the command line: series: from must be samples, as 1200, or seconds, as 1.5s'],
    [['--series', 'rows'], '--series is about a table of series'],
  ])('%j is refused in a sentence', async (options, message) => {
    const { code, err } = await vitrine('explain', 'linear.onnx', '--input', 'two.ts', '--method', 'gradient', ...options);
    expect([code, err.trim().split('\n').length]).toEqual([1, 1]);
    expect(err).toContain(message);
  });
});

const assets = process.env['VITRINE_ASSETS'];
const ucr = assets && path.join(assets, 'data-ucr-small');

test.skipIf(!ucr)(
  'the bundled network tells all 40 motions of the UEA archive’s test set (needs VITRINE_ASSETS: the data is not in this repository)',
  async () => {
    const fcn = await load(path.join(root, 'models/basic_motions_fcn.onnx'));
    const said: boolean[] = [];
    for await (const { exam, source } of examineEach(fcn, path.join(ucr!, 'BasicMotions_TEST.ts')))
      said.push(source!.endsWith(`labelled ${exam!.prediction.classes[0]!.label}`));
    await fcn.close();
    expect(said.filter(Boolean)).toHaveLength(40);
  },
);

test.skipIf(!assets)('basic-pitch hears notes in a recording at another rate (needs VITRINE_ASSETS)', async () => {
  const pitch = await load(path.join(root, 'models/basic_pitch.onnx'), { series: { rateHz: 22_050, from: '1s' } });
  const exam = await examine(pitch, path.join(assets!, 'basic-pitch/vocadito_10.wav'));
  const [, notes] = [...exam.prediction.outputs.values()];
  expect(Math.max(...(notes!.data as Float32Array))).toBeGreaterThan(0.6);
  await pitch.close();
});
