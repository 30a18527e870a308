import type { Value } from '@vitrine/ir';
import { linear, positions } from './layers.js';
import type { Net, Outputs } from './net.js';

/** A class of model, as config.json names them: from its inputs to its outputs. */
export type Build = (net: Net) => Outputs;

/** Models that share a body: one file of `architectures`. */
export interface Family {
  /** What `model_type` of config.json says. */
  readonly type: string;
  /** What this family calls values of config.json that most call otherwise. */
  readonly aliases?: { readonly [key: string]: string };
  /** The extent of texts, where it is not that of examples: as many as one likes go with each picture. */
  readonly texts?: string;
  readonly classes: { readonly [className: string]: Build };
}

/** A body's last hidden state [B,S,D]. */
export type Body = (net: Net) => Value;

export const lastHidden =
  (body: Body): Build =>
  (net) => ({ last_hidden_state: body(net) });

/** The first token's state [B,D]. */
export const firstToken = ({ op, b }: Net, x: Value): Value => op.Gather(x, b.scalar(0, 'int64'), { axis: 1 });

/** The state [B,D] at the last token of each text that is marked: 1 in `marks` [B,S]. x: [B,S,D] */
export function lastMarked(net: Net, x: Value, marks: Value): Value {
  const { op } = net;
  const places = op.Mul(marks, op.Add(positions(net), 1));
  return op.GatherND(x, op.ArgMax(places, { axis: 1, keepdims: 1 }), { batch_dims: 1 });
}

/** Scores of a text [B,C] from its state [B,D] as `pool` makes it. */
export const textClasses =
  (body: Body, pool: (net: Net, x: Value) => Value, head = 'classifier'): Build =>
  (net) => ({ logits: linear(net, pool(net, body(net)), head) });

/** Scores of each choice [B,C]; the body sees choices as texts of their own. */
export const textChoices =
  (body: Body, pool: (net: Net, x: Value) => Value): Build =>
  (net) => ({ logits: net.op.Reshape(linear(net, pool(net, body(net)), 'classifier', 1), net.outer) });

/** Scores of each token [B,S,C]. */
export const tokenClasses =
  (body: Body, head = 'classifier'): Build =>
  (net) => ({ logits: linear(net, body(net), head) });

/** Scores of each token as the start and as the end of an answer, [B,S] each. */
export const answerSpans =
  (body: Body, head = 'qa_outputs'): Build =>
  (net) => {
    const { op, b } = net;
    const [start, end] = op.Split(linear(net, body(net), head, 2), b.ints([1, 1]), { axis: -1, outputs: 2 }) as readonly [Value, Value];
    return { start_logits: op.Squeeze(start, b.ints([-1])), end_logits: op.Squeeze(end, b.ints([-1])) };
  };
