import type { Builder } from '../builder.js';
import { GraphError } from '../error.js';
import type { AttrValue, Value } from '../graph.js';
import { OPSET, schemas } from '../schema.js';
import { tensorOf } from '../tensor.js';

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
type Step = (node: OldNode, b: Builder) => OldNode | readonly (Value | undefined)[];

const changed = (node: OldNode, change: Partial<OldNode>): OldNode => ({ ...node, ...change });
const without = (attrs: OldNode['attrs'], ...names: readonly string[]): OldNode['attrs'] =>
  Object.fromEntries(Object.entries(attrs).filter(([name]) => !names.includes(name)));
const refuse = ({ opType, name, version }: OldNode, why: string): never => {
  throw new GraphError(
    'unsupported-version',
    `${opType} (at ${name}): ${why} in opset ${version}: export the model again with opset 13 or later`,
  );
};

/** Attributes that became inputs, from position 1 on. */
const inputs =
  (...list: readonly (readonly [attr: string, dtype: 'int64' | 'like' | 'float32', dims: 'scalar' | 'list'])[]): Step =>
  (node, b) => {
    const made = list.map(([attr, dtype, dims], i) => {
      const value = node.attrs[attr] as number | readonly number[] | undefined;
      if (value === undefined) return node.inputs[i + 1];
      const values = typeof value === 'number' ? [value] : value;
      const type = dtype === 'like' ? (node.inputs[0]!.type.dtype as 'float32') : dtype;
      return b.initializer(tensorOf(type, dims === 'scalar' ? [] : [values.length], values), `${node.name}/${attr}`);
    });
    const trimmed = made.slice(0, made.findLastIndex((v) => v !== undefined) + 1);
    return changed(node, { inputs: [node.inputs[0], ...trimmed], attrs: without(node.attrs, ...list.map(([attr]) => attr)) });
  };

const axes = inputs(['axes', 'int64', 'list']);

/** Before opset 13 these flattened their input to a matrix at `axis`, 1 by default. */
const flattening: Step = (node, b) => {
  const x = node.inputs[0]!;
  const axis = (node.attrs['axis'] as number | undefined) ?? 1;
  const rank = x.type.shape?.length;
  if (rank !== undefined && (axis === rank - 1 || axis === -1)) return changed(node, { attrs: { axis: -1 } });
  const { op } = b;
  const shape = op.Shape(x);
  const flat = op.Flatten(x, { axis });
  const [y] = b.node(node.opType, [flat], { axis: -1 });
  return b.named({ opType: 'Reshape', name: node.name, inputs: [y, shape], attrs: {} }, node.outputs);
};

/** Resize without coordinate modes: pixel corners line up; ONNX Runtime rounds down when enlarging and up when shrinking. */
const plainResize: Step = (node, b) => {
  const scales = node.attrs['scales'] as readonly number[] | undefined;
  const by = scales === undefined ? node.inputs[1] : b.initializer(tensorOf('float32', [scales.length], scales), `${node.name}/scales`);
  const shrinks = by?.known?.values.some((s) => typeof s === 'number' && s < 1) ?? false;
  return changed(node, {
    opType: 'Resize',
    inputs: [node.inputs[0], undefined, by],
    attrs: {
      mode: (node.attrs['mode'] as string | undefined) ?? 'nearest',
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: shrinks ? 'ceil' : 'floor',
    },
  });
};

const perGroupToPerChannel: Step = (node, b) => {
  const [x, scale, bias] = node.inputs as readonly [Value, Value, Value];
  const groups = node.attrs['num_groups'] as number;
  const channels = x.type.shape?.[1];
  if (typeof channels !== 'number') return refuse(node, 'scale and bias per group need a known number of channels');
  const { op } = b;
  const spread = (v: Value): Value =>
    op.Reshape(op.Expand(op.Unsqueeze(v, b.ints([1])), b.ints([groups, channels / groups])), b.ints([-1]));
  return changed(node, { inputs: [x, spread(scale), spread(bias)] });
};

const reductions = Object.fromEntries(
  ['L1', 'L2', 'LogSum', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'SumSquare'].map((name) => [`Reduce${name}`, [[18, axes]] as const]),
);

/** Steps by operator: each applies to nodes written before the version it names. */
const steps: { readonly [opType: string]: readonly (readonly [before: number, step: Step])[] } = {
  ...reductions,
  BatchNormalization: [
    [
      9,
      (node) =>
        node.attrs['spatial'] === 0
          ? refuse(node, 'statistics per pixel (spatial = 0) are not readable')
          : changed(node, { attrs: without(node.attrs, 'spatial') }),
    ],
    [14, (node) => changed(node, { outputs: node.outputs.slice(0, 1) })],
  ],
  Cast: [[9, (node) => node]],
  Clip: [[11, inputs(['min', 'like', 'scalar'], ['max', 'like', 'scalar'])]],
  DFT: [
    [
      20,
      (node, b) =>
        changed(node, {
          inputs: [node.inputs[0], node.inputs[1], b.scalar((node.attrs['axis'] as number | undefined) ?? 1, 'int64')],
          attrs: without(node.attrs, 'axis'),
        }),
    ],
  ],
  Dropout: [[12, inputs(['ratio', 'float32', 'scalar'])]],
  GridSample: [
    [
      20,
      (node) =>
        changed(node, {
          attrs: {
            ...node.attrs,
            mode:
              ({ bilinear: 'linear', bicubic: 'cubic' } as Record<string, string>)[node.attrs['mode'] as string] ??
              node.attrs['mode'] ??
              'linear',
          },
        }),
    ],
  ],
  GroupNormalization: [[21, perGroupToPerChannel]],
  Hardmax: [[13, flattening]],
  LogSoftmax: [[13, flattening]],
  Pad: [[11, inputs(['pads', 'int64', 'list'], ['value', 'like', 'scalar'])]],
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
  Slice: [[10, inputs(['starts', 'int64', 'list'], ['ends', 'int64', 'list'], ['axes', 'int64', 'list'])]],
  Softmax: [[13, flattening]],
  Split: [
    [13, inputs(['split', 'int64', 'list'])],
    [18, (node) => (node.inputs[1] === undefined ? changed(node, { attrs: { ...node.attrs, num_outputs: node.outputs.length } }) : node)],
  ],
  Squeeze: [[13, axes]],
  TopK: [[10, inputs(['k', 'int64', 'list'])]],
  Unsqueeze: [[13, axes]],
  Upsample: [[10, plainResize]],
};

/**
 * Adds a node of any opset to the builder, said in the inner opset.
 * @throws GraphError 'unknown-operator', 'unsupported-version' or 'malformed', naming operator and node
 */
export function upgrade(old: OldNode, b: Builder): readonly (Value | undefined)[] {
  let node = old;
  if (!old.opType.includes('.')) {
    for (const [before, step] of steps[old.opType] ?? []) {
      if (old.version >= before) continue;
      const next = step(node, b);
      if (Array.isArray(next)) return next;
      node = next as OldNode;
    }
    if (!Object.hasOwn(schemas, node.opType))
      throw new GraphError(
        'unknown-operator',
        `${node.opType} (at ${node.name}) is not an operator that ONNX defines up to opset ${OPSET}`,
      );
  }
  if (Object.hasOwn(schemas, node.opType)) check(node);
  return b.named(node, node.outputs);
}

function check({ opType, name, attrs }: OldNode): void {
  const specs = schemas[opType as keyof typeof schemas].attrs as {
    readonly [name: string]: { readonly kind: string; readonly required: boolean };
  };
  for (const [attr, { kind, required }] of Object.entries(specs)) {
    const value = attrs[attr];
    if (value === undefined && required) throw new GraphError('malformed', `${opType} (at ${name}): attribute ${attr} is missing`);
    if (value !== undefined && !fits(kind, value))
      throw new GraphError('malformed', `${opType} (at ${name}): attribute ${attr} must be of type ${kind}`);
  }
  const stranger = Object.keys(attrs).find((attr) => !Object.hasOwn(specs, attr));
  if (stranger !== undefined) throw new GraphError('malformed', `${opType} (at ${name}): has no attribute ${stranger}`);
}

function fits(kind: string, value: AttrValue): boolean {
  if (kind === 'float') return typeof value === 'number';
  if (kind === 'int') return Number.isInteger(value);
  if (kind === 'string') return typeof value === 'string';
  if (kind === 'tensor') return typeof value === 'object' && 'dims' in value;
  if (kind === 'graph') return typeof value === 'object' && 'nodes' in value;
  if (kind === 'sparse' || kind === 'type') return typeof value === 'object' && ('opaque' in value || 'dims' in value);
  return Array.isArray(value) && value.every((v) => typeof v === (kind === 'strings' ? 'string' : 'number'));
}
