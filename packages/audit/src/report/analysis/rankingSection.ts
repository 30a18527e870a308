import { rankingMetrics, type Analysis, type RankingAnalysis, type Sheet } from '@vitrine/evaluate';
import { html, type Html } from '../html.js';
import { ranges } from './charts.js';
import { figure, tableOf } from './figure.js';
import { ranged, written } from './predictionSections.js';

const metricOf = (name: string) => rankingMetrics.find((row) => row.name === name)!;

/** How good the order of queries is. */
export function rankingSection({ metrics, queries, left, query }: RankingAnalysis, sheets: ReadonlyMap<string, Sheet>): Html {
  const [ofAll, each] = [sheets.get('ranking'), sheets.get('queries')];
  return html`<section class="method">
    <h2>How good the order is</h2>
    <p class="lead">
      Each number is a mean over ${queries} queries, which <bdi>${query}</bdi> tells apart; behind it in brackets stands where it lies.
      ${left > 0 && `${left} rows without a query, a grade or a score are left out.`}
    </p>
    <dl>
      ${metrics.map(
        ({ metric, estimate, left: without }) =>
          html`<dt>${metricOf(metric).title}</dt>
            <dd>
              ${written(estimate)}${without > 0 && `; not defined for ${without} queries`}<br /><small>${metricOf(metric).meaning}</small>
            </dd>`,
      )}
    </dl>
    ${figure(
      'Means over queries, with their intervals.',
      [
        ranges(
          metrics.map(({ metric, estimate }) => ranged(metricOf(metric).title, estimate)),
          { x: 'mean over queries', rule: 1 },
          'Metrics of the order',
        ),
      ],
      ofAll,
    )}
    ${
      each &&
      html`<details>
        <summary>${each.title}: table</summary>
        ${tableOf(each)}
      </details>`
    }
  </section>`;
}

/** In sentences: the first numbers. */
export const rankingFindings = ({ ranking }: Analysis): readonly string[] =>
  ranking === undefined
    ? []
    : ranking.metrics
        .filter(({ metric }) => metric === 'ndcg' || metric === 'kendall-tau')
        .map(({ metric, estimate }) => `${metricOf(metric).title}: ${written(estimate)}.`);
