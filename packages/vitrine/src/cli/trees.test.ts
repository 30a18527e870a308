import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readNpy, writeNpy } from '@vitrine/data';
import { numbers, tensorOf } from '@vitrine/ir';
import { expect, test } from 'vitest';
import { root, workplace } from '../testing/command.js';

const cases = path.join(root, 'golden/trees');
const { at, vitrine } = workplace();
const arrayOf = (file: string) => readNpy(new Uint8Array(readFileSync(file)));

/** The first row of a case, in a file. */
function rowOf(name: string): string {
  const rows = arrayOf(path.join(cases, name, 'rows.npy'));
  const width = rows.dims[1]!;
  writeFileSync(at('row.npy'), writeNpy(tensorOf('float32', [1, width], Array.from(numbers(rows), Number).slice(0, width))));
  return at('row.npy');
}

test('a row with missing values is explained by the trees, before what makes their sum a probability', async () => {
  const model = path.join(cases, 'xgboost-three/model.onnx');
  const row = rowOf('xgboost-three');
  const { code, out, err } = await vitrine('explain', model, '--input', row, '--method', 'tree-shap', '--target', '2', '--save', at('out'));
  expect(code).toBe(0);
  expect(out).toMatch(/8 parts \(column\)/);
  expect(err).toMatch(/values are of the score before SOFTMAX, where they add up: -?[\d.]+; what the model gives behind it is 0\.\d+/);
  const wanted = arrayOf(path.join(cases, 'xgboost-three/path-dependent.values.2.npy')).data as Float64Array;
  const got = arrayOf(at('out/tree-shap.npy')).data as Float32Array;
  expect(Array.from(got)).toEqual(Array.from(wanted.subarray(0, 8), (v) => expect.closeTo(v, 5)));
  expect(readFileSync(at('out/tree-shap.values.csv'), 'utf8').split('\n')[1]).toMatch(/^0,-?[\d.e-]+,,,,,,x 0-0$/);
});

test('inspect tells which of the exact methods a model has', async () => {
  const { out } = await vitrine('inspect', path.join(cases, 'logistic/model.onnx'));
  expect(out).toMatch(/supported: .*linear-shap/);
  expect(out).toMatch(/not tree-shap, tree-shap-interactions:\n\s+none of ai\.onnx\.ml\.TreeEnsembleClassifier/);
});

test('a model without counts of examples asks for background rows', async () => {
  const model = path.join(cases, 'forest-regression-ml5/model.onnx');
  const row = rowOf('forest-regression-ml5');
  const without = await vitrine('explain', model, '--input', row, '--method', 'tree-shap');
  expect([without.code, without.err]).toEqual([
    1,
    'vitrine: the trees do not say how many examples passed each node (nodes_hitrates), which path-dependent values need: give background rows, as background=FILE.npy\n',
  ]);
  const background = path.join(cases, 'forest-regression-ml5/background.npy');
  const given = await vitrine(
    'explain',
    model,
    '--input',
    row,
    '--method',
    'tree-shap-interactions',
    '--option',
    `background=${background}`,
  );
  expect([given.code, given.err]).toEqual([0, '']);
  expect(given.out).toMatch(/28 parts \(column interaction\)/);
});
