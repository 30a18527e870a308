import type { Sheet } from '@vitrine/evaluate';
import { fileOf } from './analysis/figure.js';
import { amountsHtml } from './amounts.js';
import { bars, bothWidths, markup } from './chart.js';
import { choicesHtml, type Choice } from './choices.js';
import { amount } from './heat.js';
import { html, type Html } from './html.js';
import { drawn } from './page/drawn.js';
import { pairsHtml } from './pairs.js';
import { plusMinus } from './text.js';

export interface PartShown {
  readonly name: string;
  /** What the example has there, with its unit: of a feature. */
  readonly has?: string;
  readonly value: number;
  readonly standardError?: number;
  /** Of 95 %. */
  readonly interval?: readonly [low: number, high: number];
  /** Of a set of parts that count something together: their names. */
  readonly members?: readonly string[];
  readonly rank?: { readonly place: number; readonly certainty: number };
}

/** What was taken away, or what an example consists of, and what each part counts. */
export interface PartsShown {
  readonly of: string;
  readonly signed: boolean;
  readonly values: readonly PartShown[];
  /** Which of several kept apart they are. */
  readonly title?: string;
  /** Where values lead from one score to another: the score with nothing of the example, and with all of it. */
  readonly between?: { readonly base: number; readonly score: number };
}

const SHOWN = 20;
const BESIDE = 12;
/** Rows of the table: the file has them all. */
const LISTED = 200;
/** More parts than this are pixels: one alone says nothing. */
const MOST = 5000;

/** How sure a place is: `1st in 99 %`, `first 3 in 87 %` of resamples. */
export const placeText = ({ place, certainty }: { readonly place: number; readonly certainty: number }): string =>
  `${place === 1 ? '1st' : `first ${place}`} in ${share(certainty)} %`;

/** Never all of them: there may be others. */
const share = (certainty: number): string => (certainty > 0.99 ? '>99' : String(Math.round(100 * certainty)));

const named = ({ name, has }: PartShown): string => (has === undefined ? name : `${name}: ${has}`);
const bySize = (values: readonly PartShown[]): readonly PartShown[] => values.toSorted((a, b) => Math.abs(b.value) - Math.abs(a.value));

/**
 * The parts that count most: how the score comes about from them, bars with their errors, and all as a table and a file; nothing where
 * there are too many to look at. `id` must be the page's only one.
 */
export function partsHtml(shown: PartsShown, id: string, file: string): Html | undefined {
  const { of, values, between, title } = shown;
  if (values.length > MOST || values.length === 0) return undefined;
  const order = bySize(values);
  const views: readonly Choice[] = [
    ...(values.some(({ members }) => members?.length === 2) ? [{ label: html`pair by pair`, panel: pairsHtml(values) }] : []),
    ...(between === undefined ? [] : [{ label: html`how the score comes about`, panel: waterfallHtml(shown, order, between) }]),
    { label: html`what each counts`, panel: barsHtml(shown, order) },
    { label: html`table`, panel: tableHtml(shown, order, file) },
  ];
  return html`<div class="taken">
    ${title !== undefined && html`<h3><bdi>${title}</bdi></h3>`}
    ${choicesHtml(id, `${values.length} ${of}${values.length === 1 ? '' : 's'}`, views)}
  </div>`;
}

const said = ({ signed }: PartsShown, part: PartShown): string =>
  `${amount(part.value, signed)}${part.standardError === undefined ? '' : ` ${plusMinus(part.standardError)}`}`;
const told = (shown: PartsShown, part: PartShown): string =>
  `${named(part)} counts ${said(shown, part)}${part.rank === undefined ? '' : `; ${placeText(part.rank)} of resamples`}`;

function waterfallHtml(shown: PartsShown, order: readonly PartShown[], between: { readonly base: number; readonly score: number }): Html {
  const alone = order.length <= BESIDE + 1 ? order : order.slice(0, BESIDE);
  const others = order.slice(alone.length);
  const steps = [
    ...alone.map((part) => ({ name: named(part), value: part.value, title: told(shown, part) })),
    ...(others.length === 0 ? [] : [{ name: `${others.length} others`, value: others.reduce((sum, { value }) => sum + value, 0) }]),
  ];
  return html`<figure class="chart">
    ${bothWidths((width) => markup(drawn.waterfall({ ...between, steps }, width), `How the score comes about from ${shown.of}s`))}
    <figcaption>
      From the score with nothing of the example (base) to its score, ${shown.of} by ${shown.of}, the strongest first.
    </figcaption>
  </figure>`;
}

/** How far chance goes to either side. */
const endsOf = ({ value, standardError, interval }: PartShown): readonly [number, number] | undefined =>
  interval ?? (standardError === undefined ? undefined : [value - standardError, value + standardError]);

function barsHtml(shown: PartsShown, order: readonly PartShown[]): Html {
  const strongest = order.slice(0, SHOWN);
  const rows = drawn.unique(
    strongest.map((part) => ({ name: named(part), value: part.value, ends: endsOf(part), title: told(shown, part) })),
  );
  return html`<figure class="chart">
    ${bothWidths((width) => bars(rows, `What each ${shown.of} counts`, width))}
    <figcaption>
      ${order.length > SHOWN ? `The ${SHOWN} strongest of ${order.length}.` : `All ${order.length}.`}
      ${rows.some(({ ends }) => ends !== undefined) && `Thin lines are ${order.some(({ interval }) => interval !== undefined) ? '95 % intervals' : 'standard errors'}.`}
    </figcaption>
  </figure>`;
}

function tableHtml(shown: PartsShown, order: readonly PartShown[], file: string): Html {
  const { of, signed } = shown;
  const listed = order.slice(0, LISTED);
  const estimated = order.some(({ standardError }) => standardError !== undefined);
  return html`${amountsHtml({
    head: estimated ? [of, 'counts, ± standard error', 'among all'] : [of, 'counts'],
    signed,
    isSortable: true,
    rows: listed.map((part) => ({
      name: named(part),
      value: part.value,
      text: said(shown, part),
      ...(estimated && { more: html`${part.rank && placeText(part.rank)}` }),
    })),
  })}
  ${estimated && html`<p>“First 3 in 87 %”: were the samples drawn again, it would be among the first three about 87 times of 100.</p>`}
  ${fileOf(sheetOf(shown, file), order.length > LISTED ? `${order.length - LISTED} more count less. ` : undefined)}`;
}

function sheetOf({ of, values }: PartsShown, name: string): Sheet {
  const [has, errors, intervals, ranks] = [
    values.some((part) => part.has !== undefined),
    values.some((part) => part.standardError !== undefined),
    values.some((part) => part.interval !== undefined),
    values.some((part) => part.rank !== undefined),
  ];
  return {
    name,
    title: of,
    columns: [
      of,
      ...(has ? ['value'] : []),
      'counts',
      ...(errors ? ['standard_error'] : []),
      ...(intervals ? ['low', 'high'] : []),
      ...(ranks ? ['place', 'certainty'] : []),
    ],
    rows: values.map((part) => [
      part.name,
      ...(has ? [part.has] : []),
      part.value,
      ...(errors ? [part.standardError] : []),
      ...(intervals ? [part.interval?.[0], part.interval?.[1]] : []),
      ...(ranks ? [part.rank?.place, part.rank?.certainty] : []),
    ]),
  };
}
