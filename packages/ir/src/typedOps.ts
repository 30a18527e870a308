import { GraphError } from './error.js';
import { Value, type AttrValue } from './graph.js';
import { parameterAt, signatureOf, type Signatures } from './infer/index.js';
import type { Operand, Ops } from './ops.js';
import { dtypes, isFloat, type DType } from './tensor.js';

/** What typed constructors are made of: the untyped one, and shared scalars. */
interface Making {
  readonly node: (
    opType: string,
    inputs: readonly (Value | undefined)[],
    attrs: { readonly [name: string]: AttrValue },
    outputs: number,
  ) => readonly Value[];
  readonly scalar: (value: number, dtype: DType) => Value;
}

/** `op.Name(...operands, attrs?)` for every operator of the schema. */
export function typedOps({ node, scalar }: Making): Ops {
  const made = new Map<string, (...args: readonly unknown[]) => unknown>();
  return new Proxy({} as Ops, {
    get(_, opType) {
      if (typeof opType !== 'string') return undefined;
      let constructor = made.get(opType);
      if (constructor === undefined) made.set(opType, (constructor = (...args) => call(opType, args)));
      return constructor;
    },
  });

  function call(opType: string, args: readonly unknown[]): unknown {
    const signature = signatureOf(opType);
    if (signature === undefined) throw new GraphError('unknown-operator', `${opType} is not an operator of the schema`);
    const last = args.at(-1);
    const given = isAttrs(last) ? last : {};
    const operands = (isAttrs(last) ? args.slice(0, -1) : args) as readonly (Operand | undefined)[];
    const { outputs, ...attrs } = given as { readonly outputs?: number } & { readonly [name: string]: AttrValue };
    const values = operands.map((o, i) => (typeof o === 'number' ? scalar(o, dtypeAt(opType, signature, operands, i)) : o));
    const optional = signature.outputs.findIndex((p) => p.optional || p.variadic);
    const always = optional < 0 ? signature.outputs.length : optional;
    const results = node(opType, values, attrs, outputs ?? Math.max(1, always));
    return signature.outputs[0]?.variadic || results.length > 1 ? results : results[0];
  }
}

/** The dtype that a number takes at position i: its parameter's, else that of an operand under the same type variable. */
function dtypeAt(opType: string, { inputs }: Signatures, operands: readonly (Operand | undefined)[], i: number): DType {
  const type = parameterAt(inputs, i)?.type ?? '';
  if (Object.hasOwn(dtypes, type)) return type as DType;
  const alike = (o: unknown, k: number): o is Value => o instanceof Value && parameterAt(inputs, k)?.type === type;
  // A variable of its own, as Pow's exponent has, follows the other float operand.
  const model = operands.find(alike) ?? operands.find((o): o is Value => o instanceof Value && isFloat(o.type.dtype));
  if (model === undefined || model.type.dtype === 'unknown' || model.type.dtype === 'opaque')
    throw new GraphError('unsupported-type', `${opType}: nothing tells the dtype of operand ${i}`);
  return model.type.dtype;
}

const isAttrs = (arg: unknown): arg is object => typeof arg === 'object' && arg !== null && !(arg instanceof Value);
