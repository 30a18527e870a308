"""The peer of trees.mjs: trains its models, and times SHAP on them. python treesPeer.py models DIR | serve DIR

Packages: scikit-learn, xgboost, skl2onnx, onnxmltools, onnx, shap. One thread.
"""

import json
import pathlib
import pickle
import sys
import time

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "tools" / "trees"))
DIR = pathlib.Path(sys.argv[2])
ROWS, BACKGROUND, PAIRS, COLUMNS = 1000, 100, 20, 30


def models():
    import onnxmltools
    import skl2onnx
    import xgboost
    from covers import sklearn_covers, with_covers, xgboost_covers
    from onnxmltools.convert.common.data_types import FloatTensorType
    from sklearn.ensemble import RandomForestRegressor

    random = np.random.default_rng(0)
    x = random.normal(size=(4000, COLUMNS)).astype(np.float32)
    y = x[:, 0] * x[:, 1] + np.sin(x[:, 2]) * x[:, 3] + x[:, 4:14].sum(1) + 0.3 * random.normal(size=4000)
    forest = RandomForestRegressor(100, max_depth=8, random_state=0).fit(x, y)
    boosted = xgboost.XGBRegressor(n_estimators=200, max_depth=6, random_state=0, n_jobs=1).fit(x, y)
    files = {
        "forest": (forest, with_covers(skl2onnx.to_onnx(forest, x[:1]), sklearn_covers(forest.estimators_))),
        "boosted": (
            boosted,
            with_covers(
                onnxmltools.convert_xgboost(boosted, initial_types=[("x", FloatTensorType([None, COLUMNS]))], target_opset=15),
                xgboost_covers(boosted),
            ),
        ),
    }
    DIR.mkdir(parents=True, exist_ok=True)
    for name, (model, exported) in files.items():
        (DIR / f"{name}.onnx").write_bytes(exported.SerializeToString())
        (DIR / f"{name}.pickle").write_bytes(pickle.dumps(model))
    np.save(DIR / "rows.npy", x[:ROWS])
    np.save(DIR / "background.npy", x[ROWS : ROWS + BACKGROUND])


def serve():
    import shap
    import sklearn
    import xgboost

    rows, background = np.load(DIR / "rows.npy"), np.load(DIR / "background.npy")
    explainers = {}
    for name in ("forest", "boosted"):
        model = pickle.loads((DIR / f"{name}.pickle").read_bytes())
        explainers[name, "path-dependent"] = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")
        explainers[name, "interventional"] = shap.TreeExplainer(model, background, feature_perturbation="interventional")
    print(json.dumps({"shap": shap.__version__, "xgboost": xgboost.__version__, "sklearn": sklearn.__version__}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        explainer = explainers[asked["model"], asked["perturbation"]]
        pairs = asked.get("interactions", False)
        wall, cpu = time.perf_counter(), time.process_time()
        values = explainer.shap_interaction_values(rows[:PAIRS]) if pairs else explainer.shap_values(rows, check_additivity=False)
        took = {"ms": 1000 * (time.perf_counter() - wall), "cpuMs": 1000 * (time.process_time() - cpu)}
        np.save(DIR / "peer.npy", np.asarray(values, np.float64))
        print(json.dumps(took), flush=True)


models() if sys.argv[1] == "models" else serve()
