# Writes models/adult_dice.onnx, its preprocessing and schema, examples/tables/adult.csv, and what the model says of its rows:
# python adult.py FOLDER_OF_DICE ADULT.DATA, with h5py 3.16, numpy, onnx 1.23 and onnxruntime 1.32. Needed only to make these files again.
import csv
import json
import pathlib
import sys

import h5py
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

root = pathlib.Path(__file__).parents[2]
dice = pathlib.Path(sys.argv[1])
weights = h5py.File(dice / "adult.h5")["model_weights"]


def initializer(layer, of, name):
    return numpy_helper.from_array(np.asarray(weights[f"{layer}/{layer}/{of}:0"], np.float32), name)


def value(name, *dims):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, dims)


graph = helper.make_graph(
    [
        helper.make_node("Gemm", ["dense_input", "kernel", "bias"], ["hidden"]),
        helper.make_node("Relu", ["hidden"], ["active"]),
        helper.make_node("Gemm", ["active", "kernel_1", "bias_1"], ["score"]),
        helper.make_node("Sigmoid", ["score"], ["income_over_50K"]),
    ],
    "adult",
    [value("dense_input", "N", 29)],
    [value("income_over_50K", "N", 1)],
    [initializer(layer, of, of + end) for layer, end in [("dense", ""), ("dense_1", "_1")] for of in ["kernel", "bias"]],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10, producer_name="keras, by adult.py")
onnx.checker.check_model(model)
onnx.save(model, root / "models/adult_dice.onnx")
session = onnxruntime.InferenceSession(model.SerializeToString())
said = np.load(dice / "ref_io.npz")
assert np.allclose(session.run(None, {"dense_input": said["x"]})[0], said["y"], atol=1e-6), "not the model of Keras"

# The groups that DiCE trained on.
grouped = {
    "workclass": {"Private": "Private", "Self-emp-inc": "Self-Employed", "Self-emp-not-inc": "Self-Employed"}
    | {name: "Government" for name in ["State-gov", "Local-gov", "Federal-gov"]},
    "education": {name: "School" for name in "Preschool 1st-4th 5th-6th 7th-8th 9th 10th 11th 12th".split()}
    | {"Assoc-voc": "Assoc", "Assoc-acdm": "Assoc"},
    "marital_status": {name: "Married" for name in ["Married-civ-spouse", "Married-AF-spouse", "Married-spouse-absent"]}
    | {"Never-married": "Single"},
    "occupation": {name: "White-Collar" for name in ["Adm-clerical", "Exec-managerial"]}
    | {name: "Service" for name in ["Other-service", "Priv-house-serv", "Protective-serv", "Tech-support"]}
    | {name: "Blue-Collar" for name in "Craft-repair Farming-fishing Handlers-cleaners Machine-op-inspct Transport-moving".split()}
    | {"Prof-specialty": "Professional", "Sales": "Sales"},
}
others = {"workclass": "Other/Unknown", "occupation": "Other/Unknown"}
categories = {
    "workclass": ["Government", "Other/Unknown", "Private", "Self-Employed"],
    "education": ["Assoc", "Bachelors", "Doctorate", "HS-grad", "Masters", "Prof-school", "School", "Some-college"],
    "marital_status": ["Divorced", "Married", "Separated", "Single", "Widowed"],
    "occupation": ["Blue-Collar", "Other/Unknown", "Professional", "Sales", "Service", "White-Collar"],
    "race": ["Other", "White"],
    "gender": ["Female", "Male"],
}
places = {"workclass": 1, "education": 3, "marital_status": 5, "occupation": 6, "race": 8, "gender": 9}
columns = ["age", "workclass", "education", "marital_status", "occupation", "race", "gender", "hours_per_week"]


def person(row):
    who = {"age": int(row[0]), "hours_per_week": int(row[12]), "income": row[14]}
    for name, place in places.items():
        found = grouped.get(name, {}).get(row[place], others.get(name, row[place]))
        who[name] = found if found in categories[name] else "Other"
    return who


def encoded(who):
    numbers = [(who["age"] - 17) / 73, (who["hours_per_week"] - 1) / 98]
    return numbers + [float(who[name] == category) for name, list_ in categories.items() for category in list_]


people = [person([cell.strip() for cell in row]) for row in csv.reader(open(sys.argv[2])) if row][:2000]
theirs = np.load(dice / "adult_first2000_encoded.npz")
ours = np.asarray([encoded(who) for who in people], np.float32)
assert np.allclose(ours, theirs["X"], atol=1e-6) and [who["income"] == ">50K" for who in people] == theirs["y"].tolist(), "not DiCE's encoding"

with open(root / "examples/tables/adult.csv", "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*columns, "income"])
    writer.writerows([who[name] for name in [*columns, "income"]] for who in people[:200])

minmax = {"step": "minMax", "min": [17, 1], "max": [90, 99]}
blocks = [{"columns": ["age", "hours_per_week"], "steps": [minmax]}] + [
    {"columns": [name], "steps": [{"step": "oneHot", "categories": [list_]}]} for name, list_ in categories.items()
]
features = [
    {"name": "age", "kind": "number", "unit": "years", "whole": True, "min": 17, "max": 90, "monotone": "increasing"},
    {"name": "workclass", "kind": "category", "label": "works for", "categories": categories["workclass"]},
    {"name": "education", "kind": "category", "categories": categories["education"]},
    {"name": "marital_status", "kind": "category", "label": "marital status", "categories": categories["marital_status"]},
    {"name": "occupation", "kind": "category", "categories": categories["occupation"]},
    {"name": "race", "kind": "category", "categories": categories["race"], "immutable": True},
    {"name": "gender", "kind": "category", "categories": categories["gender"], "immutable": True},
    {"name": "hours_per_week", "kind": "number", "label": "works", "unit": "hours a week", "whole": True, "min": 1, "max": 99},
    {"name": "income", "kind": "category", "categories": ["<=50K", ">50K"]},
]


def lines(items):
    return "[\n    " + ",\n    ".join(json.dumps(item, ensure_ascii=False) for item in items) + "\n  ]"


(root / "models/adult_dice.json").write_text(
    f'{{\n  "labels": ["income over 50K"],\n  "preprocess": {{ "blocks": {lines(blocks)} }}\n}}\n'
)
(root / "models/adult_dice.schema.json").write_text(f'{{\n  "labelColumn": "income",\n  "features": {lines(features)}\n}}\n')
y = session.run(None, {"dense_input": ours[:200]})[0].ravel()
(root / "packages/vitrine/testdata/tables/adult.json").write_text(
    json.dumps({"encoded": [[round(float(x), 7) for x in row] for row in ours[:20]], "said": [round(float(p), 7) for p in y]}) + "\n"
)
