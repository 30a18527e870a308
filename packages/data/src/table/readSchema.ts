import { closeNames } from '../closeNames.js';
import { DataError } from '../error.js';
import { directions, kinds, knownEncodings, type Feature, type Schema } from './schema.js';

type Check = (value: unknown) => string | undefined;

const all =
  (what: string, is: (value: unknown) => boolean): Check =>
  (value) =>
    is(value) ? undefined : `must be ${what}`;
const word = all('text that is not empty', (v) => typeof v === 'string' && v.trim() !== '');
const number = all('a number', (v) => Number.isFinite(v));
const truth = all('true or false', (v) => typeof v === 'boolean');
const oneOf = (list: readonly string[]): Check => all(`one of ${list.join(', ')}`, (v) => list.includes(v as string));
const texts = all('a list of text', (v) => Array.isArray(v) && v.every((one) => typeof one === 'string'));
const character = all('one character', (v) => typeof v === 'string' && v.length === 1);

const featureFields: { readonly [key in keyof Required<Feature>]: Check } = {
  name: word,
  kind: oneOf(kinds),
  label: word,
  unit: word,
  categories: (v) => texts(v) ?? again(v as readonly string[]),
  min: number,
  max: number,
  whole: truth,
  missing: truth,
  group: word,
  immutable: truth,
  monotone: oneOf(directions),
};

const schemaFields: { readonly [key in keyof Required<Schema>]: Check } = {
  features: all('a list that is not empty', (v) => Array.isArray(v) && v.length > 0),
  labelColumn: word,
  missing: texts,
  format: all('an object', (v) => typeof v === 'object' && v !== null && !Array.isArray(v)),
};

const formatFields: { readonly [key in keyof Required<NonNullable<Schema['format']>>]: Check } = {
  delimiter: character,
  quote: character,
  header: truth,
  decimal: oneOf(['.', ',']),
  encoding: oneOf(knownEncodings),
};

function again(list: readonly string[]): string | undefined {
  const twice = list.find((one, i) => list.indexOf(one) < i);
  return twice === undefined ? undefined : `names ${JSON.stringify(twice)} twice`;
}

/** Checks what a JSON file says of a table's columns. `name` stands for the file in messages. @throws DataError naming the column at fault */
export function readSchema(value: unknown, name: string): Schema {
  const bad = (message: string): never => {
    throw new DataError('malformed', `${name}: ${message}`);
  };
  const checked = (of: string, object: unknown, fields: { readonly [key: string]: Check }): void => {
    if (typeof object !== 'object' || object === null || Array.isArray(object)) return bad(`${of} must be an object`);
    for (const [key, given] of Object.entries(object)) {
      const check = Object.hasOwn(fields, key)
        ? fields[key]!
        : bad(`${of} has ${key}, which means nothing${closeNames(key, Object.keys(fields))}`);
      const wrong = check(given);
      if (wrong !== undefined) bad(`${key} of ${of} ${wrong}, not ${shown(given)}`);
    }
  };
  checked('the schema', value, schemaFields);
  const schema = value as Schema;
  if (schema.features === undefined) bad('there are no "features": list what each column means');
  if (schema.format !== undefined) checked('format', schema.format, formatFields);
  const names = new Set<string>();
  for (const [i, feature] of schema.features.entries()) {
    const of = typeof feature?.name === 'string' ? `column ${feature.name}` : `feature ${i}`;
    checked(of, feature, featureFields);
    if (feature.name === undefined) bad(`feature ${i} has no name`);
    if (feature.kind === undefined) bad(`${of} has no kind: it is one of ${kinds.join(', ')}`);
    if (names.has(feature.name)) bad(`${of} is described twice`);
    names.add(feature.name);
    const wrong = faultOf(feature);
    if (wrong !== undefined) bad(`${of} ${wrong}`);
  }
  return schema;
}

/** What does not go together in a feature. */
function faultOf({ kind, categories, min, max, unit, whole, monotone }: Feature): string | undefined {
  const numeric = kind === 'number' || kind === 'date';
  if (kind === 'category' && (categories === undefined || categories.length === 0)) return 'is a category: list its "categories"';
  if (kind === 'boolean' && categories !== undefined && categories.length !== 2)
    return 'is a boolean: its "categories" are two, what no and yes are called';
  if (categories !== undefined && kind !== 'category' && kind !== 'boolean') return `is a ${kind}, which has no categories`;
  if (!numeric && (min !== undefined || max !== undefined || unit !== undefined || whole !== undefined))
    return `is a ${kind}, which has no min, max, unit or whole: only numbers do`;
  if (min !== undefined && max !== undefined && min > max) return `has a min of ${min} above its max of ${max}`;
  if (monotone !== undefined && (kind === 'text' || kind === 'id')) return `is a ${kind}, which cannot be monotone`;
  return undefined;
}

const shown = (value: unknown): string => {
  const json = JSON.stringify(value) ?? 'undefined';
  return json.length > 60 ? `${json.slice(0, 57)}…` : json;
};
