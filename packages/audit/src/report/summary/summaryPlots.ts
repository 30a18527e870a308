import type * as PlotLibrary from '@observablehq/plot';
import type { Cell, PlottedRow, Plots } from '../page/plots.js';
import type { FeatureSummary } from './shown.js';

/** A dot: the row it stands for, what it counts, what the row has there. */
export interface Dot {
  readonly row: number;
  readonly value: number;
  readonly cell: Cell;
  readonly title: string;
}

/** What charts of a summary are drawn from. */
export interface Plotted {
  readonly features: readonly FeatureSummary[];
  readonly rows: readonly PlottedRow[];
  /** What one row is. */
  readonly noun: string;
}

export type SummaryPlots = ReturnType<typeof summaryPlots>;

/** Charts of many explained rows, drawn when a report is written and again in its page: it names nothing outside itself. */
export function summaryPlots(plot: typeof PlotLibrary, { FOR, signed, namesIn, called, written, example }: Plots) {
  const [MOST_DOTS, ROWS_LEFT] = [6000, 150];
  /** Told apart by every kind of colour vision, on light and dark pages. Okabe and Ito 2008. */
  const CATEGORIES = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#999999'];
  const SYMBOLS = ['circle', 'triangle', 'square', 'diamond', 'cross', 'star', 'wye'] as const;
  const SIGNS = ['●', '▲', '■', '◆', '✚', '★', '⅄'];
  const shade = (share: number): string => `color-mix(in oklab, var(--high) ${Math.round(100 * share)}%, var(--low))`;
  const NOTHING = 'var(--none)';

  /** Evenly spread over the rows: as many as are seen, with so many dots for each. */
  const thinned = (count: number, each: number): readonly number[] => {
    const most = Math.max(ROWS_LEFT, Math.floor(MOST_DOTS / each));
    return count <= most
      ? Array.from({ length: count }, (_, i) => i)
      : Array.from({ length: most }, (_, i) => Math.floor((i * count) / most));
  };

  const isNumeric = (rows: readonly PlottedRow[], f: number): boolean =>
    rows.some(({ features }) => typeof features[f] === 'number') && rows.every(({ features }) => typeof features[f] !== 'string');

  /** Where a number stands among those of its feature, from 0 to 1: by rank, so that one far value does not hide the others. */
  const ranks = (rows: readonly PlottedRow[], f: number): ((cell: Cell) => number) => {
    const sorted = Float64Array.from(rows.flatMap(({ features }) => (typeof features[f] === 'number' ? [features[f]] : []))).sort();
    const below = (value: number, isInclusive: boolean): number => {
      let [low, high] = [0, sorted.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (sorted[middle]! < value || (isInclusive && sorted[middle] === value)) low = middle + 1;
        else high = middle;
      }
      return low;
    };
    const first = below(sorted[0]!, false) + below(sorted[0]!, true) - 1;
    const last = below(sorted.at(-1)!, false) + below(sorted.at(-1)!, true) - 1;
    return (cell) =>
      typeof cell !== 'number' || last === first ? 0.5 : (below(cell, false) + below(cell, true) - 1 - first) / (last - first);
  };

  /** The categories of a feature, the most frequent first; the seventh and all behind it are one. */
  const categoriesOf = (rows: readonly PlottedRow[], f: number): readonly string[] => {
    const counts = new Map<string, number>();
    for (const { features } of rows) if (features[f] !== null) counts.set(String(features[f]), (counts.get(String(features[f])) ?? 0) + 1);
    return [...counts].toSorted((a, b) => b[1] - a[1]).map(([name]) => name);
  };

  /** How dots are coloured by a feature: from low to high, or by category. */
  const colouring = (rows: readonly PlottedRow[], f: number) => {
    const numeric = isNumeric(rows, f);
    const rank = numeric ? ranks(rows, f) : undefined;
    const categories = numeric ? [] : categoriesOf(rows, f);
    const place = (cell: Cell): number => Math.min(CATEGORIES.length - 1, categories.indexOf(String(cell)));
    const shown = categories.length > CATEGORIES.length ? [...categories.slice(0, CATEGORIES.length - 1), 'others'] : categories;
    return {
      numeric,
      colour: (cell: Cell): string => (cell === null ? NOTHING : rank === undefined ? CATEGORIES[place(cell)]! : shade(rank(cell))),
      symbol: (cell: Cell): string => (cell === null || numeric ? 'circle' : SYMBOLS[place(cell)]!),
      swatches: shown.map((name, i) => ({ name, colour: CATEGORIES[i]!, sign: SIGNS[i]! })),
    };
  };

  /** What each feature counts in each row: dots beside each other where they are many, coloured by what the row has there. */
  const beeswarm = (
    { features, rows, noun }: Plotted,
    places: readonly number[],
    width: number,
    picked?: number,
  ): { readonly options: PlotLibrary.PlotOptions; readonly dots: readonly Dot[] } => {
    const names = places.map((f) => called(features[f]!));
    const { margin, fitting } = namesIn(names, width);
    const drawn = thinned(rows.length, places.length);
    const chosen = picked === undefined || drawn.includes(picked) ? drawn : [...drawn, picked];
    const [low, high] = places.reduce(
      (ends, f) => chosen.reduce(([a, b], r) => [Math.min(a, rows[r]!.values[f]!), Math.max(b, rows[r]!.values[f]!)], ends),
      [0, 0],
    );
    const BINS = Math.max(20, Math.round((width - margin) / 6));
    const dots = places.flatMap((f, place) => {
      const { colour, numeric } = colouring(rows, f);
      const bin = (r: number): number => Math.round((BINS * (rows[r]!.values[f]! - low)) / (high - low || 1));
      const counts = new Map<number, number>();
      for (const r of chosen) counts.set(bin(r), (counts.get(bin(r)) ?? 0) + 1);
      const fullest = Math.max(...counts.values());
      const spacing = Math.min(0.09, 0.84 / fullest);
      const taken = new Map<number, number>();
      return chosen.map((row) => {
        const at = bin(row);
        const k = taken.get(at) ?? 0;
        taken.set(at, k + 1);
        const side = k % 2 === 0 ? 1 : -1;
        const cell = rows[row]!.features[f] ?? null;
        const value = rows[row]!.values[f]!;
        return {
          row,
          value,
          cell,
          y: place + side * Math.ceil(k / 2) * spacing,
          fill: numeric ? colour(cell) : NOTHING,
          title: `${features[f]!.name} ${written(cell, features[f]!.unit)} counts ${signed(value)} in ${example(noun, rows[row]!.id)}`,
        };
      });
    });
    return {
      dots,
      options: {
        width,
        height: 34 * places.length + 56,
        marginLeft: margin,
        marginBottom: 40,
        x: { label: 'what it counts', grid: true, ticks: width / 110 },
        y: {
          label: null,
          domain: [-0.6, places.length - 0.4],
          reverse: true,
          ticks: [...places.keys()],
          tickSize: 0,
          tickFormat: (i: number) => fitting(names[i] ?? ''),
        },
        marks: [
          plot.ruleX([0], { strokeOpacity: 0.6 }),
          plot.dot(dots, { x: 'value', y: 'y', r: 2.2, fill: 'fill', title: 'title' }),
          plot.dot(
            dots.filter(({ row }) => row === picked),
            { x: 'value', y: 'y', r: 5, stroke: 'currentColor', strokeWidth: 1.5 },
          ),
        ],
      },
    };
  };

  /** What a feature counts by what rows have there, coloured by another feature. */
  const dependence = (
    { features, rows, noun }: Plotted,
    f: number,
    by: number | undefined,
    width: number,
    picked?: number,
  ): { readonly options: PlotLibrary.PlotOptions; readonly dots: readonly Dot[] } => {
    const feature = features[f]!;
    const numeric = isNumeric(rows, f);
    const drawn = thinned(rows.length, 3);
    const chosen = (picked === undefined || drawn.includes(picked) ? drawn : [...drawn, picked]).filter(
      (r) => rows[r]!.features[f] !== null,
    );
    const colours = by === undefined ? undefined : colouring(rows, by);
    const names = numeric ? [] : categoriesOf(rows, f).slice(0, 12);
    const placeOf = new Map(names.map((name, i) => [name, i]));
    const dots = chosen
      .filter((r) => numeric || placeOf.has(String(rows[r]!.features[f])))
      .map((row, i) => {
        const { values, features: cells, id } = rows[row]!;
        const [cell, other, value] = [cells[f] ?? null, by === undefined ? null : (cells[by] ?? null), values[f]!];
        const also = by === undefined ? '' : `; ${features[by]!.name} ${written(other, features[by]!.unit)}`;
        return {
          row,
          value,
          cell,
          // Side by side in their category, in a sequence that fills it evenly.
          x: numeric ? (cell as number) : placeOf.get(String(cell))! + 0.6 * (((i * 0.618034) % 1) - 0.5),
          fill: colours?.colour(other) ?? FOR!,
          symbol: colours?.symbol(other) ?? 'circle',
          title: `${feature.name} ${written(cell, feature.unit)} counts ${signed(value)} in ${example(noun, id)}${also}`,
        };
      });
    const { fitting } = namesIn(names, width);
    const isCrowded = names.some((name) => 7 * Math.min(name.length, 17) > (width - 70) / names.length);
    return {
      dots,
      options: {
        width,
        height: isCrowded ? 420 : 340,
        marginLeft: 60,
        marginBottom: isCrowded ? 110 : 44,
        x: {
          label: called(feature),
          ...(numeric
            ? { ticks: width / 90 }
            : {
                domain: [-0.5, names.length - 0.5],
                ticks: [...names.keys()],
                tickFormat: (i: number) => fitting(names[i] ?? ''),
                tickRotate: isCrowded ? -40 : 0,
                labelArrow: 'none',
              }),
        },
        y: { label: 'what it counts', grid: true },
        symbol: { type: 'identity' },
        marks: [
          plot.ruleY([0], { strokeOpacity: 0.6 }),
          plot.dot(dots, { x: 'x', y: 'value', r: 3, fill: 'fill', symbol: 'symbol', fillOpacity: 0.8, title: 'title' }),
          plot.dot(
            dots.filter(({ row }) => row === picked),
            { x: 'x', y: 'value', r: 7, stroke: 'currentColor', strokeWidth: 2 },
          ),
        ],
      },
    };
  };

  return { colouring, beeswarm, dependence, thinned };
}
