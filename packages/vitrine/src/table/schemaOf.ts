import { existsSync } from 'node:fs';
import path from 'node:path';
import { guessSchema, readSchema, sampleOf, type Format, type Guess, type Schema, type Table } from '@vitrine/data';
import { readJson } from '../input.js';

/** What may be said about a table beside its file. */
export interface SchemaGiven {
  /** The column that tells what is true, and is no input. */
  readonly labelColumn?: string | undefined;
  readonly format?: Format | undefined;
}

/** Rows that a schema is guessed from: all of a small table, as many of a large one, drawn by seed. */
export const SAMPLED = 20_000;

/** Guesses what the columns of a table mean from all of its rows, or the first `count`. */
export async function guessed(
  table: Table,
  {
    seed,
    count,
    most = SAMPLED,
    ...given
  }: SchemaGiven & { readonly seed: number; readonly count?: number | undefined; readonly most?: number },
): Promise<Guess & { readonly seen: number; readonly isPart: boolean }> {
  const sample = await sampleOf(table, most, seed, count === undefined ? {} : { count });
  const { labelColumn, format } = given;
  return {
    ...guessSchema(table, sample, { ...(labelColumn !== undefined && { labelColumn }), ...(format && { format }) }),
    seen: sample.seen,
    isPart: sample.isPart,
  };
}

/** A schema from its file. @throws DataError naming the file and the column */
export const schemaIn = (file: string): Schema => readSchema(readJson(file), path.basename(file));

/** The schema that lies beside a table (people.schema.json) or a model (adult.schema.json, then schema.json in its folder). */
export function schemaBeside(table: string, model: string | undefined): string | undefined {
  const places = [
    `${withoutEnding(table)}.schema.json`,
    ...(model === undefined ? [] : [`${withoutEnding(model)}.schema.json`, path.join(path.dirname(model), 'schema.json')]),
  ];
  return places.find((file) => existsSync(file));
}

const withoutEnding = (file: string): string => file.replace(/\.gz$/i, '').replace(/\.[^./\\]+$/, '');
