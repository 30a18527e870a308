import { csvOf, qualityMetricNamed, type Sanity, type Sheet } from '@vitrine/evaluate';
import type { LoadedModel } from '../model.js';
import { counted } from '../summary/source.js';
import { VERSION } from '../version.js';
import type { Evaluation, MetricFound, MetricRow } from './evaluateMethods.js';

/** What explainers that know nothing are called. */
const FLOORS = { random: 'random numbers', input: '|input|', constant: 'a constant', permuted: 'permuted weights' } as const;
type SheetCell = Sheet['rows'][number][number];

/** How sure a difference must be to be told as one. */
const SURE = 0.05;

export const rounded = (value: number): string => (Number.isNaN(value) ? '–' : String(Number(value.toPrecision(3))));

/** Methods by their mean, the best first. */
export function ranked({ metric, rows }: MetricFound): readonly MetricRow[] {
  const sign = qualityMetricNamed(metric).better === 'higher' ? -1 : 1;
  const known = (value: number): number => (Number.isNaN(value) ? Infinity : sign * value);
  return rows.filter(({ floor }) => floor === undefined).toSorted((a, b) => known(a.mean) - known(b.mean));
}

/** One cell a column: the method, its mean, its interval, and where it is not defined for all. */
export const cellsOf = ({ method, mean, low, high, count, missing }: MetricRow): readonly string[] => [
  method,
  rounded(mean),
  low === undefined || high === undefined ? '' : `[${rounded(low)}, ${rounded(high)}]`,
  missing === 0 ? '' : `${count} of ${count + missing}`,
];

/** What scores are worth: those of explainers that know nothing. */
export const floorLine = ({ rows }: MetricFound): string | undefined => {
  const told = rows.flatMap(({ floor, method, mean }) =>
    floor === undefined ? [] : [`${FLOORS[floor]}${floor === 'permuted' ? ` (${method})` : ''} ${rounded(mean)}`],
  );
  return told.length === 0 ? undefined : `knowing nothing: ${told.join(', ')}`;
};

/** Which methods differ. */
export function testLines({ metric, tests }: MetricFound): readonly string[] {
  const sign = qualityMetricNamed(metric).better === 'higher' ? 1 : -1;
  return tests.flatMap(({ first, second, difference, adjusted, count }) => {
    if (Number.isNaN(adjusted)) return [];
    if (adjusted >= SURE) return [`${first} and ${second}: no difference found (p = ${rounded(adjusted)}, ${count} examples)`];
    const [better, worse] = sign * difference > 0 ? [first, second] : [second, first];
    return [`${better} is better than ${worse} by ${rounded(Math.abs(difference))} (p = ${rounded(adjusted)})`];
  });
}

/** How many explanations of a method are not to be trusted, and which checks they fail. */
export function sanityLine(method: string, found: readonly (Sanity | undefined)[]): string {
  const made = found.filter((one) => one !== undefined && one.verdict !== 'could not be checked') as readonly Sanity[];
  const failed = made.filter(({ verdict }) => verdict === 'not to be trusted');
  const counts = new Map<string, number>();
  for (const { checks } of failed)
    for (const { name, passed } of checks) if (passed === false) counts.set(name, (counts.get(name) ?? 0) + 1);
  const why = [...counts].toSorted((a, b) => b[1] - a[1]).map(([name, count]) => `${name} ${count}`);
  if (made.length === 0) return `${method}: nothing was checked`;
  return failed.length === 0
    ? `${method}: no check failed on ${made.length}`
    : `${method}: not to be trusted on ${failed.length} of ${made.length} (${why.join(', ')})`;
}

export const headline = (model: LoadedModel, { data, examples }: Evaluation): string =>
  `${counted(examples.length, data.noun)} of ${data.name}${examples.length < data.all ? `, drawn from ${data.all}` : ''}, ${model.subject.name}`;

/** The files of an evaluation: every value, scores with intervals, tests, and all of it as JSON. */
export function evaluationFiles(model: LoadedModel, evaluation: Evaluation): ReadonlyMap<string, string> {
  const { metrics, examples, sanity, missed, data, seed } = evaluation;
  const sheet = (columns: readonly string[], rows: readonly (readonly SheetCell[])[]): string =>
    csvOf({ columns, rows: rows.map((row) => row.map((cell) => (Number.isNaN(cell) ? undefined : cell))) });
  return new Map([
    [
      'values.csv',
      sheet(
        ['metric', 'method', 'floor', 'example', 'source', 'value'],
        metrics.flatMap(({ metric, rows }) =>
          rows.flatMap(({ method, floor, values }) =>
            examples.map(({ number, source }, i) => [metric, method, floor, number, source, values[i]]),
          ),
        ),
      ),
    ],
    [
      'scores.csv',
      sheet(
        ['metric', 'better', 'method', 'floor', 'mean', 'low', 'high', 'count', 'missing'],
        metrics.flatMap(({ metric, rows }) =>
          rows.map(({ method, floor, mean, low, high, count, missing }) => [
            metric,
            qualityMetricNamed(metric).better,
            method,
            floor,
            mean,
            low,
            high,
            count,
            missing,
          ]),
        ),
      ),
    ],
    [
      'tests.csv',
      sheet(
        ['metric', 'first', 'second', 'difference', 'count', 'p', 'p_holm'],
        metrics.flatMap(({ metric, tests }) =>
          tests.map(({ first, second, difference, count, p, adjusted }) => [metric, first, second, difference, count, p, adjusted]),
        ),
      ),
    ],
    [
      'evaluation.json',
      `${JSON.stringify(
        {
          tool: `vitrine ${VERSION}`,
          model: { name: model.subject.name, digest: model.subject.digest },
          data,
          seed,
          examples,
          metrics,
          sanity: Object.fromEntries(sanity),
          missed,
        },
        // JSON has no NaN.
        (_, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? null : value),
        2,
      )}\n`,
    ],
  ]);
}
