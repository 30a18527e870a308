"""Writes golden/huggingface: a tiny checkpoint of random weights for each architecture, with what transformers computes from it.

python tools/huggingface/checkpoints.py [NAME ...]

Each folder holds config.json and model.safetensors as save_pretrained writes them, and reference.json: inputs, outputs, and the
gradient of one output element at the word embeddings, or at the pixels or sounds; `gradients` has those at further inputs. Made with
transformers 5.23 and torch 2.13.
"""
import json
import sys
from pathlib import Path

import numpy as np
import torch
import transformers as tf
from PIL import Image
from safetensors.torch import load_file, save_file

ROOT = Path(__file__).resolve().parents[2] / "golden" / "huggingface"
VOCAB, LENGTH, SAID = 97, 7, 4
OUTPUTS = ("logits", "start_logits", "end_logits", "logits_per_image", "image_embeds", "text_embeds", "last_hidden_state", "pooler_output")
ENCODER = dict(vocab_size=VOCAB, hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=24,
               max_position_embeddings=32, num_labels=3)
DECODER = dict(vocab_size=VOCAB, hidden_size=16, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
               intermediate_size=24, max_position_embeddings=64, bos_token_id=1, eos_token_id=2, pad_token_id=0)
LLAMA3 = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=16,
              rope_theta=10000.0)

# Few buckets, so that short texts fall in shared ones; a width of heads that is no part of the model's; decoders deeper than encoders.
T5 = dict(vocab_size=VOCAB, d_model=16, d_kv=6, d_ff=24, num_layers=1, num_decoder_layers=2, num_heads=4, decoder_start_token_id=0,
          relative_attention_num_buckets=8, relative_attention_max_distance=5)
BART = dict(vocab_size=VOCAB, d_model=16, encoder_layers=1, decoder_layers=2, encoder_attention_heads=4, decoder_attention_heads=2,
            encoder_ffn_dim=24, decoder_ffn_dim=20, max_position_embeddings=32, bos_token_id=0, pad_token_id=1, eos_token_id=2,
            decoder_start_token_id=2, forced_eos_token_id=2)
VIT = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=24, image_size=12, patch_size=4, num_labels=3)
CLIP_TEXT = dict(vocab_size=VOCAB, hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=24, projection_dim=8,
                 max_position_embeddings=16, bos_token_id=1, pad_token_id=0)
CLIP_VISION = dict(hidden_size=12, num_hidden_layers=2, num_attention_heads=3, intermediate_size=20, image_size=12, patch_size=4,
                   projection_dim=8)
WHISPER = dict(vocab_size=VOCAB, num_mel_bins=6, d_model=16, encoder_layers=1, decoder_layers=2, encoder_attention_heads=4,
               decoder_attention_heads=2, encoder_ffn_dim=24, decoder_ffn_dim=20, max_source_positions=5, max_target_positions=12,
               pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=3, begin_suppress_tokens=None)

# name: model class, configuration, dtype
CHECKPOINTS = {
    "bert-sequence": (tf.BertForSequenceClassification, tf.BertConfig(**ENCODER), torch.float32),
    "bert-model": (tf.BertModel, tf.BertConfig(**ENCODER), torch.float32),
    "bert-masked": (tf.BertForMaskedLM, tf.BertConfig(**ENCODER), torch.float32),
    "bert-token": (tf.BertForTokenClassification, tf.BertConfig(**ENCODER, hidden_act="gelu_new"), torch.float32),
    "bert-question": (tf.BertForQuestionAnswering, tf.BertConfig(**ENCODER | dict(num_labels=2), hidden_act="relu"), torch.float32),
    "bert-choice": (tf.BertForMultipleChoice, tf.BertConfig(**ENCODER | dict(num_labels=1)), torch.float32),
    "roberta-choice": (tf.RobertaForMultipleChoice, tf.RobertaConfig(**ENCODER | dict(num_labels=1)), torch.float32),
    "distilbert-sequence": (
        tf.DistilBertForSequenceClassification,
        tf.DistilBertConfig(vocab_size=VOCAB, dim=16, n_layers=2, n_heads=4, hidden_dim=24, max_position_embeddings=32, num_labels=3),
        torch.float32),
    "distilbert-masked": (
        tf.DistilBertForMaskedLM,
        tf.DistilBertConfig(vocab_size=VOCAB, dim=16, n_layers=2, n_heads=4, hidden_dim=24, max_position_embeddings=32), torch.float32),
    "roberta-sequence": (tf.RobertaForSequenceClassification, tf.RobertaConfig(**ENCODER), torch.float32),
    "roberta-masked": (tf.RobertaForMaskedLM, tf.RobertaConfig(**ENCODER), torch.float32),
    "electra-sequence": (tf.ElectraForSequenceClassification, tf.ElectraConfig(**ENCODER, embedding_size=8), torch.float32),
    "electra-token": (tf.ElectraForTokenClassification, tf.ElectraConfig(**ENCODER, embedding_size=16), torch.float32),
    "electra-masked": (tf.ElectraForMaskedLM, tf.ElectraConfig(**ENCODER, embedding_size=8), torch.float32),
    "electra-replaced": (tf.ElectraForPreTraining, tf.ElectraConfig(**ENCODER, embedding_size=8), torch.float32),
    "albert-sequence": (tf.AlbertForSequenceClassification, tf.AlbertConfig(**ENCODER, embedding_size=8), torch.float32),
    "albert-masked": (tf.AlbertForMaskedLM, tf.AlbertConfig(**ENCODER, embedding_size=8, num_hidden_groups=2), torch.float32),
    "deberta-v3-sequence": (
        tf.DebertaV2ForSequenceClassification,
        tf.DebertaV2Config(**ENCODER, relative_attention=True, position_buckets=4, norm_rel_ebd="layer_norm", share_att_key=True,
                           pos_att_type="p2c|c2p", position_biased_input=False, layer_norm_eps=1e-7, pooler_hidden_size=16),
        torch.float32),
    "deberta-v2-masked": (
        tf.DebertaV2ForMaskedLM,
        tf.DebertaV2Config(**ENCODER, relative_attention=True, max_relative_positions=5, pos_att_type=["c2p", "p2c"],
                           type_vocab_size=2), torch.float32),
    "llama": (tf.LlamaForCausalLM, tf.LlamaConfig(**DECODER), torch.float32),
    "llama3-tied-bfloat16": (
        tf.LlamaForCausalLM, tf.LlamaConfig(**DECODER, rope_parameters=LLAMA3, tie_word_embeddings=True), torch.bfloat16),
    "llama-linear": (
        tf.LlamaForCausalLM,
        tf.LlamaConfig(**DECODER, rope_parameters=dict(rope_type="linear", factor=4.0, rope_theta=10000.0), attention_bias=True),
        torch.float32),
    "llama-yarn": (
        tf.LlamaForCausalLM,
        tf.LlamaConfig(**DECODER, rope_parameters=dict(
            rope_type="yarn", factor=4.0, original_max_position_embeddings=16, rope_theta=10000.0)), torch.float32),
    "mistral": (tf.MistralForCausalLM, tf.MistralConfig(**DECODER, sliding_window=3), torch.float32),
    "qwen2": (
        tf.Qwen2ForCausalLM,
        tf.Qwen2Config(**DECODER, use_sliding_window=True, sliding_window=3, max_window_layers=1), torch.float32),
    "qwen3": (tf.Qwen3ForCausalLM, tf.Qwen3Config(**DECODER, head_dim=8), torch.float32),
    "gpt2": (tf.GPT2LMHeadModel, tf.GPT2Config(vocab_size=VOCAB, n_embd=16, n_layer=2, n_head=4, n_positions=32), torch.float32),
    "gpt-neox": (
        tf.GPTNeoXForCausalLM,
        tf.GPTNeoXConfig(vocab_size=VOCAB, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
                         max_position_embeddings=64, rotary_pct=0.5), torch.float32),
    "gpt-neox-serial": (
        tf.GPTNeoXForCausalLM,
        tf.GPTNeoXConfig(vocab_size=VOCAB, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
                         max_position_embeddings=64, rotary_pct=0.25, use_parallel_residual=False), torch.float32),
    "gemma": (tf.GemmaForCausalLM, tf.GemmaConfig(**DECODER | dict(num_key_value_heads=1), head_dim=8), torch.float32),
    "llama-sequence": (tf.LlamaForSequenceClassification, tf.LlamaConfig(**DECODER, num_labels=3), torch.float32),
    "mixtral": (
        tf.MixtralForCausalLM,
        tf.MixtralConfig(**DECODER, num_local_experts=4, num_experts_per_tok=2, sliding_window=None), torch.float32),
    "olmoe": (
        tf.OlmoeForCausalLM,
        tf.OlmoeConfig(**DECODER, num_experts=4, num_experts_per_tok=2, norm_topk_prob=False), torch.float32),
    "qwen2-moe": (
        tf.Qwen2MoeForCausalLM,
        tf.Qwen2MoeConfig(**DECODER, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=12,
                          shared_expert_intermediate_size=20, mlp_only_layers=[0]), torch.float32),
    "qwen3-moe": (
        tf.Qwen3MoeForCausalLM,
        tf.Qwen3MoeConfig(**DECODER, head_dim=8, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=12,
                          norm_topk_prob=True), torch.float32),
    "phi": (
        tf.PhiForCausalLM,
        tf.PhiConfig(**DECODER | dict(num_key_value_heads=4), partial_rotary_factor=0.5), torch.float32),
    "t5": (tf.T5ForConditionalGeneration, tf.T5Config(**T5), torch.float32),
    "t5-gated-untied": (
        tf.T5ForConditionalGeneration, tf.T5Config(**T5, feed_forward_proj="gated-gelu", tie_word_embeddings=False), torch.float32),
    "t5-encoder": (tf.T5EncoderModel, tf.T5Config(**T5), torch.float32),
    "t5-sequence": (tf.T5ForSequenceClassification, tf.T5Config(**T5, num_labels=3), torch.float32),
    "bart": (tf.BartForConditionalGeneration, tf.BartConfig(**BART, scale_embedding=True), torch.float32),
    "bart-sequence": (tf.BartForSequenceClassification, tf.BartConfig(**BART, num_labels=3), torch.float32),
    "bart-model": (tf.BartModel, tf.BartConfig(**BART, activation_function="relu"), torch.float32),
    "mbart": (tf.MBartForConditionalGeneration, tf.MBartConfig(**BART), torch.float32),
    "marian": (tf.MarianMTModel, tf.MarianConfig(**BART, scale_embedding=True, activation_function="swish"), torch.float32),
    "pegasus": (tf.PegasusForConditionalGeneration, tf.PegasusConfig(**BART), torch.float32),
    "vit-image": (tf.ViTForImageClassification, tf.ViTConfig(**VIT), torch.float32),
    "vit-model": (tf.ViTModel, tf.ViTConfig(**VIT | dict(image_size=[8, 12]), qkv_bias=False), torch.float32),
    "clip": (
        tf.CLIPModel,
        tf.CLIPConfig(text_config=CLIP_TEXT | dict(eos_token_id=2), vision_config=CLIP_VISION, projection_dim=8), torch.float32),
    "clip-text": (tf.CLIPTextModel, tf.CLIPTextConfig(**CLIP_TEXT, eos_token_id=96), torch.float32),
    "clip-text-projected": (tf.CLIPTextModelWithProjection, tf.CLIPTextConfig(**CLIP_TEXT, eos_token_id=96), torch.float32),
    "clip-vision": (tf.CLIPVisionModel, tf.CLIPVisionConfig(**CLIP_VISION), torch.float32),
    "clip-vision-projected": (tf.CLIPVisionModelWithProjection, tf.CLIPVisionConfig(**CLIP_VISION), torch.float32),
    "whisper": (tf.WhisperForConditionalGeneration, tf.WhisperConfig(**WHISPER), torch.float32),
    "whisper-audio": (
        tf.WhisperForAudioClassification, tf.WhisperConfig(**WHISPER, classifier_proj_size=10, num_labels=3), torch.float32),
    "mt5": (tf.MT5ForConditionalGeneration, tf.MT5Config(**T5, feed_forward_proj="gated-gelu"), torch.float32),
}

# How pictures are prepared for some of them.
PICTURES = {
    "vit-image": tf.ViTImageProcessor(size=dict(height=12, width=12)),
    "clip": tf.CLIPImageProcessor(size=dict(shortest_edge=13), crop_size=12),
}


def randomize(model, seed):
    """Weights large enough that every part of the network can be told from the logits."""
    g = torch.Generator().manual_seed(seed)
    for name, p in model.named_parameters():
        noise = torch.randn(p.shape, generator=g)
        if p.dim() > 1:
            p.data = noise * 0.3
        elif "norm" in name.lower() and name.endswith("weight") or ".ln_" in name and name.endswith("weight"):
            p.data = 0.2 * noise + (0 if "Gemma" in type(model).__name__ else 1)
        else:
            p.data = 0.2 * noise
    model.tie_weights()
    if hasattr(model, "final_logits_bias"):
        model.final_logits_bias.normal_(generator=g)


def untie(folder, width):
    """The head gets weights of its own, as in the files of T5 1.1, which say so by tie_word_embeddings alone."""
    tensors = load_file(folder / "model.safetensors")
    tensors["lm_head.weight"] = 0.3 * torch.randn((VOCAB, width), generator=torch.Generator().manual_seed(5))
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    config.pop("scale_decoder_outputs")
    (folder / "config.json").write_text(json.dumps(config | dict(tie_word_embeddings=False), indent=2) + "\n")


def inputs_of(cls, config):
    """What the model is given, by name."""
    g = torch.Generator().manual_seed(7)
    inputs = {}
    vision = getattr(config, "vision_config", config)
    if hasattr(vision, "image_size"):
        size = vision.image_size if isinstance(vision.image_size, (list, tuple)) else [vision.image_size] * 2
        inputs["pixel_values"] = torch.randn((1, vision.num_channels, *size), generator=g)
    if hasattr(config, "num_mel_bins"):
        inputs["input_features"] = torch.randn((1, config.num_mel_bins, 2 * config.max_source_positions), generator=g)
    if "AudioClassification" in cls.__name__ or not hasattr(getattr(config, "text_config", config), "vocab_size"):
        return inputs
    ids = torch.randint(3, VOCAB, (1, 2, LENGTH) if "MultipleChoice" in cls.__name__ else (1, LENGTH), generator=g)
    if "input_features" not in inputs:
        inputs |= dict(input_ids=ids, attention_mask=torch.ones_like(ids))
    if config.model_type.startswith("clip"):
        ids[:, -2] = VOCAB - 1
    if hasattr(config, "type_vocab_size") and config.type_vocab_size > 1:
        inputs["token_type_ids"] = (torch.arange(LENGTH) > 3).long().expand(ids.shape)
    if repeats(cls, config):
        ids[:, -1] = config.eos_token_id
    elif config.is_encoder_decoder and "Encoder" not in cls.__name__:
        said = torch.randint(3, VOCAB, (1, SAID), generator=g)
        inputs["decoder_input_ids"] = torch.cat([torch.full((1, 1), config.decoder_start_token_id), said], 1)
    return inputs


def repeats(cls, config):
    """Whether the decoder says the text again."""
    return config.is_encoder_decoder and "SequenceClassification" in cls.__name__


def embeddings(model):
    """The modules that look words up, and what the model then multiplies them by: the gradient is at what was looked up."""
    return [(m, getattr(m, "scalar_embed_scale", getattr(m, "embed_scale", 1.0))) for m in model.modules()
            if isinstance(m, torch.nn.Embedding) and m.num_embeddings == VOCAB]


def picture(folder, processor):
    """How pictures are prepared, as save_pretrained writes it, a picture, and what becomes of it."""
    processor.save_pretrained(folder)
    g = np.random.default_rng(3)
    y, x = np.mgrid[0:17, 0:23]
    waves = [127 + 90 * np.sin(x / 3 + c) * np.cos(y / (2 + c)) for c in range(3)]
    image = Image.fromarray((np.stack(waves, -1) + g.normal(0, 12, (17, 23, 3))).clip(0, 255).astype(np.uint8))
    image.save(folder / "picture.png", optimize=True)
    values = processor(image, return_tensors="pt")["pixel_values"]
    (folder / "picture.json").write_text(json.dumps(listed(values)) + "\n")


def listed(t):
    return dict(dims=list(t.shape), data=[float(f"{v:.7g}") for v in t.detach().flatten().tolist()])


def write(name, cls, config, dtype):
    config._attn_implementation = "eager"
    model = cls(config).eval()
    randomize(model, seed=len(name))
    model = model.to(dtype)
    folder = ROOT / name
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    if "untied" in name:
        untie(folder, config.hidden_size)
    # The numbers to agree with are those of the stored weights at full precision.
    model = cls.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    inputs = inputs_of(cls, model.config)
    floats = [n for n, t in inputs.items() if t.is_floating_point()]
    for n in floats:
        inputs[n].requires_grad_()
    seen = []
    keep = lambda scale: lambda m, i, o: (o.retain_grad(), seen.append((o, scale)))[0]
    hooks = [m.register_forward_hook(keep(scale)) for m, scale in embeddings(model)]
    result = model(**inputs)
    for hook in hooks:
        hook.remove()
    # Texts as a whole have the state of one of their tokens.
    names = [n for n in OUTPUTS if getattr(result, n, None) is not None and not (n == "pooler_output" and hasattr(config, "type_vocab_size"))]
    first = getattr(result, names[0])
    index = [0, first.shape[1] // 2] if first.dim() == 2 else [0, min(LENGTH, first.shape[1]) - 2, 1]
    first[tuple(index)].backward()
    grads = [o.grad * scale for o, scale in seen]
    if repeats(cls, config):
        grads = [grads[0] + torch.cat([grads[1][:, 1:], torch.zeros_like(grads[1][:, :1])], 1)]
    tokens = [n for n in ("input_ids", "decoder_input_ids") if n in inputs]
    at = {n: inputs[n].grad for n in floats} | dict(zip(tokens, grads, strict=True))
    (main, gradient), *others = at.items()
    reference = dict(
        inputs={n: listed(t) if n in floats else dict(dims=list(t.shape), data=t.flatten().tolist()) for n, t in inputs.items()},
        outputs={n: listed(getattr(result, n)) for n in names},
        gradient=dict(output=names[0], index=index, **listed(gradient)),
    ) | (dict(gradients={n: listed(g) for n, g in others}) if others else {})
    (folder / "reference.json").write_text(json.dumps(reference) + "\n")
    if name in PICTURES:
        picture(folder, PICTURES[name])
    print(name, {n: list(getattr(result, n).shape) for n in names}, round(first.abs().max().item(), 3),
          sum(f.stat().st_size for f in folder.iterdir()), "bytes")


if __name__ == "__main__":
    for name, made in CHECKPOINTS.items():
        if len(sys.argv) == 1 or name in sys.argv[1:]:
            write(name, *made)
