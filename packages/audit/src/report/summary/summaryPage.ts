import type * as PlotLibrary from '@observablehq/plot';
import type { PlottedRow, Plots } from '../page/plots.js';
import type { Dot, Plotted, SummaryPlots } from './summaryPlots.js';

/** What a page holds of a summary, for its script. */
export interface SummaryJson extends Plotted {
  readonly file: string;
  readonly rows: readonly (PlottedRow & { readonly values: readonly number[] })[];
  /** Of each of the first features: those it goes together with, the strongest first. */
  readonly interacting: readonly (readonly number[])[];
}

/**
 * Makes the charts of a summary answer: features are chosen by text and number, a dependence by its menus, a row by its dot or in the
 * table; pages of the table turn, and it is saved as a file. Runs in the page: it names nothing outside itself.
 */
export function summaryPage(document: Document, plot: typeof PlotLibrary, base: Plots, own: SummaryPlots): void {
  const [PAGE, COLUMNS, MOST_FEATURES] = [20, 8, 60];
  const make = <K extends keyof HTMLElementTagNameMap>(tag: K, text = ''): HTMLElementTagNameMap[K] => {
    const element = document.createElement(tag);
    element.textContent = text;
    return element;
  };
  const field = (cell: string | number | null): string => {
    const text = cell === null ? '' : String(cell);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };

  const begin = (section: HTMLElement): void => {
    const shown = JSON.parse(document.querySelector(`#${section.dataset['summary']!}`)!.textContent) as SummaryJson;
    const { features, rows, interacting, file, noun } = shown;
    const find = (selector: string): HTMLElement => section.querySelector(selector)!;
    const [filter, count, of, by] = [
      find('[name=filter]') as HTMLInputElement,
      find('[name=count]') as HTMLSelectElement,
      find('[name=of]') as HTMLSelectElement,
      find('[name=by]') as HTMLSelectElement,
    ];
    let picked = 0;
    let page = 0;
    let sorted: { readonly by: number; readonly falling: boolean } | undefined;

    const draw = (
      name: string,
      label: string,
      options: (width: number) => { readonly options: PlotLibrary.PlotOptions; readonly dots?: readonly Dot[] },
    ): void => {
      const place = find(`[data-chart=${name}]`);
      const { options: how, dots } = options(Math.max(300, Math.min(820, place.clientWidth || 640)));
      const before = place.querySelector<SVGElement>('svg.live');
      const svg = plot.plot(how) as SVGElement;
      svg.classList.add('live');
      svg.setAttribute('role', 'img');
      svg.setAttribute('aria-label', label);
      for (const inner of svg.querySelectorAll('[aria-label]')) inner.removeAttribute('aria-label');
      if (before?.dataset['place'] !== undefined) svg.dataset['place'] = before.dataset['place'];
      const isFocused = before !== null && document.activeElement === before;
      place.replaceChildren(svg);
      svg.dispatchEvent(new CustomEvent('drawn', { bubbles: true }));
      if (isFocused) svg.focus();
      // Plot keeps with each mark its place among what was drawn.
      if (dots !== undefined)
        svg.addEventListener('pick', ({ target }) => pick(dots[(target as { readonly __data__?: number }).__data__!]!.row));
    };
    const wanted = (): readonly number[] => {
      const text = filter.value.trim().toLowerCase();
      return [...features.keys()]
        .filter((f) => base.called(features[f]!).toLowerCase().includes(text))
        .slice(0, count.value === 'all' ? MOST_FEATURES : Number(count.value));
    };

    const drawFeatures = (): void => {
      const places = wanted();
      find('.none').hidden = places.length > 0;
      if (places.length === 0) return;
      const chosen = places.map((f) => features[f]!);
      draw('ranked', 'Mean size of what each feature counts', (width) => ({ options: base.ranked(chosen, width) }));
      find('[data-chart=ranked] svg').addEventListener('pick', ({ target }) => {
        if (!hasValues) return;
        of.value = String(places[(target as { readonly __data__?: number }).__data__!]);
        chooseFeature();
        find('[data-chart=dependence]').scrollIntoView({ block: 'nearest' });
      });
      draw('beeswarm', 'What each feature counts in each row', (width) => own.beeswarm(shown, places, width, picked));
    };
    const hasValues = section.querySelector('[data-chart=dependence]') !== null;
    const drawDependence = (): void => {
      if (!hasValues) return;
      const [f, other] = [Number(of.value), by.value === '' ? undefined : Number(by.value)];
      draw('dependence', `What ${features[f]!.name} counts by its value`, (width) => own.dependence(shown, f, other, width, picked));
      const legend = find('[data-legend]');
      legend.replaceChildren();
      if (other === undefined) return;
      const { numeric, swatches } = own.colouring(rows, other);
      legend.append(`${base.called(features[other]!)}: `);
      for (const { name, colour, sign } of numeric
        ? [{ name: 'low', colour: 'var(--low)', sign: '●' }, { name: 'high', colour: 'var(--high)', sign: '●' }] // prettier-ignore
        : swatches) {
        const mark = make('i', sign);
        mark.style.color = colour;
        legend.append(mark, ` ${name}`);
      }
    };
    const chooseFeature = (): void => {
      const first = interacting[Number(of.value)]?.[0];
      by.value = first === undefined ? '' : String(first);
      drawDependence();
    };

    const drawRow = (): void => {
      const row = rows[picked]!;
      const name = base.example(noun, row.id);
      find('[data-row]').textContent = `${base.heading(noun, row.id)}: ${row.prediction.toPrecision(4)}`;
      draw('row', `How the score of ${name} comes about`, (width) => ({
        options: base.one(features, row, width),
      }));
    };

    const keyOf = (r: number, column: number): number => (column === 0 ? rows[r]!.prediction : rows[r]!.values[column - 1]!);
    const drawTable = (): void => {
      const text = (find('[name=rows]') as HTMLInputElement).value.trim().toLowerCase();
      const kept = [...rows.keys()].filter((r) =>
        [rows[r]!.id, ...rows[r]!.features].some((cell) => cell !== null && String(cell).toLowerCase().includes(text)),
      );
      const way = sorted;
      if (way !== undefined) kept.sort((a, b) => (way.falling ? 1 : -1) * (keyOf(b, way.by) - keyOf(a, way.by)));
      page = Math.max(0, Math.min(page, Math.ceil(kept.length / PAGE) - 1));
      const body = make('tbody');
      for (const r of kept.slice(page * PAGE, (page + 1) * PAGE)) {
        const { id, prediction, values, features: cells } = rows[r]!;
        const line = make('tr');
        const [head, button] = [make('th'), make('button', id)];
        head.scope = 'row';
        head.append(button);
        line.append(head, make('td', prediction.toPrecision(4)));
        line.setAttribute('aria-selected', String(r === picked));
        for (const [f, feature] of features.slice(0, COLUMNS).entries())
          line.append(make('td', base.cellText(cells[f] ?? null, feature.unit, values[f]!)));
        line.addEventListener('click', () => pick(r));
        body.append(line);
      }
      const table = find('.rows table') as HTMLTableElement;
      table.tBodies[0]!.replaceWith(body);
      for (const heading of table.querySelectorAll<HTMLTableCellElement>('thead th')) {
        if (way !== undefined && heading.cellIndex === way.by + 1)
          heading.setAttribute('aria-sort', way.falling ? 'descending' : 'ascending');
        else heading.removeAttribute('aria-sort');
      }
      const [from, to] = [page * PAGE + 1, Math.min((page + 1) * PAGE, kept.length)];
      find('[data-page]').textContent =
        kept.length === 0 ? `no ${noun} has this text` : `${from} to ${to} of ${kept.length} ${noun === 'series' ? noun : `${noun}s`}`;
      (find('[data-turn="-1"]') as HTMLButtonElement).disabled = page === 0;
      (find('[data-turn="1"]') as HTMLButtonElement).disabled = to >= kept.length;
    };
    const pick = (row: number): void => {
      picked = row;
      drawRow();
      drawFeatures();
      drawDependence();
      drawTable();
    };
    const drawAll = (): void => pick(picked);

    const save = (): void => {
      const lines = [
        ['row', 'score', 'base', ...features.flatMap(({ name }) => [name, `${name} counts`])],
        ...rows.map(({ id, prediction, base: from, values, features: cells }) => [
          id,
          prediction,
          from,
          ...features.flatMap((_, f) => [cells[f] ?? null, values[f]!]),
        ]),
      ];
      const link = make('a');
      link.download = `${file}.rows.csv`;
      link.href = URL.createObjectURL(new Blob([`${lines.map((line) => line.map(field).join(',')).join('\n')}\n`], { type: 'text/csv' }));
      link.click();
      URL.revokeObjectURL(link.href);
    };

    for (const hidden of section.querySelectorAll<HTMLElement>('.controls, .pages')) hidden.hidden = false;
    for (const each of [filter, count]) each.addEventListener('input', drawFeatures);
    if (hasValues) {
      of.addEventListener('input', chooseFeature);
      by.addEventListener('input', drawDependence);
    }
    find('[name=rows]').addEventListener('input', () => {
      page = 0;
      drawTable();
    });
    for (const turn of section.querySelectorAll<HTMLElement>('[data-turn]'))
      turn.addEventListener('click', () => {
        page += Number(turn.dataset['turn']);
        drawTable();
      });
    for (const heading of section.querySelectorAll<HTMLTableCellElement>('.rows thead th')) {
      if (heading.cellIndex === 0) continue;
      const button = make('button');
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener('click', () => {
        const column = heading.cellIndex - 1;
        sorted = { by: column, falling: sorted?.by === column ? !sorted.falling : true };
        page = 0;
        drawTable();
      });
    }
    find('[data-save]').addEventListener('click', save);
    let width = 0;
    new ResizeObserver(() => {
      if (section.clientWidth === width) return;
      width = section.clientWidth;
      drawAll();
    }).observe(section);
  };

  for (const section of document.querySelectorAll<HTMLElement>('section[data-summary]')) begin(section);
}
