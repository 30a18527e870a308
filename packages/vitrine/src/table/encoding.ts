import { closeNames, DataError, encoderOf, type EncodedInput, type Encoder, type Feature, type Pipeline, type Schema } from '@vitrine/data';
import { dtypes, isFloat, isStatic, sizeOf, tensorOf, type NumericDType, type Tensor, type Value } from '@vitrine/ir';
import { takingMissing } from '@vitrine/explain';
import type { LoadedModel } from '../model.js';

/** How the rows of a table are fed to a model. */
export interface Encoding {
  readonly encoder: Encoder;
  /** What an input gets for one row. */
  readonly tensorFor: (input: string, encoded: EncodedInput) => Tensor;
}

/** What a table has, for messages. */
interface Of {
  readonly columns: readonly string[];
  readonly name: string;
}

/**
 * How a row becomes the inputs of a model: as its preprocessing says; column by column, where its inputs are called as the columns are; as it
 * is, where one input takes as many numbers as there are features. @throws DataError where they do not fit
 */
export function encodingFor(model: LoadedModel, schema: Schema, table: Of): Encoding {
  const { graph, name } = model.subject;
  const [only] = graph.inputs;
  const where = 'the preprocessing';
  const pipeline = model.tables.pipeline ?? implied(graph.inputs, name, schema, table);
  const encoder = encoderOf(pipeline, schema, graph.inputs.length === 1 ? only!.name : UNNAMED, where, takingMissing(graph));
  if (encoder.origins.has(UNNAMED))
    throw new DataError(
      'bad-option',
      `${where}: ${name} has several inputs, so each block needs an "input": one of ${graph.inputs.map((v) => v.name).join(', ')}`,
    );
  const missing = encoder.columns.filter((column) => !table.columns.includes(column));
  if (missing.length > 0)
    throw new DataError(
      'bad-input',
      `${table.name} has no column ${missing.slice(0, FEW).join(', ')}${missing.length > FEW ? ` and ${missing.length - FEW} more` : ''}, which ${name} needs${missing.length === 1 ? closeNames(missing[0]!, table.columns) : ''}`,
    );
  for (const [input, origins] of encoder.origins) {
    const value = graph.inputs.find((v) => v.name === input);
    if (value === undefined)
      throw new DataError(
        'bad-option',
        `${where} names an input ${input}, and ${name} takes ${graph.inputs.map((v) => v.name).join(', ')}`,
      );
    const wanted = widthOf(value);
    if (wanted !== undefined && wanted !== origins.length)
      throw new DataError('bad-input', `${input} of ${name} takes ${wanted} values, and ${where} makes ${origins.length}`);
    if (value.type.dtype !== 'string') checkNumbers(encoder, input, schema, model);
  }
  return {
    encoder,
    tensorFor: (input, encoded) =>
      tensorFor(
        graph.inputs.find((v) => v.name === input)!,
        encoded,
      ),
  };
}

const UNNAMED = '';
const FEW = 5;

/** Numbers that an input takes for one row, where its shape says so. */
function widthOf({ type: { shape } }: Value): number | undefined {
  const own = shape?.slice(1);
  return own !== undefined && isStatic(own) ? sizeOf(own) : undefined;
}

/** Columns as the inputs of a model that are called so, or all features for its only input. */
function implied(inputs: readonly Value[], model: string, schema: Schema, table: Of): Pipeline {
  const columns = new Map(inputs.map((input) => [input.name, columnFor(input.name, table.columns)] as const));
  const found = [...columns.values()].filter((column) => column !== undefined);
  if (found.length === inputs.length && (inputs.length > 1 || (widthOf(inputs[0]!) ?? 1) === 1))
    return { blocks: [...columns].map(([input, column]) => ({ columns: [column!], steps: [], input })) };
  if (inputs.length > 1) {
    const lacks = [...columns].flatMap(([input, column]) => (column === undefined ? [input] : []));
    throw new DataError(
      'bad-input',
      found.length === 0
        ? `the inputs of ${model} (${lacks.slice(0, FEW).join(', ')}${lacks.length > FEW ? ' and others' : ''}) are not called as the columns of ${table.name} are: say with --preprocess FILE what each of them gets`
        : `${model} needs ${lacks.slice(0, FEW).join(', ')}, and ${table.name} has no such column${lacks.length === 1 ? closeNames(lacks[0]!, table.columns) : ''}`,
    );
  }
  return { blocks: [{ columns: featuresFor(inputs[0]!, model, schema, table).map(({ name }) => name), steps: [] }] };
}

/** Exporters write other signs as underscores: hours-per-week becomes hours_per_week. */
const columnFor = (input: string, columns: readonly string[]): string | undefined =>
  columns.includes(input) ? input : columns.find((column) => column.replaceAll(/\W/g, '_') === input);

/** What a model takes columns as, where its inputs are called as they are, or its only input is of text. */
export function takenBy({ subject: { graph } }: LoadedModel, columns: readonly string[]): ReadonlyMap<string, 'text' | 'number'> {
  const as = ({ type: { dtype } }: Value): 'text' | 'number' => (dtype === 'string' ? 'text' : 'number');
  const [only, ...others] = graph.inputs;
  if (only !== undefined && others.length === 0) return new Map(columns.map((name) => [name, as(only)]));
  return new Map(
    graph.inputs.flatMap((input) => {
      const column = columnFor(input.name, columns);
      return column === undefined ? [] : [[column, as(input)]];
    }),
  );
}

function featuresFor(input: Value, model: string, { features, labelColumn }: Schema, table: Of): readonly Feature[] {
  const own = features.filter(({ name, kind }) => name !== labelColumn && (kind !== 'id' || input.type.dtype === 'string'));
  const wanted = widthOf(input);
  if (wanted === undefined || wanted === own.length) return own;
  const listed = `${own
    .slice(0, FEW)
    .map(({ name }) => name)
    .join(', ')}${own.length > FEW ? ', …' : ''}`;
  throw new DataError(
    'bad-input',
    labelColumn === undefined && wanted === own.length - 1
      ? `${model} takes ${wanted} values, and ${table.name} has ${own.length} columns: say with --label-column which of them is no input`
      : `${model} takes ${wanted} values, and ${table.name} has ${own.length} columns for them (${listed}): say with --preprocess FILE how they are encoded, or with a schema which of them are features`,
  );
}

/** Text does not become a number by itself. */
function checkNumbers(encoder: Encoder, input: string, { features }: Schema, { tables: { pipeline }, subject }: LoadedModel): void {
  const encoded = new Set(
    (pipeline?.blocks ?? []).flatMap(({ columns, steps }) =>
      steps.some(({ step }) => step !== 'impute' && step !== 'passthrough') ? columns : [],
    ),
  );
  const own = new Set(encoder.origins.get(input)!.map(({ column }) => column));
  const text = features.find(
    ({ name, kind }) => own.has(name) && !encoded.has(name) && (kind === 'category' || kind === 'text' || kind === 'id'),
  );
  if (text !== undefined)
    throw new DataError(
      'bad-input',
      `${text.name} is a ${text.kind}, and ${input} of ${subject.name} takes numbers: say with --preprocess FILE how it is encoded`,
    );
}

function tensorFor({ name, type: { dtype, shape } }: Value, { values, origins }: EncodedInput): Tensor {
  const dims =
    shape?.length === 1
      ? [values.length]
      : [1, ...(shape?.slice(1).every((d) => typeof d === 'number') ? (shape.slice(1) as number[]) : [values.length])];
  if (dtype === 'string') return { dtype, dims, data: values.map(String) };
  const known = dtype === 'unknown' || dtype === 'opaque' || !Object.hasOwn(dtypes, dtype) ? 'float32' : (dtype as NumericDType);
  const numbers = values.map(Number);
  const broken = isFloat(known) ? -1 : numbers.findIndex((x) => !Number.isSafeInteger(x));
  if (broken >= 0) throw new DataError('bad-input', `${origins[broken]!.column} is ${values[broken]}, and ${name} takes whole numbers`);
  return tensorOf(known, dims, numbers);
}
