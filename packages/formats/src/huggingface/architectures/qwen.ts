import { decoderClasses, llamaLike, separateHeads, windows, type Decoder } from '../decoder.js';
import { qwenMixture, sharedExpert } from '../experts.js';
import type { Family } from '../family.js';

export const qwen2 = { type: 'qwen2', classes: decoderClasses('Qwen2', { ...llamaLike, window: windows.some }) } satisfies Family;

export const qwen2Moe = {
  type: 'qwen2_moe',
  classes: decoderClasses('Qwen2Moe', {
    ...llamaLike,
    window: windows.some,
    dense: (net, x) => {
      const { op, config } = net;
      const chosen = qwenMixture(net, x, config.size('moe_intermediate_size'), false);
      if (!net.has('mlp.shared_expert_gate.weight')) return chosen;
      return op.Add(chosen, sharedExpert(net, x, config.size('shared_expert_intermediate_size')));
    },
  }),
} satisfies Family;

const qwen3Body = {
  ...llamaLike,
  heads: separateHeads('self_attn.', { norm: 'rms', epsilon: llamaLike.epsilon, over: 'head' }),
  window: windows.some,
} satisfies Decoder;

export const qwen3 = { type: 'qwen3', classes: decoderClasses('Qwen3', qwen3Body) } satisfies Family;

export const qwen3Moe = {
  type: 'qwen3_moe',
  classes: decoderClasses('Qwen3Moe', {
    ...qwen3Body,
    dense: (net, x) => qwenMixture(net, x, net.config.size('moe_intermediate_size'), false),
  }),
} satisfies Family;
