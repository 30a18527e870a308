import { dtypes, isFloat, parameterAt, signatureOf, type Builder, type Node, type Value } from '@vitrine/ir';

type Operands = readonly (Value | undefined)[];

/** Whether ONNX declares this output to be int64 or bool: indices, counts and masks carry no signal. */
export const isIndex = ({ opType }: Node, output: number): boolean =>
  ['int64', 'bool'].includes(parameterAt(signatureOf(opType)?.outputs ?? [], output)?.type ?? '');

/** Inputs and outputs as rules see them: integers that take part in arithmetic, as quantized values do, are in the signal's type. */
export function operandsOf(b: Builder, { opType, inputs, outputs }: Node, gs: Operands): readonly [inputs: Operands, outputs: Operands] {
  const signature = signatureOf(opType);
  const [computed] = signature?.outputs ?? [];
  if (signature === undefined || computed === undefined || computed.type in dtypes || !isInteger(outputs[0])) return [inputs, outputs];
  const signal = gs.find((g) => g !== undefined)!.type.dtype as 'float32';
  const seen = (parameters: typeof signature.inputs) => (value: Value | undefined, i: number) =>
    isInteger(value) && parameterAt(parameters, i)?.type === computed.type ? b.op.Cast(value, { to: dtypes[signal].code }) : value;
  return [inputs.map(seen(signature.inputs)), outputs.map(seen(signature.outputs))];
}

const isInteger = (value: Value | undefined): value is Value =>
  value !== undefined && value.type.dtype in dtypes && value.type.dtype !== 'bool' && !isFloat(value.type.dtype);
