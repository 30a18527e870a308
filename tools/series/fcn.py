"""The fully convolutional network of TSInterpret for BasicMotions, from Keras' HDF5 to ONNX.

    pip install h5py onnx onnxruntime numpy
    python tools/series/fcn.py best_model_bm_fcn_wang_ep200.hdf5 models/basic_motions_fcn.onnx [ref_io.npz]

The file is ClassificationModels/models/BasicMotions/best_model_bm_fcn_wang_ep200.hdf5 of fzi-forschungszentrum-informatik/TSInterpret
(BSD-3-Clause). Layers of the file are read by its own configuration; with a file of inputs and Keras' outputs the result is held against them.
"""

import json
import sys

import h5py
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def weights(file, layer, *names):
    group = file["model_weights"][layer]
    paths = [p.decode() if isinstance(p, bytes) else p for p in group.attrs["weight_names"]]
    return [np.asarray(group[next(p for p in paths if p.split("/")[-1].split(":")[0] == n)], np.float32) for n in names]


def convert(source, target):
    file = h5py.File(source)
    config = json.loads(file.attrs["model_config"])["config"]
    nodes, constants, values = [], [], {}

    def const(name, array):
        constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def node(op, inputs, name, **attributes):
        nodes.append(helper.make_node(op, inputs, [name], name, **attributes))
        return name

    shape = None
    for layer in config["layers"]:
        kind, own, name = layer["class_name"], layer["config"], layer["config"]["name"]
        inbound = layer["inbound_nodes"]
        if kind == "InputLayer":
            shape = own.get("batch_input_shape") or own.get("batch_shape")
            values[name] = node("Transpose", ["series"], "by_channel", perm=[0, 2, 1])
            continue
        x = values[inbound[0][0][0]]
        if kind == "Conv1D":
            assert own["padding"] == "same" and own["strides"] == [1] and own["dilation_rate"] == [1]
            w, b = weights(file, name, "kernel", "bias")
            values[name] = node("Conv", [x, const(f"{name}.w", w.transpose(2, 1, 0)), const(f"{name}.b", b)], name, auto_pad="SAME_UPPER")
        elif kind.startswith("BatchNormalization"):
            parts = weights(file, name, "gamma", "beta", "moving_mean", "moving_variance")
            values[name] = node("BatchNormalization", [x, *(const(f"{name}.{i}", p) for i, p in enumerate(parts))], name, epsilon=own["epsilon"])
        elif kind == "Activation":
            assert own["activation"] == "relu"
            values[name] = node("Relu", [x], name)
        elif kind == "GlobalAveragePooling1D":
            mean = node("GlobalAveragePool", [x], f"{name}.mean")
            values[name] = node("Flatten", [mean], name)
        elif kind == "Dense":
            assert own["activation"] == "softmax"
            w, b = weights(file, name, "kernel", "bias")
            score = node("Gemm", [x, const(f"{name}.w", w), const(f"{name}.b", b)], "score")
            values[name] = node("Softmax", [score], "probability", axis=1)
        else:
            raise SystemExit(f"{kind} ({name}) is not converted")

    classes = constants[-1].dims[0]
    graph = helper.make_graph(
        nodes,
        "fcn",
        [helper.make_tensor_value_info("series", TensorProto.FLOAT, ["N", *shape[1:]])],
        [helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["N", classes])],
        constants,
    )
    model = helper.make_model(graph, producer_name="keras", opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, target)


def check(target, reference):
    import onnxruntime

    io = np.load(reference)
    session = onnxruntime.InferenceSession(target)
    arrays = [io[name] for name in io.files]
    x = next(a for a in arrays if a.ndim == 3).astype(np.float32)
    y = next(a for a in arrays if a.ndim == 2)
    (own,) = session.run(None, {"series": x})
    print(f"{len(x)} references: largest difference {np.abs(own - y).max():.1e}")


if __name__ == "__main__":
    convert(sys.argv[1], sys.argv[2])
    if len(sys.argv) > 3:
        check(sys.argv[2], sys.argv[3])
