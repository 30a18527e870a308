"""Trains small forests and boosted trees, exports them to ONNX, and writes what SHAP computes of them to golden/trees.

python make.py DATA OUT, DATA holding adult.data and diabetes.csv; packages: scikit-learn, lightgbm, xgboost, skl2onnx, onnxmltools, onnx, shap.
"""

import csv
import json
import pathlib
import sys
import warnings

import lightgbm
import numpy as np
import onnx
import onnxmltools
import shap
import sklearn
import skl2onnx
import skl2onnx.common.tree_ensemble as exported
import xgboost
from covers import histogram_covers, lightgbm_covers, sklearn_covers, with_covers, xgboost_covers
from onnxmltools.convert.common.data_types import FloatTensorType
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

warnings.filterwarnings("ignore")
DATA, OUT = map(pathlib.Path, sys.argv[1:3])
ROWS, BACKGROUND = 6, 50
RANDOM = np.random.default_rng(0)

add_node = exported.add_node


def add_plain_node(attrs, classifier, tree, weight, node, feature, mode, value, yes, no, *rest, nodes_missing_value_tracks_true=0, **more):
    """onnx takes no numpy scalars, which nodes of histogram trees are."""
    missing = int(nodes_missing_value_tracks_true)
    plain = (int(node), int(feature), mode, float(value), int(yes), int(no))
    return add_node(attrs, classifier, tree, weight, *plain, *rest, nodes_missing_value_tracks_true=missing, **more)


exported.add_node = add_plain_node


def adult():
    """Whole columns of people, categories by number, '?' as missing."""
    with open(DATA / "adult.data") as file:
        rows = [[cell.strip() for cell in row] for row in csv.reader(file) if len(row) == 15]
    rows = [rows[i] for i in RANDOM.permutation(len(rows))[:3000]]
    # Some of the first have cells that are missing, and some of those behind them too.
    rows.sort(key=lambda row: "?" not in row)
    rows = [row for pair in zip(rows, reversed(rows)) for row in pair][: len(rows)]
    table = {}
    for column, name in ((0, "age"), (1, "work"), (4, "education"), (6, "occupation"), (9, "sex"), (10, "gain"), (11, "loss"), (12, "hours")):
        cells = [row[column] for row in rows]
        if cells[0].isdigit():
            table[name] = [float(cell) for cell in cells]
        else:
            codes = {cell: code for code, cell in enumerate(sorted(set(cells) - {"?"}))}
            table[name] = [codes.get(cell, np.nan) for cell in cells]
    x = np.array(list(table.values()), np.float32).T
    income = np.array([row[14] == ">50K" for row in rows]).astype(int)
    married = np.array([0 if row[5].startswith("Married") else 1 if row[5] == "Never-married" else 2 for row in rows])
    return x, income, married, list(table)


def diabetes():
    with open(DATA / "diabetes.csv") as file:
        names, *rows = list(csv.reader(file))
    yes = {"Yes", "Male", "Positive"}
    x = np.array([[float(row[0])] + [float(cell in yes) for cell in row[1:-1]] for row in rows], np.float32)
    return x, np.array([row[-1] in yes for row in rows]).astype(int), names[:-1]


def newer(model):
    """The regressor of a model as TreeEnsemble of ai.onnx.ml 5, which no exporter writes yet."""
    (old,) = model.graph.node
    a = {x.name: onnx.helper.get_attribute_value(x) for x in old.attribute}
    leaf = [mode == b"LEAF" for mode in a["nodes_modes"]]
    place = {key: i for i, key in enumerate(zip(a["nodes_treeids"], a["nodes_nodeids"]))}
    weight = {key: w for key, w in zip(zip(a["target_treeids"], a["target_nodeids"]), a["target_weights"])}
    inner = [i for i in range(len(leaf)) if not leaf[i]]
    leaves = [i for i in range(len(leaf)) if leaf[i]]
    number = {i: k for k, i in enumerate(inner)} | {i: k for k, i in enumerate(leaves)}
    child = lambda name: [place[a["nodes_treeids"][i], a[name][i]] for i in inner]
    float_tensor = lambda values: onnx.numpy_helper.from_array(np.array(values, np.float32))
    node = onnx.helper.make_node(
        "TreeEnsemble",
        list(old.input),
        list(old.output),
        domain="ai.onnx.ml",
        n_targets=1,
        aggregate_function=1,
        post_transform=0,
        tree_roots=[number[place[tree, 0]] for tree in dict.fromkeys(a["nodes_treeids"])],
        nodes_featureids=[a["nodes_featureids"][i] for i in inner],
        nodes_splits=float_tensor([a["nodes_values"][i] for i in inner]),
        nodes_modes=onnx.numpy_helper.from_array(np.zeros(len(inner), np.uint8)),
        nodes_truenodeids=[number[i] for i in child("nodes_truenodeids")],
        nodes_trueleafs=[int(leaf[i]) for i in child("nodes_truenodeids")],
        nodes_falsenodeids=[number[i] for i in child("nodes_falsenodeids")],
        nodes_falseleafs=[int(leaf[i]) for i in child("nodes_falsenodeids")],
        leaf_targetids=[0] * len(leaves),
        leaf_weights=float_tensor([weight[a["nodes_treeids"][i], a["nodes_nodeids"][i]] for i in leaves]),
    )
    graph = onnx.helper.make_graph([node], "trees", list(model.graph.input), list(model.graph.output))
    opsets = [onnx.helper.make_opsetid("", 21), onnx.helper.make_opsetid("ai.onnx.ml", 5)]
    return onnx.helper.make_model(graph, opset_imports=opsets, ir_version=10)


def sklearn_onnx(model, x, **options):
    return skl2onnx.to_onnx(model, x[:1], target_opset={"": 21, "ai.onnx.ml": 3}, **options)


FLAT = {"options": {"zipmap": False}}


def boosted_onnx(convert, model, x, **more):
    return convert(model, initial_types=[("x", FloatTensorType([None, x.shape[1]]))], target_opset=15, **more)


def of_class(values, k):
    return values[..., k] if k is not None else values


def write(name, model, explained, x, columns, says, targets=(None,), before=lambda rows: rows, interventional=True, dependent=True, pairs=False):
    """A case: the model, rows, background rows, and SHAP's values. `before`: what the pipeline does to rows before the trees."""
    folder = OUT / name
    folder.mkdir(parents=True, exist_ok=True)
    data = model.SerializeToString()
    assert len(data) < 100_000, (name, len(data))
    (folder / "model.onnx").write_bytes(data)
    rows, background = x[:ROWS], x[ROWS : ROWS + BACKGROUND]
    np.save(folder / "rows.npy", rows)
    np.save(folder / "background.npy", background)
    goldens, scores = [], {}

    def golden(method, perturbation, explainer, values, k):
        kind = "interactions" if method.endswith("interactions") else "values"
        file = f"{perturbation}.{kind}{'' if k is None else f'.{k}'}.npy"
        np.save(folder / file, np.asarray(of_class(values, k), np.float64))
        base = float(np.atleast_1d(explainer.expected_value)[0 if k is None else k])
        # SHAP adds the first class's base score of XGBoost to all classes.
        sums = np.load(folder / file).reshape(ROWS, -1).sum(1) + base
        adds_up = np.allclose(sums, scores.setdefault(k, sums), atol=1e-4)
        goldens.append(
            {
                "method": method,
                "perturbation": perturbation,
                "target": [targets_of[k]],
                "file": file,
                "expected": base if adds_up else None,
            }
        )

    targets_of = {k: (k if k is not None else (1 if says == "binary" else 0)) for k in targets}
    if dependent:
        explainer = shap.TreeExplainer(explained, feature_perturbation="tree_path_dependent")
        values = explainer.shap_values(before(rows), check_additivity=False)
        for k in targets:
            golden("tree-shap", "path-dependent", explainer, values, k)
        if pairs:
            found = explainer.shap_interaction_values(before(rows))
            for k in targets:
                golden("tree-shap-interactions", "path-dependent", explainer, found, k)
    if interventional:
        explainer = shap.TreeExplainer(explained, before(background), feature_perturbation="interventional")
        values = explainer.shap_values(before(rows), check_additivity=False)
        for k in targets:
            golden("tree-shap", "interventional", explainer, values, k)
    spec = {"name": name, "columns": columns, "goldens": goldens}
    (folder / "trees.json").write_text(json.dumps(spec, indent=1) + "\n")
    print(name, len(data), [g["file"] for g in goldens])


def linear(name, model, exported_model, explained, x, columns, target, before):
    folder = OUT / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(exported_model.SerializeToString())
    rows, background = x[:ROWS], x[ROWS : ROWS + BACKGROUND]
    np.save(folder / "rows.npy", rows)
    np.save(folder / "background.npy", background)
    explainer = shap.LinearExplainer(explained, shap.maskers.Independent(before(background), max_samples=1000))
    np.save(folder / "interventional.values.npy", np.asarray(explainer.shap_values(before(rows)), np.float64))
    base = float(np.atleast_1d(explainer.expected_value)[0])
    golden = {"method": "linear-shap", "perturbation": None, "target": [target], "file": "interventional.values.npy", "expected": base}
    (folder / "trees.json").write_text(json.dumps({"name": name, "columns": columns, "goldens": [golden]}, indent=1) + "\n")
    print(name)


def main():
    x, income, married, columns = adult()
    hours = x[:, -1].copy()
    fixed = np.nan_to_num(x, nan=-1)
    no_hours, no_hours_fixed, others = x[:, :-1], fixed[:, :-1], columns[:-1]
    d, sick, symptoms = diabetes()
    order = np.random.default_rng(1).permutation(len(d))
    d, sick = d[order], sick[order]

    pipeline = make_pipeline(SimpleImputer(), RandomForestClassifier(12, max_depth=5, random_state=0)).fit(x, income)
    impute, forest = pipeline[0], pipeline[1]
    write(
        "forest-binary-imputed",
        with_covers(sklearn_onnx(pipeline, x), sklearn_covers(forest.estimators_)),
        forest,
        x,
        columns,
        "classes",
        targets=(0, 1),
        before=lambda rows: impute.transform(rows).astype(np.float32),
        pairs=True,
    )
    forest = RandomForestClassifier(8, max_depth=4, random_state=0).fit(fixed, married)
    write("forest-three", with_covers(sklearn_onnx(forest, fixed, **FLAT), sklearn_covers(forest.estimators_)), forest, fixed, columns, "classes", (0, 1, 2))
    forest = RandomForestRegressor(12, max_depth=6, random_state=0).fit(no_hours_fixed, hours)
    with_hits = with_covers(sklearn_onnx(forest, no_hours_fixed), sklearn_covers(forest.estimators_))
    write("forest-regression", with_hits, forest, no_hours_fixed, others, "regression", pairs=True)
    write("forest-regression-ml5", newer(sklearn_onnx(forest, no_hours_fixed)), forest, no_hours_fixed, others, "regression", dependent=False)
    extra = ExtraTreesClassifier(10, max_depth=6, random_state=0).fit(d, sick)
    write("extra-trees", with_covers(sklearn_onnx(extra, d), sklearn_covers(extra.estimators_)), extra, d, symptoms, "classes", (1,), pairs=True)
    tree = DecisionTreeClassifier(max_depth=6, random_state=0).fit(d, sick)
    write("tree", with_covers(sklearn_onnx(tree, d, **FLAT), sklearn_covers([tree])), tree, d, symptoms, "classes", (0, 1))
    leaf = DecisionTreeRegressor(max_depth=1, min_samples_split=10_000).fit(no_hours_fixed, hours)
    write("single-leaf", sklearn_onnx(leaf, no_hours_fixed), leaf, no_hours_fixed, others, "regression")
    scaled = make_pipeline(StandardScaler(), DecisionTreeRegressor(max_depth=5, random_state=0)).fit(no_hours_fixed, hours)
    scale = lambda rows: scaled[0].transform(rows).astype(np.float32)
    write(
        "tree-scaled",
        with_covers(sklearn_onnx(scaled, no_hours_fixed), sklearn_covers([scaled[1]])),
        scaled[1],
        no_hours_fixed,
        others,
        "regression",
        before=scale,
    )
    boosted = GradientBoostingClassifier(n_estimators=20, max_depth=3, random_state=0).fit(d, sick)
    hits = sklearn_covers(boosted.estimators_[:, 0])
    write("gradient-boosting", with_covers(sklearn_onnx(boosted, d, **FLAT), hits), boosted, d, symptoms, "binary", pairs=True)
    histogram = HistGradientBoostingClassifier(max_iter=15, max_depth=4, random_state=0).fit(x, income)
    write("hist-binary", with_covers(sklearn_onnx(histogram, x, **FLAT), histogram_covers(histogram)), histogram, x, columns, "binary")
    histogram = HistGradientBoostingRegressor(max_iter=15, max_depth=4, random_state=0).fit(no_hours, hours)
    write("hist-regression", with_covers(sklearn_onnx(histogram, no_hours), histogram_covers(histogram)), histogram, no_hours, others, "regression")

    light = lambda kind, **more: kind(n_estimators=15, num_leaves=12, min_child_samples=10, verbose=-1, random_state=0, **more)
    to_light = onnxmltools.convert_lightgbm
    model = light(lightgbm.LGBMClassifier).fit(x, income)
    write("lightgbm-binary", with_covers(boosted_onnx(to_light, model, x), lightgbm_covers(model)), model, x, columns, "binary", pairs=True)
    model = light(lightgbm.LGBMClassifier).fit(x, married)
    flat = boosted_onnx(to_light, model, x, zipmap=False)
    write("lightgbm-three", with_covers(flat, lightgbm_covers(model)), model, x, columns, "classes", (0, 1, 2))
    model = light(lightgbm.LGBMRegressor).fit(no_hours, hours)
    write("lightgbm-regression", with_covers(boosted_onnx(to_light, model, no_hours), lightgbm_covers(model)), model, no_hours, others, "regression")
    model = light(lightgbm.LGBMClassifier).fit(x, income, categorical_feature=[1, 3])
    flat = with_covers(boosted_onnx(to_light, model, x, zipmap=False), lightgbm_covers(model))
    # Interventional values of SHAP take categories for numbers, and do not add up.
    write("lightgbm-categories", flat, model, x, columns, "binary", interventional=False)

    boost = lambda kind, **more: kind(n_estimators=15, max_depth=4, random_state=0, **more)
    to_xgboost = onnxmltools.convert_xgboost
    model = boost(xgboost.XGBClassifier).fit(x, income)
    write("xgboost-binary", with_covers(boosted_onnx(to_xgboost, model, x), xgboost_covers(model)), model, x, columns, "binary", pairs=True)
    model = boost(xgboost.XGBClassifier).fit(x, married)
    write("xgboost-three", with_covers(boosted_onnx(to_xgboost, model, x), xgboost_covers(model)), model, x, columns, "classes", (0, 1, 2))
    model = boost(xgboost.XGBRegressor, base_score=10.0).fit(no_hours, hours)
    write("xgboost-regression", with_covers(boosted_onnx(to_xgboost, model, no_hours), xgboost_covers(model)), model, no_hours, others, "regression")

    scaled = make_pipeline(StandardScaler(), LogisticRegression()).fit(d, sick)
    linear("logistic", scaled, sklearn_onnx(scaled, d, **FLAT), scaled[1], d, symptoms, 1, lambda rows: scaled[0].transform(rows))
    plain = LinearRegression().fit(no_hours_fixed, hours)
    linear("linear", plain, sklearn_onnx(plain, no_hours_fixed), plain, no_hours_fixed, others, 0, lambda rows: rows)

    packages = {p.__name__: p.__version__ for p in (sklearn, lightgbm, xgboost, skl2onnx, onnxmltools, onnx, shap, np)}
    (OUT / "versions.json").write_text(json.dumps(packages, indent=1) + "\n")


main()
