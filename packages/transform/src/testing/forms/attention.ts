import { bool, constant, form, int32, int64, late, shaped, x, type Fixed, type Form, type FormTable } from '../form.js';

const [N, T, S, H, D] = [2, 3, 4, 2, 4];
const none = undefined;

const onnx = (attrs: Form['attrs'], mask?: Fixed | ReturnType<typeof x>, past = false, outputs = 1): Form =>
  form([x(N, H, T, D), x(N, H, S, D), x(N, H, S, 6), mask, ...(past ? [x(N, H, 2, D), x(N, H, 2, 6)] : [])], attrs, {
    outputs,
    twice: false,
  });

const msAttention = (attrs: Form['attrs'], more: readonly (Fixed | ReturnType<typeof x> | undefined)[] = [], outputs = 1): Form =>
  form([x(N, T, 5), x(5, 3 * H * D), x(3 * H * D), ...more], { num_heads: H, ...attrs }, { outputs, twice: false });

const mha = (attrs: Form['attrs'], more: readonly (Fixed | ReturnType<typeof x> | undefined)[] = [], outputs = 1): Form =>
  form([x(N, T, H * D), x(N, S, H * D), x(N, S, H * 6), ...more], { num_heads: H, ...attrs }, { outputs, twice: false });

const flags = (...values: readonly number[]): Fixed => late(shaped(int32(...values), N, values.length / N));

/** Attention and rotary embeddings. */
export const attention = {
  Attention: [
    onnx({}),
    onnx({ is_causal: 1, scale: 0.3, softcap: 2 }),
    onnx({}, x(T, S)),
    onnx({}, x(N, 1, T, S + 2), true, 3),
    onnx({ is_causal: 1 }, none, true, 3),
    // The second query sees nothing.
    onnx({}, shaped(bool(1, 0, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1), T, S)),
    onnx({ is_causal: 1 }, late(shaped(bool(1, 0, 0, 1, 0, 1, 0, 0, 1, 1, 1, 1), T, S))),
    ...[0, 1, 2, 3].map((qk_matmul_output_mode) => onnx({ qk_matmul_output_mode, softcap: 1.5 }, x(1, 1, T, S + 2), true, 4)),
    form([x(N, T, 4 * D), x(N, S, 2 * D), x(N, S, 2 * 3)], { q_num_heads: 4, kv_num_heads: 2 }, { twice: false }),
    form([x(1, 4, T, D), x(1, 1, S, D), x(1, 1, S, D)], {}, { twice: false }),
  ],
  RotaryEmbedding: [
    form([x(N, H, T, D), constant(1, 5, 2), constant(2, 5, 2), shaped(int64(0, 1, 2, 2, 3, 4), N, T)]),
    form([x(N, T, H * D), x(5, 2), x(5, 2), shaped(int64(0, 1, 2, 2, 3, 4), N, T)], { num_heads: H, interleaved: 1 }),
    form([x(N, H, T, 6), x(N, T, 2), x(N, T, 2)], { rotary_embedding_dim: 4 }),
    form([x(N, H, T, 6), x(N, T, 2), x(N, T, 2)], { rotary_embedding_dim: 4, interleaved: 1 }),
  ],
  'com.microsoft.RotaryEmbedding': [
    form([x(N, T, H * D), int64(2), x(8, 2), x(8, 2)]),
    form([x(N, T, H * D), shaped(int64(0, 1, 2, 2, 3, 4), N, T), x(8, 2), x(8, 2)], { interleaved: 1 }),
    form([x(N, H, T, D), int64(1), x(8, 2), x(8, 2)]),
    form([x(N, T, H * 6), int64(1), x(8, 2), x(8, 2)], { num_heads: H, rotary_embedding_dim: 4 }),
    form([x(N, T, H * 6), late(int64(1)), constant(1, 8, 2), constant(2, 8, 2)], { num_heads: H, rotary_embedding_dim: 4, interleaved: 1 }),
  ],
  'com.microsoft.Attention': [
    msAttention({}),
    msAttention({ unidirectional: 1, scale: 0.4 }),
    msAttention({ mask_filter_value: -1 }, [flags(1, 1, 0, 1, 0, 1)]),
    msAttention({ mask_filter_value: -1 }, [late(int32(3, 1))]),
    msAttention({ mask_filter_value: -1 }, [late(int32(3, 2, 1, 0))]),
    msAttention({ mask_filter_value: -1 }, [late(shaped(int32(...Array.from({ length: N * T * T }, (_, i) => i % 3)), N, T, T))]),
    msAttention({ mask_filter_value: -1, unidirectional: 1 }, [flags(1, 1, 0, 1, 0, 1)]),
    msAttention({}, [none, x(2, N, H, 2, D)], 2),
    msAttention({ unidirectional: 1, mask_filter_value: -2 }, [flags(1, 0, 1, 1, 1, 0, 1, 1, 1, 1), x(2, N, H, 2, D)], 2),
    msAttention({}, [none, none, x(1, H, T, T)]),
    msAttention({ unidirectional: 1 }, [flags(1, 1, 0, 1, 0, 1), none, x(N, H, T, T)]),
    form([x(N, T, 5), x(5, 8 + 8 + 6), x(22)], { num_heads: H, qkv_hidden_sizes: [8, 8, 6] }, { twice: false }),
    // ONNX Runtime 1.30 crashes on Attention without a bias.
    form([x(1, T, 5), constant(1, 5, 24)], { num_heads: H }, { twice: false, unrun: true }),
  ],
  'com.microsoft.MultiHeadAttention': [
    mha({}),
    mha({ scale: 0.3 }, [x(H * D * 2 + H * 6)]),
    mha({ mask_filter_value: -1 }, [none, late(int32(4, 2))]),
    mha({ mask_filter_value: -1 }, [none, flags(1, 1, 0, 1, 0, 1, 1, 1)]),
    mha({ mask_filter_value: -1 }, [none, late(shaped(int32(...Array.from({ length: N * T * S }, (_, i) => i % 3)), N, T, S))]),
    mha({}, [none, none, x(N, 1, T, S)]),
    mha({}, [none, none, x(1, H, T, S)]),
    mha({ scale: 0.3 }, [none, flags(1, 1, 0, 1, 0, 1, 1, 1), x(1, H, T, S)], 4),
    // ONNX Runtime has no kernel for packed inputs on the CPU.
    form([x(N, T, H, 3, D)], { num_heads: H }, { twice: false, unrun: true }),
    form([x(N, T, H * D), x(N, S, H, 2, D)], { num_heads: H }, { twice: false, unrun: true }),
    form([x(N, T, H * D), x(N, H, S, D), x(N, H, S, D)], { num_heads: H }, { twice: false }),
    form([x(N, T, H * D), x(N, T, H * D), x(N, T, H * D), x(3 * H * D)], { num_heads: H, unidirectional: 1 }, { twice: false }),
    form(
      [x(N, T, H * D), x(N, T, H * D), x(N, T, H * D), none, none, x(N, H, T, T + 2), x(N, H, 2, D), x(N, H, 2, D)],
      { num_heads: H },
      { outputs: 3, twice: false },
    ),
    form(
      [x(N, T, H * D), x(N, T, H * D), x(N, T, H * D), none, none, none, x(N, H, 2, D), x(N, H, 2, D)],
      { num_heads: H, unidirectional: 1 },
      { outputs: 3, twice: false },
    ),
  ],
} satisfies FormTable;
