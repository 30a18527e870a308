"""The peers of perturbation.mjs: SHAP, LIME and Captum on the same networks. python perturbationPeer.py models DIR | serve DIR

Packages: torch, torchvision, captum, shap, lime, scikit-learn, scikit-image, onnxruntime, tokenizers. THREADS says how many threads each may use.
"""

import contextlib
import io
import json
import os
import pathlib
import sys
import time
import warnings

import numpy as np
import torch

warnings.filterwarnings("ignore")
THREADS = int(os.environ.get("THREADS", "2"))
torch.set_num_threads(THREADS)
torch.set_grad_enabled(False)
DIR = pathlib.Path(sys.argv[2])
# Networks of tables: features, and units of the two hidden layers.
TABLES = {"mlp": (30, 64, 32), "wide": (30, 256, 256), "few": (10, 64, 32)}
ROWS, BACKGROUND = 10, 50


def table(name):
    features, first, second = TABLES[name]
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Linear(features, first), torch.nn.ReLU(), torch.nn.Linear(first, second), torch.nn.ReLU(), torch.nn.Linear(second, 1)
    ).eval()


def resnet():
    import torchvision

    torch.manual_seed(0)
    return torchvision.models.resnet50(weights=None).eval()


def models():
    DIR.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    axes = {"input": {0: "N"}, "output": {0: "N"}}
    export = dict(opset_version=17, dynamo=False, input_names=["input"], output_names=["output"], dynamic_axes=axes)
    for name, (features, _, _) in TABLES.items():
        torch.onnx.export(table(name), torch.zeros(1, features), str(DIR / f"{name}.onnx"), **export)
        np.save(DIR / f"{name}.rows.npy", random.normal(size=(ROWS, features)).astype(np.float32))
        np.save(DIR / f"{name}.background.npy", random.normal(size=(BACKGROUND, features)).astype(np.float32))
    torch.onnx.export(resnet(), torch.zeros(1, 3, 224, 224), str(DIR / "resnet50.onnx"), **export)
    np.save(DIR / "image.npy", random.normal(size=(1, 3, 224, 224)).astype(np.float32))


def session(file):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    return onnxruntime.InferenceSession(str(file), options)


def kernel_shap(model, by, samples, l1=None):
    """SHAP's KernelExplainer on rows; `by` runs the network, `l1` is its option l1_reg, as it comes unless given."""
    import shap

    background, rows = np.load(DIR / f"{model}.background.npy"), np.load(DIR / f"{model}.rows.npy")
    if by == "torch":
        network = table(model)
        score = lambda x: network(torch.from_numpy(x.astype(np.float32))).numpy()[:, 0]
    else:
        opened = session(DIR / f"{model}.onnx")
        score = lambda x: opened.run(None, {"input": x.astype(np.float32)})[0][:, 0]
    explainer = shap.KernelExplainer(score, background)
    options = {} if l1 is None else {"l1_reg": l1}
    return lambda: explainer.shap_values(rows, nsamples=samples, silent=True, **options)


def occlusion(batch):
    """Captum's Occlusion; without a batch as it comes, one window at a time."""
    from captum.attr import Occlusion

    method, x = Occlusion(resnet()), torch.from_numpy(np.load(DIR / "image.npy"))
    more = {} if batch is None else {"perturbations_per_eval": batch}
    return lambda: method.attribute(x, target=7, sliding_window_shapes=(3, 32, 32), strides=(3, 16, 16), **more).numpy()


def scored(run, feed, batch):
    """A function of examples that runs `batch` of them at a time, all that are given unless said otherwise."""

    def score(examples):
        step = batch or len(examples)
        return np.concatenate([run(feed(examples[i : i + step])) for i in range(0, len(examples), step)])

    return score


def lime_image(file, preprocess, cls, samples, by, labels=None):
    """LIME of a picture DIR/picture.npy [H,W,3], as it comes: quickshift, mean colours, ten pictures a run. `by` runs the network: its
    ONNX file, or the same layers in PyTorch, their weights random. `labels` are superpixels in place of its own."""
    from lime import lime_image

    picture = np.load(DIR / "picture.npy").astype(np.float64)
    if by == "torch":
        import torchvision

        network = torchvision.models.squeezenet1_1(weights=None).eval()
        run_network = lambda x: network(torch.from_numpy(x)).numpy()
    else:
        opened = session(file)
        run_network = lambda x: opened.run(None, {opened.get_inputs()[0].name: x})[0].reshape(len(x), -1)
    mean, std = np.array(preprocess["mean"], np.float32), np.array(preprocess["std"], np.float32)
    feed = lambda pictures: np.ascontiguousarray(((np.asarray(pictures, np.float32) - mean) / std).transpose(0, 3, 1, 2))
    score = scored(run_network, feed, None)
    own = {} if labels is None else {"segmentation_fn": lambda _: np.load(DIR / labels).astype(np.int64)}

    def run():
        explainer = lime_image.LimeImageExplainer(feature_selection="none", random_state=0)
        found = explainer.explain_instance(picture, score, labels=(cls,), top_labels=None, num_samples=samples, **own)
        weights = dict(found.local_exp[cls])
        np.save(DIR / "segments.npy", found.segments.astype(np.int32))
        return np.array([weights[k] for k in range(len(weights))])

    return run


def lime_text(file, tokenizer, text, cls, samples, by, folder, batch):
    """LIME of a text whose words are masked one by one. `by` runs the network: its ONNX file, or transformers in PyTorch; batch null is all texts at once."""
    from lime import lime_text
    from tokenizers import Tokenizer

    encoder = Tokenizer.from_file(tokenizer)
    encoder.no_truncation()
    encoder.enable_padding()

    def feed(texts):
        found = encoder.encode_batch(list(texts))
        of = lambda name: np.array([getattr(one, name) for one in found], np.int64)
        return {"input_ids": of("ids"), "attention_mask": of("attention_mask"), "token_type_ids": of("type_ids")}

    if by == "torch":
        from transformers import AutoModelForSequenceClassification

        network = AutoModelForSequenceClassification.from_pretrained(folder).eval()
        run_network = lambda feeds: network(**{name: torch.from_numpy(value) for name, value in feeds.items()}).logits.numpy()
    else:
        opened = session(file)
        names = [one.name for one in opened.get_inputs()]
        run_network = lambda feeds: opened.run(None, {name: feeds[name] for name in names})[0]
    score = scored(run_network, feed, batch)

    def run():
        explainer = lime_text.LimeTextExplainer(feature_selection="none", bow=False, mask_string="[MASK]", random_state=0)
        found = explainer.explain_instance(text, score, labels=(cls,), num_features=1000, num_samples=samples)
        weights = dict(found.local_exp[cls])
        return np.array([weights[k] for k in range(len(weights))])

    return run


CASES = {"kernel_shap": kernel_shap, "occlusion": occlusion, "lime_image": lime_image, "lime_text": lime_text}


def serve():
    from importlib.metadata import version

    names = ("torch", "captum", "shap", "lime", "scikit-learn", "scikit-image", "onnxruntime", "numpy", "transformers")
    print(json.dumps({name: version(name) for name in names}), flush=True)
    made = {}
    for line in sys.stdin:
        key = line.strip()
        if key not in made:
            asked = json.loads(line)
            made[key] = CASES[asked.pop("case")](**asked)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            start = time.perf_counter()
            values = made[key]()
            took = 1000 * (time.perf_counter() - start)
        np.save(DIR / "peer.npy", np.asarray(values, np.float64))
        print(json.dumps({"ms": took}), flush=True)


models() if sys.argv[1] == "models" else serve()
