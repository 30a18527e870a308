import type { ticksOf as Ticks, timeScale as Scale } from '../axis.js';
import type { html as Template, Html } from '../html.js';

/** A stretch of samples, and what it counts. */
export interface Mark {
  readonly from: number;
  readonly to: number;
  readonly value: number;
}

export interface ChannelShown {
  readonly name: string;
  readonly values: ArrayLike<number>;
  readonly marks: readonly Mark[];
}

export interface SeriesChart {
  readonly label: string;
  readonly channels: readonly ChannelShown[];
  readonly rateHz: number | undefined;
  /** Points before the first. */
  readonly start: number;
  /** Samples that a point stands for: 1 unless there were too many. */
  readonly step?: number;
  readonly signed: boolean;
}

/** Charts of series, drawn when a report is written and again in its page: it names nothing outside itself. */
export function seriesPlots(html: typeof Template, ticksOf: typeof Ticks, timeScale: typeof Scale, width: number) {
  const WIDTH = width;
  const [LEFT, RIGHT] = width < 450 ? [84, 10] : [132, 14];
  const [LINE, STRIP, GAP, AXIS] = [58, 26, 14, 36];
  const INNER = WIDTH - LEFT - RIGHT;
  /** More channels are a table of cells, with the strongest as lines below it. */
  const MOST_LINES = 8;
  const BESIDE_HEAT = 3;

  /**
   * Channels one below the other over one axis of time: each a line over shades of what its moments count, and below it bars, up for what
   * speaks for and down for what speaks against, so that colour is not needed. Many channels are rows of cells.
   */
  function seriesChart(chart: SeriesChart): Html {
    const { channels } = chart;
    if (channels.length <= MOST_LINES) return panels(chart, channels);
    return html`${heat(chart)}${panels(chart, strongestOf(channels))}`;
  }

  const strongestOf = (channels: readonly ChannelShown[]): readonly ChannelShown[] =>
    [...channels].toSorted((a, b) => total(b) - total(a)).slice(0, BESIDE_HEAT);

  const total = ({ marks }: ChannelShown): number => marks.reduce((sum, { value }) => sum + Math.abs(value), 0);
  const most = (channels: readonly ChannelShown[]): number =>
    channels.reduce((top, { marks }) => marks.reduce((m, { value }) => Math.max(m, Math.abs(value)), top), 0) || 1;
  const n = (value: number): string => String(Math.round(value * 100) / 100);

  function panels(chart: SeriesChart, shown: readonly ChannelShown[]): Html {
    const samples = chart.channels[0]!.values.length;
    const top = most(chart.channels);
    const x = (sample: number): number => LEFT + (sample * INNER) / samples;
    const height = shown.length * (LINE + STRIP + GAP) + AXIS;
    const rows = shown.map((channel, i) => {
      const y = i * (LINE + STRIP + GAP) + 4;
      return html`<g>
        <text x="${n(LEFT - 8)}" y="${n(y + LINE / 2)}" text-anchor="end">${shortened(channel.name)}</text>
        ${range(channel.values, y)} ${shades(channel.marks, x, y, top)}
        <path d="${lineOf(channel.values, x, y)}" fill="none" stroke="currentColor" stroke-width="1.2" />
        ${bars(channel.marks, x, y + LINE, top)}
      </g>`;
    });
    return svg(chart.label, height, html`${rows}${timeAxis(chart, samples, x, height - AXIS)}`);
  }

  const svg = (label: string, height: number, content: Html): Html =>
    html`<svg
      viewBox="0 0 ${WIDTH} ${n(height)}"
      width="${WIDTH}"
      height="${n(height)}"
      role="img"
      aria-label="${label}"
      font-size="11"
      fill="currentColor"
      xmlns="http://www.w3.org/2000/svg"
    >
      ${content}
    </svg>`;

  const LONGEST_NAME = width < 450 ? 12 : 20;
  const shortened = (name: string): string => (name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name);

  const bounds = (values: ArrayLike<number>): readonly [number, number] => {
    let [low, high] = [Infinity, -Infinity];
    for (let i = 0; i < values.length; i++) [low, high] = [Math.min(low, values[i]!), Math.max(high, values[i]!)];
    return low === high ? [low - 1, high + 1] : [low, high];
  };

  /** The least and the greatest value, where the line has them. */
  function range(values: ArrayLike<number>, y: number): Html {
    const [low, high] = bounds(values);
    const text = (value: number, at: number): Html =>
      html`<text x="${n(LEFT - 8)}" y="${n(at)}" text-anchor="end" font-size="9" opacity="0.65">${Number(value.toPrecision(3))}</text>`;
    return html`${text(high, y + 9)}${text(low, y + LINE)}`;
  }

  /** As many points as there are pixels: of more samples the least and the greatest in each. */
  function lineOf(values: ArrayLike<number>, x: (sample: number) => number, y: number): string {
    const [low, high] = bounds(values);
    const up = (value: number): number => y + LINE - ((value - low) / (high - low)) * LINE;
    const count = values.length;
    const points: string[] = [];
    if (count <= 2 * INNER) for (let t = 0; t < count; t++) points.push(`${n(x(t + 0.5))} ${n(up(values[t]!))}`);
    else
      for (let column = 0; column < INNER; column++) {
        const [from, to] = [Math.floor((column * count) / INNER), Math.floor(((column + 1) * count) / INNER)];
        let [least, greatest] = [Infinity, -Infinity];
        for (let t = from; t < to; t++) [least, greatest] = [Math.min(least, values[t]!), Math.max(greatest, values[t]!)];
        points.push(`${n(LEFT + column)} ${n(up(greatest))}`, `${n(LEFT + column)} ${n(up(least))}`);
      }
    return `M${points.join('L')}`;
  }

  const LEVELS = 10;
  /** By the square root, so that one great value does not hide the others. */
  const levelOf = (value: number, top: number): number => Math.round(LEVELS * Math.sqrt(Math.abs(value) / top)) * Math.sign(value);
  const colourOf = (value: number): string => (value < 0 ? 'var(--against)' : 'var(--for)');

  function shades(marks: readonly Mark[], x: (sample: number) => number, y: number, top: number): readonly Html[] {
    return marks.flatMap(({ from, to, value }) => {
      const level = levelOf(value, top);
      return level === 0
        ? []
        : [
            html`<rect
              x="${n(x(from))}"
              y="${n(y)}"
              width="${n(x(to) - x(from))}"
              height="${LINE}"
              fill="${colourOf(value)}"
              fill-opacity="${n((0.42 * Math.abs(level)) / LEVELS)}"
            />`,
          ];
    });
  }

  /** Bars from a line in the middle of the strip: up for, down against. */
  function bars(marks: readonly Mark[], x: (sample: number) => number, y: number, top: number): Html {
    const middle = y + STRIP / 2;
    const path = (isFor: boolean): string =>
      marks
        .filter(({ value }) => (isFor ? value > 0 : value < 0))
        .map(({ from, to, value }) => {
          const inset = x(to) - x(from) > 6 ? 0.5 : 0;
          return `M${n(x(from) + inset)} ${n(middle)}V${n(middle - (value / top) * (STRIP / 2 - 1))}H${n(x(to) - inset)}V${n(middle)}Z`;
        })
        .join('');
    return html`<path d="${path(true)}" fill="var(--for)" /><path d="${path(false)}" fill="var(--against)" /><path
        d="M${LEFT} ${n(middle)}H${WIDTH - RIGHT}"
        stroke="currentColor"
        stroke-width="0.5"
      />`;
  }

  function timeAxis({ rateHz, start, step = 1 }: SeriesChart, samples: number, x: (sample: number) => number, y: number): Html {
    const scale = timeScale(samples * step, rateHz);
    const [unit, perUnit] = [scale.unit, scale.perUnit / step];
    const ticks = ticksOf(start / perUnit, (start + samples) / perUnit, width / 90);
    const at = (tick: number): number => x(tick * perUnit - start);
    return html`<path
        d="M${LEFT} ${n(y)}H${WIDTH - RIGHT}${ticks.map((tick) => `M${n(at(tick))} ${n(y)}v4`).join('')}"
        stroke="currentColor"
        stroke-width="0.7"
        fill="none"
      />${ticks.map((tick) => html`<text x="${n(at(tick))}" y="${n(y + 15)}" text-anchor="middle">${tick}</text>`)}<text
        x="${n(LEFT + INNER / 2)}"
        y="${n(y + 30)}"
        text-anchor="middle"
        opacity="0.75"
        >${unit}</text
      >`;
  }

  const [CELL, MOST_ROWS] = [11, 64];

  /** Rows of cells, in the channels' order. */
  function rowsOf(channels: readonly ChannelShown[]): readonly ChannelShown[] {
    const kept = channels.length <= MOST_ROWS ? channels : [...channels].toSorted((a, b) => total(b) - total(a)).slice(0, MOST_ROWS);
    return channels.filter((channel) => kept.includes(channel));
  }

  /** Channels by time: cells plain for what speaks for, with a dash for what speaks against. */
  function heat(chart: SeriesChart): Html {
    const samples = chart.channels[0]!.values.length;
    const rows = rowsOf(chart.channels);
    const top = most(chart.channels);
    const x = (sample: number): number => LEFT + (sample * INNER) / samples;
    const cells = rows.map(({ name, marks }, r) => {
      const y = 4 + r * CELL;
      const dashes = marks
        .filter(({ value }) => levelOf(value, top) <= -3)
        .map(({ from, to }) => `M${n(x(from) + 0.2 * (x(to) - x(from)))} ${n(y + CELL / 2)}H${n(x(to) - 0.2 * (x(to) - x(from)))}`)
        .join('');
      return html`<text x="${LEFT - 8}" y="${n(y + CELL - 2)}" text-anchor="end" font-size="9">${shortened(name)}</text>${marks.flatMap(
          ({ from, to, value }) => {
            const level = levelOf(value, top);
            return level === 0
              ? []
              : [
                  html`<rect
                    x="${n(x(from))}"
                    y="${n(y)}"
                    width="${n(x(to) - x(from))}"
                    height="${CELL - 1}"
                    fill="${colourOf(value)}"
                    fill-opacity="${n(Math.abs(level) / LEVELS)}"
                  />`,
                ];
          },
        )}<path d="${dashes}" stroke="var(--paper)" stroke-width="1.2" />`;
    });
    const height = rows.length * CELL + 4 + AXIS;
    return svg(`${chart.label}, all channels`, height, html`${cells}${timeAxis(chart, samples, x, height - AXIS)}`);
  }

  /** What stands at a place of a chart: which channel, and which point. `which` counts the pictures of a chart, `x` and `y` are in its units. */
  function locate(
    { channels }: SeriesChart,
    which: number,
    x: number,
    y: number,
  ): { readonly channel: number; readonly point: number } | undefined {
    const points = channels[0]!.values.length;
    const point = Math.floor(((x - LEFT) / INNER) * points);
    const isHeat = channels.length > MOST_LINES && which === 0;
    const rows =
      channels.length <= MOST_LINES
        ? [...channels.keys()]
        : (isHeat ? rowsOf(channels) : strongestOf(channels)).map((channel) => channels.indexOf(channel));
    const channel = rows[Math.floor((y - 4) / (isHeat ? CELL : LINE + STRIP + GAP))];
    return channel === undefined || point < 0 || point >= points || y < 4 ? undefined : { channel, point };
  }
  /** Where a point stands, from left to right. */
  const across = (points: number, point: number): number => LEFT + (point * INNER) / points;

  return { seriesChart, svg, n, colourOf, locate, across };
}
