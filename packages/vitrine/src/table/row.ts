import { featureNamed, missingWords, readRow, type Encoder, type Feature, type Row, type Schema, type Value } from '@vitrine/data';
import { DataError } from '@vitrine/data';
import type { Tensor } from '@vitrine/ir';
import type { Encoding } from './encoding.js';

/** A row as it is fed. */
export interface ReadRow {
  /** Where it stands, for people. */
  readonly source: string;
  readonly number: number | undefined;
  readonly schema: Schema;
  /** Those that the model reads, in its order. */
  readonly features: readonly Feature[];
  readonly values: ReadonlyMap<string, Value>;
  readonly encoder: Encoder;
  readonly feeds: ReadonlyMap<string, Tensor>;
  /** What is true, where the table says it. */
  readonly truth: { readonly column: string; readonly value: string } | undefined;
  readonly notes: readonly string[];
}

/** What is the same for all rows of a table. */
export interface Reading {
  readonly name: string;
  readonly schema: Schema;
  readonly encoding: Encoding;
  readonly notes: readonly string[];
}

/** A row as the inputs of a model. @throws DataError naming the row and its columns */
export function readTableRow({ name, schema, encoding, notes }: Reading, row: Row, number: number | undefined): ReadRow {
  const { encoder, tensorFor } = encoding;
  const source = number === undefined ? name : `${name}, row ${number}`;
  const features = featuresOf(schema, encoder);
  const { values, faults } = readRow(features, row, schema);
  if (features.length > 1 && faults.length === 0 && [...values.values()].every((value) => value === null))
    throw new DataError('bad-input', `${source} is empty in every column`);
  const encoded = faults.length > 0 ? { faults } : encoder.encode(values);
  if ('faults' in encoded) throw new DataError('bad-input', `${source}: ${listed(encoded.faults)}`);
  const { labelColumn } = schema;
  const truth = labelColumn === undefined ? undefined : truthIn(schema, labelColumn, row);
  return {
    source,
    number,
    schema,
    features,
    values,
    encoder,
    feeds: new Map([...encoded.inputs].map(([input, one]) => [input, tensorFor(input, one)])),
    truth: truth === undefined ? undefined : { column: labelColumn!, value: truth },
    notes: [...notes, ...beyond(features, values)],
  };
}

const known = new WeakMap<Encoder, readonly Feature[]>();

/** Features that a model reads, in its order: the same for all rows. */
function featuresOf(schema: Schema, encoder: Encoder): readonly Feature[] {
  const found = known.get(encoder);
  if (found !== undefined) return found;
  const named = new Map(schema.features.map((feature) => [feature.name, feature]));
  const features = encoder.columns.map((column): Feature => named.get(column) ?? { name: column, kind: 'number' });
  known.set(encoder, features);
  return features;
}

/** What a row says is true; undefined where its cell is empty, or says that nothing is known. */
function truthIn(schema: Schema, column: string, row: Row): string | undefined {
  const cell = row.get(column) ?? null;
  if (cell === null) return undefined;
  const text = String(cell).trim();
  const isNamed = featureNamed(schema, column)?.categories?.includes(text) === true;
  return isNamed || !(schema.missing ?? missingWords).includes(text) ? text : undefined;
}

const MOST_FAULTS = 3;
const listed = (faults: readonly string[]): string =>
  `${faults.slice(0, MOST_FAULTS).join('; ')}${faults.length > MOST_FAULTS ? `; and ${faults.length - MOST_FAULTS} more` : ''}`;

/** Numbers that the schema does not know of. */
function beyond(features: readonly Feature[], values: ReadonlyMap<string, Value>): readonly string[] {
  return features.flatMap(({ name, min, max }) => {
    const value = values.get(name);
    if (typeof value !== 'number' || ((min === undefined || value >= min) && (max === undefined || value <= max))) return [];
    return [`${name} is ${value}, outside of what the schema knows (${min ?? ''} … ${max ?? ''})`];
  });
}
