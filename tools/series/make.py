"""A small convolutional network that tells events in three channels, and series of which it is known where their event lies.

    pip install torch onnx onnxruntime numpy
    python tools/series/make.py

writes models/events_cnn.onnx (its weights are drawn and trained here, seed 1), golden/series/events.ts (twelve labelled series) and
golden/series/events.json: for each of them PyTorch's scores and the channel and samples of its event.

A series has 200 samples of three channels at 100 Hz: noise, and one event. A bump is a bell 30 samples wide in channel a; a burst is
0.4 s of a tone at 20 Hz in channel b; a step is a rise by 2 of channel c that lasts for 40 samples. Each channel has a slow drift too, which tells nothing.
"""

import json
import os

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

SAMPLES, RATE, CLASSES, NAMES = 200, 100, ["bump", "burst", "step"], ["a", "b", "c"]
rng = np.random.default_rng(1)
torch.manual_seed(1)
torch.set_num_threads(1)


def series(label):
    t = np.arange(SAMPLES)
    x = 0.3 * rng.standard_normal((3, SAMPLES)) + np.sin(2 * np.pi * (t / SAMPLES * rng.uniform(0.5, 1.5, (3, 1)) + rng.uniform(0, 1, (3, 1)))) * 0.5
    width = 40
    start = int(rng.integers(5, SAMPLES - width - 5))
    inside = np.arange(width)
    if label == 0:
        x[0, start : start + width] += 2.5 * np.exp(-(((inside - 20) / 8) ** 2))
    elif label == 1:
        x[1, start : start + width] += 1.2 * np.sin(2 * np.pi * 20 * inside / RATE)
    else:
        x[2, start : start + width] += 2
    return x.astype(np.float32), start, start + width


def batch(count):
    labels = rng.integers(0, 3, count)
    return torch.tensor(np.stack([series(k)[0] for k in labels])), torch.tensor(labels)


net = torch.nn.Sequential(
    torch.nn.Conv1d(3, 12, 9, padding=4), torch.nn.ReLU(), torch.nn.MaxPool1d(2),
    torch.nn.Conv1d(12, 16, 9, padding=4), torch.nn.ReLU(), torch.nn.AdaptiveMaxPool1d(1), torch.nn.Flatten(), torch.nn.Linear(16, 3),
)
optimizer = torch.optim.Adam(net.parameters(), 3e-3, weight_decay=1e-4)
for step in range(400):
    x, y = batch(64)
    loss = torch.nn.functional.cross_entropy(net(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
net.eval()
x, y = batch(1000)
print("accuracy", (net(x).argmax(1) == y).float().mean().item())

constants = []


def const(name, tensor):
    constants.append(numpy_helper.from_array(tensor.detach().numpy(), name))
    return name


def conv(layer, name, source):
    return helper.make_node("Conv", [source, const(f"{name}.w", layer.weight), const(f"{name}.b", layer.bias)], [name], name, pads=[4, 4])


nodes = [
    conv(net[0], "conv0", "series"),
    helper.make_node("Relu", ["conv0"], ["relu0"], "relu0"),
    helper.make_node("MaxPool", ["relu0"], ["pool0"], "pool0", kernel_shape=[2], strides=[2]),
    conv(net[3], "conv1", "pool0"),
    helper.make_node("Relu", ["conv1"], ["relu1"], "relu1"),
    helper.make_node("GlobalMaxPool", ["relu1"], ["pool1"], "pool1"),
    helper.make_node("Flatten", ["pool1"], ["features"], "features"),
    helper.make_node("Gemm", ["features", const("out.w", net[7].weight), const("out.b", net[7].bias)], ["scores"], "scores", transB=1),
]
graph = helper.make_graph(
    nodes, "events",
    [helper.make_tensor_value_info("series", TensorProto.FLOAT, ["N", 3, SAMPLES])],
    [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["N", 3])],
    constants,
)
model = helper.make_model(graph, producer_name="tools/series/make.py", opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
onnx.checker.check_model(model, full_check=True)
onnx.save(model, "models/events_cnn.onnx")
about = {"labels": CLASSES, "series": {"rateHz": RATE, "names": NAMES}}
json.dump(about, open("models/events_cnn.json", "w"))

for folder in ("golden/series",):
    os.makedirs(folder, exist_ok=True)
lines = ["# Made by tools/series/make.py", "@problemName events", "@timeStamps false", "@missing false", "@dimensions 3", "@equalLength true",
         f"@seriesLength {SAMPLES}", "@classLabel true " + " ".join(CLASSES), "@data"]
golden = []
for i in range(12):
    label = i % 3
    x, start, end = series(label)
    x = np.round(x, 4)
    lines.append(":".join(",".join(f"{v:g}" for v in row) for row in x) + f":{CLASSES[label]}")
    golden.append({"label": CLASSES[label], "channel": label, "from": start, "to": end,
                   "scores": [round(v, 6) for v in net(torch.tensor(x.astype(np.float32))[None])[0].tolist()]})
open("golden/series/events.ts", "w").write("\n".join(lines) + "\n")
json.dump({"torch": torch.__version__, "tolerance": 1e-4, "examples": golden}, open("golden/series/events.json", "w"), indent=1)
