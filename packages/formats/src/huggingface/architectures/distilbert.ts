import type { Value } from '@vitrine/ir';
import { embeddings, encoderLayers } from '../encoder.js';
import { answerSpans, firstToken, lastHidden, textChoices, textClasses, tokenClasses, type Family } from '../family.js';
import { activation, linear, norms, vocabulary, wordTable } from '../layers.js';
import type { Net } from '../net.js';

function body(whole: Net): Value {
  const net = whole.body('distilbert.');
  const x = embeddings(net, net.config.size('hidden_size'), { types: false });
  return encoderLayers(net, x, (i) => `transformer.layer.${i}.`, {
    query: 'attention.q_lin',
    key: 'attention.k_lin',
    value: 'attention.v_lin',
    output: 'attention.out_lin',
    attentionNorm: 'sa_layer_norm',
    up: 'ffn.lin1',
    down: 'ffn.lin2',
    outputNorm: 'output_layer_norm',
  });
}

const pooled = (net: Net, x: Value): Value =>
  net.op.Relu(linear(net, firstToken(net, x), 'pre_classifier', net.config.size('hidden_size')));

export const distilbert = {
  type: 'distilbert',
  aliases: {
    hidden_size: 'dim',
    num_hidden_layers: 'n_layers',
    num_attention_heads: 'n_heads',
    intermediate_size: 'hidden_dim',
    hidden_act: 'activation',
  },
  classes: {
    DistilBertModel: lastHidden(body),
    DistilBertForSequenceClassification: textClasses(body, pooled),
    DistilBertForMultipleChoice: textChoices(body, pooled),
    DistilBertForTokenClassification: tokenClasses(body),
    DistilBertForQuestionAnswering: answerSpans(body),
    DistilBertForMaskedLM: (net) => {
      const width = net.config.size('hidden_size');
      const x = norms.layer(net, activation(net, linear(net, body(net), 'vocab_transform', width)), 'vocab_layer_norm', 1e-12);
      return { logits: vocabulary(net, x, 'vocab_projector', wordTable(net.body('distilbert.'), 'embeddings.word_embeddings', width)) };
    },
  },
} satisfies Family;
