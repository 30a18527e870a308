import type { Value } from '@vitrine/ir';
import { embeddings, encoderLayer, epsilonOf, type LayerNames } from '../encoder.js';
import { answerSpans, firstToken, lastHidden, textChoices, textClasses, tokenClasses, type Family } from '../family.js';
import { activation, linear, norms, vocabulary, wordTable } from '../layers.js';
import type { Net } from '../net.js';
import { plain } from './bert.js';

const names: LayerNames = {
  query: 'attention.query',
  key: 'attention.key',
  value: 'attention.value',
  output: 'attention.dense',
  attentionNorm: 'attention.LayerNorm',
  up: 'ffn',
  down: 'ffn_output',
  outputNorm: 'full_layer_layer_norm',
};

const embeddingWidth = (net: Net): number => net.config.size('embedding_size', 128);

/** Layers share their weights by groups. */
function body(whole: Net): Value {
  const net = whole.body('albert.');
  plain(net);
  const { config } = net;
  const [layers, groups, inner] = [
    config.size('num_hidden_layers'),
    config.size('num_hidden_groups', 1),
    config.size('inner_group_num', 1),
  ];
  if (layers * inner > 1000) config.refuse(`${layers} times ${inner} layers are more than 1000`);
  let x = linear(net, embeddings(net, embeddingWidth(net)), 'encoder.embedding_hidden_mapping_in', config.size('hidden_size'));
  for (let i = 0; i < layers; i++) {
    const group = `encoder.albert_layer_groups.${Math.floor((i * groups) / layers)}.`;
    for (let j = 0; j < inner; j++) x = encoderLayer(net.under(`${group}albert_layers.${j}.`), x, names, `layers.${i * inner + j}`);
  }
  return x;
}

const pooled = (net: Net, x: Value): Value =>
  net.op.Tanh(linear(net.body('albert.'), firstToken(net, x), 'pooler', net.config.size('hidden_size')));

export const albert = {
  type: 'albert',
  classes: {
    AlbertModel: lastHidden(body),
    AlbertForSequenceClassification: textClasses(body, pooled),
    AlbertForMultipleChoice: textChoices(body, pooled),
    AlbertForTokenClassification: tokenClasses(body),
    AlbertForQuestionAnswering: answerSpans(body),
    AlbertForMaskedLM: (net) => {
      const x = norms.layer(
        net,
        activation(net, linear(net, body(net), 'predictions.dense', embeddingWidth(net))),
        'predictions.LayerNorm',
        epsilonOf(net),
      );
      const table = wordTable(net.body('albert.'), 'embeddings.word_embeddings', embeddingWidth(net));
      return { logits: vocabulary(net, x, 'predictions.decoder', table, 'predictions.bias') };
    },
  },
} satisfies Family;
