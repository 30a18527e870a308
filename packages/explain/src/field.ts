import type { Tensor } from '@vitrine/ir';
import { ExplainError } from './error.js';

/** An option of an explainer: its default, its range, its meaning. From a row of these come the check, the help and the form. */
export type Field =
  | { readonly kind: 'int' | 'number'; readonly default: number; readonly doc: string; readonly min?: number; readonly max?: number }
  | { readonly kind: 'choice'; readonly default: string; readonly doc: string; readonly choices: readonly string[] }
  | { readonly kind: 'text'; readonly default: string; readonly doc: string }
  | { readonly kind: 'flag'; readonly default: boolean; readonly doc: string }
  | { readonly kind: 'tensor'; readonly default: undefined; readonly doc: string }
  | { readonly kind: 'baseline'; readonly default: string; readonly doc: string }
  /** A way to divide the attributed values, by name, or a label for each element. */
  | { readonly kind: 'partition'; readonly default: string; readonly doc: string }
  /** A name, or a description of one's own as a JSON file holds it. */
  | { readonly kind: 'described'; readonly default: string; readonly doc: string; readonly choices: readonly string[] };

export type Fields = { readonly [name: string]: Field };

/** A tensor for each attributed value, by name; one tensor alone goes to the only value there is. */
export type Tensors = Tensor | ReadonlyMap<string, Tensor>;

type ValueOf<F extends Field> = F extends { readonly kind: 'int' | 'number' }
  ? number
  : F extends { readonly kind: 'choice'; readonly choices: readonly (infer C)[] }
    ? C
    : F extends { readonly kind: 'flag' }
      ? boolean
      : F extends { readonly kind: 'text' }
        ? string
        : F extends { readonly kind: 'tensor' }
          ? Tensors | undefined
          : F extends { readonly kind: 'partition' }
            ? string | Tensors
            : F extends { readonly kind: 'described'; readonly choices: readonly (infer C)[] }
              ? C | object
              : string | number | Tensors;

export type OptionsOf<F extends Fields> = { readonly [Name in keyof F]: ValueOf<F[Name]> };
/** Options as they are given: each may be left out. */
export type OptionsIn<F extends Fields> = { readonly [Name in keyof F]?: ValueOf<F[Name]> | undefined };

type Range = { readonly min?: number; readonly max?: number };

export const int = (value: number, doc: string, range: Range = {}): Field & { readonly kind: 'int' } => ({
  kind: 'int',
  default: value,
  doc,
  ...range,
});
export const number = (value: number, doc: string, range: Range = {}): Field & { readonly kind: 'number' } => ({
  kind: 'number',
  default: value,
  doc,
  ...range,
});
export const choice = <const C extends readonly string[]>(choices: C, value: C[number], doc: string) =>
  ({ kind: 'choice', choices, default: value, doc }) as const;
export const described = <const C extends readonly string[]>(choices: C, value: C[number], doc: string) =>
  ({ kind: 'described', choices, default: value, doc }) as const;
export const text = (value: string, doc: string): Field & { readonly kind: 'text' } => ({ kind: 'text', default: value, doc });
export const flag = (value: boolean, doc: string): Field & { readonly kind: 'flag' } => ({ kind: 'flag', default: value, doc });
export const tensor = (doc: string): Field & { readonly kind: 'tensor' } => ({ kind: 'tensor', default: undefined, doc });
export const partition = (value: string, doc: string): Field & { readonly kind: 'partition' } => ({
  kind: 'partition',
  default: value,
  doc,
});
export const baseline = (value: string, doc: string): Field & { readonly kind: 'baseline' } => ({ kind: 'baseline', default: value, doc });

/** Fills in defaults and checks what is given. Texts, as a command line gives them, are read. @throws ExplainError 'bad-option' naming explainer and option */
export function optionsFor<F extends Fields>(explainer: string, fields: F, given: { readonly [name: string]: unknown }): OptionsOf<F> {
  const stranger = Object.keys(given).find((name) => !Object.hasOwn(fields, name));
  if (stranger !== undefined) {
    const names = Object.keys(fields);
    throw new ExplainError(
      'bad-option',
      `${explainer} has no option ${stranger}: ${names.length === 0 ? 'it takes none' : `it takes ${names.join(', ')}`}`,
    );
  }
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [
      name,
      given[name] === undefined ? field.default : checked(`${explainer}: option ${name}`, field, given[name]),
    ]),
  ) as OptionsOf<F>;
}

function checked(what: string, field: Field, value: unknown): unknown {
  const refuse = (expected: string): never => {
    throw new ExplainError(
      'bad-option',
      `${what} must be ${expected}, not ${typeof value === 'object' ? 'what was given' : String(value)}`,
    );
  };
  switch (field.kind) {
    case 'int':
    case 'number': {
      const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      const { min = -Infinity, max = Infinity } = field;
      const noun = field.kind === 'int' ? 'a whole number' : 'a number';
      const range =
        min === -Infinity && max === Infinity
          ? ''
          : max === Infinity
            ? ` of at least ${min}`
            : min === -Infinity
              ? ` of at most ${max}`
              : ` from ${min} to ${max}`;
      if (
        typeof read !== 'number' ||
        !Number.isFinite(read) ||
        (field.kind === 'int' && !Number.isInteger(read)) ||
        read < min ||
        read > max
      )
        return refuse(noun + range);
      return read;
    }
    case 'choice':
      return field.choices.includes(value as string) ? value : refuse(`one of ${field.choices.join(', ')}`);
    case 'flag':
      return typeof value === 'boolean'
        ? value
        : value === 'true' || value === 'yes'
          ? true
          : value === 'false' || value === 'no'
            ? false
            : refuse('true or false');
    case 'text':
      return typeof value === 'string' || typeof value === 'number' ? String(value) : refuse('a text');
    case 'described':
      return field.choices.includes(value as string) || (typeof value === 'object' && value !== null)
        ? value
        : refuse(`one of ${field.choices.join(', ')}, or a .json file that describes one`);
    case 'tensor':
      return isTensors(value) ? value : refuse('a tensor, given as a .npy file');
    case 'partition':
      return (typeof value === 'string' && value !== '') || isTensors(value) ? value : refuse('a name or a tensor of labels');
    case 'baseline': {
      const read = typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value;
      return typeof read === 'string' || typeof read === 'number' || isTensors(read) ? read : refuse('a name, a number or a tensor');
    }
  }
}

const isTensors = (value: unknown): value is Tensors =>
  value instanceof Map || (typeof value === 'object' && value !== null && 'dims' in value);
