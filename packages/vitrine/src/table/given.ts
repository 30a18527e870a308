import { isTableFile } from '@vitrine/data/node';
import type { RowGiven, Schema, Table } from '@vitrine/data';
import type { Value } from '@vitrine/ir';
import type { LoadedModel } from '../model.js';
import type { Rows } from '../series/given.js';

/** Rows of a table: of a file, of one that is open, or in memory. */
export interface TableGiven {
  readonly table: string | Table | readonly RowGiven[];
  /** Which row, from 0; for `examineEach` which of them, all unless given: first and last of each stretch. */
  readonly row?: number | undefined;
  readonly rows?: Rows | undefined;
  /** What its columns mean, in place of what the model's or the table's own says. */
  readonly schema?: Schema | undefined;
  /** The column that tells what is true. */
  readonly labelColumn?: string | undefined;
  /** The column that tells apart which query a row is a document of: no input. */
  readonly queryColumn?: string | undefined;
}

/** One row, by the names of its columns. */
export interface OneRow extends Omit<TableGiven, 'table' | 'row' | 'rows'> {
  readonly row: RowGiven;
}

type Model = Pick<LoadedModel, 'subject' | 'series'>;

const hasInput = ({ subject }: Model, name: string): boolean => subject.graph.inputs.some((input) => input.name === name);

/** A model may have an input that is called table. */
export const isTableGiven = (model: Model, given: unknown): given is TableGiven =>
  typeof given === 'object' && given !== null && 'table' in given && !(given instanceof Map) && !hasInput(model, 'table');

/** The same of an input that is called row. */
export const isOneRow = (model: Model, given: unknown): given is OneRow =>
  typeof given === 'object' &&
  given !== null &&
  'row' in given &&
  !('table' in given) &&
  typeof given.row === 'object' &&
  given.row !== null &&
  !('dims' in given.row) &&
  !(given instanceof Map) &&
  !hasInput(model, 'row');

/** Whether a file holds rows for a model: one that reads series takes it as a series. */
export const isRowsFile = ({ subject: { graph }, series }: Model, file: string): boolean =>
  isTableFile(file) && graph.inputs.every(takesRows) && !Object.keys(series).some((key) => key !== 'mean' && key !== 'std');

/** [N,F], [N] and their like. */
const takesRows = ({ type: { shape } }: Value): boolean => shape === undefined || shape.length <= 2;
