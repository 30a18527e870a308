import { sizeOf, tensorOf, type AttrValue, type Builder, type NumericDType, type OpType, type Tensor, type Value } from '@vitrine/ir';
import { shuffled } from './random.js';

/** An input whose gradient is checked. `dtype` is left out for floats, which take the precision of the check. */
export interface Variable {
  readonly kind: 'variable';
  readonly dims: readonly number[];
  readonly dtype?: NumericDType;
  readonly values: (count: number, next: () => number) => readonly number[];
}
/** A constant; one without a dtype takes the precision of the check. */
export interface Fixed {
  readonly kind: 'fixed';
  readonly dims: readonly number[];
  readonly dtype?: NumericDType;
  readonly values: readonly number[];
  /** Given when running instead of being an initializer: nothing is known of it before. */
  readonly late?: boolean;
}
export type Operand = Variable | Fixed;

/** One way to use an operator. */
export interface Form {
  readonly operands: readonly (Operand | undefined)[];
  readonly attrs: { readonly [name: string]: AttrValue };
  /** Makes the outputs where one node is not enough. */
  readonly make?: (b: Builder, inputs: readonly (Value | undefined)[]) => readonly Value[];
  /** Number of outputs; 1 when left out. */
  readonly outputs: number;
  /** Outputs of the graph, where the node has others that nothing computes. */
  readonly kept?: readonly number[];
  /** Outputs of the graph that a signal arrives at; when left out, all float ones or else the first. */
  readonly seeded?: readonly number[];
  /** Step along the direction, where it must not be the usual one: a whole number for a difference over many levels. */
  readonly step?: number;
  /** The operator bends where its inputs may come by: steps are small. */
  readonly bends?: boolean;
  /** Allowed error, where rounding inside the operator or a low precision asks for more. */
  readonly tolerance?: number;
  /** The gradient is a convention that no difference quotient shows: it is only held to be there and finite. */
  readonly conventional?: boolean;
  /** Whether the backward pass is differentiated too. */
  readonly twice: boolean;
  /** The operator has no kernel on the CPU: only what it is written out as runs. */
  readonly unrun: boolean;
}
export type FormTable = { readonly [Op in OpType]?: readonly Form[] };

interface Options {
  readonly make?: NonNullable<Form['make']>;
  readonly outputs?: number;
  readonly kept?: readonly number[];
  readonly seeded?: readonly number[];
  readonly step?: number;
  readonly bends?: boolean;
  readonly tolerance?: number;
  readonly conventional?: boolean;
  readonly twice?: boolean;
  readonly unrun?: boolean;
}

export const form = (
  operands: readonly (Operand | undefined)[],
  attrs: { readonly [name: string]: AttrValue } = {},
  options: Options = {},
): Form => ({ outputs: 1, twice: true, unrun: false, ...options, operands, attrs });

const within =
  (low: number, high: number) =>
  (count: number, next: () => number): readonly number[] =>
    Array.from({ length: count }, () => low + (high - low) * next());

/** Uniform in [low, high). */
export const between = (low: number, high: number, ...dims: readonly number[]): Variable => ({
  kind: 'variable',
  dims,
  values: within(low, high),
});
/** Uniform in [-1, 1). */
export const x = (...dims: readonly number[]): Variable => between(-1, 1, ...dims);
export const positive = (...dims: readonly number[]): Variable => between(0.5, 1.5, ...dims);
/** Uniform in [-2, 2), but no nearer than 0.1 to these values. */
export const around = (kinks: readonly number[], ...dims: readonly number[]): Variable => ({
  kind: 'variable',
  dims,
  values: (count, next) => Array.from({ length: count }, () => farFrom(kinks, next)),
});
function farFrom(kinks: readonly number[], next: () => number): number {
  for (;;) {
    const value = -2 + 4 * next();
    if (kinks.every((kink) => Math.abs(value - kink) > 0.1)) return value;
  }
}
const spaced =
  (start: number) =>
  (...dims: readonly number[]): Variable => ({
    kind: 'variable',
    dims,
    values: (count, next) =>
      shuffled(
        Array.from({ length: count }, (_, i) => (i - Math.floor(count / 2)) * 0.3 + start),
        next,
      ),
  });
/** All different, far apart and from 0: nothing ties, and small steps change no order. */
export const distinct = spaced(0.15);
/** The same between the values of `distinct`. */
export const offset = spaced(0);
/** Whole numbers in [low, high], moved by whole steps. */
export const whole = (dtype: NumericDType, low: number, high: number, ...dims: readonly number[]): Variable => ({
  kind: 'variable',
  dims,
  dtype,
  values: (count, next) => Array.from({ length: count }, () => Math.floor(low + (high - low + 1) * next())),
});

const listed =
  (dtype: NumericDType) =>
  (...values: readonly number[]): Fixed => ({ kind: 'fixed', dtype, dims: [values.length], values });
/** Constant vectors. */
export const int64 = listed('int64');
export const int32 = listed('int32');
export const bool = listed('bool');
export const int8 = listed('int8');
export const uint8 = listed('uint8');
/** A constant vector, and a scalar, in the precision of the check. */
export const real = (...values: readonly number[]): Fixed => ({ kind: 'fixed', dims: [values.length], values });
export const scalar = (value: number, dtype?: NumericDType): Fixed => ({
  kind: 'fixed',
  dims: [],
  values: [value],
  ...(dtype === undefined ? {} : { dtype }),
});
/** The constant in another shape. */
export const shaped = (fixed: Fixed, ...dims: readonly number[]): Fixed => ({ ...fixed, dims });
/** The constant as an input of the graph. */
export const late = (fixed: Fixed): Fixed => ({ ...fixed, late: true });
/** A constant of seeded random numbers in [-1, 1). */
export const constant = (seed: number, ...dims: readonly number[]): Fixed => ({
  kind: 'fixed',
  dims,
  values: Array.from({ length: sizeOf(dims) }, (_, i) => Math.sin(seed * 12.9898 + i * 78.233)),
});

export const tensorFor = (operand: Operand, precision: 'float32' | 'float64', next: () => number): Tensor => {
  const values = operand.kind === 'fixed' ? operand.values : operand.values(sizeOf(operand.dims), next);
  return tensorOf(operand.dtype ?? precision, operand.dims, values);
};
