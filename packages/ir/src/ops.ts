import type { Attrs, OpType, Schemas, Value } from './graph.js';
import type { AttrKinds, AttrSpec } from './signature.js';

/** What an operator takes: a value, or a number that becomes a constant of the right dtype. */
export type Operand = Value | number;

/** A signature's parameters as a tuple of V: `undefined` where optional, a rest where variadic. */
type Parameters<P extends readonly string[], V> = P extends readonly [infer Head extends string, ...infer Tail extends readonly string[]]
  ? Head extends `...${string}`
    ? readonly V[]
    : Head extends `${string}?: ${string}`
      ? readonly [V | undefined, ...Parameters<Tail, V>]
      : readonly [V, ...Parameters<Tail, V>]
  : readonly [];

/** The same, with trailing optional parameters left out at will. */
type Prefixes<P extends readonly string[], V> = P extends readonly [infer Head extends string, ...infer Tail extends readonly string[]]
  ? Head extends `...${string}`
    ? readonly V[]
    : Head extends `${string}?: ${string}`
      ? readonly [] | readonly [V | undefined, ...Prefixes<Tail, V>]
      : readonly [V, ...Prefixes<Tail, V>]
  : readonly [];

/** Inputs of an operator, one V each: `[X, W, B?]` for Conv. */
export type Inputs<Op extends OpType, V> = Parameters<Schemas[Op]['inputs'], V>;
/** Inputs of an operator when the trailing optional ones may be missing. */
export type InputPrefix<Op extends OpType, V> = Prefixes<Schemas[Op]['inputs'], V>;

type Needed<A> = { [Name in keyof A]: A[Name] extends { readonly required: true } ? Name : never }[keyof A];
type KindOf<S> = S extends AttrSpec<infer K> ? AttrKinds[K] : never;

/** Attributes as they are given: those with a default may be left out. */
export type AttrsIn<Op extends OpType, A = Schemas[Op]['attrs']> = { readonly [Name in Needed<A>]: KindOf<A[Name]> } & {
  readonly [Name in Exclude<keyof A, Needed<A>>]?: KindOf<A[Name]> | undefined;
};

/** How many outputs, where the operator leaves that open. */
type Outputs<Op extends OpType> = Schemas[Op]['outputs'] extends readonly [`...${string}`] ? { readonly outputs: number } : {};
/** No attributes at all: `{}` would take any object. */
type Nothing = { readonly [name: string]: never };
type Given<Op extends OpType> = keyof (AttrsIn<Op> & Outputs<Op>) extends never ? Nothing : AttrsIn<Op> & Outputs<Op>;
type Tail<Op extends OpType> = {} extends Given<Op> ? readonly [attrs?: Given<Op>] : readonly [attrs: Given<Op>];

/** Arguments of `op.Name(...)`: operands, then attributes. */
export type Args<Op extends OpType> =
  InputPrefix<Op, Operand> extends infer P extends readonly unknown[]
    ? P extends readonly unknown[]
      ? [...P, ...Tail<Op>]
      : never
    : never;

type Required<O extends readonly string[]> = O extends readonly [infer Head extends string, ...infer Rest extends readonly string[]]
  ? Head extends `${string}?: ${string}`
    ? []
    : [Value, ...Required<Rest>]
  : [];

/** One value, or a tuple when the operator always has several outputs (TopK) or any number (Split). */
export type Result<Op extends OpType> = Schemas[Op]['outputs'] extends readonly [`...${string}`]
  ? readonly Value[]
  : Required<Schemas[Op]['outputs']> extends infer R extends readonly Value[]
    ? R['length'] extends 0 | 1
      ? Value
      : R
    : never;

/** Typed constructors, one per operator: `op.Conv(x, w, { strides: [2, 2] })`. */
export type Ops = { readonly [Op in OpType]: (...args: Args<Op>) => Result<Op> };

export type { Attrs };
