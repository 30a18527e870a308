import { constant, form, int32, int64, late, scalar, shaped, x, type Fixed, type Form, type FormTable, type Operand } from '../form.js';

const [N, T, H, K, D] = [2, 3, 4, 2, 16];
const none = undefined;
const last = (...lengths: readonly number[]): Fixed => late(int32(...lengths.map((length) => length - 1)));
const total = (length: number): Fixed => scalar(length, 'int32');

const separate = [x(N, T, H * D), x(N, T, K * D), x(N, T, K * D)];
const past = (length: number): readonly Operand[] => [x(N, K, length, D), x(N, K, length, D)];
const caches = [constant(1, 10, D / 2), constant(2, 10, D / 2)];

const gqa = (operands: readonly (Operand | undefined)[], attrs: Form['attrs'] = {}, outputs = 3): Form =>
  form(operands, { num_heads: H, kv_num_heads: K, ...attrs }, { outputs, twice: false });

/** Grouped queries: first prompts, later tokens, packed inputs, windows, turned heads. */
export const groupQuery = {
  'com.microsoft.GroupQueryAttention': [
    gqa([...separate, none, none, last(3, 3), total(3)]),
    gqa([x(N, T, (H + 2 * K) * D), none, none, none, none, last(3, 3), total(3)], { scale: 0.2, softcap: 1.5 }),
    gqa([...separate, none, none, last(3, 2), total(3)], {}),
    gqa([...separate, ...past(0), last(3, 3), total(3), ...caches], { do_rotary: 1 }),
    gqa([...separate, none, none, last(3, 3), total(3), ...caches], { do_rotary: 1, rotary_interleaved: 1 }),
    gqa([...separate, none, none, last(3, 3), total(3)], { local_window_size: 2 }),
    gqa([x(N, 1, H * D), x(N, 1, K * D), x(N, 1, K * D), ...past(4), last(5, 5), total(5), ...caches], { do_rotary: 1 }),
    gqa([x(N, 1, H * D), x(N, 1, K * D), x(N, 1, K * D), ...past(4), last(5, 4), total(5), ...caches], { do_rotary: 1 }),
    gqa([x(N, 1, H * D), x(N, 1, K * D), x(N, 1, K * D), ...past(4), int32(4, 4), total(5)], { local_window_size: 3 }),
    gqa([x(1, 2, H * D), x(1, 2, K * D), x(1, 2, K * D), x(1, K, 4, D), x(1, K, 4, D), last(6), total(6)]),
    gqa([...separate, ...past(6), last(3, 3), total(3), ...caches], { do_rotary: 1 }),
    gqa([...separate, none, none, last(3, 3), total(3)], { smooth_softmax: 1 }),
    gqa([...separate, none, none, last(3, 3), total(3), none, none, none, none, x(H)]),
    gqa([...separate, none, none, last(3, 3), total(3), none, none, none, x(N, 1, T, T)]),
    gqa([...separate, none, none, last(3, 3), total(3), ...caches, shaped(int64(1, 2, 3, 4, 5, 6), N, T)], { do_rotary: 1 }),
    gqa([...separate, none, none, last(3, 3), total(3)], { causal: 0 }),
    gqa([...separate, none, none, last(3, 2), total(3)], { causal: 0 }),
    gqa([...separate, none, none, last(3, 1), total(3)], { local_window_size: 2 }),
    gqa([x(1, 2, H * D), x(1, 2, K * D), x(1, 2, K * D), x(1, K, 4, D), x(1, K, 4, D), last(5), total(5)], { local_window_size: 3 }),
    gqa([...separate, none, none, last(3, 3), total(3)], { qk_output: 1, softcap: 2 }, 4),
    gqa([...separate, none, none, last(3, 3), total(3)], { qk_output: 2 }, 4),
  ],
} satisfies FormTable;
