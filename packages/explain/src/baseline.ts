import { baselines } from '@vitrine/data';
import { sizeOf, type Tensor } from '@vitrine/ir';
import { floats } from './arithmetic.js';
import { ExplainError } from './error.js';
import { baseline as field, int, number, optionsFor, type Fields, type Tensors } from './field.js';
import type { Point } from './inquiry.js';
import { isChannelLast, spatialAxes } from './layout.js';
import { named } from './named.js';
import type { Setting } from './rows.js';

/** The option that path methods share. */
export const baselineOption = field(
  'zero',
  `where the path starts: ${Object.keys(baselines).join(', ')}, a number, or a .npy file with one baseline [1,…] or several [K,…]`,
);

/** Baselines that need no example. */
const FIXED = new Set(['zero', 'constant']);

const draws = int(1, 'how many are drawn; scores are averaged over them', { min: 1, max: 1000 });
/** What may be said of them behind a colon, as blur:sigma=5. */
const settings: { readonly [name: string]: Fields } = {
  constant: { value: number(0, 'the number') },
  blur: { sigma: number(10, 'of the kernel, in elements', { min: 0, max: 10_000 }) },
  uniform: { draws },
  noise: { draws },
};

/** The baselines an option names: points like the example. @throws ExplainError 'bad-option' */
export function baselinesFor({ x, shapes, random: streams, axes }: Setting, given: string | number | Tensors): readonly Point[] {
  const names = [...shapes.keys()];
  if (typeof given === 'object') return fromTensors(given, shapes);
  const blank = (name: string): Tensor => {
    const dims = shapes.get(name)!;
    return { dtype: 'float32', dims, data: new Float32Array(sizeOf(dims)) };
  };
  if (typeof given === 'number')
    return [new Map(names.map((name) => [name, { ...blank(name), data: new Float32Array(sizeOf(shapes.get(name)!)).fill(given) }]))];
  const asked = named(given);
  if (asked === undefined || asked.value !== undefined || !Object.hasOwn(baselines, asked.name))
    throw new ExplainError(
      'bad-option',
      `there is no baseline called ${given}: use ${Object.keys(baselines).join(', ')}, a number or a .npy file`,
    );
  if (x === undefined && !FIXED.has(asked.name))
    throw new ExplainError(
      'not-compilable',
      `the baseline ${given} depends on the input, so it cannot be compiled in: use zero, a number or a .npy file`,
    );
  const row = baselines[asked.name as keyof typeof baselines];
  const options: { readonly draws?: number } = optionsFor(`baseline=${asked.name}`, settings[asked.name] ?? {}, asked.settings);
  const random = new Map(names.map((name) => [name, streams(`baseline/${name}`)]));
  const made = (name: string): Tensor => {
    const along = axes?.get(name) ?? (isChannelLast(shapes.get(name)!) ? spatialAxes(shapes.get(name)!) : undefined);
    return row.make(x?.get(name) ?? blank(name), { ...options, ...(along && { axes: along }) }, random.get(name)!);
  };
  return Array.from({ length: options.draws ?? 1 }, () => new Map(names.map((name) => [name, made(name)])));
}

/** Splits [K,…] into K points. */
export function fromTensors(given: Tensors, shapes: ReadonlyMap<string, readonly number[]>, what = 'baseline'): readonly Point[] {
  const byName = given instanceof Map ? (given as ReadonlyMap<string, Tensor>) : new Map([[[...shapes.keys()][0]!, given as Tensor]]);
  const lists = [...shapes].map(([name, dims]) => {
    const tensor = byName.get(name);
    if (tensor === undefined) throw new ExplainError('bad-option', `no ${what} is given for ${name}`);
    const size = sizeOf(dims);
    const count = sizeOf(tensor.dims) / size;
    if (!Number.isInteger(count) || count === 0)
      throw new ExplainError(
        'bad-option',
        `the ${what} for ${name} has shape [${tensor.dims.join(',')}], which does not divide into examples of [${dims.join(',')}]`,
      );
    const values = floats(tensor);
    return Array.from({ length: count }, (_, k): readonly [string, Tensor] => [
      name,
      { dtype: 'float32', dims, data: Float32Array.from(values.subarray(k * size, (k + 1) * size)) },
    ]);
  });
  const count = Math.max(...lists.map((list) => list.length));
  if (lists.some((list) => list.length !== count && list.length !== 1))
    throw new ExplainError('bad-option', `the ${what}s for the inputs differ in number`);
  return Array.from({ length: count }, (_, k) => new Map(lists.map((list) => list[list.length === 1 ? 0 : k]!)));
}
