import type { Value } from '@vitrine/ir';
import { epsilonOf } from '../encoder.js';
import { firstToken, type Family } from '../family.js';
import { activation, linear, mlp, norms } from '../layers.js';
import type { Net } from '../net.js';
import { layers, type Layer } from '../transformer.js';
import { patchCount, patches, withFirst } from '../vision.js';

const layer: Layer = {
  norms: 'pre',
  norm: (net, x, name) => norms.layer(net, x, name, epsilonOf(net)),
  self: {
    query: 'attention.attention.query',
    key: 'attention.attention.key',
    value: 'attention.attention.value',
    output: 'attention.output.dense',
    norm: 'layernorm_before',
  },
  dense: { norm: 'layernorm_after', of: (net, x) => mlp(net, x, { up: 'intermediate.dense', down: 'output.dense' }) },
};

/** The last state [B,N+1,D] of a class token and the patches. */
function body(whole: Net): Value {
  const net = whole.body('vit.');
  const { op, b, config } = net;
  const width = config.size('hidden_size');
  const x = b.within('embeddings/', () => {
    const tokens = withFirst(
      net,
      net.weight('embeddings.cls_token', [1, 1, width]),
      patches(net, 'embeddings.patch_embeddings.projection'),
    );
    return op.Add(tokens, net.weight('embeddings.position_embeddings', [1, patchCount(config) + 1, width]));
  });
  const y = layers(net, x, layer, (i) => `encoder.layer.${i}.`, { self: () => ({}) });
  return norms.layer(net, y, 'layernorm', epsilonOf(net));
}

export const vit = {
  type: 'vit',
  classes: {
    ViTModel: (net) => {
      const [x, pooler] = [body(net), net.under('pooler.')];
      if (!pooler.has('dense.weight')) return { last_hidden_state: x };
      return { last_hidden_state: x, pooler_output: activation(pooler, linear(pooler, firstToken(net, x), 'dense'), 'pooler_act', 'tanh') };
    },
    ViTForImageClassification: (net) => ({ logits: linear(net, firstToken(net, body(net)), 'classifier') }),
  },
} satisfies Family;
