import { schemas } from '@vitrine/ir';
import { RuleError } from '../error.js';
import type { Composite, CompositeRow } from './composite.js';
import { kindNames } from './kind.js';
import { isRuleName, lrpRules } from './rules.js';

/** Reads a composite from JSON: `{ "rows": [{ "op": "Conv", "rule": "gamma", "gamma": 0.1 }, …] }`. @throws RuleError 'bad-rule' naming the row */
export function readComposite(value: unknown, what: string): Composite {
  const bad = (message: string): never => {
    throw new RuleError('bad-rule', `${what}: ${message}`);
  };
  const rows = typeof value === 'object' && value !== null && 'rows' in value ? value.rows : value;
  if (!Array.isArray(rows)) return bad('a composite is a list of rows, each with a rule');
  rows.forEach((row: unknown, i) => {
    if (typeof row !== 'object' || row === null) return bad(`row ${i} is not an object`);
    for (const [key, given] of Object.entries(row)) {
      const check = columns[key];
      if (check === undefined) bad(`row ${i} has an unknown column '${key}': a row has ${Object.keys(columns).join(', ')}`);
      const fault = check!(given);
      if (fault !== undefined) bad(`row ${i}: ${key} ${fault}`);
    }
    if (!('rule' in row)) bad(`row ${i} names no rule`);
    return undefined;
  });
  return { rows: rows as readonly CompositeRow[] };
}

const isText = (v: unknown): v is string => typeof v === 'string';
const texts = (v: unknown): string | undefined =>
  isText(v) || (Array.isArray(v) && v.every(isText)) ? undefined : 'must be a text or a list of texts';
const finite = (v: unknown): string | undefined => (typeof v === 'number' && Number.isFinite(v) ? undefined : 'must be a number');
const notNegative = (v: unknown): string | undefined => finite(v) ?? ((v as number) >= 0 ? undefined : 'must not be negative');
const KINDS = new Set<string>(kindNames);

const columns: { readonly [column: string]: (value: unknown) => string | undefined } = {
  rule: (v) => (isText(v) && isRuleName(v) ? undefined : `'${String(v)}' is no rule: there are ${Object.keys(lrpRules).join(', ')}`),
  kind: (v) =>
    texts(v) ??
    ([v].flat().every((k) => KINDS.has(k as string)) ? undefined : `'${String(v)}' is no kind: there are ${[...KINDS].join(', ')}`),
  op: (v) =>
    texts(v) ??
    ([v].flat().every((name) => Object.hasOwn(schemas, name as string) || (name as string).includes('.'))
      ? undefined
      : `'${String(v)}' is no operator of ONNX`),
  name: (v) => (isText(v) ? undefined : 'must be a text'),
  position: (v) => (v === 'first' || v === 'last' ? undefined : "must be 'first' or 'last'"),
  epsilon: notNegative,
  gamma: notNegative,
  alpha: finite,
  beta: finite,
  low: finite,
  high: finite,
};
