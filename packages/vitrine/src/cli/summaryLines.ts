import { amount, plusMinus, signed } from '@vitrine/audit';
import { explainerNamed } from '@vitrine/explain';
import type { ImportanceSummary } from '../importance/importance.js';
import type { Summary } from '../summary/summarize.js';
import { counted } from '../summary/source.js';
import { paint, table } from './terminal.js';

/** Features on the terminal, and the longest bar. */
const [MOST, WIDTH] = [20, 24];

/** A summary as a table with bars. */
export function summaryLines({ method, features, noun, explained, asked, all, resumed, score, base, targets }: Summary): string {
  const most = features[0]?.meanAbs ?? 0;
  const isSigned = explainerNamed(method).signed;
  const rows = features
    .slice(0, MOST)
    .map(({ name, label = name, meanAbs, standardError, mean, positive, place, certainty, rows: held }) => [
      label,
      barOf(meanAbs, most),
      amount(meanAbs, false),
      Number.isNaN(standardError) ? '' : plusMinus(standardError),
      ...(isSigned ? [signed(mean), Number.isNaN(positive) ? '' : percent(positive)] : []),
      place <= 20 ? `first ${place} in ${percent(certainty)}` : '',
      ...(held < explained ? [`in ${held}`] : []),
    ]);
  const of = all === asked ? counted(asked, noun) : `${counted(asked, noun)}, drawn from ${all}`;
  return [
    paint('bold', `${method}: mean |attribution| over ${explained === asked ? of : `${explained} of ${of}`}`),
    ...(resumed > 0 && resumed < asked ? [`  ${resumed} of them were there from a run before`] : []),
    ...(targets.length > 0
      ? [
          `  explained: ${targets
            .slice(0, 4)
            .map(({ target, count }) => (targets.length === 1 ? target : `${count} × ${target}`))
            .join(', ')}`,
        ]
      : []),
    ...(Number.isNaN(base) ? [] : [`  on average ${score.toPrecision(4)}, and ${base.toPrecision(4)} where nothing is known`]),
    table([['', '', 'mean |a|', '', ...(isSigned ? ['mean', 'above 0'] : []), 'order'], ...rows]),
    ...(features.length > MOST ? [`  and ${features.length - MOST} more`] : []),
  ].join('\n');
}

/** Features by how much worse predictions become without them. */
export function importanceLines({
  method,
  metric,
  base,
  features,
  rows,
  asked,
  all,
  failed,
  unlabelled,
  notes,
  resumed,
}: ImportanceSummary): string {
  const most = Math.max(0, ...features.map((feature) => feature.importance));
  const lines = features
    .slice(0, MOST)
    .map(({ name, label = name, features: own, importance, standardError, ratio, place, certainty, constant }) => [
      own.length > 1 ? `${name} (${own.join(', ')})` : label,
      barOf(importance, most),
      signed(importance),
      Number.isNaN(standardError) ? '' : plusMinus(standardError),
      constant ? 'the same in all rows' : Number.isNaN(ratio) ? '' : `× ${ratio.toPrecision(3)}`,
      place <= 20 ? `first ${place} in ${percent(certainty)}` : '',
    ]);
  return [
    paint('bold', `${method}: change of ${metric} over ${counted(rows, 'row')}${all === asked ? '' : `, drawn from ${all}`}`),
    `  ${metric} is ${base.toPrecision(4)} as it is`,
    ...notes.map((note) => `  ${note}`),
    ...(unlabelled > 0 ? [`  ${counted(unlabelled, 'row')} do not say what is true, and were left out`] : []),
    ...(failed > 0 ? [`  ${counted(failed, 'row')} could not be read`] : []),
    ...(resumed > 0 ? [`  ${counted(resumed, 'round')} were there from a run before`] : []),
    table(lines),
    ...(features.length > MOST ? [`  and ${features.length - MOST} more`] : []),
  ].join('\n');
}

const barOf = (value: number, most: number): string =>
  '█'.repeat(most > 0 && value > 0 ? Math.max(1, Math.round((WIDTH * value) / most)) : 0).padEnd(WIDTH);

const percent = (share: number): string => `${Math.round(100 * share)} %`;
