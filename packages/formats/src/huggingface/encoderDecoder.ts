import type { Value } from '@vitrine/ir';
import { causal, padding, type Scoring } from './attention.js';
import { lastMarked, textClasses, type Body, type Build } from './family.js';
import { linear, wordTable } from './layers.js';
import { cast, type Net } from './net.js';
import type { Seen } from './transformer.js';

/** A network that reads a text [B,S] and says another [B,T] token by token. */
export interface EncoderDecoder {
  /** What names of the body's tensors start with, where there is a head beside it. */
  readonly base: string;
  /** The table of words [V,D]. */
  readonly table: (net: Net) => Value;
  /** The last state [B,S,D] of the text that `net` reads, from its looked up words. */
  readonly encode: (net: Net, words: Value) => Value;
  /** The last state [B,T,D] of what is said, which `net` reads, from its looked up words; `seen` holds the text. */
  readonly decode: (net: Net, words: Value, text: Encoded) => Value;
}

/** What an encoder made of a text [B,S,D], and which of it is no padding: bool [B,1,1,S]. */
export interface Encoded {
  readonly memory: Value;
  readonly allowed: Value | undefined;
}

/** The table of words that encoder and decoder share, by whichever name it is stored. */
export function sharedTable(net: Net): Value {
  const names = ['shared', 'encoder.embed_tokens', 'decoder.embed_tokens'];
  return wordTable(net, names.find((name) => net.has(`${name}.weight`)) ?? names[0]!, net.config.size('hidden_size'));
}

/** An encoder sees its text, but for padding. */
export const seenByEncoder = (scoring: Scoring = {}): Seen => ({ self: (net) => ({ allowed: padding(net), ...scoring }) });

/** A decoder sees what is said up to each token, and the text but for padding. */
export const seenByDecoder = ({ memory, allowed }: Encoded, scoring: Scoring = {}, across: Scoring = {}): Seen => ({
  self: (net) => ({ allowed: causal(net), ...scoring }),
  cross: { memory, scored: () => ({ allowed, ...across }) },
});

const lookedUp = (net: Net, table: Value, scope: string): Value =>
  net.b.within(`${scope}/embeddings/`, () => net.op.Gather(table, net.ids));

const encoded = (net: Net, spec: EncoderDecoder, table: Value): { readonly words: Value; readonly text: Encoded } => {
  const words = lookedUp(net, table, 'encoder');
  return { words, text: { memory: spec.encode(net, words), allowed: padding(net) } };
};

/** The encoder alone: its last state [B,S,D]. */
export const encoderOnly =
  (spec: EncoderDecoder): Body =>
  (whole) => {
    const net = whole.body(spec.base);
    return encoded(net, spec, spec.table(net)).text.memory;
  };

/** The network that reads what is said so far: the input decoder_input_ids [B,T]. */
export const saidSoFar = (net: Net): Net =>
  net.reading(net.input('decoder_input_ids', { dtype: 'int64', shape: ['batch', 'decoder_sequence'] }));

/** The decoder's last state [B,T,D], of what input decoder_input_ids [B,T] says. */
export function spoken(whole: Net, spec: EncoderDecoder): Value {
  const net = whole.body(spec.base);
  const table = spec.table(net);
  const { text } = encoded(net, spec, table);
  const said = saidSoFar(net);
  return spec.decode(said, lookedUp(said, table, 'decoder'), text);
}

/**
 * The decoder's last state [B,S,D] where it says the text again, behind a start. Words are looked up once for encoder and decoder: what is
 * attributed to them is of both.
 */
export const repeated =
  (spec: EncoderDecoder): Body =>
  (whole) => {
    const net = whole.body(spec.base);
    const { op, b } = net;
    const table = spec.table(net);
    const { words, text } = encoded(net, spec, table);
    const shifted = b.within('decoder/embeddings/', () => {
      const start = op.Gather(table, b.scalar(net.config.number('decoder_start_token_id'), 'int64'));
      const first = op.Expand(start, op.Concat(op.Shape(net.ids, { start: 0, end: 1 }), b.ints([1, 1]), { axis: 0 }));
      return op.Concat(first, op.Slice(words, b.ints([0]), b.ints([-1]), b.ints([1])), { axis: 1 });
    });
    return spec.decode(net.reading(net.ids), shifted, text);
  };

/** Scores of a text [B,C], from the state at the last token that ends it. */
export const repeatedTextClasses = (spec: EncoderDecoder): Build =>
  textClasses(
    repeated(spec),
    (net, x) => {
      const ends = net.op.Equal(net.ids, net.b.scalar(net.config.number('eos_token_id'), 'int64'));
      const last = lastMarked(net, x, cast(net, ends, 'int64'));
      return net.op.Tanh(linear(net, last, 'classification_head.dense', net.config.size('hidden_size')));
    },
    'classification_head.out_proj',
  );
