import { builder } from '../builder.js';
import { GraphError } from '../error.js';
import type { AttrValue, Graph, TensorType, Value, Weight } from '../graph.js';
import { knowable } from '../infer/known.js';
import type { Reserved } from '../names.js';
import { schemas } from '../schema.js';
import type { Tensor } from '../tensor.js';
import { attributeValue, floatsIn, opaqueAttribute, typeOf, type Reading } from './attributes.js';
import type { InlinedNode } from './functions.js';
import { inOrder } from './order.js';
import { ATTRIBUTE, sparseTensorFields, type GraphProto, type NodeProto, type SparseTensorProto } from './proto.js';
import type { OldNode } from './steps.js';
import { dense, noExternal, noFile, tensorContent, tensorIn, type Locate, type ReadBytes } from './tensor.js';
import { valueType } from './types.js';
import { upgrade } from './upgrade.js';
import { decode, textIn } from './wire.js';

export interface ReadOptions {
  /** Finds external data files; without it they are refused. */
  readonly locate?: Locate;
  /** Reads part of a file that a weight points into, for the few constants whose content matters. */
  readonly read?: ReadBytes;
}

export interface GraphOptions extends ReadOptions {
  /** Version of ai.onnx that the graph is written in. */
  readonly opset: number;
  /** Versions of the other domains. */
  readonly versions: ReadonlyMap<string, number>;
}

/** Sparse tensors are written out; a few bytes can ask for any amount of memory. */
const MAX_DENSE = 2 ** 28;

/** @throws GraphError 'malformed' */
export const malformed = (what: string): never => {
  throw new GraphError('malformed', `the model is malformed: ${what}`);
};

/** The values of a graph and of the graphs in it, by name; its nodes upgraded. @throws GraphError */
export function readGraph(main: GraphProto, { opset, versions, locate = noExternal, read = noFile }: GraphOptions): Graph {
  let unnamed = 0;
  let spent = 0;
  return graphIn(main, undefined);

  function graphIn(proto: GraphProto, outer: Scope | undefined): Graph {
    const scope: Scope = { own: new Map(), outer };
    const b = builder(undefined, { types: hintsOf(proto), reserve: namesIn(proto) });
    const declare = (name: string, value: Value): void => {
      if (scope.own.has(name)) malformed(`${name} is given or computed twice`);
      scope.own.set(name, value);
    };
    const initialize = (name: string, content: Tensor | Weight): void => declare(name, b.initializer(atHand(content), name));

    for (const tensor of proto.initializer ?? []) initialize(nameOf(tensor.name, 'an initializer'), tensorContent(tensor, locate));
    for (const sparse of proto.sparse_initializer ?? []) initialize(nameOf(sparse.values?.name, 'a sparse initializer'), written(sparse));
    // Before IR version 4 initializers were listed among the inputs; since then an input with an initializer has a default. Both are constants here.
    const free = (proto.input ?? []).filter(({ name = '' }) => !scope.own.has(name));
    const inputs = free.map((input) => {
      const name = nameOf(input.name, 'an input');
      const value = b.input(name, input.type ? valueType(input.type) : { dtype: 'unknown', shape: undefined });
      declare(name, value);
      return value;
    });
    const nodes = proto.node ?? [];
    for (const node of nodes.filter(isConstant)) initialize(nameOf(node.output?.[0], 'the output of a Constant'), constantContent(node));
    const computed = nodes.filter((node) => !isConstant(node));
    for (const node of inOrder(computed, (name) => lookup(scope, name) !== undefined)) {
      const outputs = upgrade(oldNode(node, scope), b);
      node.output?.forEach((name, i) => name && outputs[i] && declare(name, outputs[i]));
    }
    const outputs = (proto.output ?? []).map((output) => {
      const name = nameOf(output.name, 'an output');
      return lookup(scope, name) ?? malformed(`output ${name} is computed by no node`);
    });
    return { ...b.build(outputs, inputs), name: proto.name || 'graph' };
  }

  function oldNode(proto: InlinedNode, scope: Scope): OldNode {
    const domain = isStandard(proto) ? '' : proto.domain!;
    const { op_type: op = '' } = proto;
    const opType = domain === '' ? op : `${domain}.${op}`;
    const name = proto.name || `${op}_${unnamed++}`;
    // The last dot of an opType ends the domain.
    if (op === '' || op.includes('.')) malformed(`node ${name} has the operator name '${op}'`);
    const inputs = (proto.input ?? []).map((input) =>
      input === '' ? undefined : (lookup(scope, input) ?? malformed(`${opType} (at ${name}) reads ${input}, which nothing computes`)),
    );
    const specs: object = Object.hasOwn(schemas, opType) ? schemas[opType as 'Add'].attrs : {};
    const reading: Reading = { graph: (g) => graphIn(g, scope), tensor: (t) => tensorIn(tensorContent(t, locate), read) };
    const attrs = (proto.attribute ?? []).flatMap((attribute): readonly (readonly [string, AttrValue])[] => {
      const attr = attribute.name ?? '';
      const described = domain === '' || Object.hasOwn(specs, attr) || typeOf(attribute) === ATTRIBUTE.GRAPH;
      const value = described ? attributeValue(attribute, reading, `${opType} (at ${name})`) : opaqueAttribute(attribute);
      return value === undefined ? [] : [[attr, value]];
    });
    return {
      opType,
      name,
      inputs: inputs.slice(0, inputs.findLastIndex((value) => value !== undefined) + 1),
      // fromEntries makes an own property of any name, __proto__ included.
      attrs: Object.fromEntries(attrs),
      outputs: (proto.output ?? []).map((output) => output || undefined),
      version: domain === '' ? (proto.opset ?? opset) : (versions.get(domain) ?? 1),
    };
  }

  /** Constant nodes become initializers, so that rules see one kind of constant. */
  function constantContent({ attribute = [], output: [name] = [] }: NodeProto): Tensor | Weight {
    for (const proto of attribute) {
      switch (proto.name) {
        case 'value':
          if (proto.t !== undefined) return tensorContent(proto.t, locate);
          break;
        case 'sparse_value':
          if (proto.sparse_tensor !== undefined) return written(decode(sparseTensorFields, proto.sparse_tensor));
          break;
        case 'value_int':
          return { dtype: 'int64', dims: [], data: BigInt64Array.of(BigInt(proto.i ?? 0)) };
        case 'value_ints':
          return { dtype: 'int64', dims: [proto.ints?.length ?? 0], data: BigInt64Array.from(proto.ints ?? [], BigInt) };
        case 'value_float':
          return { dtype: 'float32', dims: [], data: Float32Array.of(proto.f ?? 0) };
        case 'value_floats':
          return floatList(floatsIn(proto.floats));
        case 'value_string':
          return { dtype: 'string', dims: [], data: [proto.s === undefined ? '' : textIn(proto.s)] };
        case 'value_strings':
          return { dtype: 'string', dims: [proto.strings?.length ?? 0], data: (proto.strings ?? []).map(textIn) };
        default: // Anything else is no content.
      }
    }
    return malformed(`Constant (at ${name ?? ''}) holds nothing`);
  }

  function written(sparse: SparseTensorProto): Tensor {
    return dense(sparse, locate, read, (bytes, name) => {
      spent += bytes;
      if (spent > MAX_DENSE)
        throw new GraphError('limit', `tensor ${name}: the model's sparse tensors take more than ${MAX_DENSE} bytes when written out`);
    });
  }

  /** Shapes, axes and the like are read even when they lie in a file: inference needs them, and runtimes refuse them as external data. */
  function atHand(content: Tensor | Weight): Tensor | Weight {
    return 'at' in content && knowable(content.type.dtype, content.type.shape) ? tensorIn(content, read) : content;
  }
}

/** Values by name, those of the graphs around included. */
interface Scope {
  readonly own: Map<string, Value>;
  readonly outer: Scope | undefined;
}
function lookup(scope: Scope, name: string): Value | undefined {
  for (let s: Scope | undefined = scope; s !== undefined; s = s.outer) {
    const value = s.own.get(name);
    if (value !== undefined) return value;
  }
  return undefined;
}

const isStandard = ({ domain = '' }: NodeProto): boolean => domain === '' || domain === 'ai.onnx';
const isConstant = (node: NodeProto): boolean => node.op_type === 'Constant' && isStandard(node);
const nameOf = (name: string | undefined, what: string): string => name || malformed(`${what} has no name`);
const floatList = (list: readonly number[]): Tensor => ({ dtype: 'float32', dims: [list.length], data: Float32Array.from(list) });

/** Types that the file states for what its nodes compute. */
function hintsOf({ value_info: inner = [], output = [] }: GraphProto): ReadonlyMap<string, TensorType> {
  const types = new Map<string, TensorType>();
  for (const { name, type: span } of [...inner, ...output]) {
    const type = span && valueType(span);
    if (name && type && type.dtype !== 'opaque') types.set(name, type);
  }
  return types;
}

/** Names that the file gives to nodes and values: what upgrading adds gets others. */
function namesIn({ node = [], input = [] }: GraphProto): Reserved {
  const values = [...input.map(({ name = '' }) => name), ...node.filter((n) => !isConstant(n)).flatMap(({ output = [] }) => output)];
  return { nodes: new Map(node.map(({ name = '' }) => [name, undefined])), values: new Map(values.map((name) => [name, undefined])) };
}
