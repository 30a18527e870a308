import { builder, dtypes, isFloat, type Builder, type DType, type Graph, type Ops, type TensorType, type Value } from '@vitrine/ir';
import type { Checkpoint } from '../checkpoint.js';
import { FormatError } from '../error.js';
import type { Config } from './config.js';

/** A network while it is built: operators, the folder's tensors, and inputs, which the model has from when they are first asked for. */
export interface Net {
  readonly b: Builder;
  readonly op: Ops;
  readonly config: Config;
  /** Extents of the model's inputs but for the last: of texts, or of texts and their choices. */
  readonly outer: Value;
  /** Token numbers [B,S]. */
  readonly ids: Value;
  /** 1 for tokens, 0 for padding: [B,S]. Undefined for text that is never padded. */
  readonly mask: Value | undefined;
  /** Keys and values of the tokens before, in a graph that reads on from where it stopped: its tokens then count from P, the number of those. */
  readonly past: Past | undefined;
  /** Segment numbers [B,S]. */
  types(): Value;
  /** Any other input. */
  input(name: string, type: TensorType): Value;
  /** The same network where it reads these tokens [B,T], without padding: what a decoder has said so far. */
  reading(ids: Value): Net;
  /** The same by another configuration: that of a part. */
  by(config: Config): Net;
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

/** What attention has read before, as inputs past_key_values.I.key and .value [B,K,P,D]; what it has then read are outputs present.I.key and .value. */
export interface Past {
  /** Number of tokens with those before: int64 scalar, P + S. */
  readonly total: Value;
  /** A layer's keys and values [B,K,S,D] behind those of the tokens before: [B,K,P+S,D]. */
  extended(layer: number, seen: KeysAndValues): KeysAndValues;
}

interface KeysAndValues {
  readonly keys: Value;
  readonly values: Value;
}

/** Names of tensors in older checkpoints, which TensorFlow gave them. */
const OLDER: readonly (readonly [RegExp, string])[] = [
  [/LayerNorm\.weight$/, 'LayerNorm.gamma'],
  [/LayerNorm\.bias$/, 'LayerNorm.beta'],
];

/** Tensors of layers that hold nothing learned: masks and frequencies. */
const BUFFERS = /(rotary_emb\.inv_freq|attn\.bias|attention\.bias|masked_bias|position_ids)$/;

export type Outputs = { readonly [name: string]: Value };

/** What a network reads as text. */
type Reading = Pick<Net, 'ids' | 'mask'>;

/** A part of a network: what it reads, from when it first does, and what it worked out from that. */
interface Part {
  readonly reading: () => Reading;
  readonly once: Net['once'];
  readonly past: Past | undefined;
}

function partReading(read: () => Reading, past?: Past): Part {
  const reading = kept<Reading>();
  return { reading: () => reading('text', read), once: kept(), past };
}

/** Each value by its name, made when it is first asked for. */
function kept<T>(): (name: string, make: () => T) => T {
  const made = new Map<string, T>();
  return (name, make) => {
    const value = made.get(name) ?? make();
    made.set(name, value);
    return value;
  };
}

/**
 * The graph that `build` makes of the inputs that it asks for. Those of text are int64 of extents `dims`; where there are more than two,
 * `build` sees all but the last as one. With `cached` the text is read on from where it stopped: attention_mask then stands for all its
 * tokens, and keys and values go in and out.
 */
export function network(
  whole: Config,
  checkpoint: Checkpoint,
  dims: readonly string[],
  build: (net: Net) => Outputs,
  { cached = false }: { readonly cached?: boolean } = {},
): Graph {
  const b = builder();
  const { op } = b;
  const inputs = kept<Value>();
  const input: Net['input'] = (name, type) => inputs(name, () => b.input(name, type));
  const tokens = (name: string): Value =>
    input(name, { dtype: 'int64', shape: cached && name === 'attention_mask' ? [...dims.slice(0, -1), 'total'] : dims });
  const flat = (x: Value): Value => (dims.length === 2 ? x : op.Flatten(x, { axis: -1 }));
  // Both at once, so that inputs have their usual order.
  const text = (): Reading => ({ ids: flat(tokens('input_ids')), mask: flat(tokens('attention_mask')) });
  const presents: { [name: string]: Value } = {};
  const past = cached ? pastIn(b, () => tokens('attention_mask'), presents) : undefined;
  const weights = kept<Value>();
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
    return weights(name, () => {
      const value = b.initializer(found, name);
      return type.dtype === 'float32' ? value : cast({ op }, value, 'float32');
    });
  }
  const scoped = (prefix: string, config: Config, part: Part): Net => ({
    b,
    op,
    config,
    input,
    get outer() {
      return op.Shape(tokens('input_ids'), { start: 0, end: -1 });
    },
    get ids() {
      return part.reading().ids;
    },
    get mask() {
      return part.reading().mask;
    },
    past: part.past,
    types: () => part.once('types', () => flat(tokens('token_type_ids'))),
    once: part.once,
    weight: (name, shape) => weight(prefix + name, shape),
    has: (name) => checkpoint.has(stored(prefix + name)),
    under: (inner) => scoped(prefix + inner, config, part),
    body: (inner) => scoped(prefix + (checkpoint.names.some((name) => name.startsWith(prefix + inner)) ? inner : ''), config, part),
    reading: (ids) =>
      scoped(
        prefix,
        config,
        partReading(() => ({ ids, mask: undefined })),
      ),
    by: (other) => scoped(prefix, other, part),
  });
  const outputs = Object.entries({ ...build(scoped('', whole, partReading(text, past))), ...presents });
  const spare = checkpoint.names.find((name) => /(^|\.)\d+\./.test(name) && !read.has(name) && !BUFFERS.test(name));
  // What is left over says that the network is another one than its name says.
  if (spare !== undefined)
    throw new FormatError(
      'unsupported',
      `${checkpoint.tensor(spare).file} holds tensor ${spare}, which the model that config.json names has no use for`,
    );
  const lost = lostBias(checkpoint, read);
  if (lost !== undefined)
    throw new FormatError(
      'missing-tensor',
      `${checkpoint.tensor(lost.of).file} holds no tensor ${lost.name}, though other layers have theirs: take the files anew, they are not whole`,
    );
  const named = outputs.map(([name, value]) => b.named({ opType: 'Identity', name, inputs: [value], attrs: {} }, [name])[0]!);
  return b.build(named);
}

/** A layer without the bias that others like it have: a layer that has none by design is never the only one. */
function lostBias(checkpoint: Checkpoint, read: ReadonlySet<string>): { readonly name: string; readonly of: string } | undefined {
  const kind = (name: string): string => name.replaceAll(/\d+/g, '#');
  const kinds = new Set(checkpoint.names.map(kind));
  return [...read]
    .map((of) => ({ name: of.replace(/weight$/, 'bias'), of }))
    .find(({ name, of }) => name !== of && !checkpoint.has(name) && kinds.has(kind(name)));
}

function pastIn(b: Builder, mask: () => Value, presents: { [name: string]: Value }): Past {
  const { op } = b;
  return {
    get total() {
      return op.Squeeze(op.Shape(mask(), { start: 1, end: 2 }), b.ints([0]));
    },
    extended(layer, { keys, values }) {
      const extend = (x: Value, what: 'key' | 'value'): Value => {
        const [, heads, , width] = x.type.shape!;
        const before = b.input(`past_key_values.${layer}.${what}`, { dtype: 'float32', shape: ['batch', heads!, 'past', width!] });
        return (presents[`present.${layer}.${what}`] = op.Concat(before, x, { axis: 2 }));
      };
      return { keys: extend(keys, 'key'), values: extend(values, 'value') };
    },
  };
}

/** Extent of the last axis. @throws FormatError where it is not known */
export function widthOf({ name, type: { shape } }: Value): number {
  const width = shape?.at(-1);
  if (typeof width !== 'number') throw new FormatError('unsupported', `the width of ${name} is not known`);
  return width;
}

/** As another dtype. */
export const cast = ({ op }: Pick<Net, 'op'>, x: Value, dtype: DType): Value => op.Cast(x, { to: dtypes[dtype].code });
