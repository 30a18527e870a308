import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { random } from '@vitrine/data';
import { survey, type Target } from '@vitrine/explain';
import { numbers, sizeOf, type Tensor } from '@vitrine/ir';
import { examine, type Exam } from '../exam.js';
import { load, type LoadedModel } from '../model.js';

const bundled = fileURLToPath(new URL('../../../../models', import.meta.url));
/** A folder of further models, which may be research-only: VITRINE_ASSETS=DIR. */
const assets = process.env['VITRINE_ASSETS'];

/** All models below a folder. */
export function modelsIn(folder: string): readonly string[] {
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
export const floats = (dims: readonly number[], draw: () => number, scale = 1, offset = 0): Tensor => ({
  dtype: 'float32',
  dims,
  data: Float32Array.from({ length: sizeOf(dims) }, () => offset + scale * (2 * draw() - 1)),
});
const int64 = (dims: readonly number[], value: () => number): Tensor => ({
  dtype: 'int64',
  dims,
  data: BigInt64Array.from({ length: sizeOf(dims) }, () => BigInt(value())),
});

export const bundledModels = modelsIn(bundled);

/** Every model there is, with a name for it. */
export const allModels: readonly (readonly [name: string, file: string])[] = [
  ...bundledModels,
  ...(assets === undefined ? [] : modelsIn(assets)),
].map((file) => [path.relative(assets && file.startsWith(assets) ? assets : bundled, file), file]);

/** A model with an input that it takes, the same each time. */
export async function opened(file: string): Promise<{ readonly model: LoadedModel; readonly exam: Exam; readonly draw: () => number }> {
  const model = await load(file);
  const draw = random(1, file.replace(/^.*\//, ''));
  const special = Object.entries(inputs).find(([pattern]) => new RegExp(pattern).test(path.basename(file)))?.[1](draw);
  const { assumed } = survey(model.subject, { methods: [] });
  const given = special ?? Object.fromEntries(model.subject.graph.inputs.map(({ name }) => [name, floats(assumed.get(name)!, draw)]));
  return { model, exam: await examine(model, given), draw };
}

/** The output with the most elements: a probability alone may be saturated. */
export const largestOutput = ({ prediction }: Exam): readonly [name: string, tensor: Tensor] =>
  [...prediction.outputs].toSorted(([, a], [, b]) => sizeOf(b.dims) - sizeOf(a.dims))[0]!;

/** The element of the largest output that is largest. */
export function strongest(exam: Exam): Target {
  const [output, y] = largestOutput(exam);
  const values = Array.from(numbers(y));
  const best = values.reduce((at, v, i) => (v > values[at]! ? i : at), 0);
  const weights = {
    dtype: 'float32',
    dims: y.dims,
    data: Float32Array.from({ length: sizeOf(y.dims) }, (_, i) => (i === best ? 1 : 0)),
  } as const;
  return { kind: 'weights', output, weights };
}
