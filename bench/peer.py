"""PyTorch and Captum beside Vitrine: answers {"case": ...} lines on stdin with {"ms": ...} lines on stdout.

python peer.py models DIR   writes the models that both sides run
python peer.py llama DIR    writes a Llama as a folder
python peer.py serve        answers until stdin closes
python peer.py memory CASE  runs one case once and prints the peak resident memory in MB
"""

import contextlib
import io
import json
import os
import sys
import time
import warnings

import torch
import torchvision

warnings.filterwarnings("ignore")
torch.set_num_threads(int(os.environ.get("THREADS", "2")))


def resnet():
    torch.manual_seed(0)
    return torchvision.models.resnet50(weights=None).eval()


def resnet_apart():
    """The same with a ReLU module for each use: Captum's DeepLIFT hooks modules, and takes each once."""
    from torchvision.models.resnet import Bottleneck

    class Apart(Bottleneck):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.relu, self.relu2, self.relu3 = (torch.nn.ReLU() for _ in range(3))

        def forward(self, x):
            out = self.relu(self.bn1(self.conv1(x)))
            out = self.bn3(self.conv3(self.relu2(self.bn2(self.conv2(out)))))
            return self.relu3(out + (x if self.downsample is None else self.downsample(x)))

    torch.manual_seed(0)
    model = torchvision.models.ResNet(Apart, [3, 4, 6, 3])
    model.relu = torch.nn.ReLU()
    return model.eval()


class Small(torch.nn.Module):
    """A network as the published DL-Backtrace for PyTorch wants it: in a row, one operation a line, the first called identity."""

    def __init__(self):
        super().__init__()
        self.identity = torch.nn.Identity()
        self.conv1 = torch.nn.Conv2d(3, 64, 3, padding=1)
        self.relu1 = torch.nn.ReLU()
        self.conv2 = torch.nn.Conv2d(64, 64, 3, padding=1)
        self.relu2 = torch.nn.ReLU()
        self.conv3 = torch.nn.Conv2d(64, 32, 3, padding=1)
        self.relu3 = torch.nn.ReLU()
        self.flatten = torch.nn.Flatten()
        self.fc = torch.nn.Linear(32 * 32 * 32, 10)
        self.softmax = torch.nn.Softmax(dim=1)

    def forward(self, x):
        x = self.identity(x)
        x = self.conv1(x)
        x = self.relu1(x)
        x = self.conv2(x)
        x = self.relu2(x)
        x = self.conv3(x)
        x = self.relu3(x)
        x = self.flatten(x)
        x = self.fc(x)
        x = self.softmax(x)
        return x


def small():
    torch.manual_seed(0)
    return Small().eval()


def bert():
    from transformers import BertConfig, BertForSequenceClassification

    torch.manual_seed(0)
    config = BertConfig(num_labels=2)
    config._attn_implementation = os.environ.get("ATTENTION", "eager")
    return BertForSequenceClassification(config).eval()


def models(folder):
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "resnet50.onnx")
    torch.onnx.export(resnet(), torch.zeros(1, 3, 224, 224), path, opset_version=17, dynamo=False, input_names=["input"],
                      output_names=["logits"], dynamic_axes={"input": {0: "N"}, "logits": {0: "N"}})
    torch.onnx.export(small(), torch.zeros(1, 3, 32, 32), os.path.join(folder, "cnn32.onnx"), opset_version=17, dynamo=False,
                      input_names=["input"], output_names=["probabilities"], dynamic_axes={"input": {0: "N"}, "probabilities": {0: "N"}})
    model = bert()

    class Logits(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, input_ids, attention_mask):
            return self.model(input_ids=input_ids, attention_mask=attention_mask).logits

    ids = torch.ones(1, 128, dtype=torch.int64)
    torch.onnx.export(Logits(), (ids, ids), os.path.join(folder, "bert.onnx"), opset_version=17, dynamo=False,
                      input_names=["input_ids", "attention_mask"], output_names=["logits"],
                      dynamic_axes={"input_ids": {0: "N"}, "attention_mask": {0: "N"}, "logits": {0: "N"}})


def llama_config(**more):
    from transformers import LlamaConfig

    return LlamaConfig(hidden_size=1024, intermediate_size=2816, num_hidden_layers=8, num_attention_heads=16, num_key_value_heads=8,
                       vocab_size=32000, max_position_embeddings=2048, tie_word_embeddings=False, **more)


def llama_folder(folder):
    """A Hugging Face folder that both sides read: shaped as a Llama, random weights, 520 MB."""
    from transformers import LlamaForCausalLM

    torch.manual_seed(0)
    LlamaForCausalLM(llama_config()).save_pretrained(folder)


def image(batch):
    """The same numbers as run.mjs feeds."""
    n = batch * 3 * 224 * 224
    return ((torch.arange(n, dtype=torch.float64) * 0.618033988749895) % 1.0).float().reshape(batch, 3, 224, 224) * 2 - 1


def tokens(batch):
    return (torch.arange(batch * 128, dtype=torch.int64) * 7919 % 30000 + 1).reshape(batch, 128)


class Cases:
    def __init__(self):
        self.made = {}

    def model(self, make):
        if make not in self.made:
            self.made[make] = make()
            for p in self.made[make].parameters():
                p.requires_grad_(False)
        return self.made[make]

    def resnet50_gradient(self, batch):
        x = image(batch).requires_grad_()
        y = self.model(resnet)(x)[:, 7].sum()
        return torch.autograd.grad(y, x)[0]

    def resnet50_forward(self, batch):
        with torch.no_grad():
            return self.model(resnet)(image(batch))

    def bert_gradient(self, batch):
        model = self.model(bert)
        ids = tokens(batch)
        embedded = model.bert.embeddings(input_ids=ids).detach().requires_grad_()
        mask = torch.ones_like(ids)
        extended = model.bert.get_extended_attention_mask(mask, ids.shape) if hasattr(model.bert, "get_extended_attention_mask") else None
        hidden = model.bert.encoder(embedded, attention_mask=extended)[0]
        y = model.classifier(model.bert.pooler(hidden))[:, 1].sum()
        return torch.autograd.grad(y, embedded)[0]

    def bert_ig(self, batch):
        from captum.attr import IntegratedGradients

        model = self.model(bert)
        embedded = model.bert.embeddings(input_ids=tokens(1)).detach()
        score = lambda x: model.classifier(model.bert.pooler(model.bert.encoder(x)[0]))
        return IntegratedGradients(score).attribute(embedded, target=1, n_steps=50, internal_batch_size=batch or None)

    def llama_attnlrp(self, batch):
        """LXT patches the classes of transformers 4.5x, and needs one of those versions."""
        from lxt.efficient import monkey_patch
        from transformers.models.llama import modeling_llama

        if "llama" not in self.made:
            monkey_patch(modeling_llama)
            self.made["llama"] = modeling_llama.LlamaForCausalLM.from_pretrained(os.environ["LLAMA"], torch_dtype=torch.float32).eval()
            for p in self.made["llama"].parameters():
                p.requires_grad_(False)
        model = self.made["llama"]
        x = model.get_input_embeddings()(tokens(1)).requires_grad_()
        y = model(inputs_embeds=x, use_cache=False).logits[0, -1, 1]
        return (torch.autograd.grad(y, x)[0] * x).sum(-1)

    def resnet50_ig(self, batch):
        from captum.attr import IntegratedGradients

        return IntegratedGradients(self.model(resnet)).attribute(image(1), target=7, n_steps=50, internal_batch_size=batch or None)

    def resnet50_deeplift(self, batch):
        from captum.attr import DeepLift

        return DeepLift(self.model(resnet_apart)).attribute(image(batch), baselines=0, target=7)

    def resnet50_gradcam(self, batch):
        from captum.attr import LayerGradCam

        model = self.model(resnet)
        return LayerGradCam(model, model.layer4).attribute(image(batch), target=7)

    def resnet50_lrp(self, batch):
        from zennit.composites import EpsilonPlus
        from zennit.torchvision import ResNetCanonizer

        model = self.model(resnet)
        x = image(batch).requires_grad_()
        with EpsilonPlus(canonizers=[ResNetCanonizer()]).context(model) as modified:
            y = modified(x)
            start = torch.zeros_like(y)
            start[:, 7] = y.detach()[:, 7]
            return torch.autograd.grad(y, x, start)[0]

    def cnn32_backtrace(self, contrast):
        from dl_backtrace.pytorch_backtrace import Backtrace

        with torch.no_grad(), contextlib.redirect_stderr(io.StringIO()):
            if "backtrace" not in self.made:
                self.made["backtrace"] = Backtrace(model=self.model(small))
            reference = self.made["backtrace"]
            x = image(1).reshape(-1)[: 3 * 32 * 32].reshape(1, 3, 32, 32)
            return reference.eval(reference.predict(x), start_wt=[], mode="contrast" if contrast else "default")


def run(cases, name, batch):
    start = time.perf_counter()
    getattr(cases, name)(batch)
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    verb = sys.argv[1]
    if verb == "models":
        models(sys.argv[2])
    elif verb == "llama":
        llama_folder(sys.argv[2])
    elif verb == "memory":
        cases = Cases()
        run(cases, sys.argv[2], int(sys.argv[3]))
        with open("/proc/self/status") as status:
            peak = next(line for line in status if line.startswith("VmHWM"))
        print(json.dumps({"mb": int(peak.split()[1]) / 1024}))
    else:
        from importlib.metadata import PackageNotFoundError, version

        def version_of(package):
            try:
                return version(package)
            except PackageNotFoundError:
                return None

        print(json.dumps({**{name: version_of(name) for name in ("torch", "captum", "transformers", "lxt")}, "threads": torch.get_num_threads()}), flush=True)
        cases = Cases()
        for line in sys.stdin:
            ask = json.loads(line)
            print(json.dumps({"ms": run(cases, ask["case"], ask["batch"])}), flush=True)
