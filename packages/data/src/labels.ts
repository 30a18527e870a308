import { DataError } from './error.js';

/** More classes than any model has, so that `{"999999999": "x"}` does not fill the memory. */
const MAX_CLASSES = 1e6;

/**
 * Class names from text (one per line) or JSON: a list, `{"0": "tench"}`, `{"0": ["n01440764", "tench"]}` or `{"tench": 0}`.
 * Underscores become spaces. `name` stands for the file in messages. @throws DataError 'malformed'
 */
export function readLabels(text: string, name: string): readonly string[] {
  const plain = text.replace(/^\uFEFF/, '').trimEnd();
  if (plain.trim() === '') throw new DataError('malformed', `${name} holds no class names`);
  // Lines may stay empty: a class without a name still counts.
  if (!/^\s*[[{]/.test(plain)) return plain.split(/\r?\n/).map((line) => tidy(line, name));
  let value: unknown;
  try {
    value = JSON.parse(plain);
  } catch (cause) {
    throw new DataError('malformed', `${name} is not valid JSON`, { cause });
  }
  const labels = Array.isArray(value) ? value.map((label, i) => [i, label] as const) : Object.entries(value as object).map(pair);
  if (labels.length === 0) throw new DataError('malformed', `${name} holds no class names`);
  const result: string[] = [];
  for (const [index, label] of labels) {
    if (!Number.isInteger(index) || index < 0 || typeof label !== 'string')
      throw new DataError('malformed', `${name} must hold a list of class names, or an object of index and name`);
    if (index >= MAX_CLASSES) throw new DataError('malformed', `${name} names class ${index}, and at most ${MAX_CLASSES} classes are read`);
    if (result[index] !== undefined) throw new DataError('malformed', `${name} names class ${index} twice`);
    result[index] = tidy(label, name);
  }
  return Array.from(result, (label, i) => label ?? `class ${i}`);
}

/** `["0", "tench"]`, `["0", ["n01440764", "tench"]]` and `["tench", 0]` as index and name. */
function pair([key, value]: readonly [string, unknown]): readonly [number, unknown] {
  const last = Array.isArray(value) ? (value as unknown[]).at(-1) : value;
  return typeof last === 'number' ? [last, key] : [/^\d+$/.test(key) ? Number(key) : NaN, last];
}

function tidy(label: string, name: string): string {
  const clean = label.trim().replaceAll('_', ' ');
  // oxlint-disable-next-line no-control-regex
  if (/[\0-\x08\x0e-\x1f\uFFFD]/.test(clean)) throw new DataError('malformed', `${name} is not a text file of class names`);
  return clean;
}
