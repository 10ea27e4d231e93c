"""The trees that LightGBM grows for lineage are those that inference walks."""

import numpy as np
import pytest

pytest.importorskip("lightgbm", reason="only `make bench` installs what grows trees")

from bench.lineage import forests
from notcontent.lineage.inference.features import columns
from notcontent.lineage.inference.forest import Forest


def test_trees_find_what_two_figures_say_together_and_no_sum_of_them_says() -> None:
    rng = np.random.default_rng(1)
    channels, each = 4000, 4
    child = np.repeat(np.arange(channels), each)
    asked = rng.integers(0, 2, (len(child), len(forests.ASKED))).astype(np.float32)
    differ = asked[:, 0] != asked[:, 1]
    places = np.flatnonzero(differ)
    parent = np.zeros(len(child), bool)
    parent[places[np.unique(child[places], return_index=True)[1]]] = True  # of those that fit, one
    trees = forests.scaled(forests.grow(asked, np.zeros(len(child)), child, parent, channels), 1.0)
    assert trees.trees
    assert all(len(tree.leaves) <= 16 for tree in trees.trees)
    made = np.zeros((len(child), len(columns())))
    made[:, [columns().index(name) for name in forests.ASKED]] = asked
    score = Forest(trees).score(made)
    assert score[differ].mean() > score[~differ].mean() + 1
    twice = Forest(forests.scaled(trees, 2.0)).score(made)
    assert twice == pytest.approx(2 * score, abs=0.05)
