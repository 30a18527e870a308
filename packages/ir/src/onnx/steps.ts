import type { Builder } from '../builder.js';
import { GraphError } from '../error.js';
import type { AttrValue, Value } from '../graph.js';
import { dtypes, tensorOf, type DType, type NumericDType } from '../tensor.js';

/** A node as its file says it, its inputs already values of the graph. */
export interface OldNode {
  readonly opType: string;
  readonly name: string;
  readonly inputs: readonly (Value | undefined)[];
  readonly attrs: { readonly [name: string]: AttrValue };
  /** Names of the outputs; undefined where one is left out. */
  readonly outputs: readonly (string | undefined)[];
  /** Version of the node's domain that the file is written in. */
  readonly version: number;
}

/** How a node of an older opset is said in the next one: another node, or the values that replace its outputs. */
export type Step = (node: OldNode, b: Builder) => OldNode | readonly (Value | undefined)[];

const changed = (node: OldNode, change: Partial<OldNode>): OldNode => ({ ...node, ...change });
const without = (attrs: OldNode['attrs'], ...names: readonly string[]): OldNode['attrs'] =>
  Object.fromEntries(Object.entries(attrs).filter(([name]) => !names.includes(name)));
const refuse = ({ opType, name, version }: OldNode, why: string): never => {
  throw new GraphError(
    'unsupported-version',
    `${opType} (at ${name}): ${why} in opset ${version}: export the model with opset 13 or later`,
  );
};
const malformed = ({ opType, name }: OldNode, what: string): never => {
  throw new GraphError('malformed', `${opType} (at ${name}): ${what}`);
};

const operand = (node: OldNode, i: number): Value => node.inputs[i] ?? malformed(node, `input ${i} is missing`);

/** An attribute that is a number or a list of numbers, as a list. */
function listIn(node: OldNode, attr: string): readonly number[] | undefined {
  const value = Object.hasOwn(node.attrs, attr) ? node.attrs[attr] : undefined;
  if (value === undefined) return undefined;
  const list: unknown = typeof value === 'number' ? [value] : value;
  return Array.isArray(list) && list.every((v) => typeof v === 'number') ? list : malformed(node, `attribute ${attr} must be numbers`);
}

/** An integer attribute. */
function integerIn(node: OldNode, attr: string, fallback: number): number {
  const [value = fallback] = listIn(node, attr) ?? [];
  return Number.isInteger(value) ? value : malformed(node, `attribute ${attr} must be an integer`);
}

/** An attribute's numbers as a constant; `like` takes the first input's dtype. */
function constantOf(
  node: OldNode,
  b: Builder,
  attr: string,
  dtype: 'int64' | 'float32' | 'like',
  dims: 'scalar' | 'list',
): Value | undefined {
  const values = listIn(node, attr);
  if (values === undefined) return undefined;
  if (dtype === 'int64' && !values.every(Number.isInteger)) malformed(node, `attribute ${attr} must be integers`);
  if (dims === 'scalar' && values.length !== 1) malformed(node, `attribute ${attr} must be one number`);
  const own = operand(node, 0).type.dtype;
  const known = Object.hasOwn(dtypes, own) && own !== 'string';
  const type: DType = dtype !== 'like' ? dtype : known ? (own as DType) : 'float32';
  const content = tensorOf(type as NumericDType, dims === 'scalar' ? [] : [values.length], values);
  const constant = b.initializer(content, `${node.name}/${attr}`);
  return dtype === 'like' && !known ? b.op.CastLike(constant, operand(node, 0)) : constant;
}

type Moved = readonly [attr: string, dtype: 'int64' | 'float32' | 'like', dims: 'scalar' | 'list'];

/** Attributes that became inputs, from position 1 on. */
const toInputs =
  (...list: readonly Moved[]): Step =>
  (node, b) => {
    const made = list.map(([attr, dtype, dims], i) => constantOf(node, b, attr, dtype, dims) ?? node.inputs[i + 1]);
    const given = made.slice(0, made.findLastIndex((v) => v !== undefined) + 1);
    return changed(node, { inputs: [operand(node, 0), ...given], attrs: without(node.attrs, ...list.map(([attr]) => attr)) });
  };

const axes = toInputs(['axes', 'int64', 'list']);

/** Before opset 13 these flattened their input to a matrix at `axis`, 1 by default. */
const flattening: Step = (node, b) => {
  const x = operand(node, 0);
  const axis = integerIn(node, 'axis', 1);
  const rank = x.type.shape?.length;
  if (axis === -1 || axis + 1 === rank) return changed(node, { attrs: { axis: -1 } });
  return b.within(`${node.name}/`, () => {
    const [y] = b.node(node.opType, [b.op.Flatten(x, { axis })], { axis: -1 });
    return b.named({ opType: 'Reshape', name: node.name, inputs: [y, b.op.Shape(x)], attrs: {} }, node.outputs);
  });
};

/**
 * Resize without coordinate modes. ONNX Runtime means: corners line up; nearest rounds down where it enlarges an axis and up where it shrinks one.
 * A file that does both, or does not say, takes two steps.
 */
const plainResize: Step = (node, b) => {
  const x = operand(node, 0);
  const scales = constantOf(node, b, 'scales', 'float32', 'list') ?? operand(node, 1);
  const { mode = 'nearest' } = node.attrs;
  const resize = (from: Value, by: Value, nearest_mode: string): OldNode =>
    changed(node, {
      opType: 'Resize',
      inputs: [from, undefined, by],
      attrs: { mode, coordinate_transformation_mode: 'asymmetric', nearest_mode },
    });
  const known = scales.known?.values as readonly number[] | undefined;
  if (mode !== 'nearest' || node.opType === 'Upsample' || known?.every((s) => s >= 1)) return resize(x, scales, 'floor');
  if (known?.every((s) => s <= 1)) return resize(x, scales, 'ceil');
  return b.within(`${node.name}/`, () => {
    const one = b.scalar(1, 'float32');
    const { inputs, attrs } = resize(x, b.op.Min(scales, one), 'ceil');
    return resize(b.node('Resize', inputs, attrs)[0]!, b.op.Max(scales, one), 'floor');
  });
};

/** Scale and bias per group become scale and bias per channel; without stash_type it computed in the input's own type. */
const perGroupToPerChannel: Step = (node, b) => {
  const x = operand(node, 0);
  const groups = integerIn(node, 'num_groups', 0);
  const channels = x.type.shape?.[1];
  if (typeof channels !== 'number') return refuse(node, 'scale and bias per group need a known number of channels');
  if (groups < 1 || channels % groups !== 0) return malformed(node, `${channels} channels do not make ${groups} groups`);
  const spread = (v: Value): Value => {
    const column = b.op.Unsqueeze(v, b.ints([1]));
    return b.op.Reshape(b.op.Expand(column, b.ints([groups, channels / groups])), b.ints([-1]));
  };
  return b.within(`${node.name}/`, () => {
    const { dtype } = x.type;
    const own = dtype === 'float16' || dtype === 'bfloat16' ? { stash_type: dtypes[dtype].code } : {};
    return changed(node, { inputs: [x, spread(operand(node, 1)), spread(operand(node, 2))], attrs: { ...node.attrs, ...own } });
  });
};

/** The mask of a Dropout that drops nothing: ONNX Runtime filled it with zeros, of the input's dtype before opset 10. */
const dropoutMask: Step = (node, b) => {
  if (node.outputs[1] === undefined) return node;
  const x = operand(node, 0);
  const [y] = b.named({ ...node, inputs: node.inputs }, node.outputs.slice(0, 1));
  return b.within(`${node.name}/`, () => {
    const zeros = b.op.Expand(b.scalar(0, 'bool'), b.op.Shape(x));
    const mask = { name: `${node.name}/mask`, attrs: {} };
    return [
      y,
      ...(node.version < 10
        ? b.named({ ...mask, opType: 'CastLike', inputs: [zeros, x] }, node.outputs.slice(1))
        : b.named({ ...mask, opType: 'Identity', inputs: [zeros] }, node.outputs.slice(1))),
    ];
  });
};

const gridModes: { readonly [mode: string]: string } = { bilinear: 'linear', bicubic: 'cubic' };

const reductions = Object.fromEntries(
  ['L1', 'L2', 'LogSum', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'SumSquare'].map((name) => [`Reduce${name}`, [[18, axes]] as const]),
);

/** Steps by operator: each applies to nodes written before the version it names. */
export const steps: { readonly [opType: string]: readonly (readonly [before: number, step: Step])[] } = {
  ...reductions,
  BatchNormalization: [
    [
      9,
      (node) =>
        integerIn(node, 'spatial', 1) === 0
          ? refuse(node, 'statistics per pixel (spatial = 0) exist only')
          : changed(node, { attrs: without(node.attrs, 'spatial') }),
    ],
    // Statistics beside the output mean training; ONNX Runtime infers all the same, and nothing can read them.
    [14, (node) => changed(node, { outputs: node.outputs.slice(0, 1) })],
  ],
  Clip: [[11, toInputs(['min', 'like', 'scalar'], ['max', 'like', 'scalar'])]],
  DFT: [
    [
      20,
      (node, b) =>
        changed(node, {
          inputs: [operand(node, 0), node.inputs[1], b.scalar(integerIn(node, 'axis', 1), 'int64')],
          attrs: without(node.attrs, 'axis'),
        }),
    ],
  ],
  Dropout: [
    [12, toInputs(['ratio', 'float32', 'scalar'])],
    [12, dropoutMask],
  ],
  GridSample: [[20, (node) => changed(node, { attrs: { ...node.attrs, mode: renamedMode(node) } })]],
  GroupNormalization: [[21, perGroupToPerChannel]],
  Hardmax: [[13, flattening]],
  LogSoftmax: [[13, flattening]],
  Pad: [[11, toInputs(['pads', 'int64', 'list'], ['value', 'like', 'scalar'])]],
  ReduceSum: [[13, axes]],
  Resize: [
    [11, plainResize],
    [
      13,
      (node) =>
        node.attrs['coordinate_transformation_mode'] === 'tf_half_pixel_for_nn'
          ? refuse(node, 'coordinate_transformation_mode tf_half_pixel_for_nn exists only')
          : node,
    ],
  ],
  RoiAlign: [[16, (node) => changed(node, { attrs: { coordinate_transformation_mode: 'output_half_pixel', ...node.attrs } })]],
  Scan: [[9, (node) => refuse(node, 'a batched Scan exists only')]],
  Scatter: [[11, (node) => changed(node, { opType: 'ScatterElements' })]],
  Slice: [[10, toInputs(['starts', 'int64', 'list'], ['ends', 'int64', 'list'], ['axes', 'int64', 'list'])]],
  Softmax: [[13, flattening]],
  Split: [
    [13, toInputs(['split', 'int64', 'list'])],
    [18, (node) => (node.inputs[1] === undefined ? changed(node, { attrs: { ...node.attrs, num_outputs: node.outputs.length } }) : node)],
  ],
  Squeeze: [[13, axes]],
  TopK: [[10, toInputs(['k', 'int64', 'list'])]],
  Unsqueeze: [[13, axes]],
  Upsample: [[10, plainResize]],
};

const renamedMode = ({ attrs: { mode = 'linear' } }: OldNode): AttrValue =>
  Object.hasOwn(gridModes, String(mode)) ? gridModes[String(mode)]! : mode;
