"""Grows the trees that are added to the weights of inference: `fit.py` asks for them.

LightGBM grows them on what the weights leave unexplained. As in the weights' own fitting, a channel's candidates
compete with each other and with none of them.
"""

from typing import Any

import lightgbm
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from notcontent.lineage.inference.features import FEATURES
from notcontent.lineage.inference.forest import Tree, Trees
from notcontent.lineage.inference.holdings import Places
from notcontent.lineage.inference.model import choose
from notcontent.lineage.inference.witnesses import Floats

ASKED = [each.name for each in FEATURES if not each.name.endswith(", few strangers")]
"""Trees bend a figure's effect by themselves: they need no knots, and no figure twice."""
TREES = 80
GROWING: dict[str, Any] = {
    "num_leaves": 16,
    "max_depth": 6,
    "learning_rate": 0.12,
    "min_data_in_leaf": 200,
    "min_sum_hessian_in_leaf": 5,
    "lambda_l2": 5,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "max_bin": 63,
    "deterministic": True,
    "num_threads": 1,
    "seed": 1,
    "verbose": -1,
}
Node = dict[str, Any]


def grow(asked: NDArray[np.float32], score: Floats, child: Places, parent: NDArray[np.bool_], channels: int) -> Trees:
    """Fit trees to candidates. `asked` f32[p, k]: the columns of `ASKED`; `score` f64[p]: what the weights give."""

    def objective(added: Floats, _: lightgbm.Dataset) -> tuple[Floats, Floats]:
        chance = choose(score + added, child, channels).probability
        return chance - parent, np.maximum(chance * (1 - chance), 1e-4)

    data = lightgbm.Dataset(asked, parent.astype(np.float32))
    grown = lightgbm.train({**GROWING, "objective": objective}, data, num_boost_round=TREES)
    roots = [each["tree_structure"] for each in grown.dump_model()["tree_info"]]
    return Trees({}, ASKED, [_tree(root) for root in roots if "split_feature" in root])


def scaled(trees: Trees, heat: float) -> Trees:
    """Give trees that add so many times as much."""

    def warm(values: list[float]) -> list[float]:
        return [round(heat * each, 4) for each in values]

    made = [replace(each, mean=warm(each.mean), leaves=warm(each.leaves)) for each in trees.trees]
    return replace(trees, trees=made)


def _tree(root: Node) -> Tree:
    """Give numbers to a tree's decisions from the root on, and to its leaves as they come."""
    tree = Tree([], [], [], [], [], [])

    def add(node: Node) -> int:
        if "leaf_value" in node:
            tree.leaves.append(float(node["leaf_value"]))
            return -len(tree.leaves)
        at = len(tree.asked)
        tree.asked.append(int(node["split_feature"]))
        tree.least.append(float(np.float32(node["threshold"])))
        tree.mean.append(float(node["internal_value"]))
        tree.low.append(0)
        tree.high.append(0)
        tree.low[at] = add(node["left_child"])
        tree.high[at] = add(node["right_child"])
        return at

    add(root)
    return tree
