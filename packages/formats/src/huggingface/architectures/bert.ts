import type { Value } from '@vitrine/ir';
import { embeddings, encoderLayers, epsilonOf, type LayerNames } from '../encoder.js';
import { answerSpans, firstToken, lastHidden, textChoices, textClasses, tokenClasses, type Family } from '../family.js';
import { activation, linear, norms, vocabulary, wordTable } from '../layers.js';
import type { Net } from '../net.js';

/** Names that BERT shares with RoBERTa and ELECTRA. */
export const bertNames: LayerNames = {
  query: 'attention.self.query',
  key: 'attention.self.key',
  value: 'attention.self.value',
  output: 'attention.output.dense',
  attentionNorm: 'attention.output.LayerNorm',
  up: 'intermediate.dense',
  down: 'output.dense',
  outputNorm: 'output.LayerNorm',
};

export const bertLayer = (i: number): string => `encoder.layer.${i}.`;

/** Refuses variants that are computed otherwise. */
export function plain({ config }: Net): void {
  const kind = config.text('position_embedding_type', 'absolute');
  if (kind !== 'absolute') config.refuse(`position embeddings of type ${kind} are not supported, only absolute`);
  if (config.flag('is_decoder', false)) config.refuse('an encoder as decoder (is_decoder) is not supported');
}

function body(whole: Net): Value {
  const net = whole.body('bert.');
  plain(net);
  return encoderLayers(net, embeddings(net, net.config.size('hidden_size')), bertLayer, bertNames);
}

function pooled(net: Net, x: Value): Value {
  return net.op.Tanh(linear(net.body('bert.'), firstToken(net, x), 'pooler.dense', net.config.size('hidden_size')));
}

export const bert = {
  type: 'bert',
  classes: {
    BertModel: lastHidden(body),
    BertForSequenceClassification: textClasses(body, pooled),
    BertForMultipleChoice: textChoices(body, pooled),
    BertForTokenClassification: tokenClasses(body),
    BertForQuestionAnswering: answerSpans(body),
    BertForMaskedLM: (net) => {
      const width = net.config.size('hidden_size');
      const x = activation(net, linear(net, body(net), 'cls.predictions.transform.dense', width));
      const y = norms.layer(net, x, 'cls.predictions.transform.LayerNorm', epsilonOf(net));
      const table = wordTable(net.body('bert.'), 'embeddings.word_embeddings', width);
      return { logits: vocabulary(net, y, 'cls.predictions.decoder', table, 'cls.predictions.bias') };
    },
  },
} satisfies Family;
