import { biasMetrics, type BiasAnalysis, type Sheet } from '@vitrine/evaluate';
import { html, type Html } from '../html.js';
import { ranges } from './charts.js';
import { figure } from './figure.js';
import { ranged, written } from './predictionSections.js';

/** How groups are treated, a metric at a time. */
export const biasSection = ({ found, positive, condition }: BiasAnalysis, sheet: Sheet | undefined): Html =>
  html`<section class="method">
    <h2>How groups are treated</h2>
    <p class="lead">
      Each group is held against all other rows; the good outcome is <bdi>${positive}</bdi>. The grey field is what counts as alike; a star
      marks a group whose whole interval lies beyond it. What is fair is for people to decide: these numbers can not all be even at once.
    </p>
    ${biasMetrics.map(({ name, title, meaning, none, bounds, clarify }) => {
      const own = found.filter(({ metric }) => metric === name);
      const rows = own.map(({ column, group, estimate, verdict, rows: count }) =>
        ranged(`${column} = ${group} (${count})`, estimate, verdict === 'beyond'),
      );
      const within = own[0]?.bounds ?? bounds;
      const caption = `${title} (${name}; ${clarify} in SageMaker Clarify): ${meaning}.${name === 'CDDPL' ? ` ${condition === undefined ? 'No column was named that may explain a difference: all rows are one stratum.' : `Within each value of ${condition}.`}` : ''}`;
      return figure(
        caption,
        [ranges(rows, { x: name, rule: none, bounds: within }, `${title} by group`)],
        name === 'CDDPL' ? sheet : undefined,
      );
    })}
  </section>`;

/** In sentences: what lies beyond its bounds, and what could not be told. */
export function biasFindings({ found }: BiasAnalysis): readonly string[] {
  const beyond = found.filter(({ verdict }) => verdict === 'beyond');
  const few = new Set(
    found
      .filter(({ estimate }) => estimate.verdict === 'insufficient' && estimate.of.endsWith('group'))
      .map(({ column, group }) => `${column} = ${group}`),
  );
  return [
    ...beyond
      .slice(0, 5)
      .map(
        ({ column, group, metric, estimate, bounds }) =>
          `${column} = ${group}: ${metric} ${written(estimate)} lies beyond its bounds, ${bounds!.join(' to ')}.`,
      ),
    ...(beyond.length > 5 ? [`${beyond.length - 5} more numbers of groups lie beyond their bounds.`] : []),
    ...(few.size > 0 ? [`Too few rows to judge all of it: ${[...few].slice(0, 5).join(', ')}${few.size > 5 ? ' and others' : ''}.`] : []),
    ...(beyond.length === 0 && found.length > 0 ? ['No number of a group lies beyond its bounds for sure.'] : []),
  ];
}
