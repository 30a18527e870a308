import { GraphError } from '../error.js';
import type { AttrValue, Graph } from '../graph.js';
import type { AttrKind, Opaque } from '../signature.js';
import { bytesOf, type Tensor } from '../tensor.js';
import { encode, joinedBytes, keepEncoded } from './encode.js';
import { ATTRIBUTE, attributeFields, type AttributeProto, type GraphProto, type Int64, type TensorProto } from './proto.js';
import { bytesIn, spanOf, type Span } from './source.js';
import { joined } from './tensor.js';
import { decode, textIn, type Message } from './wire.js';

/** What attributes hold beyond numbers and text. */
export interface Reading {
  readonly graph: (proto: GraphProto) => Graph;
  readonly tensor: (proto: TensorProto) => Tensor;
}

/** An attribute as a value; undefined where the file gives it no content. `where` names operator and node. @throws GraphError 'malformed' */
export function attributeValue(proto: AttributeProto, { graph, tensor }: Reading, where: string): AttrValue | undefined {
  const type = typeOf(proto);
  switch (type) {
    case ATTRIBUTE.FLOAT:
      return proto.f ?? 0;
    case ATTRIBUTE.INT:
      return nearest(proto.i ?? 0);
    case ATTRIBUTE.STRING:
      return proto.s === undefined ? '' : textIn(proto.s);
    case ATTRIBUTE.TENSOR:
      return proto.t && tensor(proto.t);
    case ATTRIBUTE.GRAPH:
      return proto.g && graph(proto.g);
    case ATTRIBUTE.FLOATS:
      return floatsIn(proto.floats);
    case ATTRIBUTE.INTS:
      return (proto.ints ?? []).map(nearest);
    case ATTRIBUTE.STRINGS:
      return (proto.strings ?? []).map(textIn);
    case ATTRIBUTE.TYPE_PROTO:
      return proto.tp && { opaque: bytesIn(proto.tp) };
    default:
      throw new GraphError('malformed', `${where}: attribute ${proto.name ?? ''} has type ${type}, which cannot be read`);
  }
}

/** Files before IR version 3 leave the type of an attribute out. */
export const typeOf = (proto: AttributeProto): number => proto.type || (GUESSES.find(([field]) => proto[field] !== undefined)?.[1] ?? 0);
const GUESSES = [
  ['f', ATTRIBUTE.FLOAT],
  ['i', ATTRIBUTE.INT],
  ['s', ATTRIBUTE.STRING],
  ['t', ATTRIBUTE.TENSOR],
  ['g', ATTRIBUTE.GRAPH],
  ['floats', ATTRIBUTE.FLOATS],
  ['ints', ATTRIBUTE.INTS],
  ['strings', ATTRIBUTE.STRINGS],
] as const;

/** Integers beyond the exact ones stand for "to the end", as in Slice. */
const nearest = (v: Int64): number => (typeof v === 'number' ? v : v > 0n ? Number.MAX_SAFE_INTEGER : Number.MIN_SAFE_INTEGER);

export function floatsIn(spans: readonly Span[] = []): readonly number[] {
  const bytes = bytesIn(joined(spans));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.byteLength / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

/** An attribute that no schema describes: carried through as it is. */
export const opaqueAttribute = (proto: AttributeProto): Opaque => ({ opaque: joinedBytes(encode(attributeFields, proto as Message)) });

/** What attributes with a schema are written as; graphs are not among them. */
const writers: { readonly [K in Exclude<AttrKind, 'graph' | 'sparse'>]: (value: never) => AttributeProto } = {
  float: (f: number) => ({ f, type: ATTRIBUTE.FLOAT }),
  int: (i: number) => ({ i, type: ATTRIBUTE.INT }),
  string: (s: string) => ({ s: textSpan(s), type: ATTRIBUTE.STRING }),
  floats: (list: readonly number[]) => ({
    floats: [spanOf(bytesOf({ dtype: 'float32', dims: [list.length], data: Float32Array.from(list) }))],
    type: ATTRIBUTE.FLOATS,
  }),
  ints: (ints: readonly number[]) => ({ ints, type: ATTRIBUTE.INTS }),
  strings: (list: readonly string[]) => ({ strings: list.map(textSpan), type: ATTRIBUTE.STRINGS }),
  tensor: (t: TensorProto) => ({ t, type: ATTRIBUTE.TENSOR }),
  type: ({ opaque }: Opaque) => ({ tp: spanOf(opaque), type: ATTRIBUTE.TYPE_PROTO }),
};

/** Longer lists, as those of trees, are encoded once for all graphs that hold them. */
const LONG = 1000;
const long = new WeakMap<object, AttributeProto>();

function longAttribute(name: string, list: readonly unknown[], write: () => AttributeProto): AttributeProto {
  const known = long.get(list);
  if (known?.name === name) return known;
  const proto = keepEncoded(attributeFields, write() as AttributeProto & Message);
  long.set(list, proto);
  return proto;
}

/** A value as an attribute of this kind; undefined kind: of an operator without a schema. @throws GraphError 'malformed' */
export function attributeProto(name: string, value: AttrValue | TensorProto, kind: AttrKind | undefined, where: string): AttributeProto {
  if (kind !== undefined && Object.hasOwn(writers, kind)) {
    const write = (): AttributeProto => ({ name, ...writers[kind as 'int'](value as never) });
    return Array.isArray(value) && value.length > LONG ? longAttribute(name, value, write) : write();
  }
  if (typeof value === 'object' && 'opaque' in value) return decode(attributeFields, spanOf(value.opaque));
  throw new GraphError(
    'malformed',
    `${where}: attribute ${name} has no schema and is not carried through from a file, so its type is unknown`,
  );
}

const encoder = new TextEncoder();
export const textSpan = (text: string): Span => spanOf(encoder.encode(text));
