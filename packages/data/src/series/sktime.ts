import { DataError } from '../error.js';
import { linesIn } from './lines.js';
import { checkSize, numberIn, seriesOf, type Series } from './series.js';
import { clockOf } from './clock.js';

/** What the lines before `@data` say. */
interface Header {
  readonly timeStamps: boolean;
  readonly dimensions: number | undefined;
  readonly seriesLength: number | undefined;
  /** Whether the last field of a line is what the series is an example of. */
  readonly labelled: boolean;
  readonly classes: readonly string[];
}

const flags = new Set(['timestamps', 'missing', 'univariate', 'equallength']);
const counts = new Set(['dimensions', 'dimension', 'serieslength']);

/**
 * The series of a `.ts` file, as the UEA and UCR archives have them: one in a line, channels parted by colons. One that cannot be read
 * does not take the others with it. @throws DataError naming the file where it is none
 */
export function* readSktime(bytes: Uint8Array, name: string): Generator<Series | DataError, undefined> {
  const lines = linesIn(bytes, name);
  const header = headerOf(lines, name);
  for (const { text, number } of lines) {
    const line = text.trim();
    if (line === '' || line.startsWith('#')) continue;
    try {
      yield seriesIn(line, header, `${name}, line ${number}`);
    } catch (cause) {
      if (!(cause instanceof DataError)) throw cause;
      yield cause;
    }
  }
}

function headerOf(lines: Iterator<{ readonly text: string; readonly number: number }>, name: string): Header {
  const said = new Map<string, readonly string[]>();
  for (let { value, done } = lines.next(); !done; { value, done } = lines.next()) {
    const { text, number } = value as { readonly text: string; readonly number: number };
    const line = text.replace(/^\uFEFF/, '').trim();
    if (line === '' || line.startsWith('#')) continue;
    if (!line.startsWith('@')) break;
    const [directive = '', ...values] = line.slice(1).split(/\s+/);
    const key = directive.toLowerCase();
    if (key === 'data') return checked(said);
    const at = `${name}, line ${number}: @${directive}`;
    if (flags.has(key) && !/^(true|false)$/i.test(values[0] ?? ''))
      throw new DataError('malformed', `${at} must be true or false, not ${values[0] ?? 'nothing'}`);
    if (counts.has(key) && !/^[1-9]\d{0,8}$/.test(values[0] ?? ''))
      throw new DataError('malformed', `${at} must be a whole number above 0, not ${values[0] ?? 'nothing'}`);
    said.set(key, values);
  }
  throw new DataError('malformed', `${name} is no file of series: no line @data stands before its values`);

  function checked(all: ReadonlyMap<string, readonly string[]>): Header {
    const isTrue = (key: string): boolean => /^true$/i.test(all.get(key)?.[0] ?? '');
    const count = (key: string): number | undefined => (all.has(key) ? Number(all.get(key)![0]) : undefined);
    const dimensions = count('dimensions') ?? count('dimension') ?? (isTrue('univariate') ? 1 : undefined);
    const seriesLength = count('serieslength');
    checkSize(dimensions ?? 1, seriesLength ?? 1, name);
    return {
      timeStamps: isTrue('timestamps'),
      dimensions,
      seriesLength,
      labelled: isTrue('classlabel') || isTrue('targetlabel'),
      classes: isTrue('classlabel') ? all.get('classlabel')!.slice(1) : [],
    };
  }
}

function seriesIn(line: string, header: Header, at: string): Series {
  // Dates hold colons, and stand in brackets.
  const fields = header.timeStamps ? line.split(/:(?![^(]*\))/) : line.split(':');
  const label = header.labelled ? fields.pop()!.trim() : undefined;
  if (label !== undefined && header.classes.length > 0 && !header.classes.includes(label))
    throw new DataError('malformed', `${at} is labelled ${label}, and @classLabel names only ${header.classes.join(', ')}`);
  if (header.dimensions !== undefined && fields.length !== header.dimensions)
    throw new DataError('malformed', `${at} has ${fields.length} channels, and the header tells of ${header.dimensions}`);
  const names = fields.length === 1 ? ['value'] : fields.map((_, c) => `channel ${c}`);
  const channels = fields.map((field, c) =>
    header.timeStamps ? timed(field, `${at}, ${names[c]}`) : plainValues(field, `${at}, ${names[c]}`),
  );
  const [first] = channels as [Channel];
  const odd = channels.find(({ values }) => values.length !== first.values.length);
  if (odd !== undefined)
    throw new DataError(
      'malformed',
      `${at} has channels of ${first.values.length} and ${odd.values.length} values: channels must be of one length`,
    );
  const { rateHz, notes } = first.times === undefined ? { rateHz: undefined, notes: [] } : clockOf(first.times, at);
  return seriesOf(
    channels.map(({ values }) => values),
    names,
    at,
    { rateHz, notes, ...(label !== undefined && { label }) },
  );
}

interface Channel {
  readonly values: readonly number[];
  readonly times?: readonly number[];
}

const plainValues = (field: string, at: string): Channel => ({ values: field.split(',').map((cell) => valueIn(cell, at)) });

/** `(2024-01-01 00:00:00,1.5),(…)`, or times as numbers, which are steps. */
function timed(field: string, at: string): Channel {
  const pairs = [...field.matchAll(/\(([^()]*),([^(),]*)\)/g)];
  if (pairs.length === 0) throw new DataError('malformed', `${at} must be pairs of a time and a value, as (0,1.5),(1,1.7)`);
  return {
    values: pairs.map(([, , value]) => valueIn(value!, at)),
    times: pairs.map(([, time]) => timeIn(time!) ?? bad(time!, at)),
  };
}

const bad = (text: string, at: string): never => {
  throw new DataError('malformed', `${at}: ${text.length > 20 ? `${text.slice(0, 20)}…` : text} is no time`);
};

/** Seconds. */
function timeIn(text: string): number | undefined {
  const value = numberIn(text);
  if (value !== undefined && !Number.isNaN(value)) return value;
  const date = Date.parse(text.trim().replace(' ', 'T'));
  return Number.isNaN(date) ? undefined : date / 1000;
}

function valueIn(cell: string, at: string): number {
  const value = numberIn(cell);
  if (value === undefined || cell.trim() === '')
    throw new DataError('malformed', `${at}: ${cell.trim() === '' ? 'a value is empty' : `${cell.trim().slice(0, 20)} is no number`}`);
  return value;
}
