import { calledBy, DataError, type Value } from '@vitrine/data';
import type { Attribution, Explanation } from '@vitrine/explain';
import { numbers, sizeOf } from '@vitrine/ir';
import type { Answer, Exam } from '../exam.js';
import { toldSeries } from '../series/told.js';
import { originsAt } from '../table/places.js';
import type { ReadRow } from '../table/row.js';
import { toldRows } from '../table/told.js';
import { toldOf, type Telling } from '../told.js';

/** Something that examples have in common: a feature, a word, a channel, a place of a picture. */
export interface Named {
  readonly name: string;
  /** As people call it, where that is another name. */
  readonly label?: string;
  readonly unit?: string;
}

/** What it counts in one example, and what the example has there. */
export interface NamedValue extends Named {
  readonly value: Value;
  readonly attribution: number;
  readonly standardError?: number;
}

/** One example, explained. */
export interface Explained {
  /** The explained number, and what it is where nothing is known, for methods that add up. */
  readonly score: number;
  readonly base: number | undefined;
  readonly target: string | undefined;
  /** What the model said. */
  readonly predicted: string | undefined;
  readonly values: readonly NamedValue[];
}

/** What an answer says of an example, by what it has in common with others. @throws DataError where that is nothing */
export function explainedOf(exam: Exam, { explanation }: Answer, telling: Telling): Explained {
  const values = exam.row === undefined ? ofAttributions(exam, explanation, telling) : ofRow({ ...exam, row: exam.row }, explanation);
  return withScore(explanation, exam.prediction.classes[0]?.label, values);
}

/** The same of a row, where there is no answer as a whole. */
export const explainedRow = (exam: OfRow, found: Found, predicted: string | undefined): Explained =>
  withScore(found, predicted, ofRow(exam, found));

type Found = Pick<Explanation, 'method' | 'attributions' | 'parts' | 'target' | 'completeness'>;
type OfRow = Pick<Exam, 'example'> & { readonly row: ReadRow };

const withScore = ({ target, completeness }: Found, predicted: string | undefined, values: readonly NamedValue[]): Explained => ({
  score: target.score,
  base: completeness && target.score - completeness.expected,
  target: target.label,
  predicted,
  values,
});

function ofAttributions(exam: Exam, explanation: Explanation, telling: Telling): readonly NamedValue[] {
  const kept = explanation.attributions.filter((one) => exam.text === undefined || toldOf(exam, explanation, one, telling) !== undefined);
  const several = kept.length > 1;
  const all = kept.flatMap((attribution) => {
    const found = ofText(exam, explanation, attribution, telling) ?? ofSeries(exam, explanation, attribution) ?? ofArray(attribution);
    const prefix = [...(several ? [attribution.at] : []), ...(attribution.part === undefined ? [] : [attribution.part])].join(' ');
    return prefix === '' ? found : found.map((one) => ({ ...one, name: `${prefix} ${one.name}` }));
  });
  return merged(all);
}

/** Features of a row; pairs of them, where a method tells those. */
function ofRow(exam: OfRow, found: Found): readonly NamedValue[] {
  const { row } = exam;
  const told = toldRows(exam, found);
  if (told.length === 0) return ofPairs(exam, found);
  return merged(
    told.flatMap(({ part, features }) =>
      features.map(({ name, value, attribution, standardError }, i) => ({
        ...namedFeature(row, i, part),
        name: part === undefined ? name : `${name} (${part})`,
        value,
        attribution,
        ...(standardError !== undefined && { standardError }),
      })),
    ),
  );
}

function namedFeature({ features }: Pick<ReadRow, 'features'>, i: number, part?: string): Named {
  const feature = features[i]!;
  const label = calledBy(feature);
  return {
    name: feature.name,
    ...(label !== feature.name && { label: part === undefined ? label : `${label} (${part})` }),
    ...(feature.unit !== undefined && { unit: feature.unit }),
  };
}

/** Two features together, whatever numbers stand for them. */
function ofPairs({ example, row }: OfRow, { parts, method, attributions }: Found): readonly NamedValue[] {
  const graph = example.shaped.graphAt(1);
  const values = (parts?.values ?? []).map(({ runs, value }): NamedValue => {
    const columns = new Set(
      [...runs].flatMap(([at, list]) => {
        const origins = originsAt(graph, at, row);
        return list.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => origins?.[from + i]?.column ?? at));
      }),
    );
    return { name: [...columns].toSorted().join(' × '), value: null, attribution: value };
  });
  if (values.length > 0) return merged(values);
  throw new DataError(
    'bad-input',
    `${method} tells of ${attributions[0]?.at ?? 'nothing'}, which stands for no features of the table: name the inputs with --at, or use another method`,
  );
}

function ofText(exam: Exam, explanation: Explanation, attribution: Attribution, telling: Telling): readonly NamedValue[] | undefined {
  const told = toldOf(exam, explanation, attribution, telling);
  return told?.segments.map(({ text }, i) => ({
    name: text.trim(),
    value: null,
    attribution: told.sums[i]!,
    ...(told.errors?.has(i) === true && { standardError: told.errors.get(i)! }),
  }));
}

/** Stretches of a series that has one channel. */
const STRETCHES = 16;

function ofSeries(exam: Exam, explanation: Explanation, attribution: Attribution): readonly NamedValue[] | undefined {
  const told = toldSeries(exam, explanation, attribution);
  if (told === undefined) return undefined;
  const [first = new Float64Array(0)] = told.values;
  if (told.values.length > 1)
    return told.shown.names.map((name, c) => ({ name, value: null, attribution: told.values[c]!.reduce((a, b) => a + b, 0) }));
  const step = Math.max(1, Math.ceil(first.length / STRETCHES));
  return Array.from({ length: Math.ceil(first.length / step) }, (_, i) => {
    const to = Math.min(first.length, (i + 1) * step);
    return { name: `samples ${i * step} to ${to - 1}`, value: null, attribution: first.subarray(i * step, to).reduce((a, b) => a + b, 0) };
  });
}

/** Cells that a picture is told by, along a side. */
const CELLS = 8;
/** Elements of other arrays that are told one by one. */
const MOST = 10_000;

function ofArray({ at, tensor }: Attribution): readonly NamedValue[] {
  const values = Float64Array.from(numbers(tensor) as ArrayLike<number>, Number);
  const { dims } = tensor;
  if (dims.length === 4) return ofPicture(values, dims);
  if (sizeOf(dims) > MOST)
    throw new DataError('bad-input', `${at} has ${sizeOf(dims)} elements, and a summary tells at most ${MOST} of them one by one`);
  return Array.from(values, (attribution, i) => ({ name: `element ${i}`, value: null, attribution }));
}

/** [1,C,H,W], or [1,H,W,C] where channels are fewer than columns. */
function ofPicture(values: Float64Array, dims: readonly number[]): readonly NamedValue[] {
  const last = dims[3]! <= 4 && dims[1]! > 4;
  const [channels, height, width] = last ? [dims[3]!, dims[1]!, dims[2]!] : [dims[1]!, dims[2]!, dims[3]!];
  const [down, across] = [Math.min(CELLS, height), Math.min(CELLS, width)];
  const sums = new Float64Array(down * across);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let c = 0; c < channels; c++) sum += values[last ? (y * width + x) * channels + c : (c * height + y) * width + x]!;
      sums[Math.floor((y * down) / height) * across + Math.floor((x * across) / width)]! += sum;
    }
  return Array.from(sums, (attribution, i) => ({
    name: `row ${Math.floor(i / across) + 1}, column ${(i % across) + 1} of ${down} × ${across}`,
    value: null,
    attribution,
  }));
}

/** Those of one name as one: a word that stands twice. Errors of several are added as if each were by itself. */
function merged(values: readonly NamedValue[]): readonly NamedValue[] {
  const known = new Map<string, NamedValue>();
  for (const one of values) {
    const before = known.get(one.name);
    const error = Math.hypot(before?.standardError ?? 0, one.standardError ?? 0);
    known.set(
      one.name,
      before === undefined
        ? one
        : { ...before, attribution: before.attribution + one.attribution, ...(error > 0 && { standardError: error }) },
    );
  }
  return [...known.values()];
}
