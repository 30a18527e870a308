import { GraphError } from '../error.js';
import {
  subgraphs,
  type AttrValue,
  type Attrs,
  type Known,
  type Node,
  type OpType,
  type Shape,
  type TensorType,
  type Value,
  type ValueType,
} from '../graph.js';
import { schemas } from '../schema.js';
import { parameter, type Parameter } from '../signature.js';
import { dtypes, type DType } from '../tensor.js';
import { attention } from './attention.js';
import type { InferRow, InferTable } from './context.js';
import { elementwise } from './elementwise.js';
import { content, fromType } from './known.js';
import { linear } from './linear.js';
import { pool } from './pool.js';
import { recurrent } from './recurrent.js';
import { select } from './select.js';
import { shape } from './shape.js';

/** Shape inference, a row per operator. */
export const inferences: InferTable = { ...elementwise, ...linear, ...pool, ...shape, ...select, ...recurrent, ...attention };

const signatures = new Map<string, { readonly inputs: readonly Parameter[]; readonly outputs: readonly Parameter[] }>();

/** Parameters of an operator, parsed once; undefined for operators without a schema. */
export function signatureOf(opType: string): { readonly inputs: readonly Parameter[]; readonly outputs: readonly Parameter[] } | undefined {
  const found = signatures.get(opType);
  if (found !== undefined || !Object.hasOwn(schemas, opType)) return found;
  const { inputs, outputs } = schemas[opType as OpType];
  const parsed = { inputs: inputs.map(parameter), outputs: outputs.map(parameter) };
  signatures.set(opType, parsed);
  return parsed;
}

/** The parameter that stands at position i; a variadic one takes all that follow. */
export const parameterAt = (parameters: readonly Parameter[], i: number): Parameter | undefined =>
  parameters[i] ?? (parameters.at(-1)?.variadic ? parameters.at(-1) : undefined);

const defaults = new Map<string, { readonly [name: string]: AttrValue }>();

/** Attributes with the standard's defaults filled in. */
export function attrsOf<Op extends OpType>(node: Pick<Node, 'opType' | 'attrs'>): Attrs<Op> {
  const { opType } = node;
  let filled = defaults.get(opType);
  if (filled === undefined) {
    const specs = Object.hasOwn(schemas, opType) ? Object.entries(schemas[opType as OpType].attrs) : [];
    filled = Object.fromEntries(
      specs.filter(([, spec]) => spec.default !== undefined).map(([name, spec]) => [name, spec.default as AttrValue]),
    );
    defaults.set(opType, filled);
  }
  return { ...filled, ...node.attrs } as unknown as Attrs<Op>;
}

export interface OutputFacts {
  readonly type: ValueType;
  readonly known: Known | undefined;
}

const isDType = (text: string): text is DType => Object.hasOwn(dtypes, text);

/**
 * Types of a node's outputs, and their content where it follows from the inputs'.
 * Unknown parts stay unknown: dtype 'unknown', shape undefined.
 * @throws GraphError 'shape-mismatch' naming operator and node
 */
export function infer(node: Omit<Node, 'outputs'>, outputs: number, fresh: () => string): readonly OutputFacts[] {
  const { opType, inputs } = node;
  const signature = signatureOf(opType);
  const inner = subgraphs(node as Node);
  if (inner.length > 0)
    return fromSubgraphs(
      opType,
      inner.map(([, g]) => g.outputs),
      inputs,
      outputs,
      fresh,
    );
  const unknown: OutputFacts = { type: { dtype: 'unknown', shape: undefined }, known: undefined };
  if (signature === undefined) return new Array<OutputFacts>(outputs).fill(unknown);

  const variables = bind(node, signature.inputs);
  const declared = Array.from({ length: outputs }, (_, i): DType | 'unknown' => {
    const type = parameterAt(signature.outputs, i)?.type ?? '';
    return isDType(type) ? type : (variables.get(type) ?? 'unknown');
  });
  const fail = (message: string): never => {
    throw new GraphError('shape-mismatch', `${opType} (at ${node.name}): ${message}`);
  };
  const attrs = attrsOf(node);
  const row = inferences[opType as OpType] as InferRow | undefined;
  const ranked = inputs.every((value) => value === undefined || value.type.shape !== undefined);
  const rows = row === undefined || !ranked ? [] : row({ attrs: attrs as never, x: inputs as never, outputs, fresh, fail });
  const types = declared.map((dtype, i): TensorType => {
    const found = rows[i];
    const type = found === undefined || Array.isArray(found) ? { dtype, shape: found as Shape | undefined } : (found as TensorType);
    if (type.shape?.some((dim) => typeof dim === 'number' && !(Number.isSafeInteger(dim) && dim >= 0)))
      fail(`its output cannot be of shape [${type.shape.join(',')}]`);
    return type;
  });
  return withContent(node, attrs, types);
}

function withContent(node: Omit<Node, 'outputs'>, attrs: Attrs<OpType>, types: readonly TensorType[]): readonly OutputFacts[] {
  const { opType, inputs } = node;
  const typed = fromType(opType, inputs[0]?.type.shape, attrs as Attrs<'Shape'>);
  const contents =
    typed !== undefined
      ? [{ dims: opType === 'Size' ? [] : [typed.length], values: typed }]
      : inputs.every((value) => value === undefined || value.known !== undefined)
        ? content(
            opType,
            attrs,
            inputs.map((value) => value?.known),
            types.map(({ shape }) => shape),
            types[0]?.dtype ?? 'unknown',
          )
        : [];
  return types.map((type, i) => ({ type, known: contents[i] }));
}

/** Binds type variables to the dtypes of the inputs. @throws GraphError 'type-mismatch' when an input breaks the signature */
function bind(node: Omit<Node, 'outputs'>, parameters: readonly Parameter[]): ReadonlyMap<string, DType> {
  const variables = new Map<string, DType>();
  node.inputs.forEach((value, i) => {
    const declared = parameterAt(parameters, i);
    if (declared === undefined)
      throw new GraphError('malformed', `${node.opType} (at ${node.name}): takes ${parameters.length} inputs, got ${node.inputs.length}`);
    const dtype = value?.type.dtype;
    if (dtype === undefined || dtype === 'unknown' || dtype === 'opaque') return;
    const expected = isDType(declared.type) ? declared.type : variables.get(declared.type);
    if (expected === undefined) variables.set(declared.type, dtype);
    else if (expected !== dtype && !declared.variadic && !node.opType.includes('.') && node.opType !== 'SimplifiedLayerNormalization')
      throw new GraphError('type-mismatch', `${node.opType} (at ${node.name}): input ${declared.name} is ${dtype}, not ${expected}`);
  });
  return variables;
}

/** Control flow: an output keeps what all branches agree on; Loop and Scan outputs behind the carried state gain an axis. */
function fromSubgraphs(
  opType: string,
  branches: readonly (readonly Value[])[],
  inputs: readonly (Value | undefined)[],
  outputs: number,
  fresh: () => string,
): readonly OutputFacts[] {
  return Array.from({ length: outputs }, (_, i) => {
    if (opType === 'If') {
      const [a, b] = [branches[0]?.[i]?.type, branches[1]?.[i]?.type];
      if (a === undefined || b === undefined || a.dtype !== b.dtype || a.dtype === 'opaque')
        return { type: { dtype: 'unknown', shape: undefined }, known: undefined };
      const shape =
        a.shape?.length === b.shape?.length ? a.shape?.map((dim, axis) => (dim === b.shape?.[axis] ? dim : fresh())) : undefined;
      return { type: { dtype: a.dtype, shape }, known: undefined };
    }
    const body = opType === 'Loop' ? branches[0]?.[i + 1]?.type : branches[0]?.[i]?.type;
    const carried = opType === 'Loop' ? inputs.length - 2 : (branches[0]?.length ?? 0) - outputs;
    if (body === undefined || body.dtype === 'opaque') return { type: { dtype: 'unknown', shape: undefined }, known: undefined };
    if (opType === 'Loop' && i >= carried)
      return { type: { dtype: body.dtype, shape: body.shape && [fresh(), ...body.shape] }, known: undefined };
    return { type: { dtype: body.dtype, shape: opType === 'Loop' ? body.shape : undefined }, known: undefined };
  });
}
