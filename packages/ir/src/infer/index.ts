import { GraphError } from '../error.js';
import type { AttrValue, Attrs, Known, Node, OpType, Shape, TensorType, Value, ValueType } from '../graph.js';
import { subgraphs } from '../graph.js';
import { schemas } from '../schema.js';
import { parameter, type Parameter } from '../signature.js';
import { MAX_RANK, dtypes, type DType, repeated } from '../tensor.js';
import { attention } from './attention.js';
import type { InferRow, InferTable } from './context.js';
import { fromSubgraphs } from './control.js';
import { elementwise } from './elementwise.js';
import { KNOWN_LIMIT, contentFromType, contentOf } from './known.js';
import { endpoint } from './endpoint.js';
import { linear } from './linear.js';
import { microsoft } from './microsoft.js';
import { ml } from './ml.js';
import { pool } from './pool.js';
import { recurrent } from './recurrent.js';
import { select } from './select.js';
import { shape } from './shape.js';
import { signal } from './signal.js';
import { text } from './text.js';

/** Shape inference, a row per operator. */
export const inferences: InferTable = {
  ...elementwise,
  ...linear,
  ...pool,
  ...shape,
  ...select,
  ...recurrent,
  ...attention,
  ...signal,
  ...text,
  ...microsoft,
  ...ml,
  ...endpoint,
};

export interface Signatures {
  readonly inputs: readonly Parameter[];
  readonly outputs: readonly Parameter[];
}
const signatures = new Map<string, Signatures>();

/** Parameters of an operator, parsed once; undefined for operators without a schema. */
export function signatureOf(opType: string): Signatures | undefined {
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

type Draft = Omit<Node, 'outputs'>;
const UNKNOWN: OutputFacts = { type: { dtype: 'unknown', shape: undefined }, known: undefined };
const isDType = (text: string): text is DType => Object.hasOwn(dtypes, text);

/**
 * Types of a node's outputs, and their content where it follows from the inputs' and has at most `limit` elements.
 * Unknown parts stay unknown: dtype 'unknown', shape undefined.
 * @throws GraphError 'shape-mismatch', 'type-mismatch' or 'malformed', naming operator and node
 */
export function infer(node: Draft, outputs: number, fresh: () => string, limit: number = KNOWN_LIMIT): readonly OutputFacts[] {
  const { opType, inputs } = node;
  if (outputs === 0) return [];
  const fail = (message: string): never => {
    throw new GraphError('shape-mismatch', `${opType} (at ${node.name}): ${message}`);
  };
  const graphs = subgraphs(node);
  if (graphs.length > 0)
    return fromSubgraphs({ opType, inner: new Map(graphs), inputs, outputs, fresh, fail }) ?? repeated(outputs, UNKNOWN);
  const signature = signatureOf(opType);
  if (signature === undefined || !isComplete(node, outputs, signature)) return repeated(outputs, UNKNOWN);

  const variables = bind(node, signature.inputs);
  const attrs = attrsOf(node);
  const row = Object.hasOwn(inferences, opType) ? (inferences[opType as OpType] as InferRow) : undefined;
  const ranked = inputs.every((value) => value === undefined || value.type.shape !== undefined);
  const rows = row === undefined || !ranked ? [] : row({ attrs: attrs, x: inputs as never, outputs, fresh, fail });
  const types = Array.from({ length: outputs }, (_, i): TensorType => {
    const declared = parameterAt(signature.outputs, i)?.type ?? '';
    const dtype: TensorType['dtype'] = isDType(declared) ? declared : (variables.get(declared) ?? 'unknown');
    const found = rows[i];
    const type = found === undefined || Array.isArray(found) ? { dtype, shape: found as Shape | undefined } : (found as TensorType);
    if (type.shape !== undefined && !isShape(type.shape)) fail(`its output cannot be of shape [${type.shape.join(',')}]`);
    return type;
  });
  const contents = contentFor(node, attrs, types, limit);
  return types.map((type, i) => ({ type, known: contents[i] }));
}

const isShape = (shape: Shape): boolean =>
  shape.length <= MAX_RANK && shape.every((dim) => typeof dim === 'string' || (Number.isSafeInteger(dim) && dim >= 0));

function contentFor(
  { opType, inputs }: Draft,
  attrs: Attrs<OpType>,
  types: readonly TensorType[],
  limit: number,
): readonly (Known | undefined)[] {
  const fromType = contentFromType(opType, inputs[0]?.type.shape, attrs as Attrs<'Shape'>);
  if (fromType !== undefined) return [{ dims: opType === 'Size' ? [] : [fromType.length], values: fromType }];
  if (!inputs.every((value) => value === undefined || value.known !== undefined)) return [];
  return contentOf({ opType, attrs, x: inputs.map((value) => value?.known), types, limit });
}

/** Whether a node has the inputs and outputs its signature asks for. Operators of other domains may have changed: of those nothing is inferred. @throws GraphError 'malformed' */
function isComplete({ opType, name, inputs }: Draft, outputs: number, signature: Signatures): boolean {
  const malformed = (what: string): boolean => {
    if (opType.includes('.')) return false;
    throw new GraphError('malformed', `${opType} (at ${name}): ${what}`);
  };
  const missing = signature.inputs.findIndex((p, i) => !p.optional && !p.variadic && inputs[i] === undefined);
  if (missing >= 0) return malformed(`input ${signature.inputs[missing]!.name} is missing`);
  // A variadic parameter that stands first takes one value or more.
  const [only] = signature.inputs;
  if (only?.variadic && (inputs.length === 0 || inputs.includes(undefined))) return malformed(`one of its inputs ${only.name} is missing`);
  if (inputs.length > 0 && parameterAt(signature.inputs, inputs.length - 1) === undefined)
    return malformed(`takes ${signature.inputs.length} inputs, got ${inputs.length}`);
  if (outputs > 0 && parameterAt(signature.outputs, outputs - 1) === undefined)
    return malformed(`has ${signature.outputs.length} outputs, not ${outputs}`);
  return true;
}

/** Binds type variables to the dtypes of the inputs. @throws GraphError 'type-mismatch' when an input breaks the signature */
function bind(node: Draft, parameters: readonly Parameter[]): ReadonlyMap<string, DType> {
  const variables = new Map<string, DType>();
  // Other domains declare their types too narrowly: com.microsoft's say int32 where kernels take int64 as well.
  const strict = !node.opType.includes('.') && node.opType !== 'SimplifiedLayerNormalization';
  node.inputs.forEach((value: Value | undefined, i) => {
    const { name, type, variadic } = parameterAt(parameters, i)!;
    const dtype = value?.type.dtype;
    if (dtype === undefined || dtype === 'unknown' || dtype === 'opaque') return;
    const expected = isDType(type) ? type : variables.get(type);
    if (expected === undefined) variables.set(type, dtype);
    else if (expected !== dtype && strict && !variadic)
      throw new GraphError('type-mismatch', `${node.opType} (at ${node.name}): input ${name} is ${dtype}, not ${expected}`);
  });
  return variables;
}
