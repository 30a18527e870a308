import { calledBy, type Value } from '@vitrine/data';
import type { Condition, Estimate, Explanation, Kept, Rule } from '@vitrine/explain';
import { numbers, valuesByName } from '@vitrine/ir';
import type { Exam } from './exam.js';
import { csv } from './layers.js';
import { elementsOf } from './table/places.js';
import type { ReadRow } from './table/row.js';
import { FEATURE, shownValue } from './table/told.js';

interface Shown {
  readonly row?: ReadRow | undefined;
  readonly text?: Exam['text'] | undefined;
  readonly example: Exam['example'];
}

/** A rule in words. */
export interface ToldRule {
  /** What it asks for, one after the other, and what each raised the precision by. */
  readonly conditions: readonly { readonly text: string; readonly rise: number }[];
  /** All of it: `age > 37 years and education = Bachelors`. */
  readonly text: string;
  /** What then stays, and how surely: sentences. */
  readonly keeps: string;
  readonly applies: string;
}

/** The rule that a method found, as people read it; undefined where it found none. */
export function toldRule(exam: Shown, { rule, parts, target }: Pick<Explanation, 'rule' | 'parts' | 'target'>): ToldRule | undefined {
  if (rule === undefined) return undefined;
  const conditions = rule.conditions.map((condition) => ({ text: conditionText(exam, condition, parts?.of), rise: condition.rise }));
  const always = conditions.length === 0;
  return {
    conditions,
    text: always ? 'anything, or nothing, is there' : conditions.map(({ text }) => text).join(' and '),
    keeps: `${capital(keptText(rule.kept, target.label ?? 'the score'))} in ${within(rule.precision, rule, 'samples')}.`,
    applies: always ? 'It applies to every sample.' : `It applies to ${within(rule.coverage, rule, 'rows of the background')}.`,
  };
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
const percent = (share: number): string => `${Number((100 * share).toPrecision(share > 0.1 ? 3 : 2))} %`;
const within = ({ value, low, high, samples }: Estimate, { confidence }: Rule, what: string): string =>
  samples === undefined
    ? `${percent(value)} of samples`
    : `${percent(value)} of ${samples} ${what} (${percent(low)} to ${percent(high)} with confidence ${percent(confidence)})`;
const rounded = (x: number): number => Number(x.toPrecision(5));

function keptText(kept: Kept, what: string): string {
  switch (kept.kind) {
    case 'class':
      return `${what} stays the class with the highest score`;
    case 'side':
      return `${what} stays ${kept.above ? 'above' : 'at most'} ${rounded(kept.cut)}`;
    case 'score':
      return `${what} stays between ${rounded(kept.low)} and ${rounded(kept.high)}`;
  }
}

function conditionText({ row, text, example }: Shown, { name, bin }: Condition, of: string | undefined): string {
  const feature = of === FEATURE ? row?.features.find((one) => one.name === name) : undefined;
  if (row !== undefined && feature !== undefined) {
    const bounds = bin && boundsOf(example, row, name, bin);
    const label = calledBy(feature);
    const shown = shownValue(feature, row.values.get(name) ?? null);
    if (bin === undefined) return `${label} = ${shown}`;
    return bounds === undefined ? `${label} like ${shown}` : boundText(label, bounds, feature.unit);
  }
  if (bin !== undefined) return boundText(name, bin);
  return text === undefined ? `${PLAIN.exec(of ?? '')?.[0].concat(' ') ?? ''}${name}` : `“${name}”`;
}

/** Parts whose names are numbers. */
const PLAIN = /superpixel|cell|element|pixel|label/;

interface Bounds {
  readonly above?: number | string | undefined;
  readonly upTo?: number | string | undefined;
  /** The lower bound is reached, and the upper is not: larger numbers stand for smaller ones. */
  readonly falls?: boolean;
}

function boundText(name: string, { above, upTo, falls = false }: Bounds, unit?: string): string {
  const shown = (bound: number | string): string => (typeof bound === 'string' ? bound : String(Number(bound.toPrecision(6))));
  const [least, most] = falls ? ['≥', '<'] : ['>', '≤'];
  const units = unit === undefined ? '' : ` ${unit}`;
  if (above !== undefined && upTo !== undefined) return `${shown(above)} ${falls ? '≤' : '<'} ${name} ${most} ${shown(upTo)}${units}`;
  if (above !== undefined) return `${name} ${least} ${shown(above)}${units}`;
  return upTo === undefined ? `any ${name}` : `${name} ${most} ${shown(upTo)}${units}`;
}

/** A bin in the units of its column; undefined where the encoding cannot be undone. */
function boundsOf(
  example: Exam['example'],
  row: ReadRow,
  column: string,
  { at, element, above, upTo }: NonNullable<Condition['bin']>,
): Bounds | undefined {
  const origin = originOf(example, row, at, element);
  if (origin === undefined) return undefined;
  const inputs = new Map(
    [...row.feeds].map(([name, tensor]) => [
      name,
      tensor.dtype === 'string' ? [...(tensor.data as readonly string[])] : Array.from(numbers(tensor), Number),
    ]),
  );
  const decoded = (x: number): Value =>
    row.encoder
      .decode(new Map([...inputs].map(([name, list]) => [name, name === origin.at ? list.with(origin.element, x as never) : list])))
      .get(column) ?? null;
  const bound = (x: number | undefined): number | string | undefined => {
    const value = x === undefined ? undefined : decoded(x);
    return typeof value === 'number' || typeof value === 'string' ? value : undefined;
  };
  const own = row.values.get(column) ?? null;
  const back = decoded(Number(inputs.get(origin.at)![origin.element]));
  const isKept =
    own === null ||
    own === back ||
    (typeof own === 'number' && typeof back === 'number' && Math.abs(own - back) <= 1e-4 * Math.max(1, Math.abs(own)));
  if (!isKept) return undefined;
  const [low, high] = [bound(above), bound(upTo)];
  const some = above ?? upTo ?? 0;
  const [here, further] = [decoded(some), decoded(some + Math.max(1e-3, Math.abs(some) * 1e-3))];
  return here !== null && further !== null && further < here ? { above: high, upTo: low, falls: true } : { above: low, upTo: high };
}

/** The element of an input that an element of a value stands for. */
function originOf(
  { shaped }: Exam['example'],
  { encoder }: ReadRow,
  at: string,
  element: number,
): { readonly at: string; readonly element: number } | undefined {
  if (encoder.origins.has(at)) return { at, element };
  const graph = shaped.graphAt(1);
  const value = valuesByName(graph).get(at);
  const found = value && elementsOf(graph, value)?.[element];
  return found && { at: found.at, element: found.column };
}

/** A row for each condition: the part, what is asked of it, and what it raised the precision by. */
export const ruleCsv = (exam: Shown, explanation: Explanation): Uint8Array | undefined => {
  const told = toldRule(exam, explanation);
  return (
    told &&
    csv([['part', 'condition', 'rise'], ...told.conditions.map(({ text, rise }, i) => [explanation.rule!.conditions[i]!.name, text, rise])])
  );
};
