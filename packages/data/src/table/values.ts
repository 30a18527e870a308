import { closeNames } from '../closeNames.js';
import { missingWords, truths, type Feature, type Schema, type Value } from './schema.js';
import type { Cell, Row } from './table.js';

/** What cells mean, or what is wrong with one in a few words that follow the column's name. */
export type Read = { readonly value: Value; readonly fault?: undefined } | { readonly fault: string; readonly value?: undefined };

/** How cells are read. */
export type Reading = Pick<Schema, 'missing' | 'format'>;

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const GROUPED = { '.': /^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/, ',': /^[+-]?\d{1,3}(\.\d{3})+(,\d+)?$/ } as const;
const DATE = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?)?$/;

/** The number that a text spells, groups of three digits or not; undefined where it spells none. */
export function numberIn(text: string, decimal: '.' | ',' = '.'): number | undefined {
  const other = decimal === '.' ? ',' : '.';
  const plain = GROUPED[decimal].test(text) ? text.replaceAll(other, '') : text;
  if (decimal === ',' && plain.includes('.')) return undefined;
  const spelled = decimal === ',' ? plain.replace(',', '.') : plain;
  if (!NUMBER.test(spelled)) return undefined;
  const value = Number(spelled);
  return Number.isFinite(value) ? value : undefined;
}

/** Whether a text is a date as ISO 8601 writes them. */
export function isDate(text: string): boolean {
  if (!DATE.test(text) || Number.isNaN(Date.parse(text))) return false;
  const day = text.slice(0, 10);
  // The 30th of February would be taken for the 1st of March.
  return new Date(day).toISOString().startsWith(day);
}

/** What a cell of a feature means. */
export function readCell(feature: Feature, cell: Cell, { missing = missingWords, format }: Reading = {}): Read {
  const text = typeof cell === 'string' ? cell.trim() : cell;
  const category = categoryOf(feature, text);
  if (category !== undefined) return { value: category };
  if (
    text === null ||
    (typeof text === 'number' && Number.isNaN(text)) ||
    (typeof text === 'string' && (text === '' || missing.includes(text)))
  )
    return { value: null };
  return READERS[feature.kind](text, feature, format?.decimal ?? '.');
}

/** Categories come first: one may be called NA. */
function categoryOf({ kind, categories = [] }: Feature, cell: Cell): string | undefined {
  if (kind !== 'category' || cell === null) return undefined;
  const text = String(cell);
  return categories.includes(text) ? text : undefined;
}

type Reader = (cell: string | number | boolean, feature: Feature, decimal: '.' | ',') => Read;
const fault = (said: string): Read => ({ fault: said });
const spelled = (cell: string | number | boolean): string => {
  const text = JSON.stringify(cell);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
};

const READERS: { readonly [kind in Feature['kind']]: Reader } = {
  number(cell, { whole }, decimal) {
    const value = typeof cell === 'string' ? numberIn(cell, decimal) : Number(cell);
    if (value === undefined || !Number.isFinite(value))
      return fault(
        `is ${spelled(cell)}, which is no number${typeof cell === 'string' && numberIn(cell, decimal === '.' ? ',' : '.') !== undefined ? `: if its comma is a decimal one, say "decimal": ","` : ''}`,
      );
    return whole === true && !Number.isInteger(value) ? fault(`is ${value}, and must be a whole number`) : { value };
  },
  category: (cell, { categories }) =>
    categories === undefined
      ? { value: String(cell) }
      : fault(`is ${spelled(cell)}, a category never seen${closeNames(String(cell), categories)}`),
  boolean(cell, { categories }) {
    if (typeof cell === 'boolean') return { value: cell };
    if (categories !== undefined) {
      const at = categories.indexOf(String(cell));
      return at < 0 ? fault(`is ${spelled(cell)}, and must be ${categories.join(' or ')}`) : { value: at === 1 };
    }
    const text = String(cell).toLowerCase();
    const at = [...truths, ['0', '1']].map((pair) => pair.indexOf(text)).find((i) => i >= 0);
    return at === undefined ? fault(`is ${spelled(cell)}, and must be true or false`) : { value: at === 1 };
  },
  text: (cell) => ({ value: String(cell) }),
  date: (cell) =>
    typeof cell === 'string' && isDate(cell) ? { value: cell } : fault(`is ${spelled(cell)}, which is no date such as 2024-01-31`),
  id: (cell) => ({ value: String(cell) }),
};

/** A row's values by feature, and what is wrong with it, in sentences' ends. */
export interface ReadValues {
  readonly values: ReadonlyMap<string, Value>;
  readonly faults: readonly string[];
}

/** What the cells of a row mean. Columns that it lacks are faults. */
export function readRow(features: readonly Feature[], row: Row, reading: Reading): ReadValues {
  const values = new Map<string, Value>();
  const faults: string[] = [];
  for (const feature of features) {
    const cell = row.get(feature.name);
    const read: Read = cell === undefined ? fault('is not among the columns') : readCell(feature, cell, reading);
    if (read.fault === undefined) values.set(feature.name, read.value);
    else faults.push(`${feature.name} ${read.fault}`);
  }
  return { values, faults };
}
