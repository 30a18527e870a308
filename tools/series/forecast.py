"""A small network that forecasts a series and says how far what came is from it.

    pip install torch onnx numpy
    python tools/series/forecast.py timeseries.csv

reads timeseries.csv of salesforce/OmniXAI (omnixai/tests/datasets; BSD-3-Clause; timestamp, horizontal, anomaly) and writes
models/forecast_mlp.onnx (trained here on its first 7,000 rows without their anomalies, seed 1), models/forecast_mlp.json,
examples/series/horizontal.csv (60 rows that end in an anomaly) and golden/series/forecast.json: what PyTorch says of it.

The input holds 60 samples: 48 that are known and 12 that came. Outputs are `forecast` [N,12] and `anomaly` [N,1], the mean square of what the
forecast misses, in units of what it misses elsewhere.
"""

import csv
import json
import os
import sys

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

KNOWN, AHEAD, TRAINED = 48, 12, 7000
torch.manual_seed(1)
torch.set_num_threads(1)
rows = list(csv.DictReader(open(sys.argv[1])))
x = np.array([float(row["horizontal"]) for row in rows], np.float32)
bad = np.array([float(row["anomaly"]) > 0 for row in rows])
width = KNOWN + AHEAD
starts = [i for i in range(TRAINED - width) if not bad[i : i + width].any()]
windows = torch.tensor(np.stack([x[i : i + width] for i in starts]))
net = torch.nn.Sequential(torch.nn.Linear(KNOWN, 32), torch.nn.ReLU(), torch.nn.Linear(32, AHEAD))
optimizer = torch.optim.Adam(net.parameters(), 2e-3, weight_decay=1e-4)
for epoch in range(40):
    for batch in torch.randperm(len(windows)).split(64):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(net(windows[batch, :KNOWN]), windows[batch, KNOWN:]).backward()
        optimizer.step()
with torch.no_grad():
    missed = ((net(windows[:, :KNOWN]) - windows[:, KNOWN:]) ** 2).mean().item()
    later = torch.tensor(np.stack([x[i : i + width] for i in range(TRAINED, len(x) - width)]))
    error = ((net(later[:, :KNOWN]) - later[:, KNOWN:]) ** 2).mean(1).numpy()
    strange = np.array([bad[i + KNOWN : i + width].any() for i in range(TRAINED, len(x) - width)])
print(f"squares missed {missed:.4f}, of {x.var():.4f}; later, without anomaly {error[~strange].mean():.4f}, with {error[strange].mean():.4f}")

weights = [p.detach().numpy() for p in net.parameters()]
initial = [numpy_helper.from_array(value, name) for name, value in zip(["w0", "b0", "w1", "b1"], weights)] + [
    numpy_helper.from_array(np.array(value, dtype), name)
    for name, value, dtype in [("zero", [0], np.int64), ("known_end", [KNOWN], np.int64), ("end", [width], np.int64), ("axis", [2], np.int64),
                               ("channel", [1], np.int64), ("missed", missed, np.float32)]
]
nodes = [
    helper.make_node("Slice", ["series", "zero", "known_end", "axis"], ["known_3d"], "known_3d"),
    helper.make_node("Squeeze", ["known_3d", "channel"], ["known"], "known"),
    helper.make_node("Slice", ["series", "known_end", "end", "axis"], ["came_3d"], "came_3d"),
    helper.make_node("Squeeze", ["came_3d", "channel"], ["came"], "came"),
    helper.make_node("Gemm", ["known", "w0", "b0"], ["hidden"], "hidden", transB=1),
    helper.make_node("Relu", ["hidden"], ["active"], "active"),
    helper.make_node("Gemm", ["active", "w1", "b1"], ["forecast"], "forecast", transB=1),
    helper.make_node("Sub", ["came", "forecast"], ["miss"], "miss"),
    helper.make_node("Mul", ["miss", "miss"], ["square"], "square"),
    helper.make_node("ReduceMean", ["square"], ["mean"], "mean", axes=[1], keepdims=1),
    helper.make_node("Div", ["mean", "missed"], ["anomaly"], "anomaly"),
]
graph = helper.make_graph(
    nodes, "forecast",
    [helper.make_tensor_value_info("series", TensorProto.FLOAT, ["N", 1, width])],
    [helper.make_tensor_value_info("forecast", TensorProto.FLOAT, ["N", AHEAD]), helper.make_tensor_value_info("anomaly", TensorProto.FLOAT, ["N", 1])],
    initial,
)
model = helper.make_model(graph, producer_name="tools/series/forecast.py", opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
onnx.checker.check_model(model, full_check=True)
onnx.save(model, "models/forecast_mlp.onnx")
json.dump({"task": "regression", "series": {"names": ["horizontal"]}}, open("models/forecast_mlp.json", "w"))

start = TRAINED + int(np.argmax(np.where([bad[i : i + KNOWN].any() for i in range(TRAINED, len(x) - width)], 0, error)))
os.makedirs("examples/series", exist_ok=True)
with open("examples/series/horizontal.csv", "w") as file:
    file.write("horizontal\n" + "".join(f"{v:.6g}\n" for v in x[start : start + width]))
given = torch.tensor([float(f"{v:.6g}") for v in x[start : start + width]])
ahead = net(given[None, :KNOWN])[0]
json.dump({"torch": torch.__version__, "forecast": [round(v, 6) for v in ahead.tolist()],
           "anomaly": round(((ahead - given[KNOWN:]) ** 2).mean().item() / missed, 5),
           "anomalous": np.flatnonzero(bad[start : start + width]).tolist()}, open("golden/series/forecast.json", "w"))
