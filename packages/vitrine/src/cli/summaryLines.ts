import { amount, plusMinus, signed } from '@vitrine/audit';
import { explainerNamed } from '@vitrine/explain';
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
      '█'.repeat(most > 0 ? Math.max(meanAbs > 0 ? 1 : 0, Math.round((WIDTH * meanAbs) / most)) : 0).padEnd(WIDTH),
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
            .map(({ target, count }) => (targets.length === 1 ? target : `${target} ${count} times`))
            .join(', ')}`,
        ]
      : []),
    ...(Number.isNaN(base) ? [] : [`  on average ${score.toPrecision(4)}, and ${base.toPrecision(4)} where nothing is known`]),
    table([['', '', 'mean |a|', '', ...(isSigned ? ['mean', 'above 0'] : []), 'order'], ...rows]),
    ...(features.length > MOST ? [`  and ${features.length - MOST} more`] : []),
  ].join('\n');
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;
