import { ticksOf, timeScale } from './axis.js';
import { html, type Html } from './html.js';
import { seriesPlots, type SeriesChart } from './page/seriesPlots.js';

export { seriesJson } from './seriesJson.js';
export type { ChannelShown, Mark, SeriesChart } from './page/seriesPlots.js';

/** Of a page, and of a phone. */
const [WIDTH, NARROW] = [720, 350];
const { svg, n, colourOf, ...wide } = seriesPlots(html, ticksOf, timeScale, WIDTH);
const narrow = seriesPlots(html, ticksOf, timeScale, NARROW);
const [LEFT, RIGHT, AXIS] = [132, 14, 36];
const INNER = WIDTH - LEFT - RIGHT;
/** More channels are drawn for a page only: cells are many. */
const MOST_TWICE = 8;

/** Channels over time, and what each moment counts. */
export const seriesChart = (chart: SeriesChart): Html =>
  chart.channels.length > MOST_TWICE
    ? html`<div class="broad">${wide.seriesChart(chart)}</div>`
    : html`<div class="wide">${wide.seriesChart(chart)}</div>
        <div class="narrow">${narrow.seriesChart(chart)}</div>`;

export interface BandShown {
  readonly low: number;
  readonly high: number;
  readonly value: number;
}

const BANDS = 220;

/** What bands of frequencies count: bars over frequency, up for, down against. */
export function bandChart(bands: readonly BandShown[], unit: string, label: string): Html {
  const [first, last] = [bands[0]!.low, bands.at(-1)!.high];
  const [low, high] = bands.reduce(([a, b], { value }) => [Math.min(a, value), Math.max(b, value)], [0, 0]);
  const spread = high - low || 1;
  const x = (f: number): number => LEFT + ((f - first) * INNER) / (last - first);
  const y = (value: number): number => 8 + ((high - value) * (BANDS - 16)) / spread;
  const levels = ticksOf(low, high, 4);
  const ticks = ticksOf(first, last, 8);
  return svg(
    label,
    BANDS + AXIS,
    html`${levels.map((v) => html`<path d="M${LEFT} ${n(y(v))}H${WIDTH - RIGHT}" stroke="currentColor" stroke-width="0.3" opacity="0.6" /><text x="${LEFT - 8}" y="${n(y(v) + 4)}" text-anchor="end">${v}</text>`)}${bands.map(
        ({ low: from, high: to, value }) =>
          html`<rect
            x="${n(x(from) + 0.5)}"
            y="${n(Math.min(y(0), y(value)))}"
            width="${n(Math.max(0.5, x(to) - x(from) - 1))}"
            height="${n(Math.abs(y(value) - y(0)))}"
            fill="${colourOf(value)}"
          />`,
      )}<path
        d="M${LEFT} ${n(y(0))}H${WIDTH - RIGHT}"
        stroke="currentColor"
        stroke-width="0.8"
      />${ticks.map((f) => html`<text x="${n(x(f))}" y="${BANDS + 12}" text-anchor="middle">${f}</text>`)}<text
        x="${n(LEFT + INNER / 2)}"
        y="${BANDS + 28}"
        text-anchor="middle"
        opacity="0.75"
        >${unit}</text
      >`,
  );
}
