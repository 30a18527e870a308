import { cells } from './analysis/charts.js';
import { html, type Html } from './html.js';
import type { PartShown } from './parts.js';
import { signed } from './text.js';

/** Names beside the table: of more, those that count most. */
const MOST = 24;
/** Names longer than this are cut. */
const LONGEST = 22;

/** What each two parts count together, as a table of cells; on the diagonal what each counts alone. */
export function pairsHtml(values: readonly PartShown[]): Html {
  const key = (names: readonly string[]): string => JSON.stringify(names.toSorted());
  const found = new Map(
    values.flatMap(({ members = [], value }) => (members.length > 0 && members.length < 3 ? [[key(members), value]] : [])),
  );
  const sums = new Map<string, number>();
  for (const { members = [], value } of values) for (const name of members) sums.set(name, (sums.get(name) ?? 0) + Math.abs(value));
  const names = [...sums]
    .toSorted((a, b) => b[1] - a[1])
    .map(([name]) => name)
    .slice(0, MOST);
  const most = Math.max(...[...found.values()].map(Math.abs)) || 1;
  const short = (name: string): string => (name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name);
  const isCut = new Set(names.map(short)).size < names.length;
  const called = (name: string): string => (isCut ? name : short(name));
  const all = names.flatMap((row) =>
    names.map((column) => {
      const value = found.get(key(row === column ? [row] : [row, column]));
      return {
        row: called(row),
        column: called(column),
        value: value === undefined ? undefined : value / most,
        text: value === undefined ? '' : brief(value),
        title: `${row === column ? `${row} alone` : `${row} and ${column}`}: ${value === undefined ? 'not told' : signed(value)}`,
      };
    }),
  );
  return html`<figure class="chart">
    <div class="broad">${cells(all, { x: null, y: null }, 'What each two count together')}</div>
    <figcaption>
      What each two count together, beyond what each counts alone; on the diagonal what each counts alone. Orange speaks for, purple
      against.${sums.size > MOST && ` The ${MOST} that count most of ${sums.size}.`}
    </figcaption>
  </figure>`;
}

/** Two digits, as room is scarce. */
const brief = (value: number): string => `${value < 0 ? '−' : ''}${Number(Math.abs(value).toPrecision(2))}`;
