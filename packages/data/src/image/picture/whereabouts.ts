import { smoothed, type Plane } from './plane.js';

/** Where half of what speaks for the target lies. */
export interface Whereabouts {
  /** The smallest part of the picture that holds it, in (0,1]. */
  readonly share: number;
  /** In words: 'at the upper left', 'in the middle', 'spread over the picture'. */
  readonly place: string;
}

const COLUMNS = ['left', '', 'right'] as const;
const ROWS = ['upper', '', 'lower'] as const;
/** Standard deviation, as a share of the side, from which a region is no longer in one place; an even spread has 0.29. */
const WIDE = 0.24;

/** Where the positive part of a plane gathers; undefined where there is none. */
export function whereabouts(plane: Plane): Whereabouts | undefined {
  const { width, data } = smoothed(plane, 0.035);
  const cells = Array.from(data, (value, at) => ({ value, x: (at % width) + 0.5, y: Math.floor(at / width) + 0.5 }))
    .filter(({ value }) => value > 0)
    .toSorted((a, b) => b.value - a.value);
  const total = cells.reduce((sum, { value }) => sum + value, 0);
  if (total === 0) return undefined;
  let held = 0;
  const count = cells.findIndex(({ value }) => (held += value) >= total / 2) + 1;
  const half = cells.slice(0, count);
  const [x, y] = [moments(half, ({ x: at }) => at / width), moments(half, ({ y: at }) => at / plane.height)];
  return {
    share: count / data.length,
    place: x.deviation > WIDE || y.deviation > WIDE ? 'spread over the picture' : placeOf(x.mean, y.mean),
  };
}

type Cell = { readonly value: number; readonly x: number; readonly y: number };

function moments(cells: readonly Cell[], of: (cell: Cell) => number): { readonly mean: number; readonly deviation: number } {
  const mass = cells.reduce((sum, { value }) => sum + value, 0);
  const mean = cells.reduce((sum, cell) => sum + cell.value * of(cell), 0) / mass;
  return { mean, deviation: Math.sqrt(cells.reduce((sum, cell) => sum + cell.value * (of(cell) - mean) ** 2, 0) / mass) };
}

function placeOf(x: number, y: number): string {
  const [row, column] = [ROWS[Math.min(2, Math.floor(3 * y))]!, COLUMNS[Math.min(2, Math.floor(3 * x))]!];
  if (row === '' && column === '') return 'in the middle';
  if (row !== '' && column !== '') return `at the ${row} ${column}`;
  return row === '' ? `at the ${column}` : `in the ${row} middle`;
}
