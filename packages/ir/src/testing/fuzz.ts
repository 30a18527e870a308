import { repeated } from '../tensor.js';
import { GraphError } from '../error.js';
import type { Graph } from '../graph.js';
import { joinedBytes } from '../onnx/encode.js';
import { modelFields } from '../onnx/proto.js';
import { readModel } from '../onnx/read.js';
import { memory } from '../onnx/source.js';
import type { Fields } from '../onnx/wire.js';
import { writeModel } from '../onnx/write.js';
import { specialize } from '../specialize.js';

/** Numbers in [0, 1) from a seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How a file, however broken, must end: as a model that can be specialized and written, or as one clear sentence. @throws what is neither */
export function outcome(bytes: Uint8Array): 'read' | 'refused' {
  try {
    const model = readModel(memory(bytes));
    const first = joinedBytes(writeModel(model.graph, model));
    if (!Buffer.from(first).equals(Buffer.from(joinedBytes(writeModel(model.graph, model)))))
      throw new Error('written twice, not the same');
    attempt(() => specialized(model.graph));
    attempt(() => readModel(memory(first)));
    return 'read';
  } catch (error) {
    return refusal(error);
  }
}

function specialized(graph: Graph): void {
  const shapes = new Map(
    graph.inputs.flatMap(({ name, type }) =>
      type.shape === undefined ? [] : [[name, type.shape.map((d) => (typeof d === 'number' ? d : 2))]],
    ),
  );
  writeModel(specialize(graph, { shapes }).graph);
}

function attempt(f: () => void): void {
  try {
    f();
  } catch (error) {
    refusal(error);
  }
}

function refusal(error: unknown): 'refused' {
  if (!(error instanceof GraphError)) throw error;
  if (error.message.length > 1001 || error.message === '' || /[\n\r\0]/.test(error.message))
    throw new Error(`not one clean sentence: ${error.message}`, { cause: error });
  return 'refused';
}

/** A protobuf field with its parts, as far as the schema names messages. */
interface Field {
  number: number;
  wire: number;
  /** Of a varint or fixed number, its bytes; of a message, its fields. */
  content: Uint8Array | Field[];
}

function parse(bytes: Uint8Array, fields: Fields): Field[] {
  const result: Field[] = [];
  for (let at = 0; at < bytes.length;) {
    const [tag, after] = varint(bytes, at);
    const [number, wire] = [Math.floor(tag / 8), tag % 8];
    let end = after;
    if (wire === 0) end = varint(bytes, after)[1];
    else if (wire === 5) end += 4;
    else if (wire === 1) end += 8;
    else {
      const [length, start] = varint(bytes, after);
      const message = fields.get(number)?.message?.();
      const body = bytes.subarray(start, start + length);
      result.push({ number, wire, content: message === undefined ? body : parse(body, message) });
      at = start + length;
      continue;
    }
    result.push({ number, wire, content: bytes.subarray(after, end) });
    at = end;
  }
  return result;
}

function varint(bytes: Uint8Array, from: number): readonly [value: number, end: number] {
  let [value, scale, at] = [0, 1, from];
  for (; ; scale *= 128) {
    const b = bytes[at++]!;
    value += (b & 127) * scale;
    if (b < 128) return [value, at];
  }
}

function varintBytes(value: number | bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}

function serialize(fields: readonly Field[], lie: Field | undefined, length: number): Buffer {
  return Buffer.concat(
    fields.flatMap((field) => {
      const { number, wire, content } = field;
      const body = Array.isArray(content) ? serialize(content, lie, length) : content;
      const size = field === lie ? varintBytes(length < 0 ? body.length + length : length) : varintBytes(body.length);
      return [Buffer.from(varintBytes(number * 8 + wire)), ...(wire === 2 ? [Buffer.from(size)] : []), body];
    }),
  );
}

const LARGEST = 2 ** 22;
const NUMBERS = [
  0,
  1,
  -1,
  2,
  7,
  64,
  127,
  128,
  4096,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 40,
  2 ** 53,
  2n ** 62n,
  2n ** 63n - 1n,
  -(2n ** 63n),
];
const TEXTS = [
  '',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'a.b',
  'x'.repeat(70_000),
  'line\nbreak',
  '\u001b[31m',
  'If',
  'Loop',
  'Reshape',
  'Einsum',
  'Cast',
];

/** A broken copy of a model file: bytes changed blindly, or its structure changed knowingly. */
export function mutant(bytes: Uint8Array, other: Uint8Array, random: () => number): Uint8Array {
  const below = (n: number): number => Math.floor(random() * n);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;
  if (random() < 0.35) return blind();
  const fields = parse(bytes, modelFields);
  let lie: Field | undefined;
  let length = 0;
  for (let i = 1 + below(3); i > 0; i--) change(fields);
  return serialize(fields, lie, length);

  function blind(): Uint8Array {
    const copy = Uint8Array.from(bytes);
    const [a, b] = [below(copy.length), below(copy.length)].toSorted((x, y) => x - y) as [number, number];
    switch (below(5)) {
      case 0:
        return copy.subarray(0, below(2) === 0 ? a : below(Math.min(64, copy.length)));
      case 1:
        for (let i = 1 + below(16); i > 0; i--) copy[below(copy.length)]! ^= 1 << below(8);
        return copy;
      case 2:
        for (let i = 1 + below(4); i > 0; i--) copy[below(copy.length)] = pick([0, 1, 0x7f, 0x80, 0xff]);
        return copy;
      case 3:
        return Buffer.concat([copy.subarray(0, a), other.subarray(below(other.length), below(other.length)), copy.subarray(b)]);
      default:
        return Buffer.concat([copy.subarray(0, b), copy.subarray(a)]);
    }
  }

  /** Copies that stay below some megabytes. */
  function atMost(field: Field, copies: number): number {
    return Math.min(copies, Math.floor(LARGEST / serialize([field], undefined, 0).length));
  }

  /** Goes down to a random list of fields and changes it there. */
  function change(list: Field[]): void {
    const inner = list.filter(({ content }) => Array.isArray(content) && content.length > 0);
    if (inner.length > 0 && random() < 0.8) return change(pick(inner).content as Field[]);
    if (list.length === 0) return;
    const at = below(list.length);
    const field = list[at]!;
    switch (below(9)) {
      case 0:
        list.splice(at, 1);
        return;
      case 1:
        list.splice(below(list.length), 0, field);
        return;
      case 2:
        list.splice(0, list.length, ...list.toReversed());
        return;
      case 3:
        [lie, length] = [field, pick([-1, 1, 2 ** 31, 2 ** 40, 0])];
        return;
      case 4:
        list.push(...repeated(atMost(field, pick([10, 100, 5000])), field));
        return;
      case 5:
        // The field inside itself: graphs in graphs in graphs.
        if (Array.isArray(field.content)) {
          const own = field.content;
          for (let i = atMost(field, pick([2, 20, 70])); i > 0; i--) field.content = [...own, { ...field }];
        }
        return;
      default:
        if (Array.isArray(field.content)) return change(field.content);
        if (field.wire === 0) field.content = Uint8Array.from(varintBytes(pick(NUMBERS)));
        else if (field.wire === 2)
          field.content =
            random() < 0.5
              ? Buffer.from(pick(TEXTS))
              : random() < 0.5
                ? Uint8Array.from(varintBytes(pick(NUMBERS)))
                : (pick(list.filter((f) => !Array.isArray(f.content))).content as Uint8Array);
        else for (let i = 0; i < field.content.length; i++) field.content = Uint8Array.from(field.content, () => below(256));
    }
  }
}
