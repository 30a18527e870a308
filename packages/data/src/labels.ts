import { DataError } from './error.js';

/**
 * Class names from text (one per line) or JSON: a list, `{"0": "tench"}`, `{"0": ["n01440764", "tench"]}` or `{"tench": 0}`.
 * Underscores become spaces. @throws DataError naming the file
 */
export function readLabels(text: string, name: string): readonly string[] {
  const plain = text.replace(/^\uFEFF/, '').trim();
  if (plain === '') throw new DataError('malformed', `${name} holds no class names`);
  if (!/^[[{]/.test(plain)) return plain.split(/\r?\n/).map(tidy);
  let value: unknown;
  try {
    value = JSON.parse(plain);
  } catch (cause) {
    throw new DataError('malformed', `${name} is not valid JSON`, { cause });
  }
  const bad = (): never => {
    throw new DataError('malformed', `${name} must hold a list of class names, or an object of index and name`);
  };
  if (Array.isArray(value)) return value.map((v: unknown) => (typeof v === 'string' ? tidy(v) : bad()));
  const labels: string[] = [];
  for (const [key, v] of Object.entries(value as object) as (readonly [string, unknown])[]) {
    const last = Array.isArray(v) ? (v as unknown[]).at(-1) : v;
    const [index, label] = typeof last === 'number' ? [last, key] : [Number(key), last];
    if (!Number.isInteger(index) || index < 0 || index > 1e6 || typeof label !== 'string') return bad();
    labels[index] = tidy(label);
  }
  return Array.from(labels, (label, i) => label ?? `class ${i}`);
}

const tidy = (label: string): string => label.trim().replaceAll('_', ' ');
