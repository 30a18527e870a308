"""Writes golden/analysis: what scikit-learn and scipy compute of small seeded tables. Run with scikit-learn 1.9 and scipy 1.17:

    python tools/analysis/golden.py
"""

import json
import pathlib

import numpy as np
import scipy
import sklearn
from scipy import stats
from sklearn import metrics
from sklearn.feature_selection import mutual_info_classif, mutual_info_regression

out = pathlib.Path(__file__).parents[2] / "golden" / "analysis"
out.mkdir(parents=True, exist_ok=True)
versions = {"sklearn": sklearn.__version__, "scipy": scipy.__version__, "numpy": np.__version__}


def plain(value):
    if isinstance(value, dict):
        return {key: plain(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    return None if isinstance(value, float) and not np.isfinite(value) else value


def write(name, content):
    (out / f"{name}.json").write_text(json.dumps(plain({"versions": versions, **content})) + "\n")


def classification(rows, classes, seed):
    random = np.random.default_rng(seed)
    truth = random.choice(len(classes), rows, p=np.linspace(2, 1, len(classes)) / np.linspace(2, 1, len(classes)).sum())
    logits = random.normal(size=(rows, len(classes))) + 1.2 * np.eye(len(classes))[truth]
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    # Rounded, so that scores tie; the last class makes rows add up to 1.
    p = np.round(p * 20) / 20
    p[:, -1] = np.round(1 - p[:, :-1].sum(axis=1), 2)
    while (bad := p[:, -1] < 0).any():
        p[bad, p[bad].argmax(axis=1)] = np.round(p[bad].max(axis=1) + p[bad, -1], 2)
        p[bad, -1] = 0
    assert np.allclose(p.sum(axis=1), 1)
    said = p.argmax(axis=1)
    one_hot = np.eye(len(classes))[truth]
    expected = {
        "accuracy": metrics.accuracy_score(truth, said),
        "balanced-accuracy": metrics.balanced_accuracy_score(truth, said),
        "mcc": metrics.matthews_corrcoef(truth, said),
        "kappa": metrics.cohen_kappa_score(truth, said),
        "log-loss": metrics.log_loss(truth, p),
        "brier": metrics.brier_score_loss(truth, p[:, 1]) if len(classes) == 2 else metrics.brier_score_loss(truth, p),
    }
    for name, score in (("precision", metrics.precision_score), ("recall", metrics.recall_score), ("f1", metrics.f1_score)):
        expected[name] = score(truth, said, average=None)
        for average in ("macro", "micro", "weighted"):
            expected[f"{name}-{average}"] = score(truth, said, average=average)
    for name, score in (("auc", metrics.roc_auc_score), ("average-precision", metrics.average_precision_score)):
        expected[name] = [score(one_hot[:, k], p[:, k]) for k in range(len(classes))]
        for average in ("macro", "weighted"):
            expected[f"{name}-{average}"] = score(one_hot, p, average=average)
        expected[f"{name}-micro"] = score(one_hot.ravel(), p.ravel())
    roc, pr = [], []
    for k in range(len(classes)):
        fpr, tpr, thresholds = metrics.roc_curve(one_hot[:, k], p[:, k], drop_intermediate=False)
        roc.append({"fpr": fpr, "tpr": tpr, "threshold": thresholds})
        precision, recall, thresholds = metrics.precision_recall_curve(one_hot[:, k], p[:, k])
        pr.append({"precision": precision, "recall": recall, "threshold": thresholds})
    grid = np.unique(np.concatenate([np.array(r["fpr"]) for r in roc]))
    macro = np.mean([np.interp(grid, r["fpr"], r["tpr"]) for r in roc], axis=0)
    f1 = lambda t, s: metrics.f1_score(t, s, average="macro")
    bca = stats.bootstrap(
        (truth, said), f1, paired=True, vectorized=False, n_resamples=20000, method="BCa", rng=np.random.default_rng(0)
    )
    return {
        "classes": classes,
        "truth": [classes[k] for k in truth],
        "scores": {name: p[:, k] for k, name in enumerate(classes)},
        "expected": expected,
        "confusion": metrics.confusion_matrix(truth, said),
        "roc": roc,
        "precisionRecall": pr,
        "rocMacro": {"fpr": grid, "tpr": macro},
        "bcaOfF1Macro": [bca.confidence_interval.low, bca.confidence_interval.high],
    }


def regression(rows, seed):
    random = np.random.default_rng(seed)
    truth = np.round(random.lognormal(1, 0.7, rows), 2)
    said = np.round(truth * random.lognormal(0, 0.25, rows) + random.normal(0, 0.3, rows), 2)
    errors = np.abs(truth - said)
    bca = stats.bootstrap((errors,), np.mean, n_resamples=20000, method="BCa", rng=np.random.default_rng(0))
    return {
        "truth": truth,
        "predicted": said,
        "expected": {
            "mae": metrics.mean_absolute_error(truth, said),
            "mse": metrics.mean_squared_error(truth, said),
            "rmse": metrics.root_mean_squared_error(truth, said),
            "mape": metrics.mean_absolute_percentage_error(truth, said),
            "r2": metrics.r2_score(truth, said),
            "median-ae": metrics.median_absolute_error(truth, said),
        },
        "residualQuantiles": np.quantile(truth - said, [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1]),
        "bcaOfMae": [bca.confidence_interval.low, bca.confidence_interval.high],
    }


write("classification", {"cases": [classification(160, ["ant", "bee", "cat"], 1), classification(90, ["no", "yes"], 2)]})
write("regression", regression(80, 3))


def table(rows, seed):
    random = np.random.default_rng(seed)
    x = random.normal(size=rows)
    columns = {
        "x": np.round(x, 6),
        "square": np.round(x**2 + random.normal(0, 0.2, rows), 6),
        "steps": np.round(2 * x + random.normal(0, 1, rows)),
    }
    letters = np.array(list("abcd"))[np.clip(np.round(columns["steps"] / 2 + random.normal(0, 0.7, rows)).astype(int) + 1, 0, 3)]
    label = np.where(random.random(rows) < 1 / (1 + np.exp(-2 * x)), "yes", "no")
    pairs = []
    names = list(columns)
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            of = {}
            for kind, test in (("pearson", stats.pearsonr), ("spearman", stats.spearmanr)):
                value, p = test(columns[a], columns[b])
                of[kind] = [value, p]
            tau = stats.kendalltau(columns[a], columns[b], method="asymptotic")
            of["kendall"] = [tau.statistic, tau.pvalue]
            pairs.append({"a": a, "b": b, **of})
    counts = np.array([[((letters == u) & (label == v)).sum() for v in ("no", "yes")] for u in "abcd"])
    counts = counts[counts.sum(axis=1) > 0]
    chi = stats.chi2_contingency(counts, correction=False)
    n, (r, k) = rows, counts.shape
    phi = max(0, chi.statistic / n - (r - 1) * (k - 1) / (n - 1))
    v = np.sqrt(phi / min(r - (r - 1) ** 2 / (n - 1) - 1, k - (k - 1) ** 2 / (n - 1) - 1))
    groups = [columns["x"][letters == u] for u in np.unique(letters)]
    f = stats.f_oneway(*groups)
    between = sum(len(g) * (g.mean() - columns["x"].mean()) ** 2 for g in groups)
    codes = np.unique(letters, return_inverse=True)[1]
    return {
        "columns": columns,
        "letters": letters,
        "label": label,
        "correlations": pairs,
        "chiSquare": {"statistic": chi.statistic, "degrees": chi.dof, "p": chi.pvalue, "cramersV": v},
        "correlationRatio": {"value": np.sqrt(between / ((columns["x"] - columns["x"].mean()) ** 2).sum()), "p": f.pvalue},
        "information": {
            "lettersLabel": metrics.mutual_info_score(letters, label),
            "xLabel": mutual_info_classif(columns["x"][:, None], label, discrete_features=False, random_state=0)[0],
            "squareX": mutual_info_regression(columns["square"][:, None], columns["x"], discrete_features=False, random_state=0)[0],
            "lettersX": mutual_info_regression(codes[:, None], columns["x"], discrete_features=True, random_state=0)[0],
        },
        "noncentral": {
            "chiSquare": [[x, d, l, stats.ncx2.cdf(x, d, l)] for x, d, l in ((10, 4, 3), (150, 6, 100), (30, 2, 60))],
            "f": [[x, a, b, l, stats.ncf.cdf(x, a, b, l)] for x, a, b, l in ((3, 2, 40, 4), (20, 3, 200, 50), (0.5, 5, 30, 2))],
        },
        "digamma": [[x, scipy.special.digamma(x)] for x in (1, 2, 3, 100, 2000)],
    }


write("table", table(300, 4))
