import { optionsFor, spatialAxes, type Fields } from '@vitrine/explain';
import { EvaluateError } from '../error.js';
import type { Evidence } from './evidence.js';
import type { Need, QualityMetric, Reading } from './metric.js';
import { qualityMetrics } from './metrics.js';

/** The row of a metric. @throws EvaluateError 'bad-option' */
export function qualityMetricNamed(name: string): QualityMetric {
  if (!Object.hasOwn(qualityMetrics, name)) {
    const close = Object.keys(qualityMetrics).filter((other) => other.includes(name) || name.includes(other));
    throw new EvaluateError(
      'bad-option',
      `there is no metric called ${name}: ${close.length > 0 ? `did you mean ${close.join(' or ')}?` : 'vitrine metrics lists them'}`,
    );
  }
  return qualityMetrics[name as keyof typeof qualityMetrics] as unknown as QualityMetric;
}

const needed: { readonly [need in Need]: readonly [is: (e: Evidence) => boolean, words: string] } = {
  mask: [(e) => e.mask !== undefined, 'a mask of what the answer should rest on'],
  space: [
    ({ x }) => x.size === 1 && [...x.values()].every(({ dims }) => dims.length === 4 && spatialAxes(dims).length === 2),
    'one picture',
  ],
  truth: [({ truth }) => truth !== undefined, 'an attribution that is known to be right'],
  label: [({ label }) => label !== undefined, 'the class that is right'],
};

/**
 * Reads one metric off explanations of examples, in order. Options are those of the metric; what is left out is its default.
 * @throws EvaluateError where an example lacks what the metric needs; ExplainError, RuntimeError
 */
export async function measure(
  name: string,
  all: readonly Evidence[],
  given: { readonly [option: string]: unknown } = {},
): Promise<readonly Reading[]> {
  const row = qualityMetricNamed(name);
  const options = optionsFor(row.name, row.options, given);
  for (const need of row.needs ?? [])
    if (!all.every(needed[need][0])) throw new EvaluateError('bad-input', `${row.name} needs ${needed[need][1]}`);
  if ('measureAll' in row) return row.measureAll(all, options);
  const readings: Reading[] = [];
  for (const e of all) {
    const own = { ...options, ...(given['baseline'] === undefined && !isSpread(e) && suited(options)) };
    readings.push(await row.measure(e, await e.probe.filled(row.options as Fields, own)));
  }
  return readings;
}

/** Whether there is space or time to look around in. */
const isSpread = ({ x, probe: { q } }: Evidence): boolean =>
  [...x].every(([name, { dims }]) => dims.length >= 4 || q.series.has(name) || (dims.length === 3 && q.divisions.size === 0));

/** Stand-ins made of what is around, which tables and texts have not. */
const AROUND: ReadonlySet<unknown> = new Set(['mean', 'blur', 'inpaint']);
const suited = (options: { readonly [name: string]: unknown }): { readonly baseline?: string } =>
  AROUND.has(options['baseline']) ? { baseline: 'auto' } : {};
