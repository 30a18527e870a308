import type { Dialect } from './table.js';

const DELIMITERS = [',', ';', '\t', '|'] as const;
const QUOTE = '"';

/** Records of delimited text, as far as it goes: the last one may be cut off. */
export function recordsIn(text: string, delimiter: string, quote = QUOTE): readonly (readonly string[])[] {
  const records: string[][] = [];
  let [fields, field, quoted]: [string[], string, boolean] = [[], '', false];
  const end = (): void => {
    fields.push(field);
    if (fields.length > 1 || field !== '') records.push(fields);
    [fields, field] = [[], ''];
  };
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (quoted) {
      if (c !== quote) field += c;
      else if (text[i + 1] === quote) field += text[i++];
      else quoted = false;
    } else if (c === quote && field.trim() === '') [quoted, field] = [true, ''];
    else if (c === delimiter) {
      fields.push(field);
      field = '';
    } else if (c === '\n' || c === '\r') {
      if (c === '\r' && text[i + 1] === '\n') i++;
      end();
    } else field += c;
  }
  if (field !== '' || fields.length > 0) end();
  return records;
}

/**
 * How delimited text is laid out, by its beginning. The delimiter is the one that divides most lines alike; a header is a first row of different
 * names, none of them a number, above columns that hold numbers or other words.
 */
export function guessDialect(
  beginning: string,
  given: Partial<Dialect> = {},
): Pick<Dialect, 'delimiter' | 'header' | 'quote'> & { readonly first: readonly string[] } {
  const { quote = QUOTE } = given;
  const scored = (given.delimiter === undefined ? DELIMITERS : [given.delimiter]).map((delimiter) => {
    const records = recordsIn(beginning, delimiter, quote);
    return { delimiter, records, score: evenness(records.length > 1 ? records.slice(0, -1) : records) };
  });
  const [best] = scored.toSorted((a, b) => b.score - a.score) as [(typeof scored)[number]];
  const [first = []] = best.records;
  return { delimiter: best.delimiter, quote, header: given.header ?? isHeader(best.records), first };
}

/** How many records have as many fields as most, times that number; 0 where most have one. */
function evenness(records: readonly (readonly string[])[]): number {
  const counts = new Map<number, number>();
  for (const { length } of records) counts.set(length, (counts.get(length) ?? 0) + 1);
  const [fields = 1, times = 0] = [...counts].toSorted((a, b) => b[1] - a[1] || b[0] - a[0])[0] ?? [];
  // Lines that agree count more than columns: a comma in every second text is no delimiter.
  return fields === 1 ? 0 : (times / records.length) ** 4 * Math.log2(fields + 1);
}

const NUMBER = /^[+-]?(\d[\d.,]*|\.\d+)(e[+-]?\d+)?%?$/i;

function isHeader([first, ...rows]: readonly (readonly string[])[]): boolean {
  if (first === undefined) return true;
  const names = first.map((name) => name.trim());
  if (names.some((name) => NUMBER.test(name))) return false;
  if (rows.length === 0 || names.some((name, i) => rows.some((row) => NUMBER.test(row[i]?.trim() ?? '') && name !== ''))) return true;
  // Text in every column: names differ, and are not said again below.
  if (new Set(names).size < names.length) return false;
  const again = names.filter((name, i) => rows.some((row) => row[i]?.trim() === name)).length;
  return again * 2 < names.length;
}
