import * as Plot from '@observablehq/plot';
import { AGAINST, FOR, markup } from '../chart.js';
import type { Html } from '../html.js';

export const SOFT = 'currentColor';
export const SMALL = 300;
/** More points are not seen. */
const MOST_POINTS = 400;
/** Of a curve, that tell their values. */
const MOST_TOLD = 60;

export interface CurveShown {
  readonly x: string;
  readonly y: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
  readonly band: readonly { readonly x: number; readonly low: number; readonly high: number }[];
  readonly chance: (x: number) => number;
  readonly between: 'line' | 'step';
  /** Where the axes end: at 1, unless values go beyond. */
  readonly most?: number | undefined;
}

const thinned = <T>(all: readonly T[], most = MOST_POINTS): readonly T[] =>
  all.length <= most ? all : Array.from({ length: most }, (_, i) => all[Math.round((i * (all.length - 1)) / (most - 1))]!);

/** A curve in its band, beside what chance gives (dashed). */
export const curve = ({ x, y, points, band, chance, between, most = 1 }: CurveShown, label: string): Html =>
  markup(
    {
      width: SMALL,
      height: SMALL,
      marginLeft: 44,
      marginBottom: 40,
      x: { label: x, domain: [0, 1], ticks: 5, grid: true },
      y: { label: y, domain: [0, most], ticks: 5, grid: true },
      marks: [
        Plot.areaY(band, { x: 'x', y1: 'low', y2: 'high', fill: FOR, fillOpacity: 0.2, clip: true }),
        Plot.line(
          [0, 0.25, 0.5, 0.75, 1].map((at) => ({ x: at, y: chance(at) })),
          { x: 'x', y: 'y', stroke: SOFT, strokeOpacity: 0.5, strokeDasharray: '4 3' },
        ),
        Plot.line(thinned(points), {
          x: 'x',
          y: 'y',
          stroke: FOR,
          strokeWidth: 2,
          curve: between === 'step' ? 'step-before' : 'linear',
          clip: true,
        }),
        // A line has no places to point at: its points have.
        Plot.dot(thinned(points, MOST_TOLD), {
          x: 'x',
          y: 'y',
          r: 4,
          fill: 'transparent',
          title: (d: { readonly x: number; readonly y: number }) => `${x} ${three(d.x)}: ${y} ${three(d.y)}`,
        }),
      ],
    },
    label,
  );

/** As many digits as a glance takes in. */
export const three = (value: number): string => String(Number(value.toPrecision(3)));

export interface BinShown {
  readonly probability: number;
  readonly frequency: number;
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/** How often what was said came, bin by bin, beside where both are the same (dashed). Larger dots hold more rows. */
export const reliabilityChart = (bins: readonly BinShown[], label: string): Html =>
  markup(
    {
      width: SMALL,
      height: SMALL,
      marginLeft: 44,
      marginBottom: 40,
      x: { label: 'probability said', domain: [0, 1], ticks: 5, grid: true },
      y: { label: 'how often it came', domain: [0, 1], ticks: 5, grid: true },
      r: { range: [2, 8] },
      marks: [
        Plot.line([0, 1], { x: (d: number) => d, y: (d: number) => d, stroke: SOFT, strokeOpacity: 0.5, strokeDasharray: '4 3' }),
        Plot.ruleX(bins, { x: 'probability', y1: 'low', y2: 'high', stroke: FOR }),
        Plot.dot(bins, {
          x: 'probability',
          y: 'frequency',
          r: 'count',
          fill: FOR,
          title: (d: BinShown) =>
            `said ${three(d.probability)}, came ${three(d.frequency)} (${three(d.low)} to ${three(d.high)}); ${d.count} rows`,
        }),
      ],
    },
    label,
  );

export interface Ranged {
  readonly name: string;
  readonly value: number | undefined;
  readonly low: number | undefined;
  readonly high: number | undefined;
  /** Stands in place of a dot, or behind it. */
  readonly said?: string | undefined;
  /** Differs by more than chance, or lies beyond its bounds: filled, and marked by a star. */
  readonly marked?: boolean;
}

/** Numbers with their intervals, one below the other; a rule where all rows are, or where nothing is unlike. */
export function ranges(
  rows: readonly Ranged[],
  at: { readonly x: string; readonly rule?: number | undefined; readonly bounds?: readonly [number, number] | undefined },
  label: string,
): Html {
  const longest = Math.max(...rows.map(({ name }) => name.length), 4);
  const told = rows.filter(({ value }) => value !== undefined);
  const ends = told.flatMap(({ value, low, high }) => [value!, low ?? value!, high ?? value!]).filter(Number.isFinite);
  const seen = [...ends, ...(at.rule === undefined ? [] : [at.rule]), ...(at.bounds ?? [])];
  const [least, most] = [Math.min(...seen), Math.max(...seen)];
  const within = (value: number): number => Math.min(most, Math.max(least, value));
  return markup(
    {
      width: 640,
      height: 24 * rows.length + 64,
      marginLeft: Math.min(280, 12 + 7 * longest),
      marginRight: 90,
      marginBottom: 40,
      x: { label: at.x, grid: true, domain: [least, most], nice: true },
      y: { label: null, domain: rows.map(({ name }) => name) },
      marks: [
        ...(at.bounds === undefined
          ? []
          : [
              Plot.rectX([at.bounds], {
                x1: (d: readonly number[]) => d[0],
                x2: (d: readonly number[]) => d[1],
                fill: SOFT,
                fillOpacity: 0.08,
              }),
            ]),
        ...(at.rule === undefined ? [] : [Plot.ruleX([at.rule], { stroke: SOFT, strokeOpacity: 0.6, strokeDasharray: '4 3' })]),
        Plot.ruleY(
          told.filter(({ low, high }) => low !== undefined && high !== undefined),
          {
            y: 'name',
            x1: (d: Ranged) => within(d.low!),
            x2: (d: Ranged) => within(d.high!),
            stroke: (d: Ranged) => (d.marked ? AGAINST : FOR),
            strokeWidth: 2,
          },
        ),
        Plot.dot(told, {
          y: 'name',
          x: 'value',
          r: 4,
          fill: (d: Ranged) => (d.marked ? AGAINST : FOR),
          symbol: (d: Ranged) => (d.marked ? 'star' : 'circle'),
          title: (d: Ranged) =>
            `${d.name}: ${d.value}${d.low === undefined || d.high === undefined ? '' : `, ${three(d.low)} to ${three(d.high)}`}`,
        }),
        Plot.text(rows, {
          y: 'name',
          frameAnchor: 'right',
          dx: 8,
          textAnchor: 'start',
          text: (d: Ranged) => (d.value === undefined ? '' : `${d.value.toPrecision(3)}${d.marked ? ' *' : ''}`),
        }),
        Plot.text(
          rows.filter(({ value }) => value === undefined),
          { y: 'name', frameAnchor: 'left', dx: 4, textAnchor: 'start', text: (d: Ranged) => d.said ?? '', fontStyle: 'italic' },
        ),
      ],
    },
    label,
  );
}

export interface CellShown {
  readonly row: string;
  readonly column: string;
  /** From −1 or 0 to 1; undefined where there is none. */
  readonly value: number | undefined;
  readonly text: string;
  readonly title: string;
}

/** On light pages and dark ones. */
const shadeOf = ({ value = 0 }: CellShown): string =>
  `color-mix(in oklab, ${value < 0 ? AGAINST : FOR} ${Math.round(100 * Math.min(1, Math.abs(value)))}%, var(--panel))`;

/** A table of cells, the stronger in colour the farther from 0: orange above, purple below, with the number in each while there is room. */
export function cells(all: readonly CellShown[], axes: { readonly x: string | null; readonly y: string | null }, label: string): Html {
  const [rows, columns] = [[...new Set(all.map(({ row }) => row))], [...new Set(all.map(({ column }) => column))]];
  const side = Math.max(16, Math.min(56, 560 / columns.length));
  const room = (names: readonly string[], axis: string | null): number =>
    Math.min(180, 12 + 7 * Math.max(...names.map(({ length }) => length))) + (axis === null ? 0 : 28);
  const [beside, below] = [room(rows, axes.y), room(columns, axes.x)];
  const isRoomy = side >= 36;
  return markup(
    {
      width: beside + side * columns.length + 24,
      height: below + side * rows.length + 40,
      marginLeft: beside,
      marginBottom: below,
      x: { label: axes.x, domain: columns, tickRotate: columns.some(({ length }) => 7 * length > side) ? -60 : 0, tickSize: 0 },
      y: { label: axes.y, domain: rows, tickSize: 0 },
      marks: [
        Plot.cell(all, { x: 'column', y: 'row', fill: shadeOf, stroke: 'var(--line)', inset: 0.5, title: 'title' }),
        ...(isRoomy
          ? [
              Plot.text(all, {
                x: 'column',
                y: 'row',
                text: 'text',
                fill: (d: CellShown) => (Math.abs(d.value ?? 0) > 0.6 ? 'var(--paper)' : 'currentColor'),
              }),
            ]
          : []),
      ],
    },
    label,
  );
}
