import type * as PlotLibrary from '@observablehq/plot';
import type { FeatureSummary } from '../summary/shown.js';

export interface Step {
  readonly name: string;
  readonly value: number;
  readonly title?: string | undefined;
}

export interface WaterfallShown {
  /** What the score is with nothing of the example, and with all of it. */
  readonly base: number;
  readonly score: number;
  /** What lies between, in order. */
  readonly steps: readonly Step[];
}

export interface Drawn extends Step {
  readonly from: number;
  readonly to: number;
  readonly kind: 'end' | 'step' | 'missing';
}

export type Cell = number | string | null;

/** A row as charts take it: in the page, and before there is one. */
export interface PlottedRow {
  readonly id: string;
  readonly prediction: number;
  /** Where the method promises a sum. */
  readonly base: number | null;
  readonly values: ArrayLike<number>;
  readonly features: readonly Cell[];
}

export type Plots = ReturnType<typeof plots>;

/** Charts that are drawn when a report is written, and again in its page: it names nothing outside itself. */
export function plots(plot: typeof PlotLibrary) {
  const [FOR, AGAINST] = ['var(--for)', 'var(--against)'];
  const [NARROW, STEPS] = [450, 12];
  /** What is not accounted for is drawn from this share of the whole change on. */
  const MISSING = 0.005;

  const signed = (value: number): string => {
    const size = Math.abs(value);
    const text = size >= 1000 && size < 1e6 ? size.toFixed(0) : size.toPrecision(3);
    return `${value > 0 ? '+' : value < 0 ? '−' : ''}${text}`;
  };

  /** Room for names beside a chart, and names that fit into it. */
  const namesIn = (names: readonly string[], width: number) => {
    const most = width < NARROW ? 17 : 36;
    const longest = Math.min(most, Math.max(...names.map(({ length }) => length), 4));
    return { margin: 12 + 6.6 * longest, fitting: (name: string): string => (name.length > most ? `${name.slice(0, most - 1)}…` : name) };
  };

  /** Rows of a chart are told apart by their names: those of the same name are numbered. */
  const unique = <T extends { readonly name: string }>(rows: readonly T[]): readonly T[] => {
    const seen = new Map<string, number>();
    return rows.map((row) => {
      const count = (seen.get(row.name) ?? 0) + 1;
      seen.set(row.name, count);
      return count === 1 ? row : { ...row, name: `${row.name} (${count})` };
    });
  };

  /** From the base to the score, one step below the other; what the steps miss of the score is a step of its own, in grey. */
  const drawnSteps = ({ base, score, steps }: WaterfallShown): readonly Drawn[] => {
    let at = base;
    const drawn = unique(steps).map((step): Drawn => {
      const from = at;
      at += step.value;
      return { ...step, from, to: at, kind: 'step' };
    });
    const missing = score - at;
    const ends = drawn.map(({ to }) => to);
    const reach = Math.max(base, score, ...ends) - Math.min(base, score, ...ends);
    const from = `base: ${base.toPrecision(4)}, the score with nothing of it`;
    return [
      { name: 'base', value: base, from: base, to: base, kind: 'end', title: from },
      ...drawn,
      ...(Math.abs(missing) > MISSING * reach
        ? [{ name: 'not accounted for', value: missing, from: at, to: score, kind: 'missing' } as const]
        : []),
      { name: 'score', value: score, from: score, to: score, kind: 'end', title: `score: ${score.toPrecision(4)}` },
    ];
  };

  /** How a score comes about, step by step. */
  const waterfall = (shown: WaterfallShown, width: number): PlotLibrary.PlotOptions => {
    const rows = drawnSteps(shown);
    const names = rows.map(({ name }) => name);
    const { margin, fitting } = namesIn(names, width);
    const colour = ({ kind, value }: Drawn): string =>
      kind === 'end' ? 'currentColor' : kind === 'missing' ? 'var(--soft)' : value < 0 ? AGAINST! : FOR!;
    const title = (d: Drawn): string => d.title ?? `${d.name}: ${signed(d.value)}, from ${d.from.toPrecision(4)} to ${d.to.toPrecision(4)}`;
    const text = (isLeft: boolean): PlotLibrary.Markish =>
      plot.text(rows, {
        x: 'to',
        y: 'name',
        text: (d: Drawn) => (d.kind === 'end' ? d.value.toPrecision(4) : signed(d.value)),
        textAnchor: isLeft ? 'end' : 'start',
        dx: isLeft ? -6 : 6,
        filter: (d: Drawn) => (d.kind === 'end' ? !isLeft : d.value < 0 === isLeft),
      });
    return {
      width,
      height: 26 * rows.length + 44,
      marginLeft: margin,
      marginRight: 56,
      insetLeft: 64,
      x: { label: null, grid: true, ticks: width / 110 },
      y: { label: null, domain: names, tickSize: 0, tickFormat: fitting },
      marks: [
        plot.ruleX(rows.slice(0, -1), {
          x: 'to',
          y1: 'name',
          y2: (_: Drawn, i: number) => names[i + 1],
          stroke: 'currentColor',
          strokeOpacity: 0.45,
        }),
        plot.barX(
          rows.filter(({ kind }) => kind !== 'end'),
          { x1: 'from', x2: 'to', y: 'name', fill: colour, title },
        ),
        plot.tickX(
          rows.filter(({ kind }) => kind === 'end'),
          { x: 'to', y: 'name', stroke: 'currentColor', strokeWidth: 3, title },
        ),
        text(true),
        text(false),
      ],
    };
  };

  const called = ({ name, unit }: FeatureSummary): string => (unit === undefined ? name : `${name} [${unit}]`);
  const written = (cell: Cell, unit?: string): string =>
    cell === null ? 'nothing' : typeof cell === 'number' ? `${Number(cell.toPrecision(6))}${unit === undefined ? '' : ` ${unit}`}` : cell;

  /** Too few rows have no interval; in a page's numbers what is none is null. */
  const isBounded = ({ low, high }: Pick<FeatureSummary, 'low' | 'high'>): boolean => Number.isFinite(low) && Number.isFinite(high);

  /** What an example is called: by its number, or as it is. */
  const example = (noun: string, id: string): string => (/^\d+$/.test(id) ? `${noun} ${id}` : id);

  const heading = (noun: string, id: string): string => (/^\d+$/.test(id) ? `${noun.slice(0, 1).toUpperCase()}${noun.slice(1)} ${id}` : id);

  /** What decides one example: from the base to its score, its strongest features one by one; bars where the two are not connected. */
  const one = (features: readonly FeatureSummary[], row: PlottedRow, width: number): PlotLibrary.PlotOptions => {
    const { base, prediction, values, features: cells } = row;
    // A word that a text lacks is no step of it.
    const held = features.map((_, f) => f).filter((f) => values[f] !== 0 || (cells[f] ?? null) !== null);
    const order = held.toSorted((a, b) => Math.abs(values[b]!) - Math.abs(values[a]!));
    const alone = order.length <= STEPS + 1 ? order : order.slice(0, STEPS);
    const others = order.slice(alone.length);
    const named = (f: number): string =>
      cells[f] === null || cells[f] === undefined ? features[f]!.name : `${features[f]!.name}: ${written(cells[f], features[f]!.unit)}`;
    const steps = alone.map((f) => ({ name: named(f), value: values[f]! }));
    const rest = { name: `${others.length} others`, value: others.reduce((sum, f) => sum + values[f]!, 0) };
    const all = others.length === 0 ? steps : [...steps, rest];
    return base === null || !Number.isFinite(base) ? bars(all, width) : waterfall({ base, score: prediction, steps: all }, width);
  };

  /** What an example has, and in brackets what that counts; where there is nothing to have, that alone. */
  const cellText = (cell: Cell, unit: string | undefined, value: number): string =>
    cell === null ? signed(value) : `${written(cell, unit)} (${signed(value)})`;

  /** Bars to either side of zero. */
  const bars = (given: readonly Step[], width: number): PlotLibrary.PlotOptions => {
    const rows = unique(given);
    const names = rows.map(({ name }) => name);
    const { margin, fitting } = namesIn(names, width);
    return {
      width,
      height: 26 * rows.length + 44,
      marginLeft: margin,
      x: { label: null, grid: true, ticks: width / 110 },
      y: { label: null, domain: names, tickSize: 0, tickFormat: fitting },
      marks: [
        plot.barX(rows, {
          x: 'value',
          y: 'name',
          fill: (d: Step) => (d.value < 0 ? AGAINST! : FOR!),
          title: (d: Step) => `${d.name}: ${signed(d.value)}`,
        }),
        plot.ruleX([0]),
      ],
    };
  };

  /** Mean sizes of attributions with their intervals. */
  const ranked = (features: readonly FeatureSummary[], width: number): PlotLibrary.PlotOptions => {
    const names = features.map(called);
    const { margin, fitting } = namesIn(names, width);
    const interval = ({ low, high }: FeatureSummary): string =>
      isBounded({ low, high }) ? `, 95 % interval ${low.toPrecision(3)} to ${high.toPrecision(3)}` : '';
    const title = (d: FeatureSummary): string =>
      `${called(d)}: ${d.meanAbs.toPrecision(3)} on average${interval(d)}; mean ${signed(d.mean)}`;
    return {
      width,
      height: 24 * features.length + 60,
      marginLeft: margin,
      marginRight: 60,
      marginBottom: 40,
      x: { label: 'mean size of what it counts', grid: true, ticks: width / 110, zero: true },
      y: { label: null, domain: names, tickSize: 0, tickFormat: fitting },
      marks: [
        plot.barX(features, { x: 'meanAbs', y: called, fill: FOR!, title }),
        plot.ruleY(features.filter(isBounded), {
          x1: 'low',
          x2: 'high',
          y: called,
          stroke: 'currentColor',
          strokeWidth: 1.5,
          marker: 'tick-x',
        }),
        plot.text(features, {
          x: (d: FeatureSummary) => (isBounded(d) ? Math.max(d.meanAbs, d.high) : d.meanAbs),
          y: called,
          text: (d: FeatureSummary) => d.meanAbs.toPrecision(3),
          textAnchor: 'start',
          dx: 5,
        }),
        plot.ruleX([0]),
      ],
    };
  };

  return { FOR, AGAINST, NARROW, signed, namesIn, unique, drawnSteps, waterfall, called, written, example, heading, one, cellText, ranked };
}
