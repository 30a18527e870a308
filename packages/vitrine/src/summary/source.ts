import type { VitrineError } from '@vitrine/ir';
import type { Exam } from '../exam.js';
import type { ReadRow } from '../table/row.js';

/** One example of many, which is read but not run. */
export type Item = {
  /** Its place among all, from 0. */
  readonly number: number;
  /** Where it stands, where its number does not say it: the name of a picture. */
  readonly source?: string | undefined;
} & (
  | { readonly examine: () => Promise<Exam>; readonly row?: ReadRow; readonly failure?: undefined }
  | { readonly failure: VitrineError; readonly examine?: undefined; readonly row?: undefined }
);

/** Which examples: their numbers, rising; all where there is no list. */
export type Wanted = readonly number[] | undefined;

/** Examples of one kind, which are read one after the other. */
export interface Source {
  /** For messages: the file's name. */
  readonly name: string;
  /** What one of them is. */
  readonly noun: string;
  /** How many there are. @throws DataError where there is none */
  count(): Promise<number>;
  /** SHA-256 of what they are read from. */
  digest(): Promise<string>;
  /** What is said of them elsewhere, and how they are read depends on: a schema. */
  described?(): Promise<object>;
  /** In order; those before `from` are passed over. @throws DataError */
  items(wanted: Wanted, from: number): AsyncIterable<Item>;
  close?(): Promise<void>;
}

/** A number of them: 3 rows. */
export const counted = (count: number, noun: string): string => `${count} ${count === 1 || noun === 'series' ? noun : `${noun}s`}`;
