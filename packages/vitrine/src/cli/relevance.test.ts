import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readNpy, readNpz } from '@vitrine/data';
import { numbers } from '@vitrine/ir';
import { expect, test } from 'vitest';
import { root, workplace } from '../testing/command.js';

const squeezenet = path.join(root, 'models/squeezenet1.1.onnx');
const pictures = path.join(root, 'examples/pictures');
const dog = path.join(pictures, 'dog.jpg');
const { at, vitrine } = workplace();
const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);

test('--layers all writes the relevance of every layer, which adds up to what the books say', async () => {
  const { code, out, err } = await vitrine(
    'explain',
    squeezenet,
    '--input',
    dog,
    '--method',
    'lrp',
    '--layers',
    'all',
    '--save',
    at('out'),
    '--report',
    at('why.html'),
  );
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/relevance started with 26\.385: [\d.]+ arrived, biases kept [\d.]+; the balance misses/);
  expect(readdirSync(at('out'))).toEqual(expect.arrayContaining(['lrp.layers.csv', 'lrp.layers.npz', 'lrp.parts.csv', 'lrp.npy']));
  const layers = readNpz(new Uint8Array(readFileSync(at('out/lrp.layers.npz'))), 'layers');
  const rows = readFileSync(at('out/lrp.layers.csv'), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));
  expect(rows.length).toBeGreaterThan(30);
  for (const [, value, , , relevance] of rows) expect(sum(Array.from(numbers(layers.get(value!)!)))).toBeCloseTo(Number(relevance), 3);
  const input = sum(Array.from(numbers(readNpy(new Uint8Array(readFileSync(at('out/lrp.npy')))))));
  expect(input).toBeCloseTo(Number(/: ([\d.]+) arrived/.exec(out)![1]), 2);
  const page = readFileSync(at('why.html'), 'utf8');
  expect(page).toContain('Which way it went: relevance');
  expect(page).toMatch(/<path\s+d="M[^"]+"\s+fill="none"/);
});

test.each(['crp --layer', 'lrp --target value:'])('%s takes a layer whose batch normalization is merged', async (how) => {
  const model = path.join(root, 'models/resnet20_ts_opset13.onnx');
  const name = '/layer1/layer1.0/conv1/Conv_output_0';
  const asked = how.startsWith('crp') ? ['--method', 'crp', '--layer', name] : ['--method', 'lrp', '--target', `value:${name},3,2,2`];
  const { code, err } = await vitrine('explain', model, '--input', path.join(pictures, 'cat.jpg'), ...asked);
  expect([code, err]).toEqual([0, '']);
});

test('check looks at a composite of one’s own', async () => {
  writeFileSync(at('few.json'), '[{ "op": "Conv", "rule": "gamma" }]');
  const { code, out } = await vitrine('check', squeezenet, '--method', 'lrp', '--option', 'composite=few.json');
  expect(code).toBe(1);
  expect(out).toMatch(/✓ Conv × 26 {2}rule gamma/);
  expect(out).toMatch(/✗ Flatten × 1 {2}no rule/);
});

test('check names the rule of each operator', async () => {
  const { code, out } = await vitrine('check', squeezenet, '--method', 'lrp');
  expect(code).toBe(0);
  expect(out).toMatch(/Conv × 26 {2}rule z-plus\n.*Flatten × 1 {2}rule gradient\n.*GlobalAveragePool × 1 {2}rule norm/);
});

test('a composite of one’s own is read from a file, and what is wrong in it is said', async () => {
  const explain = (file: string) => vitrine('explain', squeezenet, '--input', dog, '--method', 'lrp', '--option', `composite=${file}`);
  writeFileSync(at('bad.json'), '{ "rows": [{ "op": "Conv", "rule": "gama" }] }');
  const bad = await explain('bad.json');
  expect([bad.code, bad.err]).toEqual([1, expect.stringMatching(/row 0: rule 'gama' is no rule: there are zero, epsilon, gamma/)]);
  writeFileSync(
    at('good.json'),
    '{ "rows": [{ "op": "Conv", "rule": "gamma", "gamma": 0.1 }, { "kind": ["sum", "average"], "rule": "norm" }, { "kind": "activation", "rule": "pass" }, { "kind": "routing", "rule": "gradient" }] }',
  );
  const good = await explain('good.json');
  expect([good.code, good.err]).toEqual([0, '']);
  expect(good.out).toMatch(/the balance misses/);
});

test('z-box asks for bounds that hold', async () => {
  const asked = ['explain', squeezenet, '--input', dog, '--method', 'lrp', '--option', 'composite=epsilon-gamma-box'];
  const { code, err } = await vitrine(...asked);
  expect([code, err]).toEqual([
    1,
    expect.stringMatching(/z-box rule \(at [\w/]+\) holds for inputs between low and high, and data goes from -[\d.]+ to [\d.]+/),
  ]);
  expect((await vitrine(...asked, '--option', 'low=-3', '--option', 'high=3')).code).toBe(0);
});

test('concepts names channels and finds pictures for them', async () => {
  const { code, out, err } = await vitrine(
    'concepts',
    squeezenet,
    '--input',
    dog,
    '--layer',
    'squeezenet0_conv22_fwd',
    '--count',
    '2',
    '--folder',
    pictures,
    '--save',
    at('concepts'),
  );
  expect([code, err]).toEqual([0, '']);
  const channels = [...out.matchAll(/^ {2}channel (\d+) +relevance ([\d.]+)/gm)].map(([, c, r]) => [Number(c), Number(r)]);
  expect(channels).toHaveLength(2);
  expect(channels[0]![1]).toBeGreaterThanOrEqual(channels[1]![1]!);
  const saved = readdirSync(at('concepts'));
  expect(saved).toEqual(expect.arrayContaining(channels.flatMap(([c]) => [`channel-${c}.png`, `channel-${c}.reference-1.png`])));
  expect((await vitrine('concepts', squeezenet, '--input', dog, '--channel', '9999')).err).toMatch(/'9999' is no channel/);
  expect((await vitrine('concepts', squeezenet, '--input', dog, '--folder', 'nowhere')).err).toMatch(/nowhere cannot be read as a folder/);
});
