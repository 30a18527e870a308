import type { Graph } from './graph.js';
import type { Tensor } from './tensor.js';

/** The kinds of attribute ONNX knows, and what each is in memory. */
export interface AttrKinds {
  float: number;
  int: number;
  string: string;
  tensor: Tensor;
  graph: Graph;
  sparse: Opaque;
  type: Opaque;
  floats: readonly number[];
  ints: readonly number[];
  strings: readonly string[];
}

/** Bytes of a protobuf message that is carried through unread. */
export interface Opaque {
  readonly opaque: Uint8Array;
}

export type AttrKind = keyof AttrKinds;

export interface AttrSpec<K extends AttrKind = AttrKind, Default = unknown, Required extends boolean = boolean> {
  readonly kind: K;
  readonly default: Default;
  readonly required: Required;
}

/** Parameters are written `name: TypeVariable`, `name?: …` when optional and `...name: …` when variadic. */
export interface Signature {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attrs: { readonly [name: string]: AttrSpec };
}

export function op<const I extends readonly string[], const O extends readonly string[], const A extends Signature['attrs'] = {}>(
  inputs: I,
  outputs: O,
  attrs?: A,
): { readonly inputs: I; readonly outputs: O; readonly attrs: A } {
  return { inputs, outputs, attrs: attrs ?? ({} as A) };
}

type Maker<K extends AttrKind> = {
  (): AttrSpec<K, undefined, false>;
  (value: AttrKinds[K]): AttrSpec<K, AttrKinds[K], false>;
};
const maker = <K extends AttrKind>(kind: K) => ((value?: AttrKinds[K]) => ({ kind, default: value, required: false })) as Maker<K>;

export const float = maker('float');
export const int = maker('int');
export const string = maker('string');
export const tensor = maker('tensor');
export const graph = maker('graph');
export const sparse = maker('sparse');
export const type = maker('type');
export const floats = maker('floats');
export const ints = maker('ints');
export const strings = maker('strings');

export const required = <K extends AttrKind>(spec: AttrSpec<K>): AttrSpec<K, undefined, true> => ({
  kind: spec.kind,
  default: undefined,
  required: true,
});

export interface Parameter {
  readonly name: string;
  /** A type variable such as `T`, or a dtype. */
  readonly type: string;
  readonly optional: boolean;
  readonly variadic: boolean;
}

/** Reads one `name: T` of a signature. */
export function parameter(text: string): Parameter {
  const [name, type] = text.split(': ') as [string, string];
  return { name: name.replace(/^\.\.\.|\?$/g, ''), type, optional: name.endsWith('?'), variadic: name.startsWith('...') };
}
