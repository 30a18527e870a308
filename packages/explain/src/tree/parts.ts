import type { Parts, PartValue } from '../explanation.js';
import { together } from '../perturbation/together.js';
import type { Origin } from './origins.js';

/** Columns by their number, or by the input that is theirs alone. */
function namesOf(owners: readonly Origin[]): readonly string[] {
  const widths = new Map<string, number>();
  for (const { at } of owners) widths.set(at, (widths.get(at) ?? 0) + 1);
  return owners.map(({ at, column }) => (widths.size === 1 ? String(column) : widths.get(at) === 1 ? at : `${at} ${column}`));
}

const runsOf = ({ at, column }: Origin): PartValue['runs'] => new Map([[at, [[column, column + 1]]]]);

/** What each column counts. */
export function columnsOf(owners: readonly Origin[], values: Float64Array): Parts {
  const names = namesOf(owners);
  return { of: 'column', values: owners.map((owner, i) => ({ name: names[i]!, value: values[i]!, runs: runsOf(owner) })) };
}

/** What two columns count together, both halves, and what each counts alone; all of them add up. pairs: [columns, columns] */
export function pairsOf(owners: readonly Origin[], pairs: Float64Array): Parts {
  const { of, values: columns } = columnsOf(owners, new Float64Array(owners.length));
  const sets = owners.flatMap((_, i) => Array.from({ length: i + 1 }, (__, j) => (i === j ? [i] : [j, i])));
  const values = sets.map(([i, j]) => {
    const value = pairs[i! * owners.length + (j ?? i!)]!;
    return { value: j === undefined ? value : 2 * value };
  });
  return together(of, columns, sets, values);
}
