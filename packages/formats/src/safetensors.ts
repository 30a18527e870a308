import { byteLength, MAX_RANK, sizeOf, type DType, type Source, type Weight } from '@vitrine/ir';
import { FormatError } from './error.js';
import { isRecord, parseJson } from './folder.js';

/** The format's names of element types. */
const dtypesByName: ReadonlyMap<string, DType> = new Map([
  ['F64', 'float64'],
  ['F32', 'float32'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['I64', 'int64'],
  ['I32', 'int32'],
  ['I16', 'int16'],
  ['I8', 'int8'],
  ['U8', 'uint8'],
  ['BOOL', 'bool'],
]);

const LENGTH_BYTES = 8;
const MAX_HEADER = 100e6;

/**
 * The tensors of a safetensors file, by name; they stay where they lie. Every byte must belong to exactly one tensor or none.
 * @throws FormatError naming file and tensor. Format: huggingface/safetensors README, "Format".
 */
export function readSafetensors(source: Source, name: string): ReadonlyMap<string, Weight> {
  const bad = (why: string): never => {
    throw new FormatError('malformed', `${name} ${why}`);
  };
  if (source.size < LENGTH_BYTES) bad('is no safetensors file: it is shorter than 8 bytes');
  const head = source.read(0, LENGTH_BYTES);
  if (new TextDecoder().decode(head) === 'version ') bad('is a Git LFS pointer in place of the file: fetch it with git lfs pull');
  const length = Number(new DataView(head.buffer, head.byteOffset, LENGTH_BYTES).getBigUint64(0, true));
  if (length > MAX_HEADER || length > source.size - LENGTH_BYTES)
    bad(`is no safetensors file or is truncated: its header is said to take ${length} of ${source.size} bytes`);
  const header = parseJson(source.read(LENGTH_BYTES, length), `the header of ${name}`);
  const start = LENGTH_BYTES + length;
  const tensors = new Map<string, Weight>();
  const spans: Span[] = [];
  for (const [tensor, entry] of Object.entries(header)) {
    if (tensor === '__metadata__') continue;
    const { dtype, shape, begin, end } = parsed(entry) ?? bad(`describes tensor ${tensor} in a way the format does not know`);
    const type = dtypesByName.get(dtype);
    if (type === undefined)
      throw new FormatError('wrong-dtype', `${name}: tensor ${tensor} is ${dtype}; ${[...dtypesByName.keys()].join(', ')} are read`);
    const size = byteLength(type, sizeOf(shape));
    if (end - begin !== size)
      bad(`gives ${end - begin} bytes to tensor ${tensor}, ${dtype} of shape [${shape.join(',')}], which takes ${size}`);
    if (start + end > source.size) bad(`is truncated: tensor ${tensor} ends at byte ${start + end} of ${source.size}`);
    spans.push({ tensor, begin, end });
    tensors.set(tensor, { type: { dtype: type, shape }, at: placed(source, start + begin, size) });
  }
  checkApart(spans, bad);
  return tensors;
}

const placed = (source: Source, offset: number, length: number): Weight['at'] =>
  source.file === undefined ? { bytes: source.read(offset, length) } : { file: source.file, offset, length };

interface Span {
  readonly tensor: string;
  readonly begin: number;
  readonly end: number;
}

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function parsed(entry: unknown): Entry | undefined {
  if (!isRecord(entry)) return undefined;
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string' || !Array.isArray(shape) || !shape.every(isCount) || shape.length > MAX_RANK) return undefined;
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) return undefined;
  const [begin, end] = offsets as [number, number];
  return begin <= end && Number.isSafeInteger(sizeOf(shape)) ? { dtype, shape, begin, end } : undefined;
}

/** Tensors that share bytes are a sign of a forged file. */
function checkApart(spans: readonly Span[], bad: (why: string) => never): void {
  const full = spans.filter(({ begin, end }) => end > begin).toSorted((a, b) => a.begin - b.begin);
  full.forEach(({ tensor, begin }, i) => {
    const before = full[i - 1];
    if (before !== undefined && before.end > begin) bad(`holds tensors ${before.tensor} and ${tensor} in the same bytes`);
  });
}
