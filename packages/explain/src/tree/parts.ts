import type { Parts, PartValue } from '../explanation.js';
import type { Origin } from './origins.js';

/** Columns by their number, or by the input that is theirs alone. */
function namesOf(owners: readonly Origin[]): readonly string[] {
  const widths = new Map<string, number>();
  for (const { at } of owners) widths.set(at, (widths.get(at) ?? 0) + 1);
  return owners.map(({ at, column }) => (widths.size === 1 ? String(column) : widths.get(at) === 1 ? at : `${at} ${column}`));
}

function runsOf(...owners: readonly Origin[]): PartValue['runs'] {
  const runs = new Map<string, (readonly [number, number])[]>();
  for (const { at, column } of owners) runs.set(at, [...(runs.get(at) ?? []), [column, column + 1]]);
  return runs;
}

/** What each column counts. */
export function columnsOf(owners: readonly Origin[], values: Float64Array): Parts {
  const names = namesOf(owners);
  return { of: 'column', values: owners.map((owner, i) => ({ name: names[i]!, value: values[i]!, runs: runsOf(owner) })) };
}

/** What two columns count together, both halves, and what each counts alone; all of them add up. pairs: [columns, columns] */
export function pairsOf(owners: readonly Origin[], pairs: Float64Array): Parts {
  const names = namesOf(owners);
  const values = owners.flatMap((own, i) =>
    owners.slice(0, i + 1).map((other, j) => {
      const value = pairs[i * owners.length + j]!;
      return i === j
        ? { name: `${names[i]} alone`, value, runs: runsOf(own) }
        : { name: `${names[j]} and ${names[i]}`, value: 2 * value, runs: runsOf(other, own) };
    }),
  );
  return { of: 'pair', values };
}
