import { signed } from '@vitrine/audit';
import { calledBy, type Feature, type Value } from '@vitrine/data';
import { explainerNamed, type Division, type Explanation, type Partition } from '@vitrine/explain';
import { numbers, sizeOf, type Graph } from '@vitrine/ir';
import type { Answer, Exam } from '../exam.js';
import { csv } from '../layers.js';
import { originsAt } from './places.js';
import type { ReadRow } from './row.js';

/** A feature of a row, and what it counts. */
export interface FeatureValue {
  readonly name: string;
  /** As people call it. */
  readonly label: string;
  /** What the row has there, with its unit. */
  readonly shown: string;
  readonly value: Value;
  /** The sum over all numbers that stand for it. */
  readonly attribution: number;
  /** Of the sum, where it was estimated from samples. */
  readonly standardError?: number;
}

/** What an answer says of a row: once, or for each part that a method keeps apart. */
export interface ToldRow {
  readonly part: string | undefined;
  readonly features: readonly FeatureValue[];
  /** What belongs to no feature. */
  readonly rest: number;
  /** Whether less than zero means against. */
  readonly signed: boolean;
}

/** A value as people read it: 39 years, Bachelors. */
export function shownValue({ kind, unit, categories }: Pick<Feature, 'kind' | 'unit' | 'categories'>, value: Value): string {
  if (value === null) return 'nothing';
  if (kind === 'boolean') return typeof value === 'boolean' ? (categories?.[Number(value)] ?? (value ? 'yes' : 'no')) : String(value);
  return unit === undefined ? String(value) : `${value} ${unit}`;
}

/** What an answer says of the features of a row; nothing where it speaks of something else. */
export function toldRows(
  exam: Pick<Exam, 'row' | 'example'>,
  { attributions, method, parts }: Pick<Explanation, 'attributions' | 'method' | 'parts'>,
): readonly ToldRow[] {
  const { row } = exam;
  if (row === undefined) return [];
  const graph = exam.example.shaped.graphAt(1);
  const names = [...new Set(attributions.map(({ part }) => part))];
  const found = names.map((name): ToldRow | undefined => {
    const sums = new Map(row.features.map((feature) => [feature.name, 0]));
    let rest = 0;
    for (const { at, part, tensor } of attributions) {
      if (part !== name) continue;
      const origins = originsAt(graph, at, row);
      if (origins?.length !== sizeOf(tensor.dims)) return undefined;
      Array.from(numbers(tensor), Number).forEach((value, i) => {
        const column = origins[i]?.column;
        if (column === undefined) rest += value;
        else sums.set(column, (sums.get(column) ?? 0) + value);
      });
    }
    const errors = new Map(parts?.of === FEATURE ? parts.values.map((one) => [one.name, one.standardError]) : []);
    return {
      part: name,
      rest,
      signed: explainerNamed(method).signed,
      features: row.features.map((feature) => valueOf(row, feature, sums, errors)),
    };
  });
  return found.every((one) => one !== undefined) ? found : [];
}

function valueOf(
  row: ReadRow,
  feature: Feature,
  sums: ReadonlyMap<string, number>,
  errors: ReadonlyMap<string, number | undefined>,
): FeatureValue {
  const value = row.values.get(feature.name) ?? null;
  const standardError = errors.get(feature.name);
  return {
    name: feature.name,
    label: calledBy(feature),
    shown: shownValue(feature, value),
    value,
    attribution: sums.get(feature.name)!,
    ...(standardError !== undefined && { standardError }),
  };
}

/** What sums over several numbers cannot tell. */
export function notesOnSums(row: ReadRow, method: string): readonly string[] {
  const several = [...row.encoder.origins.values()].flat().filter(({ part }) => part !== undefined);
  const columns = [...new Set(several.map(({ column }) => column))];
  const { rate, family } = explainerNamed(method);
  return rate && family !== 'contrast' && columns.length > 0
    ? [
        `${columns.join(', ')}: their slopes are added up over all categories; a method that takes the feature away says what the category counts`,
      ]
    : [];
}

/** What parts of a row are called. */
export const FEATURE = 'feature';

/** Features as what is taken away: all numbers that stand for one go together. */
export function divisionsOfRow(graph: Graph, row: ReadRow): ReadonlyMap<string, Division> {
  return new Map([
    [
      FEATURE,
      (x): Partition | undefined => {
        const runs = new Map<string, Map<string, [number, number][]>>(row.features.map(({ name }) => [name, new Map()]));
        for (const [at, { dims }] of x) {
          const origins = originsAt(graph, at, row);
          if (origins?.length !== sizeOf(dims)) return undefined;
          origins.forEach((origin, i) => {
            const own = origin && runs.get(origin.column);
            if (own === undefined) return;
            const list = own.get(at) ?? [];
            own.set(at, list);
            const last = list.at(-1);
            if (last?.[1] === i) last[1] = i + 1;
            else list.push([i, i + 1]);
          });
        }
        const categories = new Set(row.features.flatMap(({ name, kind }) => (kind === 'number' || kind === 'date' ? [] : [name])));
        const groups = new Map(row.features.map(({ name, group }) => [name, group === undefined ? [] : [group]]));
        return {
          of: FEATURE,
          parts: [...runs]
            .filter(([, own]) => own.size > 0)
            .map(([name, own]) => ({ name, runs: own, isCategory: categories.has(name), within: groups.get(name)! })),
        };
      },
    ],
  ]);
}

/** What the features of a row count, in their order. */
export const featureValues = (exam: Exam, { explanation }: Pick<Answer, 'explanation'>): readonly FeatureValue[] =>
  toldRows(exam, explanation)[0]?.features ?? [];

/** By what they count, the most first; what counts nothing is left out. */
export const byWeight = (features: readonly FeatureValue[]): readonly FeatureValue[] =>
  features.filter(({ attribution }) => attribution !== 0).toSorted((a, b) => Math.abs(b.attribution) - Math.abs(a.attribution));

const NAMED = 3;

/** What counts most, in sentences. */
export function foundInRow({ features, signed: isSigned, rest, part }: ToldRow, target: string): readonly string[] {
  const order = byWeight(features);
  const named = (list: readonly FeatureValue[]): string =>
    list
      .slice(0, NAMED)
      .map(({ label, shown, attribution }) => `${label} ${shown} (${signed(attribution)})`)
      .join(', ');
  const pro = order.filter(({ attribution }) => attribution > 0);
  const con = order.filter(({ attribution }) => attribution < 0);
  const what = part === undefined ? '' : ` (${part})`;
  return [
    pro.length > 0
      ? `Of this row, these ${isSigned ? 'speak most' : 'count most'} for ${target}${what}: ${named(pro)}.`
      : `Nothing in this row speaks for ${target}${what}.`,
    ...(con.length > 0 ? [`Most against it: ${named(con)}.`] : []),
    ...(rest === 0 ? [] : [`What belongs to no feature holds ${signed(rest)} together.`]),
  ];
}

/** A row for each feature: what it is, what the example has there, what it counts. */
export const featuresCsv = (told: readonly ToldRow[]): Uint8Array => {
  const hasParts = told.some(({ part }) => part !== undefined);
  return csv([
    ['feature', 'label', 'value', 'shown', ...(hasParts ? ['part'] : []), 'attribution', 'standard_error'],
    ...told.flatMap(({ part, features }) =>
      features.map(({ name, label, value, shown, attribution, standardError }) => [
        name,
        label,
        value === null ? '' : typeof value === 'boolean' ? String(value) : value,
        shown,
        ...(hasParts ? [part ?? ''] : []),
        attribution,
        standardError ?? '',
      ]),
    ),
  ]);
};
