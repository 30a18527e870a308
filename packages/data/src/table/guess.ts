import { missingWords, truths, type Feature, type Format, type Schema } from './schema.js';
import type { Cell, Table } from './table.js';
import { isDate, numberIn } from './values.js';
import type { Sample } from './sample.js';

/** A schema as it was guessed, and what is odd about the table, in sentences. */
export interface Guess {
  readonly schema: Schema;
  readonly notes: readonly string[];
}

/** A category has at most so many values, and each is met so often on average. */
const [MOST_CATEGORIES, LEAST_MET] = [1000, 2];
/** What is different in every row tells rows apart, where there are so many. */
const FEWEST_IDS = 20;
const ID_NAME = /(^|[\s_.-])(id|key|uuid|guid|index|nr|no)$|[a-z](Id|ID|Key)$/;
/** A fraction with a comma, of which no thousands are made. */
const COMMA_FRACTION = /^[+-]?(\d+|\d{1,3}(\.\d{3})+),(\d{1,2}|\d{4,})$/;
const POINT_FRACTION = /^[+-]?(\d+|\d{1,3}(,\d{3})+)\.(\d{1,2}|\d{4,})$/;

/** What the columns of a table are, by some of its rows. */
export function guessSchema(table: Table, sample: Sample, given: Pick<Schema, 'labelColumn' | 'missing' | 'format'> = {}): Guess {
  const format: Format = { ...(table.dialect && ownDialect(table.dialect)), ...given.format };
  const decimal = format.decimal ?? decimalIn(sample);
  const missing = given.missing ?? missingWords;
  const found = table.columns.map((name, i) => guessFeature(name, sample.columns[i]!, decimal, new Set(missing)));
  const used = missing.filter((wordGiven) => wordGiven !== '' && found.some(({ words }) => words.has(wordGiven)));
  const said = { ...format, ...(decimal === ',' && { decimal }) };
  return {
    schema: {
      ...(Object.keys(said).length > 0 && { format: said }),
      ...(given.labelColumn !== undefined && { labelColumn: given.labelColumn }),
      ...(used.length > 0 && { missing: used }),
      features: found.map(({ feature }) => feature),
    },
    notes: [...found.flatMap(({ note }) => note ?? []), ...emptyRows(sample, new Set(missing)), ...faultNotes(sample)],
  };
}

/** What differs from what is taken for granted. */
const ownDialect = ({ delimiter, header, quote, encoding }: NonNullable<Table['dialect']>): Format => ({
  ...(delimiter !== ',' && delimiter !== '\t' && { delimiter }),
  ...(!header && { header }),
  ...(quote !== '"' && { quote }),
  ...(encoding !== 'utf-8' && { encoding }),
});

/** A comma, where some columns can only be read so and none only otherwise. */
function decimalIn({ columns }: Sample): '.' | ',' {
  const has = (pattern: RegExp): boolean =>
    columns.some((cells) => {
      const texts = cells.filter((cell): cell is string => typeof cell === 'string' && !missingWords.includes(cell.trim()));
      return texts.some((text) => pattern.test(text.trim())) && texts.every((text) => /^[+-]?[\d.,]+$/.test(text.trim()));
    });
  return has(COMMA_FRACTION) && !has(POINT_FRACTION) ? ',' : '.';
}

interface Guessed {
  readonly feature: Feature;
  readonly note?: string;
  /** What was written where nothing is known. */
  readonly words: ReadonlySet<string>;
}

function guessFeature(name: string, cells: readonly Cell[], decimal: '.' | ',', missing: ReadonlySet<string>): Guessed {
  const words = new Set<string>();
  const known: (string | number | boolean)[] = [];
  for (const cell of cells) {
    const text = typeof cell === 'string' ? cell.trim() : cell;
    if (text === null || (typeof text === 'number' && Number.isNaN(text))) words.add('');
    else if (typeof text === 'string' && (text === '' || missing.has(text))) words.add(text);
    else known.push(text);
  }
  const gaps = words.size > 0 ? { missing: true } : {};
  if (known.length === 0) return { feature: { name, kind: 'text', ...gaps }, words, note: `column ${name} is empty in every row` };
  const kind = kindOf(name, known, decimal);
  const note = kind.values === 1 && cells.length > 1 ? { note: `column ${name} is the same in every row: ${String(known[0])}` } : {};
  return { feature: { name, ...kind.feature, ...gaps }, words, ...note };
}

function kindOf(
  name: string,
  known: readonly (string | number | boolean)[],
  decimal: '.' | ',',
): { readonly feature: Omit<Feature, 'name'>; readonly values: number } {
  const distinct = new Set(known.map(String));
  const values = distinct.size;
  const isDistinct = values === known.length && values >= FEWEST_IDS;
  if (known.every((cell) => typeof cell === 'boolean')) return { feature: { kind: 'boolean' }, values };
  const numbers = known.map((cell) => (typeof cell === 'number' ? cell : typeof cell === 'string' ? numberIn(cell, decimal) : undefined));
  if (numbers.every((n) => n !== undefined)) {
    const whole = numbers.every(Number.isInteger);
    if (isDistinct && whole && (ID_NAME.test(name) || isCount(numbers))) return { feature: { kind: 'id' }, values };
    const [min, max] = [numbers.reduce((a, b) => Math.min(a, b)), numbers.reduce((a, b) => Math.max(a, b))];
    return { feature: { kind: 'number', ...(whole && { whole }), min, max }, values };
  }
  if (known.every((cell) => typeof cell === 'string' && isDate(cell))) return { feature: { kind: 'date' }, values };
  const pair = values === 2 && truths.find((two) => [...distinct].every((text) => two.includes(text.toLowerCase())));
  if (pair) {
    const [no, yes] = pair.map((text) => [...distinct].find((one) => one.toLowerCase() === text)!) as [string, string];
    return { feature: { kind: 'boolean', ...((no !== 'false' || yes !== 'true') && { categories: [no, yes] }) }, values };
  }
  if (isDistinct && ID_NAME.test(name)) return { feature: { kind: 'id' }, values };
  if (values <= MOST_CATEGORIES && (known.length >= LEAST_MET * values || values <= FEWEST_IDS))
    return { feature: { kind: 'category', categories: [...distinct].toSorted(byCode) }, values };
  return { feature: { kind: 'text' }, values };
}

/** In the order in which scikit-learn sorts them. */
const byCode = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** 0, 1, 2 … or 1, 2, 3 …, where rows were left out too. */
const isCount = (numbers: readonly number[]): boolean =>
  (numbers[0] === 0 || numbers[0] === 1) && numbers.every((n, i) => i === 0 || n === numbers[i - 1]! + 1);

const SHOWN = 3;

function emptyRows({ columns, rows }: Sample, missing: ReadonlySet<string>): readonly string[] {
  const isEmpty = (cell: Cell): boolean => cell === null || (typeof cell === 'string' && (cell.trim() === '' || missing.has(cell.trim())));
  const empty = rows.filter((_, i) => columns.every((cells) => isEmpty(cells[i]!)));
  if (empty.length === 0) return [];
  const listed = empty.slice(0, SHOWN).join(', ');
  return [
    `${empty.length === 1 ? `row ${listed} is` : `rows ${listed}${empty.length > SHOWN ? ' and others' : ''} are`} empty in every column`,
  ];
}

const faultNotes = ({ faults: { first, count } }: Sample): readonly string[] => [
  ...first.slice(0, SHOWN).map(({ row, fault }) => `row ${row} ${fault}`),
  ...(count > SHOWN ? [`${count - SHOWN} more rows are damaged as such`] : []),
];
