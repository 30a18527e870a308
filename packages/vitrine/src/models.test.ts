import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { random } from '@vitrine/data';
import { survey, type Target } from '@vitrine/explain';
import { isFloat, sizeOf, type Tensor } from '@vitrine/ir';
import { describe, expect, test } from 'vitest';
import { examine, type Exam } from './exam.js';
import { load } from './model.js';

const bundled = fileURLToPath(new URL('../../../models', import.meta.url));
/** A folder of further models, which may be research-only: VITRINE_ASSETS=DIR. */
const assets = process.env['VITRINE_ASSETS'];

function modelsIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    return entry.isDirectory() ? modelsIn(file) : entry.name.endsWith('.onnx') ? [file] : [];
  });
}

/** Inputs that shapes alone do not tell, by the model's file name. */
const inputs: { readonly [pattern: string]: (draw: () => number) => { readonly [name: string]: Tensor } } = {
  '^silero': (draw) => ({ input: floats([1, 512], draw, 0.3), state: floats([2, 1, 128], draw, 0.5), sr: int64([], () => 16000) }),
  '^bert': (draw) => ({
    input_ids: int64([1, 12], () => 1 + Math.floor(draw() * 5000)),
    attention_mask: int64([1, 12], () => 1),
    token_type_ids: int64([1, 12], () => 0),
  }),
  '^stories.*ts': (draw) => ({ input_ids: int64([1, 12], () => 3 + Math.floor(draw() * 500)) }),
  '^stories.*dynamo': (draw) => ({ ids: int64([1, 12], () => 3 + Math.floor(draw() * 500)) }),
  '^(nnsplit|model)': (draw) => ({
    input: { dtype: 'uint8', dims: [1, 24], data: Uint8Array.from({ length: 24 }, () => 97 + Math.floor(draw() * 26)) },
  }),
  '^unet': (draw) => ({ input: floats([1, 1, 224, 224], draw, 0.5, 0.5) }),
};
const floats = (dims: readonly number[], draw: () => number, scale = 1, offset = 0): Tensor => ({
  dtype: 'float32',
  dims,
  data: Float32Array.from({ length: sizeOf(dims) }, () => offset + scale * (2 * draw() - 1)),
});
const int64 = (dims: readonly number[], value: () => number): Tensor => ({
  dtype: 'int64',
  dims,
  data: BigInt64Array.from({ length: sizeOf(dims) }, () => BigInt(value())),
});

/** What the score gains along a short way, told by the gradient: its mean over the points of a Gauss–Legendre rule times the way. */
async function alongTheWay(
  exam: Exam,
  at: string,
  x: Tensor,
  way: Tensor,
  target: Target,
): Promise<{ readonly told: number; readonly gained: number; readonly moved: number }> {
  const to: Tensor = { ...x, data: Float32Array.from(x.data as Float32Array, (v, i) => v + (way.data as Float32Array)[i]!) };
  const question = {
    method: 'integrated-gradients',
    at,
    target,
    options: { steps: 40, baseline: new Map([[at, x]]) },
  } as const;
  const { explanation } = await shifted(exam, at, to).then((other) => other.explain(question));
  const parts = explanation.attributions[0]!.tensor.data as Float32Array;
  return {
    told: parts.reduce((s, v) => s + v, 0),
    gained: explanation.completeness!.expected,
    moved: parts.reduce((s, v) => s + Math.abs(v), 0),
  };
}

const shifted = (exam: Exam, at: string, to: Tensor): Promise<Exam> =>
  examine(exam.model, Object.fromEntries([...exam.inputs].map(([name, { tensor }]) => [name, name === at ? to : tensor])));

const files = [...modelsIn(bundled), ...(assets === undefined ? [] : modelsIn(assets))];

describe.each(files.map((file) => [path.relative(assets && file.startsWith(assets) ? assets : bundled, file), file]))('%s', (_, file) => {
  test('is read, inspected and has a gradient that tells what the score gains along random ways', async () => {
    const model = await load(file);
    try {
      const found = survey(model.subject);
      const draw = random(1, file.replace(/^.*\//, ''));
      const special = Object.entries(inputs).find(([pattern]) => new RegExp(pattern).test(path.basename(file)))?.[1](draw);
      const given =
        special ?? Object.fromEntries(model.subject.graph.inputs.map(({ name }) => [name, floats(found.assumed.get(name)!, draw)]));
      const exam = await examine(model, given);
      // The largest output: a probability alone may be saturated.
      const [output, y] = [...exam.prediction.outputs].toSorted(([, a], [, b]) => sizeOf(b.dims) - sizeOf(a.dims))[0]!;
      const target = { kind: 'weights', output, weights: floats(y.dims, draw) } as const;
      const gradient = await exam.explain({ method: 'gradient', target });
      const [attribution] = gradient.explanation.attributions;
      expect((attribution!.tensor.data as Float32Array).some((v) => v !== 0)).toBe(true);
      if (!exam.inputs.has(attribution!.at) || !isFloat(attribution!.tensor.dtype)) return;
      const x = exam.inputs.get(attribution!.at)!.tensor;
      const size = Math.sqrt((x.data as Float32Array).reduce((s, v) => s + v * v, 0) / sizeOf(x.dims)) || 1;
      for (let k = 0; k < 2; k++) {
        const { told, gained, moved } = await alongTheWay(exam, attribution!.at, x, floats(x.dims, draw, 0.005 * size), target);
        // Single precision keeps the score to about a millionth of what moves it.
        expect(Math.abs(told - gained)).toBeLessThan(
          Math.max(0.02 * Math.abs(gained), 1e-3 * moved, 1e-6 * Math.abs(gradient.explanation.target.score)),
        );
      }
    } finally {
      await model.close();
    }
  });
});

test('there are bundled models', () => {
  expect(modelsIn(bundled).length).toBeGreaterThanOrEqual(12);
});
