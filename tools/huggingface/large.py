"""Writes a folder shaped as Llama-3.2-1B with random bfloat16 weights, 2.5 GB: python tools/huggingface/large.py FOLDER"""
import json
import struct
import sys
from pathlib import Path

import numpy as np

VOCAB, WIDTH, INNER, LAYERS, KEYS = 128256, 2048, 8192, 16, 512
CONFIG = dict(
    architectures=["LlamaForCausalLM"], model_type="llama", vocab_size=VOCAB, hidden_size=WIDTH, intermediate_size=INNER,
    num_hidden_layers=LAYERS, num_attention_heads=32, num_key_value_heads=8, head_dim=64, hidden_act="silu",
    max_position_embeddings=131072, rms_norm_eps=1e-5, rope_theta=500000.0, tie_word_embeddings=True, torch_dtype="bfloat16",
    rope_scaling=dict(rope_type="llama3", factor=32.0, high_freq_factor=4.0, low_freq_factor=1.0, original_max_position_embeddings=8192))


def shapes():
    yield "model.embed_tokens.weight", (VOCAB, WIDTH)
    yield "model.norm.weight", (WIDTH,)
    for i in range(LAYERS):
        layer = f"model.layers.{i}."
        yield layer + "input_layernorm.weight", (WIDTH,)
        yield layer + "post_attention_layernorm.weight", (WIDTH,)
        for name, out in dict(q=WIDTH, k=KEYS, v=KEYS, o=WIDTH).items():
            yield f"{layer}self_attn.{name}_proj.weight", (out, WIDTH)
        yield layer + "mlp.gate_proj.weight", (INNER, WIDTH)
        yield layer + "mlp.up_proj.weight", (INNER, WIDTH)
        yield layer + "mlp.down_proj.weight", (WIDTH, INNER)


def bfloat16(values):
    return (np.asarray(values, np.float32).view(np.uint32) >> 16).astype(np.uint16)


folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
(folder / "config.json").write_text(json.dumps(CONFIG, indent=1))
header, at = {}, 0
for name, shape in shapes():
    size = 2 * int(np.prod(shape))
    header[name] = dict(dtype="BF16", shape=shape, data_offsets=[at, at + size])
    at += size
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
random = np.random.default_rng(0)
with open(folder / "model.safetensors", "wb") as file:
    file.write(struct.pack("<Q", len(text)) + text)
    for name, shape in shapes():
        rows = shape[0] if len(shape) > 1 else 1
        for first in range(0, rows, 4096):
            count = min(4096, rows - first)
            drawn = 0.02 * random.standard_normal((count, shape[-1]), np.float32) if len(shape) > 1 else np.ones(shape, np.float32)
            file.write(bfloat16(drawn).tobytes())
