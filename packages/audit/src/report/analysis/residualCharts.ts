import * as Plot from '@observablehq/plot';
import { FOR, markup } from '../chart.js';
import type { Html } from '../html.js';
import { SMALL, SOFT, three } from './charts.js';

/** How often residuals are about so large. */
export const histogram = (values: readonly number[], x: string, none: number, label: string): Html =>
  markup(
    {
      width: SMALL,
      height: 230,
      marginLeft: 44,
      marginBottom: 40,
      x: { label: x },
      y: { label: 'rows', grid: true },
      marks: [
        Plot.rectY(values, {
          ...Plot.binX(
            {
              y: 'count',
              title: (bin: readonly number[], { x1, x2 }: { readonly x1: number; readonly x2: number }) =>
                `${three(x1)} to ${three(x2)}: ${bin.length} rows`,
            },
            { x: (d: number) => d, thresholds: 30 },
          ),
          fill: FOR,
        }),
        Plot.ruleX([none], { stroke: SOFT, strokeDasharray: '4 3' }),
        Plot.ruleY([0]),
      ],
    },
    label,
  );

/** Predicted beside true numbers, and where both are the same (dashed). */
export function scatter(points: readonly { readonly truth: number; readonly predicted: number }[], label: string): Html {
  const all = points.flatMap(({ truth, predicted }) => [truth, predicted]);
  const ends = [all.reduce((a, b) => Math.min(a, b)), all.reduce((a, b) => Math.max(a, b))];
  return markup(
    {
      width: SMALL,
      height: SMALL,
      marginLeft: 56,
      marginBottom: 40,
      x: { label: 'true', domain: ends, nice: true, ticks: 5, grid: true },
      y: { label: 'predicted', domain: ends, nice: true, ticks: 5, grid: true },
      marks: [
        Plot.line(ends, { x: (d: number) => d, y: (d: number) => d, stroke: SOFT, strokeOpacity: 0.6, strokeDasharray: '4 3' }),
        Plot.dot(points, {
          x: 'truth',
          y: 'predicted',
          r: 2,
          fill: FOR,
          fillOpacity: 0.5,
          title: (d: { readonly truth: number; readonly predicted: number }) => `true ${three(d.truth)}, predicted ${three(d.predicted)}`,
        }),
      ],
    },
    label,
  );
}
