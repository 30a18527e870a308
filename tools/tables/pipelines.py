# Writes pipelines of scikit-learn as skl2onnx exports them, and what they say of examples/tables/adult.csv, to packages/vitrine/testdata/tables:
# python pipelines.py, with scikit-learn 1.9.1, skl2onnx 1.20.0, onnxruntime 1.32, pandas 3.1. Needed only to make these files again.
import json
import pathlib
import warnings

import numpy as np
import onnxruntime
import pandas as pd
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import SVC

warnings.filterwarnings("ignore")
root = pathlib.Path(__file__).parents[2]
out = root / "packages/vitrine/testdata/tables"
people = pd.read_csv(root / "examples/tables/adult.csv").rename(columns={"hours_per_week": "hours-per-week"})
y = (people.income == ">50K").astype(int)
numeric, words = ["age", "hours-per-week"], ["education", "marital_status", "gender"]
x = people[numeric + words]
one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)


def inputs(kind):
    return [(name, kind([None, 1]) if name in numeric else StringTensorType([None, 1])) for name in x.columns]


def export(name, before, model, table, types, feeds, classes=y):
    """Where classes have names, as exported unless told otherwise: with labels that are words and a map from them to probabilities."""
    named = classes is not y
    fitted = Pipeline([("pre", before), ("model", model)]).fit(table, classes)
    graph = to_onnx(fitted, initial_types=types, options=None if named else {"zipmap": False}, target_opset=18)
    (out / f"{name}.onnx").write_bytes(graph.SerializeToString())
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    maps = session.run(["output_probability" if named else "probabilities"], feeds)[0]
    said = np.array([row[">50K"] for row in maps]) if named else maps[:, 1]
    assert np.allclose(said, fitted.predict_proba(table)[:, 1], atol=1e-5)
    return [round(float(p), 7) for p in said[:50]]


def named(table, dtype):
    return {
        name.replace("-", "_"): table[name].to_numpy().astype(dtype if name in numeric else str).astype(dtype if name in numeric else object)[:, None]
        for name in table.columns
    }


filled = Pipeline([("fill", SimpleImputer()), ("scale", StandardScaler())])
gaps = x.assign(age=x.age.astype(float).where(x.index % 10 != 3))
said = {
    # Inputs by column, an imputer, words as one-hot columns, a network.
    "network": export(
        "network",
        ColumnTransformer([("numbers", filled, numeric), ("words", one_hot, words)]),
        MLPClassifier((6,), max_iter=300, random_state=0),
        gaps,
        inputs(FloatTensorType),
        named(gaps, np.float32),
    ),
    # Whole numbers, words by their place, a linear model.
    "linear": export(
        "linear",
        ColumnTransformer([("numbers", MinMaxScaler(), numeric), ("words", OrdinalEncoder(), words)]),
        LogisticRegression(),
        x,
        inputs(Int64TensorType),
        named(x, np.int64),
    ),
    # A matrix of words.
    "words": export(
        "words",
        ColumnTransformer([("two", one_hot, [0, 1]), ("one", OneHotEncoder(drop="first", sparse_output=False), [2])]),
        LogisticRegression(),
        x[words].to_numpy().astype(str).astype(object),
        [("words", StringTensorType([None, 3]))],
        {"words": x[words].to_numpy().astype(str).astype(object)},
    ),
    # Trees behind words.
    "forest": export(
        "forest",
        ColumnTransformer([("numbers", "passthrough", numeric), ("words", one_hot, words)]),
        RandomForestClassifier(4, max_depth=3, random_state=0),
        x,
        inputs(FloatTensorType),
        named(x, np.float32),
    ),
    # Classes with names.
    "named": export(
        "named",
        ColumnTransformer([("numbers", StandardScaler(), numeric), ("words", one_hot, words)]),
        LogisticRegression(),
        x,
        inputs(FloatTensorType),
        named(x, np.float32),
        people.income,
    ),
    # Support vectors.
    "support": export(
        "support",
        ColumnTransformer([("numbers", StandardScaler(), numeric), ("words", one_hot, words)]),
        SVC(probability=True, C=0.3, random_state=0),
        x,
        inputs(FloatTensorType),
        named(x, np.float32),
        people.income,
    ),
}
(out / "pipelines.json").write_text(json.dumps(said) + "\n")
