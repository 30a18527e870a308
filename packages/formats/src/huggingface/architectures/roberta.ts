import type { Value } from '@vitrine/ir';
import { embeddings, encoderLayers, epsilonOf } from '../encoder.js';
import { answerSpans, firstToken, lastHidden, textChoices, textClasses, tokenClasses, type Family } from '../family.js';
import { linear, norms, positionsAfterPadding, vocabulary, wordTable } from '../layers.js';
import type { Net } from '../net.js';
import { bertLayer, bertNames, plain } from './bert.js';

function body(whole: Net): Value {
  const net = whole.body('roberta.');
  plain(net);
  const places = positionsAfterPadding(net, net.config.number('pad_token_id', 1));
  return encoderLayers(net, embeddings(net, net.config.size('hidden_size'), { places }), bertLayer, bertNames);
}

const pooled = (net: Net, x: Value): Value =>
  net.op.Tanh(linear(net, firstToken(net, x), 'classifier.dense', net.config.size('hidden_size')));

const pooler = (net: Net, x: Value): Value =>
  net.op.Tanh(linear(net.body('roberta.'), firstToken(net, x), 'pooler.dense', net.config.size('hidden_size')));

export const roberta = {
  type: 'roberta',
  classes: {
    RobertaModel: lastHidden(body),
    RobertaForSequenceClassification: textClasses(body, pooled, 'classifier.out_proj'),
    RobertaForMultipleChoice: textChoices(body, pooler),
    RobertaForTokenClassification: tokenClasses(body),
    RobertaForQuestionAnswering: answerSpans(body),
    RobertaForMaskedLM: (net) => {
      const width = net.config.size('hidden_size');
      const x = norms.layer(net, net.op.Gelu(linear(net, body(net), 'lm_head.dense', width)), 'lm_head.layer_norm', epsilonOf(net));
      const table = wordTable(net.body('roberta.'), 'embeddings.word_embeddings', width);
      return { logits: vocabulary(net, x, 'lm_head.decoder', table, 'lm_head.bias') };
    },
  },
} satisfies Family;
