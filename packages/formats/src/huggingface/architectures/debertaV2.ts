import type { Value } from '@vitrine/ir';
import { split } from '../attention.js';
import { embeddings, encoderLayers, epsilonOf, type LayerNames, type Rescored } from '../encoder.js';
import { answerSpans, firstToken, lastHidden, textChoices, textClasses, tokenClasses, type Family } from '../family.js';
import { activation, linear, norms, positions, vocabulary, wordTable } from '../layers.js';
import { cast, widthOf, type Net } from '../net.js';
import { bertLayer, bertNames } from './bert.js';

const names: LayerNames = {
  ...bertNames,
  query: 'attention.self.query_proj',
  key: 'attention.self.key_proj',
  value: 'attention.self.value_proj',
};

/** Kinds of relative attention, as `pos_att_type` names them: content to position, position to content. */
function kindsOf({ config }: Net): readonly string[] {
  const said = config.given('pos_att_type') ?? [];
  const kinds = typeof said === 'string' ? said.toLowerCase().split('|') : said;
  const isKnown = Array.isArray(kinds) && kinds.every((kind) => kind === 'c2p' || kind === 'p2c');
  return isKnown ? (kinds as readonly string[]) : config.refuse('pos_att_type may hold c2p and p2c only');
}

/** How far positions are told apart, and how many embeddings there are to each side. */
function spans({ config }: Net): { readonly most: number; readonly buckets: number; readonly side: number } {
  const said = config.number('max_relative_positions', -1);
  const most = said < 1 ? config.size('max_position_embeddings') : said;
  const buckets = config.number('position_buckets', -1);
  return { most, buckets, side: buckets > 0 ? buckets : most };
}

/** Distance of each query from each key, far ones in buckets that grow with the distance: int64 [S,S]. He et al. 2021, arXiv:2111.09543, as published in code. */
const distances = (net: Net): Value =>
  net.once('distances', () => {
    const { op, b } = net;
    const { most, buckets } = spans(net);
    const apart = op.Sub(op.Unsqueeze(positions(net), b.ints([1])), op.Unsqueeze(positions(net), b.ints([0])));
    if (buckets <= 0) return apart;
    const near = Math.floor(buckets / 2);
    const size = cast(net, op.Abs(apart), 'float32');
    const far = op.Div(op.Log(op.Div(op.Max(size, near), near)), Math.log((most - 1) / near));
    const bucket = cast(net, op.Add(op.Ceil(op.Mul(far, near - 1)), near), 'int64');
    return op.Where(op.LessOrEqual(size, near), apart, op.Mul(bucket, op.Sign(apart)));
  });

/** Disentangled attention: scores between contents and relative positions beside those between contents. He et al. 2021, arXiv:2006.03654, section 3.1. */
const disentangled =
  (body: Net): Rescored =>
  (net, { queries, keys }) => {
    const { op, b, config } = net;
    const kinds = kindsOf(net);
    const scale = (widthOf(queries) * (1 + kinds.length)) ** -0.5;
    if (!config.flag('relative_attention', false)) return { scale };
    const [width, heads] = [config.size('hidden_size'), config.size('num_attention_heads')];
    const { side } = spans(net);
    const shared = config.flag('share_att_key', false);
    const relative = body.once('relative', () => relativeEmbeddings(body, 2 * side, width));
    /** Scores [B,H,S,2·side] of states against all relative positions, each taken at its distance: [B,H,S,S]. */
    const against = (states: Value, name: string, at: Value): Value => {
      const places = split(net, op.Unsqueeze(linear(net, relative, name, width), b.ints([0])), heads);
      const scores = op.MatMul(states, op.Transpose(places, { perm: [0, 1, 3, 2] }));
      const index = op.Clip(op.Add(at, side), 0, 2 * side - 1);
      const shape = op.Concat(op.Shape(states, { start: 0, end: 3 }), op.Shape(states, { start: 2, end: 3 }), { axis: 0 });
      return op.GatherElements(scores, op.Expand(index, shape), { axis: -1 });
    };
    const parts: { readonly [kind: string]: () => Value } = {
      c2p: () => against(queries, shared ? names.key : 'attention.self.pos_key_proj', distances(net)),
      p2c: () =>
        op.Transpose(against(keys, shared ? names.query : 'attention.self.pos_query_proj', op.Neg(distances(net))), { perm: [0, 1, 3, 2] }),
    };
    if (kinds.length === 0) return { scale };
    return {
      scale,
      added: op.Mul(
        kinds.map((kind) => parts[kind]!()).reduce((sum, part) => op.Add(sum, part)),
        scale,
      ),
    };
  };

function relativeEmbeddings(net: Net, count: number, width: number): Value {
  const table = net.weight('encoder.rel_embeddings.weight', [count, width]);
  const normed = net.config.text('norm_rel_ebd', 'none').includes('layer_norm');
  return normed ? norms.layer(net, table, 'encoder.LayerNorm', epsilonOf(net)) : table;
}

function body(whole: Net): Value {
  const net = whole.body('deberta.');
  const { config } = net;
  const width = config.size('hidden_size');
  if (config.size('embedding_size', width) !== width) config.refuse('embeddings of another width (embedding_size) are not supported');
  if (config.number('conv_kernel_size', 0) > 0) config.refuse('a convolution after the first layer (conv_kernel_size) is not supported');
  const types = config.number('type_vocab_size', 0) > 0;
  const x = embeddings(net, width, { types, ...(config.flag('position_biased_input', true) ? {} : { places: null }) });
  return encoderLayers(net, x, bertLayer, names, disentangled(net));
}

const pooled = (net: Net, x: Value): Value =>
  activation(net, linear(net, firstToken(net, x), 'pooler.dense', net.config.size('hidden_size')), 'pooler_hidden_act', 'gelu');

export const debertaV2 = {
  type: 'deberta-v2',
  classes: {
    DebertaV2Model: lastHidden(body),
    DebertaV2ForSequenceClassification: textClasses(body, pooled),
    DebertaV2ForMultipleChoice: textChoices(body, pooled),
    DebertaV2ForTokenClassification: tokenClasses(body),
    DebertaV2ForQuestionAnswering: answerSpans(body),
    DebertaV2ForMaskedLM: (net) => {
      const width = net.config.size('hidden_size');
      if (!net.config.flag('legacy', true)) net.config.refuse('the newer head for masked words (legacy: false) is not supported');
      const x = activation(net, linear(net, body(net), 'cls.predictions.transform.dense', width));
      const y = norms.layer(net, x, 'cls.predictions.transform.LayerNorm', epsilonOf(net));
      const table = wordTable(net.body('deberta.'), 'embeddings.word_embeddings', width);
      return { logits: vocabulary(net, y, 'cls.predictions.decoder', table, 'cls.predictions.bias') };
    },
  },
} satisfies Family;
