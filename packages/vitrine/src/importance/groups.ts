import { calledBy, type Feature } from '@vitrine/data';
import type { ReadRow } from '../table/row.js';
import type { EncodedRows } from './encodedRows.js';

/** Features that are permuted together, and the columns of encoded rows that stand for them. */
export interface Permuted {
  readonly name: string;
  readonly label?: string;
  readonly unit?: string;
  /** Their names, where they are several. */
  readonly features: readonly string[];
  readonly columns: readonly number[];
}

/** What is permuted together: all numbers of a feature, and all features of a group of the schema. */
export function permutedOf(
  { features, encoder }: Pick<ReadRow, 'features' | 'encoder'>,
  rows: Pick<EncodedRows, 'startOf'>,
): readonly Permuted[] {
  const columns = new Map<string, number[]>();
  for (const [input, origins] of encoder.origins) {
    const start = rows.startOf.get(input)!;
    origins.forEach(({ column }, i) => {
      const own = columns.get(column) ?? [];
      columns.set(column, own);
      own.push(start + i);
    });
  }
  const groups = new Map<string, Feature[]>();
  for (const feature of features) {
    const key = feature.group === undefined ? `feature ${feature.name}` : `group ${feature.group}`;
    groups.set(key, [...(groups.get(key) ?? []), feature]);
  }
  return [...groups.values()].map((own) => {
    const [first, ...others] = own as [Feature, ...Feature[]];
    const label = calledBy(first);
    return {
      ...(others.length > 0
        ? { name: first.group! }
        : { name: first.name, ...(label !== first.name && { label }), ...(first.unit !== undefined && { unit: first.unit }) }),
      features: own.map(({ name }) => name),
      columns: own.flatMap(({ name }) => columns.get(name) ?? []),
    };
  });
}
