import { isFloat, numbers, sizeOf, tensorOf, type DType, type NumericDType, type Tensor } from '@vitrine/ir';
import { RuntimeError } from '../error.js';
import type { Fetches } from '../session.js';
import { json, type Speaking } from './http.js';

/** One input or output as an endpoint declares it; -1 is any extent. */
export interface Declared {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** What an endpoint says of its model. */
export interface Metadata {
  readonly name: string;
  readonly versions: readonly string[];
  readonly platform: string;
  readonly inputs: readonly Declared[];
  readonly outputs: readonly Declared[];
}

/** Datatypes of the Open Inference protocol, version 2. */
const datatypes: { readonly [datatype: string]: DType } = {
  BOOL: 'bool',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FP32: 'float32',
  FP64: 'float64',
  BYTES: 'string',
};
const datatypeOf = (dtype: DType): string => Object.entries(datatypes).find(([, known]) => known === dtype)![0];

const isRecord = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const bad = (url: string, why: string): never => {
  throw new RuntimeError('endpoint', `${url} ${why}`);
};

/** Asks an endpoint about its model: GET v2/models/NAME. @throws RuntimeError 'endpoint' */
export async function metadata(url: string, how: Speaking, signal?: AbortSignal): Promise<Metadata> {
  const answer = await json(url, undefined, how, signal);
  if (!isRecord(answer) || !Array.isArray(answer['inputs']) || !Array.isArray(answer['outputs']))
    return bad(
      url,
      'does not describe its inputs and outputs: give the address of a model of the Open Inference protocol, as http://HOST/v2/models/NAME',
    );
  const { name, versions, platform } = answer;
  return {
    name: typeof name === 'string' ? name : 'model',
    versions: Array.isArray(versions) ? versions.map(String) : [],
    platform: typeof platform === 'string' ? platform : '',
    inputs: answer['inputs'].map((entry) => declared(url, entry)),
    outputs: answer['outputs'].map((entry) => declared(url, entry)),
  };
}

const MOST_RANK = 8;

function declared(url: string, entry: unknown): Declared {
  const { name, datatype, shape } = isRecord(entry) ? entry : {};
  if (typeof name !== 'string' || !Array.isArray(shape) || shape.length > MOST_RANK || !shape.every((d) => Number.isInteger(d) && d >= -1))
    return bad(url, `declares ${JSON.stringify(entry)?.slice(0, 100)}, which is no name with a datatype and a shape`);
  if (typeof datatype !== 'string' || !Object.hasOwn(datatypes, datatype))
    return bad(url, `declares ${name} as ${String(datatype)}, and only ${Object.keys(datatypes).join(', ')} are spoken`);
  return { name, dtype: datatypes[datatype]!, shape: shape as readonly number[] };
}

/** Asks a model for its outputs: POST v2/models/NAME/infer. @throws RuntimeError 'endpoint' where what it answers is not what it declared */
export async function infer(
  url: string,
  { inputs, outputs }: Metadata,
  feeds: ReadonlyMap<string, Tensor>,
  how: Speaking,
  signal?: AbortSignal,
): Promise<Fetches> {
  const body = {
    inputs: inputs.map(({ name, dtype }) => {
      const { dims, data } = feeds.get(name)!;
      return { name, datatype: datatypeOf(dtype), shape: dims, data: plain(dtype, data) };
    }),
    outputs: outputs.map(({ name }) => ({ name })),
  };
  const answer = await json(`${url}/infer`, body, how, signal);
  const given =
    isRecord(answer) && Array.isArray(answer['outputs']) ? (answer['outputs'] as readonly unknown[]) : bad(url, 'answers without outputs');
  const examples = [...feeds.values()][0]?.dims[0];
  return new Map(
    outputs.map((wanted) => {
      const found = given.find((entry) => isRecord(entry) && entry['name'] === wanted.name);
      return [
        wanted.name,
        isRecord(found) ? tensorIn(url, found, wanted, examples) : bad(url, `answers without output ${wanted.name}, which it declares`),
      ];
    }),
  );
}

/** JSON has no integers of 64 bits: those beyond 2^53 cannot be sent. */
function plain(dtype: DType, data: Tensor['data']): readonly unknown[] {
  if (dtype === 'bool') return Array.from(data as Uint8Array, (v) => v !== 0);
  return typeof data[0] === 'bigint' ? Array.from(data as BigInt64Array, Number) : Array.from(data as ArrayLike<unknown>);
}

function tensorIn(
  url: string,
  { shape, data, datatype }: { readonly [name: string]: unknown },
  wanted: Declared,
  examples: number | undefined,
): Tensor {
  const what = `answers ${wanted.name} as ${String(datatype)}[${Array.isArray(shape) ? shape.join(',') : '?'}]`;
  const dims =
    Array.isArray(shape) && shape.every((d) => Number.isInteger(d) && d >= 0)
      ? (shape as readonly number[])
      : bad(url, `${what}, which is no shape`);
  const open = wanted.shape.map((d, i) => (d >= 0 ? d : i === 0 && examples !== undefined ? examples : -1));
  if (datatype !== datatypeOf(wanted.dtype) || dims.length !== open.length || open.some((d, i) => d >= 0 && d !== dims[i]))
    return bad(url, `${what}, and ${datatypeOf(wanted.dtype)}[${open.map((d) => (d < 0 ? 'any' : d)).join(',')}] was to be expected`);
  if (!Array.isArray(data)) return bad(url, `${what} without data as a list`);
  const flat = (data as readonly unknown[]).flat(MOST_RANK) as readonly unknown[];
  if (flat.length !== sizeOf(dims)) return bad(url, `${what} with ${flat.length} numbers, not ${sizeOf(dims)}`);
  if (wanted.dtype === 'string') return { dtype: 'string', dims, data: flat.map(String) };
  const tensor = tensorOf(
    wanted.dtype as NumericDType,
    dims,
    flat.map((v) => (typeof v === 'boolean' ? Number(v) : typeof v === 'number' ? v : NaN)),
  );
  const at = isFloat(wanted.dtype) ? Array.from(numbers(tensor)).findIndex((v) => Number.isNaN(v)) : -1;
  return at < 0 ? tensor : bad(url, `answers ${wanted.name} with something that is no number, at element ${at}`);
}

/** As the graph's operator has it. */
export const typeText = ({ dtype, shape }: Declared): string => `${dtype}[${shape.join(',')}]`;
