import type { Value } from '@vitrine/ir';
import { embeddings, encoderLayers } from '../encoder.js';
import { answerSpans, firstToken, lastHidden, textClasses, tokenClasses, type Family } from '../family.js';
import { activation, linear, norms, vocabulary, wordTable } from '../layers.js';
import type { Net } from '../net.js';
import { bertLayer, bertNames, plain } from './bert.js';

const embeddingWidth = (net: Net): number => net.config.size('embedding_size', 128);

function body(whole: Net): Value {
  const net = whole.body('electra.');
  plain(net);
  const width = net.config.size('hidden_size');
  const x = embeddings(net, embeddingWidth(net));
  const grown = embeddingWidth(net) === width ? x : linear(net, x, 'embeddings_project', width);
  return encoderLayers(net, grown, bertLayer, bertNames);
}

const pooled = (net: Net, x: Value): Value =>
  net.op.Gelu(linear(net, firstToken(net, x), 'classifier.dense', net.config.size('hidden_size')));

export const electra = {
  type: 'electra',
  classes: {
    ElectraModel: lastHidden(body),
    ElectraForSequenceClassification: textClasses(body, pooled, 'classifier.out_proj'),
    ElectraForTokenClassification: tokenClasses(body),
    ElectraForQuestionAnswering: answerSpans(body),
    /** The discriminator: how likely each token was replaced, [B,S]. */
    ElectraForPreTraining: (net) => {
      const x = activation(net, linear(net, body(net), 'discriminator_predictions.dense', net.config.size('hidden_size')));
      return { logits: net.op.Squeeze(linear(net, x, 'discriminator_predictions.dense_prediction', 1), net.b.ints([-1])) };
    },
    ElectraForMaskedLM: (net) => {
      const x = net.op.Gelu(linear(net, body(net), 'generator_predictions.dense', embeddingWidth(net)));
      const table = wordTable(net.body('electra.'), 'embeddings.word_embeddings', embeddingWidth(net));
      const epsilon = net.config.number('layer_norm_eps', 1e-12);
      return { logits: vocabulary(net, norms.layer(net, x, 'generator_predictions.LayerNorm', epsilon), 'generator_lm_head', table) };
    },
  },
} satisfies Family;
