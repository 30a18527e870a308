"""Golden encodings: python make.py. Trains two small tokenizers on the lines below, and encodes a corpus with them and with the
bundled WordPiece. ids, tokens and offsets (Unicode code points) are what the Python library `tokenizers` gives."""

import json
import pathlib

import tokenizers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

here = pathlib.Path(__file__).parent
root = here.parents[3]

TRAINING = [
    "The film is good, and the music is better than good.",
    "Never boring: a delight from the first minute to the last.",
    "Paris is the capital of France, and Rome is the capital of Italy.",
    "I don't think it's worth your time, but it isn't the worst.",
    "这部电影很好看。我喜欢它。", "映画はとても良かったです。", "영화가 정말 좋았어요.",
    "الفيلم رائع جدا", "הסרט היה נפלא", "ภาพยนตร์เรื่องนี้ดีมาก", "Une crème brûlée au café 😀",
]

CORPUS = [
    "never boring , a delight",
    "Don't  you\tthink it's GOOD?",
    " leading and trailing \n",
    "I 😀 loved it 👩‍👩‍👧 so much 🏳️‍🌈!",
    "👍🏽👍",
    "这部电影很好看。我喜欢它",
    "映画はとても良かったです",
    "영화가 정말 좋았어요",
    "Cafe\u0301 cre\u0300me bru\u0302le\u0301e, Café crème",
    "الفيلم رائع جدًا، شكرًا",
    "הַסֶּרֶט הָיָה נִפְלָא",
    "he said שלום and left",
    "ภาพยนตร์เรื่องนี้ดีมาก",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝒹𝑒𝓁𝒾𝑔𝒽𝓉 😀 good",
    "naïve ﬁne ½ Ⅷ ß ŉ",
    "zero\u200bwidth no\u00a0break \ufeffmark\u2028line",
    "\u0301 alone",
    "x" * 130 + " good",
    "a" + "\u0301\u0302\u0303" * 4 + " zalgo",
    "[MASK] is <b>bold</b> & \"quoted\"",
]
PAIRS = [["Is it good?", "Yes 😀, it is."], ["שלום", "the capital of France"]]


def byte_level():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.decoder = decoders.ByteLevel()
    t.train_from_iterator(TRAINING, trainers.BpeTrainer(
        vocab_size=500, special_tokens=["<|endoftext|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    t.post_processor = processors.ByteLevel(trim_offsets=False)
    return t


def unigram():
    t = Tokenizer(models.Unigram())
    t.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace("\t", " ")])
    t.pre_tokenizer = pre_tokenizers.Metaspace()
    t.decoder = decoders.Metaspace()
    t.train_from_iterator(TRAINING, trainers.UnigramTrainer(
        vocab_size=300, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False))
    t.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B:1 </s>:1", special_tokens=[("</s>", t.token_to_id("</s>"))])
    return t


byte_level().save(str(here / "byte-level.json"), pretty=False)
unigram().save(str(here / "unigram.json"), pretty=False)


def encoded(tokenizer, texts):
    e = tokenizer.encode(*texts)
    return {"texts": texts, "ids": e.ids, "tokens": e.tokens, "offsets": e.offsets, "types": e.type_ids,
            "special": e.special_tokens_mask, "sequences": e.sequence_ids}


files = {"wordpiece": "models/bert_mini_sst2.tokenizer.json", "byte-level": "packages/data/testdata/text/byte-level.json",
         "unigram": "packages/data/testdata/text/unigram.json"}
golden = {"tokenizers": tokenizers.__version__, "cases": []}
for name, file in files.items():
    t = Tokenizer.from_file(str(root / file))
    for texts in [[text] for text in CORPUS] + PAIRS:
        golden["cases"].append({"file": file, **encoded(t, texts)})
(here / "golden.json").write_text(json.dumps(golden, ensure_ascii=True, separators=(",", ":")) + "\n")
