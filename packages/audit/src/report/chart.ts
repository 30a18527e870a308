import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { trusted, type Html } from './html.js';

/** Purple against, orange for: told apart by every kind of colour vision, and by position as well. */
export const FOR = '#b35806';
export const AGAINST = '#542788';

export interface Bar {
  readonly name: string;
  readonly value: number;
}

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

/** Bars to either side of zero, the longest first. */
export function bars(data: readonly Bar[], label: string): Html {
  const longest = Math.max(...data.map(({ name }) => name.length), 4);
  return markup(
    {
      width: 640,
      height: 24 * data.length + 48,
      marginLeft: Math.min(240, 12 + 7 * longest),
      marginRight: 60,
      insetLeft: data.some(({ value }) => value < 0) ? 48 : 0,
      x: { label: null, grid: true },
      y: { label: null, domain: data.map(({ name }) => name) },
      marks: [
        Plot.barX(data, { x: 'value', y: 'name', fill: (d: Bar) => (d.value < 0 ? AGAINST : FOR) }),
        Plot.text(data, {
          x: 'value',
          y: 'name',
          text: (d: Bar) => d.value.toPrecision(3),
          textAnchor: 'start',
          dx: 4,
          filter: (d: Bar) => d.value >= 0,
        }),
        Plot.text(data, {
          x: 'value',
          y: 'name',
          text: (d: Bar) => d.value.toPrecision(3),
          textAnchor: 'end',
          dx: -4,
          filter: (d: Bar) => d.value < 0,
        }),
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
