"""Makes models/stories260k: Karpathy's tinyllamas stories260K (MIT) as the folder that transformers would save.

    python stories.py stories260K.bin tok512.bin FOLDER

Needs numpy, safetensors. llama2.c turns neighbouring dimensions of a head by an angle, transformers turns dimension i and i + D/2: rows of
queries and keys are put in that order. The merges of the tokenizer are all ways to put a piece together from two others, the best piece first.
"""
import json
import struct
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

weights, pieces, folder = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
folder.mkdir(parents=True, exist_ok=True)
CONTEXT = 512

raw = weights.read_bytes()
dim, hidden, layers, heads, kv_heads, vocab, context = struct.unpack("7i", raw[:28])
tied, vocab = vocab > 0, abs(vocab)
values, at = np.frombuffer(raw, dtype="<f4", offset=28), 0


def take(*shape):
    global at
    size = int(np.prod(shape))
    at += size
    return values[at - size : at].reshape(shape)


width = dim // heads
half = lambda w, count: w.reshape(count, width // 2, 2, dim).transpose(0, 2, 1, 3).reshape(count * width, dim)
words = take(vocab, dim)
stacks = {
    "input_layernorm": take(layers, dim),
    "self_attn.q_proj": take(layers, heads * width, dim),
    "self_attn.k_proj": take(layers, kv_heads * width, dim),
    "self_attn.v_proj": take(layers, kv_heads * width, dim),
    "self_attn.o_proj": take(layers, dim, heads * width),
    "post_attention_layernorm": take(layers, dim),
    "mlp.gate_proj": take(layers, hidden, dim),
    "mlp.down_proj": take(layers, dim, hidden),
    "mlp.up_proj": take(layers, hidden, dim),
}
tensors = {"model.embed_tokens.weight": words, "model.norm.weight": take(dim)}
take(context, width // 2), take(context, width // 2)
if not tied:
    tensors["lm_head.weight"] = take(vocab, dim)
assert at == len(values), (at, len(values))
for name, stack in stacks.items():
    for i, w in enumerate(stack):
        w = half(w, heads) if "q_proj" in name else half(w, kv_heads) if "k_proj" in name else w
        tensors[f"model.layers.{i}.{name}.weight"] = w
save_file({name: np.ascontiguousarray(w) for name, w in tensors.items()}, folder / "model.safetensors", metadata={"format": "pt"})


def write(name, content):
    (folder / name).write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


write("config.json", {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": dim, "intermediate_size": hidden, "num_hidden_layers": layers,
    "num_attention_heads": heads, "num_key_value_heads": kv_heads, "vocab_size": vocab, "max_position_embeddings": context, "hidden_act": "silu",
    "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": tied, "bos_token_id": 1, "eos_token_id": 2,
})  # fmt: skip

# Stories follow one another behind a <s>: it ends them.
write("generation_config.json", {"eos_token_id": [1, 2]})

blob, at, table = pieces.read_bytes(), 4, []
for i in range(vocab):
    score, length = struct.unpack("fi", blob[at : at + 8])
    table.append((blob[at + 8 : at + 8 + length].decode("utf-8"), score))
    at += 8 + length
names = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)] + [t.replace(" ", "\u2581") for t, _ in table[259:]]
ids = {name: i for i, name in enumerate(names)}
order = sorted(range(259, vocab), key=lambda i: (-table[i][1], i))
merges = [
    [left, right]
    for i in order
    for left, right in sorted(((names[i][:k], names[i][k:]) for k in range(1, len(names[i]))), key=lambda p: (ids.get(p[0], 0), ids.get(p[1], 0)))
    if left in ids and right in ids
]
special = lambda i: {"id": i, "content": names[i], "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
write("tokenizer.json", {
    "version": "1.0", "truncation": None, "padding": None, "added_tokens": [special(0), special(1), special(2)],
    "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "\u2581"}, {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}]},
    "pre_tokenizer": None,
    "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                       "pair": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
                       "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}},
    "decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
    "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": True, "byte_fallback": True, "vocab": ids, "merges": merges},
})  # fmt: skip
