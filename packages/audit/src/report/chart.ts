import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { html, trusted, type Html } from './html.js';
import { drawn } from './page/drawn.js';

/** Purple against, orange for: told apart by every kind of colour vision, and by position as well; lighter on dark pages. */
export const FOR = 'var(--for)';
export const AGAINST = 'var(--against)';

export interface Bar {
  readonly name: string;
  readonly value: number;
  /** How far chance goes: a line over the bar's end. */
  readonly ends?: readonly [low: number, high: number] | undefined;
  /** What is said of it where one points. */
  readonly title?: string | undefined;
}

/** Of a chart on a page, and on a phone. */
export type Width = 640 | 350;

/** A chart drawn twice: style shows the one that its reader has room for. */
export const bothWidths = (draw: (width: Width) => Html): Html =>
  html`<div class="wide">${draw(640)}</div>
    <div class="narrow">${draw(350)}</div>`;

const { document } = parseHTML('<!doctype html><html><body></body></html>');

/** A chart as markup. `label` says to those who cannot see it what it shows. */
export function markup(options: Plot.PlotOptions, label: string): Html {
  const svg = Plot.plot({ ...options, document }) as unknown as Element;
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', label);
  for (const inner of svg.querySelectorAll('[aria-label]')) if (inner !== svg) inner.removeAttribute('aria-label');
  for (const style of svg.querySelectorAll('style')) style.remove();
  return trusted(svg.outerHTML);
}

/** Bars to either side of zero, in the order given, with their errors where they have some. */
export function bars(data: readonly Bar[], label: string, width: Width = 640): Html {
  const { margin, fitting } = drawn.namesIn(
    data.map(({ name }) => name),
    width,
  );
  const end = ({ value, ends: [low, high] = [value, value] }: Bar): number => (value < 0 ? Math.min(value, low) : Math.max(value, high));
  const text = (isNegative: boolean): Plot.Markish =>
    Plot.text(data, {
      x: end,
      y: 'name',
      text: (d: Bar) => d.value.toPrecision(3),
      textAnchor: isNegative ? 'end' : 'start',
      dx: isNegative ? -4 : 4,
      filter: (d: Bar) => d.value < 0 === isNegative,
    });
  return markup(
    {
      width,
      height: 24 * data.length + 48,
      marginLeft: margin,
      marginRight: 60,
      insetLeft: data.some(({ value }) => value < 0) ? 48 : 0,
      x: { label: null, grid: true, ticks: width / 110 },
      y: { label: null, domain: data.map(({ name }) => name), tickFormat: fitting },
      marks: [
        Plot.barX(data, {
          x: 'value',
          y: 'name',
          fill: (d: Bar) => (d.value < 0 ? AGAINST : FOR),
          title: (d: Bar) => d.title ?? `${d.name}: ${d.value}`,
        }),
        Plot.ruleY(
          data.filter(({ ends }) => ends !== undefined),
          {
            x1: (d: Bar) => d.ends![0],
            x2: (d: Bar) => d.ends![1],
            y: 'name',
            stroke: 'currentColor',
            strokeWidth: 1.5,
            marker: 'tick-x',
          },
        ),
        text(false),
        text(true),
        Plot.ruleX([0]),
      ],
    },
    label,
  );
}

/** A series over its steps, each step coloured by what it contributes. */
export function series(values: readonly number[], contributions: readonly number[], label: string): Html {
  const most = Math.max(...contributions.map(Math.abs), Number.MIN_VALUE);
  const data = values.map((value, step) => ({ step, value, share: contributions[step]! / most }));
  return markup(
    {
      width: 640,
      height: 220,
      x: { label: 'step' },
      y: { label: 'value', grid: true },
      color: { type: 'diverging', scheme: 'PuOr', domain: [-1, 1] },
      marks: [
        Plot.rectY(data, {
          x1: (d: { step: number }) => d.step - 0.5,
          x2: (d: { step: number }) => d.step + 0.5,
          y1: () => Math.min(...values),
          y2: () => Math.max(...values),
          fill: 'share',
          fillOpacity: 0.6,
        }),
        Plot.lineY(data, { x: 'step', y: 'value', stroke: 'currentColor' }),
      ],
    },
    label,
  );
}
