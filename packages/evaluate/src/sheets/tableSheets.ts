import type { TableAnalysis } from '../table/analyzeTable.js';
import { estimateColumns, sheet, type Sheet } from './sheet.js';
import type { Association } from '../table/association/associations.js';

/** Tables of what a table holds; those that do not apply are left out. */
export function tableSheets({
  columns,
  duplicates,
  associations,
  imbalance,
  information,
  chiSquare,
  suspects,
}: TableAnalysis): readonly Sheet[] {
  const all = [
    sheet(
      'columns',
      'Columns',
      {
        column: ({ name }) => name,
        kind: ({ kind }) => kind,
        rows: ({ rows }) => rows,
        missing: ({ missing }) => missing,
        missing_share: ({ missing, rows }) => missing / rows,
        missing_low: ({ missingInterval }) => missingInterval.low,
        missing_high: ({ missingInterval }) => missingInterval.high,
        distinct: ({ distinct }) => distinct,
        constant: ({ constant }) => String(constant),
        most_frequent: ({ mostFrequent }) => mostFrequent?.value,
        most_frequent_count: ({ mostFrequent }) => mostFrequent?.count,
        least: ({ numbers }) => numbers?.least,
        quartile_1: ({ numbers }) => numbers?.quartiles[0],
        median: ({ numbers }) => numbers?.quartiles[1],
        quartile_3: ({ numbers }) => numbers?.quartiles[2],
        most: ({ numbers }) => numbers?.most,
        mean: ({ numbers }) => numbers?.mean,
        deviation: ({ numbers }) => numbers?.deviation,
        outliers_below: ({ numbers }) => numbers?.outliers.below,
        outliers_above: ({ numbers }) => numbers?.outliers.above,
      },
      columns,
    ),
    sheet(
      'duplicates',
      'Rows that are the same',
      {
        what: ({ what }) => what,
        sets: ({ sets }) => sets,
        rows: ({ rows }) => rows,
        first: ({ first }) => first.map((set) => set.join(' ')).join('; '),
      },
      [
        { what: 'the same in every column', ...duplicates },
        ...(imbalance === undefined ? [] : [{ what: 'the same but for the label', ...duplicates.conflicting }]),
      ],
    ),
    sheet(
      'associations',
      'How columns go together',
      {
        measure: ({ kind }: Association) => kind,
        a: ({ a }) => a,
        b: ({ b }) => b,
        ...estimateColumns(({ estimate }: Association) => estimate),
        p: ({ p }) => p,
        p_holm: ({ holm }) => holm,
      },
      associations.pairs,
    ),
    sheet(
      'mutual-information',
      'What each column tells of the label',
      {
        column: ({ column }) => column,
        nats: ({ value }) => value,
        p: ({ p }) => p,
        p_holm: ({ holm }) => holm,
        estimator: ({ estimator }) => estimator,
        permutations: ({ permutations }) => permutations,
        rows: ({ rows }) => rows,
      },
      information ?? [],
    ),
    sheet(
      'chi-square',
      'Whether each column and the label go together',
      {
        column: ({ column }) => column,
        chi_square: ({ statistic }) => statistic,
        degrees: ({ degrees }) => degrees,
        p: ({ p }) => p,
        p_holm: ({ holm }) => holm,
        p_by: ({ by }) => by,
        cramers_v: ({ effect }) => effect,
        low: ({ low }) => low,
        high: ({ high }) => high,
        rows: ({ rows }) => rows,
      },
      chiSquare ?? [],
    ),
    sheet(
      'imbalance',
      'How often each class occurs',
      {
        by: ({ by }) => by,
        group: ({ group }) => group,
        rows: ({ rows }) => rows,
        class: ({ of }) => of.label,
        count: ({ of }) => of.count,
        share: ({ of }) => of.share,
        low: ({ of }) => of.low,
        high: ({ of }) => of.high,
      },
      imbalance === undefined
        ? []
        : [
            ...imbalance.classes.map((of) => ({ by: '', group: 'all rows', rows: columns[0]?.rows ?? 0, of })),
            ...imbalance.crossed.flatMap(({ by, group, rows, counts }) => counts.map((of) => ({ by: by.join(' × '), group, rows, of }))),
          ],
    ),
    sheet(
      'suspects',
      'Columns that tell the label alone',
      {
        column: ({ column }) => column,
        what: ({ what }) => what,
        measure: ({ measure }) => measure,
        value: ({ value }) => value,
        class: ({ of }) => of,
        verdict: ({ verdict }) => verdict,
      },
      suspects ?? [],
    ),
  ];
  return all.filter(({ rows }) => rows.length > 0);
}
