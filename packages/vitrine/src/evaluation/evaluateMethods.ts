import { random } from '@vitrine/data';
import {
  evidence,
  floors,
  measure,
  qualityMetricNamed,
  sanity,
  summed,
  tested,
  type Evidence,
  type FloorName,
  type Sanity,
  type Summed,
  type Tested,
} from '@vitrine/evaluate';
import { explainerNamed, optionsFor } from '@vitrine/explain';
import { VitrineError } from '@vitrine/ir';
import { RuntimeError } from '@vitrine/runtime';
import type { Question } from '../asked.js';
import type { Exam } from '../exam.js';
import type { LoadedModel } from '../model.js';
import { prepared } from '../summary/prepared.js';
import { settled } from '../table/background.js';
import { sourced, type ManyGiven } from '../summary/summarize.js';
import type { Item } from '../summary/source.js';

type Options = { readonly [name: string]: unknown };

/** Which explanations are measured, by what. */
export interface EvaluationQuestion extends Omit<Question, 'method' | 'options' | 'several' | 'signal' | 'progress'> {
  readonly methods: readonly string[];
  readonly metrics: readonly string[];
  /** Options of methods and of metrics, by name. */
  readonly options?: ReadonlyMap<string, Question['options']>;
  readonly metricOptions?: ReadonlyMap<string, Options>;
  /** How many examples, drawn by seed. */
  readonly sample?: number | undefined;
  /** What the answer should rest on, of an example: 1 for each element that does. */
  readonly mask?: ((exam: Exam, item: Item) => Promise<Evidence['mask']>) | undefined;
  /** Whether explainers that know nothing are measured as well. */
  readonly floors?: boolean;
  /** Whether each explanation is checked. */
  readonly sanity?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Called with what is done of what is to be done. */
  readonly progress?: ((done: number, of: number) => void) | undefined;
}

/** What one metric says of one method, or of what stands for knowing nothing. */
export interface MetricRow extends Summed {
  readonly method: string;
  /** Undefined for the method itself. */
  readonly floor: FloorName | undefined;
  /** One for each example; NaN where it is not defined or failed. */
  readonly values: readonly number[];
}

export interface MetricFound {
  readonly metric: string;
  readonly rows: readonly MetricRow[];
  /** Between methods. */
  readonly tests: readonly Tested[];
}

/** Something that could not be measured. The others are. */
export interface Missed {
  readonly example: number;
  readonly method: string;
  /** Undefined where there is no explanation. */
  readonly metric: string | undefined;
  readonly floor: FloorName | undefined;
  readonly message: string;
}

export interface Evaluation {
  readonly data: { readonly name: string; readonly digest: string; readonly all: number; readonly noun: string };
  readonly seed: number;
  /** The numbers of the examples, and their names. */
  readonly examples: readonly { readonly number: number; readonly source: string | undefined }[];
  readonly metrics: readonly MetricFound[];
  /** By method, one for each example; undefined where there is no explanation. */
  readonly sanity: ReadonlyMap<string, readonly (Sanity | undefined)[]>;
  readonly missed: readonly Missed[];
}

const NOTHING: readonly FloorName[] = ['random', 'input', 'permuted'];

/**
 * Explains examples by several methods and measures each explanation. What fails is told and left out; the rest is kept.
 * @throws DataError, ExplainError, EvaluateError where a name or an option is wrong; RuntimeError 'cancelled'
 */
export async function evaluateMethods(model: LoadedModel, given: ManyGiven, question: EvaluationQuestion): Promise<Evaluation> {
  const { methods, metrics, seed = 0, sample, signal, progress } = question;
  for (const method of methods) explainerNamed(method);
  const rows = metrics.map((name) => qualityMetricNamed(name));
  for (const { name, options } of rows) optionsFor(name, options, question.metricOptions?.get(name) ?? {});
  const { source, chosen } = await sourced(model, given, question.limits);
  const { limits, target, at, layer } = question;
  const background = question.background === undefined ? undefined : settled(question.background, methods[0] ?? '');
  const { all, asked, wanted, dataDigest } = await prepared(model, source, chosen, {
    limits,
    sample,
    seed,
    methods,
    metrics,
    target,
    at,
    layer,
    background,
  });
  const state: State = { question, model, readings: new Map(), missed: [], sanity: new Map(methods.map((m) => [m, []])), kept: new Map() };
  const examples: Evaluation['examples'][number][] = [];
  let done = 0;
  progress?.(0, asked * methods.length);
  for await (const item of source.items(wanted, 0)) {
    const place = examples.length;
    examples.push({ number: item.number, source: item.source });
    const exam = await tried(() => (item.examine === undefined ? Promise.reject(item.failure) : item.examine()));
    for (const method of methods) {
      if (signal?.aborted) throw new RuntimeError('cancelled', `cancelled after ${done} of ${asked * methods.length} explanations`);
      if (exam instanceof VitrineError)
        state.missed.push({ example: item.number, method, metric: undefined, floor: undefined, message: exam.message });
      else await measured(state, exam, item, method, place);
      progress?.(++done, asked * methods.length);
    }
  }
  await together(state, examples);
  const values = (metric: string, method: string, floor: FloorName | undefined): readonly number[] =>
    examples.map((_, i) => state.readings.get(keyOf(metric, method, floor))?.[i] ?? NaN);
  const found = rows.map(({ name }): MetricFound => {
    const of = (method: string, floor?: FloorName): readonly MetricRow[] => {
      if (floor !== undefined && !state.readings.has(keyOf(name, method, floor))) return [];
      const own = values(name, method, floor);
      return [{ method, floor, values: own, ...summed(own, random(seed, `evaluate/${keyOf(name, method, floor)}`)) }];
    };
    return {
      metric: name,
      rows: [...methods.flatMap((method) => of(method)), ...methods.flatMap((method) => NOTHING.flatMap((floor) => of(method, floor)))],
      tests: tested(new Map(methods.map((method) => [method, values(name, method, undefined)])), random(seed, `evaluate/tests/${name}`)),
    };
  });
  const data = { name: source.name, digest: dataDigest, all, noun: source.noun };
  return { data, seed, examples, metrics: found, sanity: question.sanity ? state.sanity : new Map(), missed: state.missed };
}

interface State {
  readonly question: EvaluationQuestion;
  readonly model: LoadedModel;
  /** By metric, method and floor, one for each example. */
  readonly readings: Map<string, number[]>;
  readonly missed: Missed[];
  readonly sanity: Map<string, (Sanity | undefined)[]>;
  /** Evidence for metrics of several examples together. */
  readonly kept: Map<string, Evidence[]>;
}

const keyOf = (metric: string, method: string, floor: FloorName | undefined): string => JSON.stringify([metric, method, floor]);

/** One method on one example: all metrics, with what stands for knowing nothing beside it. */
async function measured(state: State, exam: Exam, item: Item, method: string, place: number): Promise<void> {
  const { question } = state;
  const { methods, metrics, options, target, at, layer, seed, background, limits, signal } = question;
  const asked = await tried(() =>
    exam.probe({
      method,
      options: options?.get(method) ?? {},
      target,
      at,
      layer,
      background,
      ...(seed !== undefined && { seed }),
      ...(limits && { limits }),
      ...(signal && { signal }),
    }),
  );
  const mask = asked instanceof VitrineError ? undefined : await tried(async () => question.mask?.(exam, item));
  const failed = (message: string, metric?: string, floor?: FloorName): void =>
    void state.missed.push({ example: item.number, method, metric, floor, message });
  if (asked instanceof VitrineError) return failed(asked.message);
  if (mask instanceof VitrineError) return failed(mask.message);
  // Numbers that depend on the input alone are measured once, beside the first method.
  const stands = question.floors === false ? [] : NOTHING.filter((floor) => floor === 'permuted' || method === methods[0]);
  for (const floor of [undefined, ...stands]) {
    const e = await tried(() => evidence(asked, { mask, ...(floor && { says: floors[floor] }) }));
    if (e instanceof VitrineError) {
      failed(e.message, undefined, floor);
      continue;
    }
    if (floor === undefined && question.sanity) {
      const found = await tried(() => sanity(e));
      if (found instanceof VitrineError) failed(found.message);
      else state.sanity.get(method)![place] = found;
    }
    for (const metric of metrics) {
      if ('measureAll' in qualityMetricNamed(metric)) continue;
      const found = await tried(() => measure(metric, [e], question.metricOptions?.get(metric)));
      if (found instanceof VitrineError) failed(found.message, metric, floor);
      else put(state, keyOf(metric, method, floor), place, found[0]!.value);
    }
    if (floor === undefined && metrics.some((metric) => 'measureAll' in qualityMetricNamed(metric))) {
      const all = state.kept.get(method) ?? [];
      state.kept.set(method, all);
      all[place] = e;
    }
  }
}

/** Metrics of several examples together. */
async function together({ question, kept, readings, missed }: State, examples: Evaluation['examples']): Promise<void> {
  for (const metric of question.metrics) {
    if (!('measureAll' in qualityMetricNamed(metric))) continue;
    for (const [method, all] of kept) {
      const places = [...all.keys()].filter((i) => all[i] !== undefined);
      const found = await tried(() =>
        measure(
          metric,
          places.map((i) => all[i]!),
          question.metricOptions?.get(metric),
        ),
      );
      if (found instanceof VitrineError)
        missed.push({ example: examples[places[0]!]!.number, method, metric, floor: undefined, message: found.message });
      else places.forEach((place, k) => put({ readings }, keyOf(metric, method, undefined), place, found[k]!.value));
    }
  }
}

function put({ readings }: Pick<State, 'readings'>, key: string, place: number, value: number): void {
  const list = readings.get(key) ?? [];
  readings.set(key, list);
  list[place] = value;
}

/** What a call gives, or why it failed; faults that are not foreseen, and cancelling, are passed on. */
async function tried<T>(call: () => Promise<T>): Promise<T | VitrineError> {
  try {
    return await call();
  } catch (cause) {
    if (cause instanceof VitrineError && cause.code !== 'cancelled') return cause;
    throw cause;
  }
}
