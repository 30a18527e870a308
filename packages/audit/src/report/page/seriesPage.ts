import type { SeriesChart, seriesPlots } from './seriesPlots.js';

/** A series as its page has it: each channel with what its points count, or with the stretches that were taken away. */
export interface SeriesJson extends Omit<SeriesChart, 'channels'> {
  readonly channels: readonly {
    readonly name: string;
    readonly values: readonly number[];
    readonly counts?: readonly number[];
    readonly marks?: SeriesChart['channels'][number]['marks'];
  }[];
}

/**
 * Makes charts of series answer: what stands where one points or goes by keys, and closer looks at a stretch, by drawing over it, by buttons or by
 * `+`, `-` and `0`. Runs in the page: it names nothing outside itself.
 */
export function seriesPage(document: Document, plotsOf: (width: number) => ReturnType<typeof seriesPlots>): void {
  const [COLUMNS, LEAST, NARROW] = [200, 8, 450];
  const signed = (value: number): string => `${value > 0 ? '+' : value < 0 ? '−' : ''}${Math.abs(value).toPrecision(3)}`;

  const begin = (figure: HTMLElement): void => {
    const all = JSON.parse(document.querySelector(`#${figure.dataset['series']!}`)!.textContent) as SeriesJson;
    const { rateHz, start, step = 1 } = all;
    const points = all.channels[0]!.values.length;
    const place = figure.querySelector<HTMLElement>('[data-plot]')!;
    const controls = figure.querySelector<HTMLElement>('.controls')!;
    const line = document.createElement('div');
    line.className = 'cursor';
    const band = document.createElement('div');
    band.className = 'band';
    [line.hidden, band.hidden] = [true, true];
    let [from, to] = [0, points];
    let cursor: { readonly channel: number; readonly point: number } | undefined;
    let drawn: { readonly chart: SeriesChart; readonly plots: ReturnType<typeof plotsOf> };

    const timeOf = (point: number): string => {
      const sample = (start + point) * step;
      return rateHz === undefined ? `sample ${sample}` : `${Number((sample / rateHz).toPrecision(6))} s`;
    };
    /** The stretch that is looked at, what its points count added up in columns. */
    const looked = (): SeriesChart => ({
      ...all,
      start: start + from,
      channels: all.channels.map(({ name, values, counts, marks }) => {
        const count = Math.min(COLUMNS, to - from);
        const cut = (k: number): number => Math.round((k * (to - from)) / count);
        const clipped = (marks ?? [])
          .map((mark) => ({ from: Math.max(0, mark.from - from), to: Math.min(to, mark.to) - from, value: mark.value }))
          .filter((mark) => mark.to > mark.from);
        const added = Array.from({ length: counts === undefined ? 0 : count }, (_, k) => ({
          from: cut(k),
          to: cut(k + 1),
          value: counts!.slice(from + cut(k), from + cut(k + 1)).reduce((a, b) => a + b, 0),
        }));
        return { name, values: values.slice(from, to), marks: counts === undefined ? clipped : added };
      }),
    });
    const draw = (): void => {
      const width = place.clientWidth < NARROW ? Math.max(300, place.clientWidth) : Math.min(900, place.clientWidth);
      drawn = { chart: looked(), plots: plotsOf(width) };
      // Markup of our own: names in it are escaped by its template.
      place.innerHTML = drawn.plots.seriesChart(drawn.chart).html;
      for (const svg of place.querySelectorAll('svg')) {
        svg.removeAttribute('role');
        svg.setAttribute('aria-hidden', 'true');
      }
      place.append(line, band);
      controls.querySelector('output')!.textContent = `${timeOf(from)} to ${timeOf(to)}`;
      for (const [name, isIdle] of [
        ['closer', to - from <= LEAST],
        ['farther', to - from === points],
        ['back', from === 0],
        ['on', to === points],
        ['whole', to - from === points],
      ] as const)
        // prettier-ignore
        controls.querySelector<HTMLButtonElement>(`[name=${name}]`)!.disabled = isIdle;
    };
    const look = (first: number, last: number): void => {
      const length = Math.max(Math.min(LEAST, points), Math.min(points, Math.round(last - first)));
      const at = cursor && { ...cursor, point: cursor.point + from };
      from = Math.max(0, Math.min(points - length, Math.round(first)));
      to = from + length;
      cursor = at && at.point >= from && at.point < to ? { ...at, point: at.point - from } : undefined;
      draw();
      tell();
    };
    const zoom = (by: number): void => {
      const [middle, half] = [(cursor === undefined ? (to - from) / 2 : cursor.point) + from, ((to - from) * by) / 2];
      look(middle - half, middle + half);
    };

    /** What stands at the cursor, where the place is not hidden. */
    const tell = (at?: { readonly x: number; readonly y: number }): void => {
      line.hidden = cursor === undefined;
      let detail: { readonly text: string; readonly x: number; readonly y: number } | undefined;
      const svg = place.querySelector('svg');
      if (cursor !== undefined && svg !== null) {
        const { name, values, marks } = drawn.chart.channels[cursor.channel]!;
        const mark = marks.find((one) => one.from <= cursor!.point && cursor!.point < one.to);
        const stretch = mark && `${timeOf(from + mark.from)} to ${timeOf(from + mark.to)} counts ${signed(mark.value)}`;
        const box = svg.getBoundingClientRect();
        const x = (drawn.plots.across(values.length, cursor.point + 0.5) * box.width) / svg.viewBox.baseVal.width;
        line.style.left = `${x}px`;
        detail = {
          text: `${name}, ${timeOf(from + cursor.point)}: ${Number(values[cursor.point]!.toPrecision(5))}${stretch === undefined ? '' : `\n${stretch}`}`,
          ...(at ?? { x: box.left + x, y: Math.max(40, box.top + 20) }),
        };
      }
      document.dispatchEvent(new CustomEvent('tell', { detail }));
    };
    const locate = (event: MouseEvent): typeof cursor => {
      const svg = (event.target as Element).closest('svg') as SVGSVGElement | null;
      if (svg === null || !place.contains(svg)) return undefined;
      const box = svg.getBoundingClientRect();
      const scale = svg.viewBox.baseVal.width / box.width;
      const which = [...place.querySelectorAll('svg')].indexOf(svg);
      return drawn.plots.locate(drawn.chart, which, (event.clientX - box.left) * scale, (event.clientY - box.top) * scale);
    };

    let pressed: { readonly point: number; readonly x: number } | undefined;
    place.addEventListener('pointermove', (event) => {
      cursor = locate(event);
      tell({ x: event.clientX, y: event.clientY });
      band.hidden = pressed === undefined;
      if (pressed === undefined) return;
      const left = place.getBoundingClientRect().left;
      band.style.left = `${Math.min(pressed.x, event.clientX) - left}px`;
      band.style.width = `${Math.abs(event.clientX - pressed.x)}px`;
    });
    place.addEventListener('pointerdown', (event) => {
      const at = locate(event);
      // A finger scrolls the page.
      pressed = at === undefined || event.pointerType === 'touch' ? undefined : { point: at.point, x: event.clientX };
      cursor = at;
      tell({ x: event.clientX, y: event.clientY });
    });
    place.addEventListener('pointerup', (event) => {
      const [start, end] = [pressed, locate(event)];
      pressed = undefined;
      band.hidden = true;
      if (start === undefined || end === undefined || Math.abs(event.clientX - start.x) < 8) return;
      look(from + Math.min(start.point, end.point), from + Math.max(start.point, end.point) + 1);
    });
    for (const name of ['pointerleave', 'blur'])
      place.addEventListener(name, () => {
        pressed = undefined;
        band.hidden = true;
        cursor = undefined;
        tell();
      });
    place.addEventListener('dblclick', () => look(0, points));
    const actions: { readonly [name: string]: () => void } = {
      closer: () => zoom(0.5),
      farther: () => zoom(2),
      back: () => look(from - (to - from) / 2, to - (to - from) / 2),
      on: () => look(from + (to - from) / 2, to + (to - from) / 2),
      whole: () => look(0, points),
    };
    place.addEventListener('keydown', (event) => {
      const action = { '+': 'closer', '-': 'farther', '0': 'whole' }[event.key];
      const [channels, count] = [all.channels.length, to - from];
      const column = Math.max(1, Math.round(count / COLUMNS));
      const { channel, point } = cursor ?? { channel: 0, point: -column };
      const next = {
        ArrowRight: { channel, point: point + column },
        ArrowLeft: { channel, point: point - column },
        ArrowDown: { channel: channel + 1, point: Math.max(0, point) },
        ArrowUp: { channel: channel - 1, point: Math.max(0, point) },
        Home: { channel, point: 0 },
        End: { channel, point: count - 1 },
        Escape: undefined,
      }[event.key];
      if (action !== undefined) actions[action]!();
      else if (event.key === 'Escape') cursor = undefined;
      else if (next === undefined) return;
      else cursor = { channel: Math.max(0, Math.min(channels - 1, next.channel)), point: Math.max(0, Math.min(count - 1, next.point)) };
      event.preventDefault();
      tell();
    });
    for (const [name, act] of Object.entries(actions)) controls.querySelector(`[name=${name}]`)!.addEventListener('click', act);
    controls.hidden = false;
    place.tabIndex = 0;
    place.setAttribute('role', 'application');
    place.setAttribute('aria-roledescription', 'chart');
    place.setAttribute(
      'aria-label',
      `${all.label}. Arrow keys go along time and from channel to channel; plus, minus and zero look closer, farther, at all.`,
    );
    let width = -1;
    new ResizeObserver(() => {
      if (place.clientWidth === width) return;
      width = place.clientWidth;
      draw();
    }).observe(figure);
  };

  for (const figure of document.querySelectorAll<HTMLElement>('figure[data-series]')) begin(figure);
}
