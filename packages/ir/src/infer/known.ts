import type { Attrs, Dim, Known, OpType, Shape, Weight } from '../graph.js';
import {
  bfloat16Bits,
  bfloat16Value,
  float16Bits,
  float16Value,
  isFloat,
  numbers,
  sizeOf,
  tensorFromBytes,
  type DType,
  type NumericDType,
  type Tensor,
} from '../tensor.js';
import { contents, UNKNOWN, type Content, type Row } from './contents.js';
import { sliceRange } from './shape.js';

/** Content of more elements is never worked out here; ONNX Runtime folds it. */
export const KNOWN_LIMIT = 4096;
/** Shapes and axes are this small, and so are the floats that anyone asks for: scales, paddings, exponents. */
export const SMALL = 64;

/** Whether content of this type is worth knowing before running. */
export function knowable(dtype: DType | 'unknown' | 'opaque', dims: readonly number[]): boolean {
  if (dtype === 'bool' || isInteger(dtype)) return sizeOf(dims) <= KNOWN_LIMIT;
  return isFloat(dtype) && sizeOf(dims) <= SMALL;
}

/** Small numeric contents are known before running; those in a file are not read. */
export function knownOf(content: Tensor | Weight): Known | undefined {
  const tensor = 'at' in content ? inMemory(content) : content;
  if (tensor === undefined || !knowable(tensor.dtype, tensor.dims)) return undefined;
  const values = Array.from(numbers(tensor));
  return values.every((v) => exact(tensor.dtype, v)) ? { dims: tensor.dims, values } : undefined;
}

function inMemory({ type: { dtype, shape }, at }: Weight): Tensor | undefined {
  return 'bytes' in at && knowable(dtype, shape) ? tensorFromBytes(dtype as NumericDType, shape, at.bytes) : undefined;
}

const isInteger = (dtype: string): boolean => Object.hasOwn(ranges, dtype);
const ranges: { readonly [dtype: string]: readonly [least: number, most: number] } = {
  int8: [-(2 ** 7), 2 ** 7 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint8: [0, 2 ** 8 - 1],
  uint16: [0, 2 ** 16 - 1],
  uint32: [0, 2 ** 32 - 1],
  uint64: [0, Number.MAX_SAFE_INTEGER],
};

/** Whether a constant's element is exact as a number. The ends of int64 stand for "to the end", as in Slice, and are kept. */
const exact = (dtype: DType, v: number): boolean => !dtype.endsWith('int64') || Number.isSafeInteger(v) || Math.abs(v) === 2 ** 63;

/** A computed number as an element of this dtype; UNKNOWN where the type would wrap it around or JavaScript cannot hold it. */
function rounded(dtype: DType | 'unknown', v: Dim): Dim {
  if (typeof v !== 'number' || Number.isNaN(v)) return v || UNKNOWN;
  if (dtype === 'float32') return Math.fround(v);
  if (dtype === 'float16') return float16Value(float16Bits(v));
  if (dtype === 'bfloat16') return bfloat16Value(bfloat16Bits(v));
  if (dtype === 'float64') return v;
  if (dtype === 'bool') return v === 0 ? 0 : 1;
  if (dtype === 'int64' && Math.abs(v) === 2 ** 63) return v;
  const range = Object.hasOwn(ranges, dtype) ? ranges[dtype] : undefined;
  return range !== undefined && Number.isInteger(v) && v >= range[0] && v <= range[1] ? v : UNKNOWN;
}

export interface Facts {
  readonly opType: string;
  readonly attrs: Attrs<OpType>;
  /** What each input holds; undefined for an input left out or unknown. */
  readonly x: readonly (Known | undefined)[];
  /** Type of each output. */
  readonly types: readonly { readonly dtype: DType | 'unknown'; readonly shape: Shape | undefined }[];
  readonly limit: number;
}

/** What each output of a node holds, as far as it follows from what its inputs hold. */
export function contentOf({ opType, attrs, x, types, limit }: Facts): readonly (Known | undefined)[] {
  const row = Object.hasOwn(contents, opType) ? (contents[opType as OpType] as Row<OpType>) : undefined;
  const first = types[0];
  if (row === undefined || first === undefined) return [];
  const dims = types.map(({ shape }) => (shape?.every((d) => typeof d === 'number') ? shape : undefined));
  const size = dims[0] === undefined ? Infinity : sizeOf(dims[0]);
  // The second bound is on the work: one broadcast for each input.
  if (size > limit || size * x.length > 16 * KNOWN_LIMIT) return [];
  if (dims.every((d) => d !== undefined && sizeOf(d) === 0)) return dims.map((d) => ({ dims: d!, values: [] }));
  const present = x.filter((known) => known !== undefined);
  const context: Content = { attrs, x: present, optional: x, dims: dims[0]!, outputs: types.length, dtype: first.dtype };
  const result = row(context);
  const lists = (Array.isArray(result[0]) ? result : [result]) as readonly (readonly Dim[])[];
  return lists.map((list, i) => {
    const own = dims[i];
    if (own === undefined || list.length !== sizeOf(own)) return undefined;
    const values = list.map((v) => rounded(types[i]!.dtype, v));
    return values.includes(UNKNOWN) ? undefined : { dims: own, values };
  });
}

/** Operators whose content follows from the type of the input alone. */
export function contentFromType(opType: string, x: Shape | undefined, attrs: Attrs<'Shape'>): readonly Dim[] | undefined {
  if (x === undefined) return undefined;
  if (opType === 'Shape') {
    const [start, length] = sliceRange(x.length, attrs);
    return x.slice(start, start + length);
  }
  if (opType !== 'Size' || !x.every((d) => typeof d === 'number')) return undefined;
  const size = sizeOf(x);
  return Number.isSafeInteger(size) ? [size] : undefined;
}
