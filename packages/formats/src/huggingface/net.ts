import { builder, dtypes, isFloat, type Builder, type DType, type Graph, type Ops, type Value } from '@vitrine/ir';
import type { Checkpoint } from '../checkpoint.js';
import { FormatError } from '../error.js';
import type { Config } from './config.js';

/** A network while it is built: operators, the folder's tensors, and the inputs of a model of text. */
export interface Net {
  readonly b: Builder;
  readonly op: Ops;
  readonly config: Config;
  /** Extents of the model's inputs but for the last: of texts, or of texts and their choices. */
  readonly outer: Value;
  /** Token numbers [B,S]. */
  readonly ids: Value;
  /** 1 for tokens, 0 for padding: [B,S]. */
  readonly mask: Value;
  /** Segment numbers [B,S], an input of the model from when they are first asked for. */
  types(): Value;
  /** A tensor as float32, of this shape; null stands for any extent. @throws FormatError naming file and tensor */
  weight(name: string, shape: readonly (number | null)[]): Value;
  has(name: string): boolean;
  /** The same for tensors whose names start with this. */
  under(prefix: string): Net;
  /** The same for the body of a model with a head; where no name starts so, the body was stored by itself. */
  body(prefix: string): Net;
  /** What `make` gave when it was first asked for under this name. */
  once(name: string, make: () => Value): Value;
}

/** Names of tensors in older checkpoints, which TensorFlow gave them. */
const OLDER: readonly (readonly [RegExp, string])[] = [
  [/LayerNorm\.weight$/, 'LayerNorm.gamma'],
  [/LayerNorm\.bias$/, 'LayerNorm.beta'],
];

/** Tensors of layers that hold nothing learned: masks and frequencies. */
const BUFFERS = /(rotary_emb\.inv_freq|attn\.bias|attention\.bias|masked_bias|position_ids)$/;

export type Outputs = { readonly [name: string]: Value };

/**
 * The graph that `build` makes of inputs input_ids, attention_mask and, where it asks for them, token_type_ids, all int64 of extents `dims`.
 * Where there are more than two, `build` sees all but the last as one.
 */
export function network(config: Config, checkpoint: Checkpoint, dims: readonly string[], build: (net: Net) => Outputs): Graph {
  const b = builder();
  const { op } = b;
  const flat = (x: Value): Value => (dims.length === 2 ? x : op.Flatten(x, { axis: -1 }));
  const tokens = (name: string): Value => b.input(name, { dtype: 'int64', shape: dims });
  const ids = tokens('input_ids');
  const made = new Map<string, Value>();
  const once: Net['once'] = (name, make) => {
    const value = made.get(name) ?? make();
    made.set(name, value);
    return value;
  };
  const read = new Set<string>();
  const stored = (name: string): string => {
    if (checkpoint.has(name)) return name;
    const older = OLDER.map(([end, old]) => name.replace(end, old)).find((other) => checkpoint.has(other));
    return older ?? name;
  };
  function weight(name: string, shape: readonly (number | null)[]): Value {
    const {
      weight: found,
      weight: { type },
      file,
    } = checkpoint.tensor(stored(name));
    read.add(stored(name));
    if (type.shape.length !== shape.length || shape.some((d, i) => d !== null && d !== type.shape[i]))
      throw new FormatError(
        'wrong-shape',
        `${file}: tensor ${name} has shape [${type.shape.join(',')}], and config.json asks for [${shape.map((d) => d ?? 'any').join(',')}]`,
      );
    if (!isFloat(type.dtype)) throw new FormatError('wrong-dtype', `${file}: tensor ${name} is ${type.dtype}, and weights are floats`);
    return once(`weight ${name}`, () => {
      const value = b.initializer(found, name);
      return type.dtype === 'float32' ? value : cast({ op }, value, 'float32');
    });
  }
  const scoped = (prefix: string): Net => ({
    ...shared,
    weight: (name, shape) => weight(prefix + name, shape),
    has: (name) => checkpoint.has(stored(prefix + name)),
    under: (inner) => scoped(prefix + inner),
    body: (inner) => scoped(prefix + (checkpoint.names.some((name) => name.startsWith(prefix + inner)) ? inner : '')),
  });
  const shared = {
    b,
    op,
    config,
    outer: op.Shape(ids, { start: 0, end: -1 }),
    ids: flat(ids),
    mask: flat(tokens('attention_mask')),
    types: () => once('types', () => flat(tokens('token_type_ids'))),
    once,
  };
  const outputs = Object.entries(build(scoped('')));
  const spare = checkpoint.names.find((name) => /(^|\.)\d+\./.test(name) && !read.has(name) && !BUFFERS.test(name));
  // What is left over says that the network is another one than its name says.
  if (spare !== undefined)
    throw new FormatError(
      'unsupported',
      `${checkpoint.tensor(spare).file} holds tensor ${spare}, which the model that config.json names has no use for`,
    );
  const named = outputs.map(([name, value]) => b.named({ opType: 'Identity', name, inputs: [value], attrs: {} }, [name])[0]!);
  return b.build(named);
}

/** Extent of the last axis. @throws FormatError where it is not known */
export function widthOf({ name, type: { shape } }: Value): number {
  const width = shape?.at(-1);
  if (typeof width !== 'number') throw new FormatError('unsupported', `the width of ${name} is not known`);
  return width;
}

/** As another dtype. */
export const cast = ({ op }: Pick<Net, 'op'>, x: Value, dtype: DType): Value => op.Cast(x, { to: dtypes[dtype].code });
