import { associationKinds, type Association, type Sheet, type TableAnalysis } from '@vitrine/evaluate';
import { html, type Html } from '../html.js';
import { cells, ranges, type CellShown } from './charts.js';
import { figure, tableOf } from './figure.js';
import { ALPHA, percent, ranged } from './predictionSections.js';

type Sheets = ReadonlyMap<string, Sheet>;

/** Measures of which a pair of columns has one: a heat map shows them together. */
const SHOWN = new Set(['spearman', 'cramers-v', 'correlation-ratio']);
const MOST_COLUMNS = 40;

/** What is told of a table, section by section. */
export const tableSections = (analysis: TableAnalysis, label: string | undefined, sheets: Sheets): readonly Html[] => [
  html`<section class="method">
    <h2>What the table holds</h2>
    ${sheets.get('columns') && tableOf(sheets.get('columns')!)}
    ${
      sheets.get('duplicates') &&
      html`<h3>Rows that are the same</h3>
        ${tableOf(sheets.get('duplicates')!)}`
    }
  </section>`,
  ...(analysis.suspects !== undefined && analysis.suspects.length > 0
    ? [
        html`<section>
          <h2>Columns that tell the label alone</h2>
          <p class="lead">
            A column that tells the label this well is seldom its cause: often it was written after the label was known. Take it out, or
            find out why.
          </p>
          ${tableOf(sheets.get('suspects')!)}
        </section>`,
      ]
    : []),
  ...(analysis.imbalance === undefined ? [] : [imbalanceSection(analysis.imbalance, sheets)]),
  ...(analysis.associations.pairs.length > 0 ? [associationsSection(analysis, sheets)] : []),
  ...(analysis.information !== undefined && analysis.information.length > 0 ? [informationSection(analysis, label, sheets)] : []),
];

const imbalanceSection = ({ label, classes, ratio, evenness }: NonNullable<TableAnalysis['imbalance']>, sheets: Sheets): Html =>
  html`<section>
    <h2>How often each class occurs</h2>
    <p class="finding">
      ${classes.length > 1 ? `The most frequent value of ${label} occurs ${Number(ratio.toPrecision(3))} times as often as the rarest; evenness ${evenness.toFixed(2)} of 1.` : `${label} has one value only.`}
    </p>
    ${figure(
      `Share of rows by ${label}.`,
      [
        ranges(
          classes
            .slice(0, MOST_COLUMNS)
            .map(({ label: name, count, share, low, high }) => ({ name: `${name} (${count})`, value: share, low, high })),
          { x: 'share of rows', rule: 1 / classes.length },
          `Share of rows by ${label}`,
        ),
      ],
      sheets.get('imbalance'),
    )}
  </section>`;

function associationsSection({ associations: { pairs, rows, left } }: TableAnalysis, sheets: Sheets): Html {
  const shown = pairs.filter(({ kind }) => SHOWN.has(kind));
  const names = [...new Set(shown.flatMap(({ a, b }) => [a, b]))].slice(0, MOST_COLUMNS);
  const by = new Map(
    shown.flatMap((pair) => [[JSON.stringify([pair.a, pair.b]), pair] as const, [JSON.stringify([pair.b, pair.a]), pair] as const]),
  );
  const all = names.flatMap((row) => names.map((column) => cellOf(row, column, by.get(JSON.stringify([row, column])))));
  const strongest = shown
    .flatMap((pair) =>
      pair.estimate.verdict === 'estimated' && (pair.holm ?? 1) < ALPHA ? [{ pair, value: Math.abs(pair.estimate.value) }] : [],
    )
    .toSorted((a, b) => b.value - a.value)
    .slice(0, 10);
  return html`<section>
    <h2>How columns go together</h2>
    <p class="lead">
      Between numbers Spearman’s correlation (orange together, purple against each other), between categories Cramér’s V, between both the
      correlation ratio η. ${left.length > 0 && `${left.length} columns beyond the first ${names.length} are left out.`} Over ${rows} rows.
    </p>
    ${figure(
      strongest.length === 0
        ? 'No pair of columns goes together by more than chance, all pairs taken together (Holm).'
        : 'All pairs of columns, and the strongest that are more than chance (Holm) with their intervals.',
      [
        cells(all, { x: null, y: null }, 'How columns go together'),
        ...(strongest.length === 0
          ? []
          : [
              ranges(
                strongest.map(({ pair: { a, b, kind, estimate } }) => ranged(`${a} – ${b}, ${kind}`, estimate)),
                { x: 'strength', rule: 0 },
                'The strongest pairs',
              ),
            ]),
      ],
      sheets.get('associations'),
    )}
  </section>`;
}

function cellOf(row: string, column: string, pair: Association | undefined): CellShown {
  if (row === column) return { row, column, value: 1, text: '1', title: row };
  const estimate = pair?.estimate;
  const value = estimate?.verdict === 'estimated' ? estimate.value : undefined;
  const kind = pair === undefined ? '' : `, ${associationKinds[pair.kind].title}`;
  return {
    row,
    column,
    value,
    text: value === undefined ? '–' : value.toFixed(2).replace(/^-0\.00$/, '0.00'),
    title: `${row} – ${column}${kind}: ${value === undefined ? 'not told' : value.toFixed(3)}`,
  };
}

const informationSection = ({ information = [], chiSquare = [] }: TableAnalysis, label: string | undefined, sheets: Sheets): Html =>
  html`<section>
    <h2>What each column tells of ${label}</h2>
    <p class="lead">
      By mutual information: 0 is nothing, ln 2 = 0.69 tells two values apart for sure. A star marks what is more than chance, all columns
      taken together (Holm, ${percent(ALPHA)}).
    </p>
    ${figure(
      `Mutual information with ${label}, in nats.`,
      [
        ranges(
          information
            .toSorted((a, b) => b.value - a.value)
            .slice(0, MOST_COLUMNS)
            .map(({ column, value, holm }) => ({ name: column, value, low: undefined, high: undefined, marked: holm < ALPHA })),
          { x: 'nats', rule: 0 },
          `Mutual information with ${label}`,
        ),
      ],
      sheets.get('mutual-information'),
    )}
    ${
      chiSquare.length > 0 &&
      figure(
        `Cramér’s V of each column and ${label}, numbers in ten bins; a star marks a chi-square test below ${percent(ALPHA)} (Holm).`,
        [
          ranges(
            chiSquare
              .slice(0, MOST_COLUMNS)
              .map(({ column, effect, low, high, holm }) => ({ name: column, value: effect, low, high, marked: holm < ALPHA })),
            { x: 'Cramér’s V', rule: 0 },
            `Cramér’s V of each column and ${label}`,
          ),
        ],
        sheets.get('chi-square'),
      )
    }
  </section>`;

/** In sentences: what a reader should know of a table before anything is built on it. */
export function tableFindings({ columns, duplicates, suspects = [], imbalance }: TableAnalysis): readonly string[] {
  const constant = columns.filter((column) => column.constant).map(({ name }) => name);
  const sparse = columns.filter(({ missing, rows }) => missing > 0.2 * rows);
  const listed = (names: readonly string[]): string =>
    `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`;
  return [
    ...suspects
      .slice(0, 5)
      .map(({ column, what, measure, value, verdict }) =>
        what === 'order of rows'
          ? `The order of rows tells the label (${measure} ${value.toFixed(3)}): shuffle them before they are split.`
          : `${column} alone tells the label${what === 'values' ? '' : ' by where it is missing'} (${measure} ${value.toFixed(3)}): ${verdict === 'leak' ? 'it is most likely a leak' : 'look at how it comes about'}.`,
      ),
    ...(constant.length > 0 ? [`The same in every row: ${listed(constant)}.`] : []),
    ...(sparse.length > 0 ? [`Missing in more than a fifth of the rows: ${listed(sparse.map(({ name }) => name))}.`] : []),
    ...(duplicates.rows > 0
      ? [duplicates.rows === 1 ? 'One row is a copy of another.' : `${duplicates.rows} rows are copies of others.`]
      : []),
    ...(duplicates.conflicting.sets > 0 ? [`${duplicates.conflicting.rows} rows are the same but for the label, which differs.`] : []),
    ...(imbalance !== undefined && imbalance.ratio >= 10
      ? [`Classes are uneven: the most frequent occurs ${Math.round(imbalance.ratio)} times as often as the rarest.`]
      : []),
  ];
}
