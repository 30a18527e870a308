"""How many training examples passed each node of a tree, written into an exported model: path-dependent SHAP values need it, and exporters write ones.

    model = skl2onnx.to_onnx(forest, x[:1])
    onnx.save(with_covers(model, sklearn_covers(forest.estimators_)), "forest.onnx")
"""

import json

import numpy as np
import onnx


def sklearn_covers(trees):
    return [nested(tree.tree_.children_left, tree.tree_.children_right, tree.tree_.weighted_n_node_samples) for tree in trees]


def histogram_covers(model):
    nodes = [tree.nodes for trees in model._predictors for tree in trees]
    return [nested(np.where(n["is_leaf"], -1, n["left"].astype(int)), n["right"].astype(int), n["count"]) for n in nodes]


def nested(left, right, cover, node=0):
    """(cover, left, right) of a tree, () where there is no branch."""
    if left[node] < 0:
        return (float(cover[node]), (), ())
    return (float(cover[node]), nested(left, right, cover, int(left[node])), nested(left, right, cover, int(right[node])))


def lightgbm_covers(model):
    def of(node):
        if "left_child" not in node:
            return (float(node.get("leaf_count", 1)), (), ())
        return (float(node["internal_count"]), of(node["left_child"]), of(node["right_child"]))

    return [of(tree["tree_structure"]) for tree in model.booster_.dump_model()["tree_info"]]


def xgboost_covers(model):
    def of(node):
        if "leaf" in node:
            return (node["cover"], (), ())
        by_id = {child["nodeid"]: child for child in node["children"]}
        return (node["cover"], of(by_id[node["yes"]]), of(by_id[node["no"]]))

    return [of(json.loads(tree)) for tree in model.get_booster().get_dump(dump_format="json", with_stats=True)]


def with_covers(model, covers):
    """Writes covers where ONNX has a place for them. `covers`: one of each tree, in the order of the file."""
    (node,) = [n for n in model.graph.node if "TreeEnsemble" in n.op_type]
    attrs = {a.name: a for a in node.attribute}
    ints = lambda name: list(attrs[name].ints)
    trees, ids, yes, no = map(ints, ("nodes_treeids", "nodes_nodeids", "nodes_truenodeids", "nodes_falsenodeids"))
    modes = [mode.decode() for mode in attrs["nodes_modes"].strings]
    place = {key: i for i, key in enumerate(zip(trees, ids))}
    found = [0.0] * len(ids)

    def walk(tree, node_id, cover):
        i = place[tree, node_id]
        found[i] = cover[0]
        if modes[i] != "LEAF":
            # Categories are a chain of tests with the same branch where one passes.
            last = i
            while modes[last] == "BRANCH_EQ" and modes[after := place[tree, no[last]]] == "BRANCH_EQ" and yes[after] == yes[i]:
                last = after
            walk(tree, yes[i], cover[1])
            walk(tree, no[last], cover[2])

    roots = {}
    for tree, node_id in zip(trees, ids):
        roots.setdefault(tree, node_id)
    assert len(roots) == len(covers)
    for (tree, node_id), cover in zip(roots.items(), covers):
        walk(tree, node_id, cover)
    if "nodes_hitrates" in attrs:
        node.attribute.remove(attrs["nodes_hitrates"])
    node.attribute.append(onnx.helper.make_attribute("nodes_hitrates", found))
    return model
