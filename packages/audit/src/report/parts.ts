import { amountsHtml } from './amounts.js';
import { amount } from './heat.js';
import { html, type Html } from './html.js';
import { plusMinus } from './text.js';

/** What was taken away, and what each part counts. */
export interface PartsShown {
  readonly of: string;
  readonly signed: boolean;
  readonly values: readonly {
    readonly name: string;
    readonly value: number;
    readonly standardError?: number;
    readonly rank?: { readonly place: number; readonly certainty: number };
  }[];
}

const SHOWN = 20;
/** More parts than this are pixels: one alone says nothing. */
const MOST = 5000;

/** How sure a place is: `1st in 99 %`, `first 3 in 87 %` of resamples. */
export const placeText = ({ place, certainty }: { readonly place: number; readonly certainty: number }): string =>
  `${place === 1 ? '1st' : `first ${place}`} in ${share(certainty)} %`;

/** Never all of them: there may be others. */
const share = (certainty: number): string => (certainty > 0.99 ? '>99' : String(Math.round(100 * certainty)));

/** The parts that count most, with bars, and how sure their order is; nothing where there are too many to look at. */
export function partsHtml({ of, signed, values }: PartsShown): Html | undefined {
  if (values.length > MOST) return undefined;
  const strongest = values.toSorted((a, b) => Math.abs(b.value) - Math.abs(a.value)).slice(0, SHOWN);
  const estimated = strongest.some(({ standardError }) => standardError !== undefined);
  const left = values.length - strongest.length;
  return html`<div class="taken">
    ${amountsHtml({
      head: estimated ? [of, 'counts, ± standard error', 'among all'] : [of, 'counts'],
      signed,
      rows: strongest.map(({ name, value, standardError, rank }) => ({
        name,
        value,
        text: standardError === undefined ? amount(value, signed) : `${amount(value, signed)} ${plusMinus(standardError)}`,
        ...(rank && { more: html`${placeText(rank)}` }),
      })),
    })}
    ${left > 0 && html`<p>${left} more count less.</p>`}
    ${estimated && html`<p>“First 3 in 87 %”: were the samples drawn again, it would be among the first three about 87 times of 100.</p>`}
  </div>`;
}
