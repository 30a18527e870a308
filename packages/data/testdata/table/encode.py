# Writes encode.json, what scikit-learn 1.9.1 makes of small columns: python encode.py
import json
import pathlib

import numpy as np
import sklearn
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import KBinsDiscretizer, MinMaxScaler, OneHotEncoder, OrdinalEncoder, QuantileTransformer, StandardScaler

random = np.random.default_rng(0)
x = np.round(np.concatenate([random.normal(40, 12, 60), [17, 90, 40, 40, 40, 40]]), 2).reshape(-1, 1)
words = random.choice(["HS-grad", "Bachelors", "Masters", "Doctorate"], 66).reshape(-1, 1)
sexes = random.choice(["Female", "Male"], 66).reshape(-1, 1)
gaps = x.copy()
gaps[::7] = np.nan
quantile = dict(n_quantiles=20, subsample=None)


def numeric(step, transformer):
    y = transformer.fit_transform(x)
    return {"step": step, "column": "x", "encoded": y.tolist(), "decoded": transformer.inverse_transform(y).ravel().tolist()}


def words_of(step, column, transformer):
    values = {"words": words, "sexes": sexes}[column]
    return {"step": step, "column": column, "encoded": transformer.fit_transform(values).tolist(), "decoded": values.ravel().tolist()}


cases = [
    numeric({"step": "standard"}, StandardScaler()),
    numeric({"step": "minMax"}, MinMaxScaler()),
    numeric({"step": "minMax", "range": [-1, 1]}, MinMaxScaler((-1, 1))),
    numeric({"step": "quantile", "count": 20}, QuantileTransformer(**quantile)),
    numeric({"step": "quantile", "count": 20, "output": "normal"}, QuantileTransformer(output_distribution="normal", **quantile)),
    numeric({"step": "bins", "count": 4, "by": "width"}, KBinsDiscretizer(4, encode="ordinal", strategy="uniform", subsample=None)),
    numeric(
        {"step": "bins", "count": 5, "by": "quantile", "encode": "oneHot"},
        KBinsDiscretizer(5, encode="onehot-dense", strategy="quantile", quantile_method="linear", subsample=None),
    ),
    words_of({"step": "ordinal"}, "words", OrdinalEncoder()),
    words_of({"step": "oneHot"}, "words", OneHotEncoder(sparse_output=False)),
    words_of({"step": "oneHot", "drop": "first"}, "words", OneHotEncoder(sparse_output=False, drop="first")),
    words_of({"step": "oneHot", "drop": "ifBinary"}, "sexes", OneHotEncoder(sparse_output=False, drop="if_binary")),
] + [
    {"step": {"step": "impute", "strategy": ours}, "column": "gaps", "encoded": SimpleImputer(strategy=theirs).fit_transform(gaps).tolist()}
    for ours, theirs in [("mean", "mean"), ("median", "median"), ("mostFrequent", "most_frequent")]
]
columns = {
    "x": x.ravel().tolist(),
    "gaps": [None if np.isnan(v) else v for v in gaps.ravel().tolist()],
    "words": words.ravel().tolist(),
    "sexes": sexes.ravel().tolist(),
}
out = {"scikit-learn": sklearn.__version__, "columns": columns, "cases": cases}
(pathlib.Path(__file__).parent / "encode.json").write_text(json.dumps(out) + "\n")
