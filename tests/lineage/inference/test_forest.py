"""The trees that are added to the weights: what they give, and how it is taken apart."""

import math
from importlib.resources import files

import msgspec
import numpy as np
import pytest

from notcontent.lineage.inference.features import columns
from notcontent.lineage.inference.forest import Forest, Tree, Trees, forest
from notcontent.lineage.inference.model import weights
from notcontent.lineage.inference.witnesses import Floats

SHIPPED = msgspec.json.decode(files("notcontent.lineage.inference").joinpath("forest.json").read_bytes(), type=Trees)


def walked(tree: Tree, figures: dict[str, float]) -> float:
    """Walk a tree by hand."""
    at = 0
    while at >= 0:
        low = figures[SHIPPED.columns[tree.asked[at]]] <= tree.least[at]
        at = tree.low[at] if low else tree.high[at]
    return tree.leaves[-1 - at]


@pytest.fixture(scope="module")
def made() -> Floats:
    """Figures about the places where the trees decide, as coarse as the trees read them."""
    rng, named = np.random.default_rng(1), columns()
    least: dict[int, list[float]] = {}
    for tree in SHIPPED.trees:
        for asked, value in zip(tree.asked, tree.least, strict=True):
            least.setdefault(named.index(SHIPPED.columns[asked]), []).append(value)
    drawn = np.zeros((200, len(named)), np.float32)
    for column, values in least.items():
        drawn[:, column] = rng.choice(values, 200) + rng.choice([-0.01, 0, 0.01], 200)
    return drawn.astype(np.float64)


def test_each_pair_gets_the_sum_of_the_leaves_to_which_its_figures_lead(made: Floats) -> None:
    scores = forest().score(made)
    for row, score in zip(made.tolist(), scores, strict=True):
        figures = dict(zip(columns(), row, strict=True))
        assert score == pytest.approx(sum(walked(tree, figures) for tree in SHIPPED.trees), abs=1e-9)
    assert len(set(np.round(scores, 6))) > 150


def test_what_trees_add_falls_apart_into_the_figures_that_were_asked(made: Floats) -> None:
    by_figure, before = forest().parts(made)
    assert by_figure.sum(1) + before == pytest.approx(forest().score(made), abs=1e-9)
    never = [at for at, name in enumerate(columns()) if name not in SHIPPED.columns]
    assert never
    assert not by_figure[:, never].any()


def test_a_move_is_counted_to_the_figure_that_was_asked_and_to_no_other() -> None:
    one, other = SHIPPED.columns[:2]
    tree = Tree([0, 1], [1.0, 2.0], [-1, -2], [1, -3], [0.1, 0.4], [-0.5, 0.2, 0.9])
    small = Forest(Trees({}, [one, other], [tree]))
    made = np.zeros((3, len(columns())))
    made[1:, columns().index(one)] = 5
    made[2, columns().index(other)] = 5
    told, before = small.parts(made)
    assert told[:, columns().index(one)] == pytest.approx([-0.6, 0.3, 0.3])
    assert told[:, columns().index(other)] == pytest.approx([0, -0.2, 0.5])
    assert before == pytest.approx(0.1)


@pytest.mark.parametrize(
    "changed",
    [
        {"leaves": [0.0] * 17},
        {"asked": [0, 2]},
        {"asked": [-1, 0]},
        {"least": [1.0]},
        {"high": [0, -3]},
        {"low": [-1, -1]},
        {"low": [-2, -1]},
        {"low": [-1, 1], "high": [-2, -3]},
        {"leaves": [0.0, 0.0, math.inf]},
        {"mean": [0.0, math.nan]},
        {"mean": [0.0, 0.0, 0.0]},
    ],
    ids=repr,
)
def test_a_file_of_trees_that_somebody_changed_is_refused(changed: dict[str, list[float]]) -> None:
    sound = Tree([0, 1], [1.0, 2.0], [-1, -2], [1, -3], [0.1, 0.4], [-0.5, 0.2, 0.9])
    Forest(Trees({}, SHIPPED.columns[:2], [sound]))
    with pytest.raises(ValueError, match="tree"):
        Forest(Trees({}, SHIPPED.columns[:2], [msgspec.structs.replace(sound, **changed)]))
    with pytest.raises(ValueError, match="twice"):
        Forest(Trees({}, [SHIPPED.columns[0]] * 2, [sound]))


def test_the_shipped_trees_are_those_of_the_shipped_weights_and_small() -> None:
    assert {"command", "seeds", "date"} <= SHIPPED.provenance.keys()
    assert SHIPPED.provenance == weights().provenance
    assert set(SHIPPED.columns) <= set(columns())
    assert all(len(tree.leaves) <= 16 for tree in SHIPPED.trees)
