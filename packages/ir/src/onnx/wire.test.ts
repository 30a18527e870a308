import { repeated } from '../tensor.js';
import * as fc from 'fast-check';
import { Enum, Type, parse, type Field as ProtoField } from 'protobufjs';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { encode, joinedBytes } from './encode.js';
import { attributeFields, modelFields, sparseTensorFields, tensorFields, typeFields } from './proto.js';
import { bytesIn, memory, spanOf, type Span } from './source.js';
import { decode, eachInteger, textIn, type Field, type Fields, type Message } from './wire.js';

/** The standard's own description, read by another library. */
const root = parse(readFileSync(new URL('../../testdata/onnx.proto', import.meta.url), 'utf8'), { keepCase: true }).root;
const typeOf = (name: string): Type => root.lookupType(`onnx.${name}`);

/** Every table of ours with the message it stands for. */
function tables(fields: Fields, type: Type, found = new Map<Type, Fields>()): ReadonlyMap<Type, Fields> {
  if (found.has(type)) return found;
  found.set(type, fields);
  for (const [number, { message }] of fields) {
    const inner = type.fieldsById[number]?.resolve().resolvedType;
    if (message !== undefined && inner instanceof Type) tables(message(), inner, found);
  }
  return found;
}
const all = new Map([
  ...tables(modelFields, typeOf('ModelProto')),
  ...tables(typeFields, typeOf('TypeProto')),
  ...tables(sparseTensorFields, typeOf('SparseTensorProto')),
]);

describe('the tables say what the standard says', () => {
  test.each([...all].map(([type, fields]) => [type.name, type, fields] as const))('%s', (_, type, fields) => {
    for (const [number, { name, kind, message }] of fields) {
      const field = type.fieldsById[number]!;
      expect(field.name).toBe(name);
      const isMessage = field.resolve().resolvedType instanceof Type;
      const scalar = isMessage ? 'message' : field.resolvedType instanceof Enum ? 'enum' : field.type;
      expect(kindsFor(scalar, field.repeated)).toContain(kind);
      if (message !== undefined) expect(isMessage).toBe(true);
    }
  });
});

const kindsFor = (scalar: string, repeated: boolean): readonly string[] =>
  ({
    message: repeated ? ['messages', 'bytesList'] : ['message', 'bytes'],
    enum: ['varint'],
    int32: repeated ? ['integers'] : ['varint'],
    int64: repeated ? ['varints', 'integers'] : ['varint'],
    uint64: repeated ? ['integers'] : ['varint'],
    float: repeated ? ['floats'] : ['float'],
    double: ['doubles'],
    string: repeated ? ['strings'] : ['string'],
    bytes: repeated ? ['bytesList'] : ['bytes'],
  })[scalar] ?? [];

const int64 = fc.oneof(fc.integer({ min: -300, max: 300 }).map(BigInt), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }));
const int32 = fc.oneof(fc.integer({ min: -300, max: 300 }), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));
const bytes = fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ minLength: 4090, maxLength: 4100 }));
const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 12 }), fc.string({ minLength: 126, maxLength: 130 }));

/** A message as protobufjs takes and gives it, with int64 as decimal strings; `depth` messages deep. */
function plainMessage(type: Type, depth: number): fc.Arbitrary<Record<string, unknown>> {
  const fields = [...all.get(type)!].filter(([, { message }]) => message === undefined || depth > 0);
  const value = (field: ProtoField): fc.Arbitrary<unknown> => {
    const { resolvedType } = field.resolve();
    if (resolvedType instanceof Type) return all.has(resolvedType) ? plainMessage(resolvedType, depth - 1) : fc.constant({});
    if (resolvedType instanceof Enum) return fc.constantFrom(...Object.values(resolvedType.values));
    if (field.type === 'int64') return int64.map(String);
    if (field.type === 'uint64') return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
    if (field.type === 'int32') return int32;
    if (field.type === 'float') return fc.float({ noNaN: true });
    if (field.type === 'double') return fc.double({ noNaN: true });
    return field.type === 'string' ? text : bytes.map((b) => Array.from(b));
  };
  const keys = fields.map(([number]) => {
    const field = type.fieldsById[number]!;
    const one = value(field);
    return [field.name, field.repeated ? fc.array(one, { minLength: 1, maxLength: 2 }) : one] as const;
  });
  return fc.subarray(keys, { maxLength: Math.min(4, keys.length) }).chain((some) => fc.record(Object.fromEntries(some)));
}

/** Our message in the same terms. */
function plain(type: Type, message: Message): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(message).map(([name, value]) => {
      const field = type.fields[name]!;
      const our = [...all.get(type)!.values()].find((f) => f.name === name)!;
      return [name, plainField(field, our, value)];
    }),
  );
}

function plainField(field: ProtoField, our: Field, value: unknown): unknown {
  const inner = field.resolve().resolvedType;
  const spans = value as readonly Span[];
  switch (our.kind) {
    case 'message':
      return plain(inner as Type, value as Message);
    case 'messages':
      return (value as Message[]).map((m) => plain(inner as Type, m));
    case 'integers': {
      const list: (number | bigint)[] = [];
      eachInteger(spans, (v) => list.push(v));
      return list.map((v) =>
        field.type === 'int32' ? Number(v) : field.type === 'uint64' ? String(BigInt.asUintN(64, BigInt(v))) : String(v),
      );
    }
    case 'floats':
    case 'doubles': {
      const joined = Buffer.concat(spans.map(bytesIn));
      const width = our.kind === 'floats' ? 4 : 8;
      return Array.from({ length: joined.length / width }, (_, i) =>
        width === 4 ? joined.readFloatLE(4 * i) : joined.readDoubleLE(8 * i),
      );
    }
    case 'bytes':
      return inner instanceof Type ? decodedBy(inner, bytesIn(value as Span)) : [...bytesIn(value as Span)];
    case 'bytesList':
      return spans.map((s) => (inner instanceof Type ? decodedBy(inner, bytesIn(s)) : Array.from(bytesIn(s))));
    case 'varint':
      return field.type === 'int64' ? String(value) : value;
    case 'varints':
      return (value as readonly (number | bigint)[]).map(String);
    default:
      return value;
  }
}

const decodedBy = (type: Type, encoded: Uint8Array): Record<string, unknown> =>
  type.toObject(type.decode(encoded), { longs: String, bytes: Array });

describe('the codec against protobufjs', () => {
  const types = [
    ['ModelProto', modelFields, 5],
    ['TensorProto', tensorFields, 2],
    ['AttributeProto', attributeFields, 4],
  ] as const;

  test.each(types)('%s: what it writes, we read; what we write, it reads', (name, fields, depth) => {
    const type = typeOf(name);
    fc.assert(
      fc.property(plainMessage(type, depth), (message) => {
        const theirs = type.encode(type.fromObject(message)).finish();
        const ours = decode(fields, spanOf(theirs));
        const normal = decodedBy(type, theirs);
        expect(plain(type, ours)).toEqual(normal);
        const written = joinedBytes(encode(fields, ours));
        expect(decodedBy(type, written)).toEqual(normal);
        expect(Buffer.from(joinedBytes(encode(fields, decode(fields, spanOf(written))))).equals(Buffer.from(written))).toBe(true);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });

  test('a source that gives few bytes at a time reads the same', () => {
    const type = typeOf('ModelProto');
    fc.assert(
      fc.property(plainMessage(type, 5), fc.integer({ min: 1, max: 7 }), (message, step) => {
        const whole = type.encode(type.fromObject(message)).finish();
        const slow = { size: whole.length, read: (at: number, n: number) => whole.subarray(at, at + (n === 2 ** 16 ? step : n)) };
        const ours = decode(modelFields, { source: slow, offset: 0, length: whole.length });
        expect(plain(type, ours)).toEqual(decodedBy(type, whole));
      }),
      { seed: 2, numRuns: 100 },
    );
  });

  test('a message given twice is merged, as protobuf merges it', () => {
    const type = typeOf('ModelProto');
    const [a, b] = [{ graph: { name: 'a', node: [{ op_type: 'Relu' }] } }, { graph: { name: 'b', node: [{ op_type: 'Neg' }] } }];
    const both = Buffer.concat([a, b].map((m) => type.encode(type.fromObject(m)).finish()));
    expect(plain(type, decode(modelFields, spanOf(both)))).toEqual(decodedBy(type, both));
  });

  test('fields that nobody knows are skipped', () => {
    const unknown = [200 * 8 + 2, 3, 1, 2, 3, 201 * 8, 150, 202 * 8 + 5, 1, 2, 3, 4, 203 * 8 + 1, 1, 2, 3, 4, 5, 6, 7, 8];
    const varints = unknown.flatMap((v, i) => (v > 255 ? [(v % 128) | 128, Math.floor(v / 128)] : i === 6 ? [v | 128, 1] : [v]));
    expect(decode(tensorFields, spanOf(Uint8Array.from([...varints, 66, 1, 97])))).toEqual({ name: 'a' });
  });
});

test('a text of more than sixteen megabytes is refused', () => {
  const long = encode(tensorFields, { name: 'x'.repeat(2 ** 24 + 1) });
  expect(() => decode(tensorFields, spanOf(joinedBytes(long)))).toThrow('a text of more than 16777216 bytes at byte 5');
  expect(() => textIn(spanOf(new Uint8Array(2 ** 24 + 1)))).toThrow('a text of more than 16777216 bytes at byte 0');
});

describe('large bytes', () => {
  test('are handed on, not copied', () => {
    const raw = new Uint8Array(10_000).fill(7);
    const chunks = encode(tensorFields, { name: 'w', raw_data: spanOf(raw) });
    expect(chunks.some((chunk) => chunk.buffer === raw.buffer)).toBe(true);
    expect(chunks.reduce((sum, { length }) => sum + length, 0)).toBe(10_000 + 3 + 3);
  });

  test('are not read when a message is decoded', () => {
    const bytes = joinedBytes(encode(tensorFields, { name: 'w', raw_data: spanOf(new Uint8Array(1_000_000)) }));
    let read = 0;
    const source = {
      ...memory(bytes),
      read: (at: number, n: number) => ((read += Math.min(n, bytes.length - at)), bytes.subarray(at, at + n)),
    };
    const { raw_data: span } = decode(tensorFields, { source, offset: 0, length: bytes.length });
    expect((span as Span).length).toBe(1_000_000);
    expect(read).toBeLessThan(200_000);
  });
});

test.each([
  ['a number of eleven bytes', [8, ...repeated(10, 0x80), 1], 'a number of more than ten bytes'],
  ['a number cut short', [8, 0x80], 'a number runs past the end'],
  ['a length beyond the end', [66, 5, 97], 'a field of 5 bytes that does not fit at byte 0'],
  ['a negative length', [66, ...repeated(9, 0xff), 1], 'that does not fit'],
  ['field number zero', [2, 0], 'a field without a number'],
  ['a group', [67], 'wire type 3'],
  ['text that is not UTF-8', [66, 1, 0xff], 'a text that is not UTF-8'],
  ['a name that is a number', [64, 1], 'field name of the wrong type'],
  ['packed floats cut short', [34, 3, 0, 0, 0], 'packed field float_data cut short'],
  ['a fixed number cut short', [37, 0], 'a number runs past the end'],
])('%s is refused with its place', (_, encoded, why) => {
  expect(() => decode(tensorFields, spanOf(Uint8Array.from(encoded)))).toThrow(why);
  expect(() => decode(tensorFields, spanOf(Uint8Array.from(encoded)))).toThrow(/at byte \d+$/);
});
