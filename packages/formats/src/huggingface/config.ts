import { FormatError } from '../error.js';
import { isRecord, type Json } from '../folder.js';

/** config.json, each value checked as it is read. Values are named as most models name them; `aliases` says what this family calls them. */
export interface Config {
  /** Path of the file, for people. */
  readonly file: string;
  readonly json: Json;
  /** A whole number from 1 to 2^31. */
  size(key: string, otherwise?: number): number;
  number(key: string, otherwise?: number): number;
  flag(key: string, otherwise: boolean): boolean;
  text(key: string, otherwise?: string): string;
  /** Undefined where the file says nothing, or null. */
  given(key: string): unknown;
  /** The same where a part of the network calls values otherwise. */
  renamed(aliases: { readonly [key: string]: string }): Config;
  /** What the file says of a part of the network, and `otherwise` where it says nothing. */
  part(key: string, otherwise?: Json): Config;
  /** One whole number for two extents, or a list of both. */
  pair(key: string, otherwise?: number): readonly [number, number];
  /** @throws FormatError */
  refuse(why: string): never;
}

const MOST = 2 ** 31;
/** Values that graphs are as long as, not only weights as large as. */
const LIMITS: { readonly [key: string]: number } = { num_hidden_layers: 1000, num_attention_heads: 2 ** 16, head_dim: 2 ** 16 };

const isSize = (v: unknown, most = MOST): v is number => Number.isInteger(v) && (v as number) >= 1 && (v as number) <= most;
const isPair = (v: unknown): v is readonly [number, number] => Array.isArray(v) && v.length === 2 && v.every((side) => isSize(side));

export function config(json: Json, file: string, aliases: { readonly [key: string]: string } = {}): Config {
  const nameOf = (key: string): string => (Object.hasOwn(aliases, key) ? aliases[key]! : key);
  const given = (key: string): unknown => {
    const name = nameOf(key);
    return (Object.hasOwn(json, name) ? json[name] : undefined) ?? undefined;
  };
  const refuse = (why: string): never => {
    throw new FormatError('bad-config', `${file}: ${why}`);
  };
  function read<T>(key: string, otherwise: T | undefined, what: string, is: (value: unknown) => value is T): T {
    const value = given(key) ?? otherwise;
    return is(value) ? value : refuse(`${nameOf(key)} must be ${what}, not ${JSON.stringify(value)}`);
  }
  return {
    file,
    json,
    given,
    refuse,
    size(key, otherwise) {
      const most = LIMITS[key] ?? MOST;
      const is = (v: unknown): v is number => isSize(v, most);
      return read(key, otherwise, `a whole number from 1 to ${most}`, is);
    },
    number: (key, otherwise) => read(key, otherwise, 'a number', (v): v is number => Number.isFinite(v)),
    flag: (key, otherwise) => read(key, otherwise, 'true or false', (v): v is boolean => typeof v === 'boolean'),
    renamed: (others) => config(json, file, { ...aliases, ...others }),
    part(key, otherwise = {}) {
      const value = given(key) ?? {};
      if (!isRecord(value)) return refuse(`${nameOf(key)} must be an object`);
      return config({ ...otherwise, ...value }, `${file}: ${nameOf(key)}`);
    },
    pair(key, otherwise) {
      const value = given(key) ?? otherwise;
      const both: unknown = Array.isArray(value) ? value : [value, value];
      return isPair(both) ? both : refuse(`${nameOf(key)} must be a whole number from 1 to ${MOST}, or two, not ${JSON.stringify(value)}`);
    },
    text: (key, otherwise) => read(key, otherwise, 'a text', (v): v is string => typeof v === 'string'),
  };
}

/** Width of one attention head. */
export function headWidth(c: Config): number {
  const heads = c.size('num_attention_heads');
  if (c.given('head_dim') !== undefined) return c.size('head_dim');
  const hidden = c.size('hidden_size');
  return hidden % heads === 0 ? hidden / heads : c.refuse(`a width of ${hidden} cannot be shared by ${heads} attention heads`);
}

/** Class names by their number; undefined where the file has none. */
export function labelsOf(c: Config): readonly string[] | undefined {
  const named = c.given('id2label');
  if (named === undefined) return undefined;
  if (!isRecord(named)) return c.refuse('id2label must be an object');
  const labels = Object.keys(named).map((_, i) => named[String(i)]);
  if (!labels.every((label) => typeof label === 'string')) return c.refuse('id2label must name the classes 0, 1, …');
  return labels;
}
