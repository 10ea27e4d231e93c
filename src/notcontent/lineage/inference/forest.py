"""What figures say together and not one by one: small trees of decisions, whose sum is added to a candidate's score.

The choice model weighs each figure for itself. That a like name tells little of a channel that copies from many, or
that an early birth tells much where few posts were read, takes two figures or more. Trees are fitted on what the
weights leave unexplained (`bench/lineage/forests.py`), with few leaves each, so what they add stays small.

What a tree adds falls apart exactly: at each decision the mean of what is below it moves, and that move is counted to
the figure that was asked. So reasons still add up to the log-odds.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import isfinite

import msgspec
import numpy as np
from numpy.typing import NDArray

from notcontent.lineage.inference.features import columns
from notcontent.lineage.inference.holdings import Places
from notcontent.lineage.inference.witnesses import Floats

MOST_LEAVES = 16


class Tree(msgspec.Struct, frozen=True):
    """Decisions, and leaves after them. A pair goes to `low` where its figure is at most `least`, else to `high`.

    `asked`: for each decision a place in `Trees.columns`. `low`, `high`: a later decision d, or the leaf -1 - d. Leaves
    are numbered as they come, `low` before `high`, at most `MOST_LEAVES`.
    """

    asked: list[int]
    least: list[float]
    low: list[int]
    high: list[int]
    mean: list[float]
    """For each decision the mean of its leaves' log-odds, weighed by how often they were met."""
    leaves: list[float]
    """Log-odds that a leaf adds."""

    def check(self, columns: int) -> None:
        """Raise ValueError for what is no tree, or too large a one: a file that somebody changed."""
        decisions, count = len(self.asked), len(self.leaves)
        if count > MOST_LEAVES:
            raise ValueError("a tree has too many leaves")
        if not decisions or {len(self.least), len(self.low), len(self.high), len(self.mean), count - 1} != {decisions}:
            raise ValueError("a tree's lists do not fit together")
        ways = list(zip(self.low, self.high, strict=True))
        if sorted(way for pair in ways for way in pair) != [*range(-count, 0), *range(1, decisions)]:
            raise ValueError("a tree's decisions and leaves are not each reached once")
        if any(0 <= way <= node for node, pair in enumerate(ways) for way in pair):
            raise ValueError("a tree's decision leads back")
        if not all(0 <= asked < columns for asked in self.asked):
            raise ValueError("a tree asks for no column")
        if not all(map(isfinite, (*self.least, *self.mean, *self.leaves))):
            raise ValueError("a tree holds what is no number")


class Trees(msgspec.Struct, frozen=True):
    """What `bench/lineage/fit.py` writes into `forest.json`. `columns`: those of `features.columns` that are asked."""

    provenance: dict[str, str]
    columns: list[str]
    trees: list[Tree]


@dataclass(frozen=True, slots=True, eq=False)
class _Ready:
    """A tree made ready for many pairs at once.

    A decision that goes to `high` rules out all leaves below its `low`. Of the leaves that no decision rules out the
    first one is where the pair ends, whichever way there is gone. So decisions are asked of all pairs, one after the
    other, without walking: three passes over one figure each.
    """

    decisions: tuple[tuple[int, np.float32, np.uint16], ...]
    """The place asked, `least`, and a bit for each leaf that is ruled out above it."""
    leaves: Floats
    moves: Floats
    """f64[leaves, columns]: what each figure asked on the way to a leaf has moved."""
    root: float

    @classmethod
    def of(cls, tree: Tree, columns: int) -> "_Ready":
        """Make it ready. Raises ValueError for what is no tree."""
        tree.check(columns)
        moves = np.zeros((len(tree.leaves), columns))
        decisions = []

        def go(node: int) -> list[int]:
            if node < 0:
                return [-1 - node]
            sides = [go(tree.low[node]), go(tree.high[node])]
            for leaves, below in zip(sides, (tree.low[node], tree.high[node]), strict=True):
                after = tree.mean[below] if below >= 0 else tree.leaves[-1 - below]
                moves[leaves, tree.asked[node]] += after - tree.mean[node]
            ruled_out = np.uint16(sum(1 << leaf for leaf in sides[0]))
            decisions.append((tree.asked[node], np.float32(tree.least[node]), ruled_out))
            return sides[0] + sides[1]

        if go(0) != list(range(len(tree.leaves))):
            raise ValueError("a tree's leaves are not numbered as they come")
        return cls(tuple(decisions), np.array(tree.leaves), moves, tree.mean[0])

    def ends(self, asked: NDArray[np.float32]) -> Places:
        """Give the leaf at which each pair ends; `asked` f32[columns, pairs]."""
        ruled_out = np.zeros(asked.shape[1], np.uint16)
        for column, least, leaves in self.decisions:
            ruled_out |= (asked[column] > least) * leaves
        leaf: Places = _FIRST_LEFT[ruled_out]
        return leaf


_RULED_OUT = np.arange(2**MOST_LEAVES)
_FIRST_LEFT = np.log2(np.maximum(~_RULED_OUT & (_RULED_OUT + 1), 1)).astype(np.int64)
"""By the bits of ruled out leaves, the first that is left."""


class Forest:
    """The trees, ready to be asked."""

    def __init__(self, trees: Trees) -> None:
        """Make them ready. Raises ValueError for columns that this version does not make, and for trees too large."""
        every = columns()
        if len(set(trees.columns)) != len(trees.columns):
            raise ValueError("a column stands there twice")
        self._place = np.array([every.index(name) for name in trees.columns], np.int64)
        self._trees = [_Ready.of(tree, len(trees.columns)) for tree in trees.trees]

    def score(self, made: Floats | NDArray[np.float32]) -> Floats:
        """Give what the trees add for each pair, f64[pairs]; `made`: the columns of `features`."""
        asked, added = self._asked(made), np.zeros(len(made))
        for tree in self._trees:
            added += tree.leaves[tree.ends(asked)]
        return added

    def parts(self, made: Floats) -> tuple[Floats, float]:
        """Take apart what the trees add: f64[pairs, columns of `features`] by the figure asked, and a number.

        The latter is what they add before anything is asked, the same for all.
        """
        asked, moved = self._asked(made), np.zeros((len(made), len(self._place)))
        for tree in self._trees:
            moved += tree.moves[tree.ends(asked)]
        told = np.zeros(made.shape)
        told[:, self._place] = moved
        return told, sum(tree.root for tree in self._trees)

    def _asked(self, made: Floats | NDArray[np.float32]) -> NDArray[np.float32]:
        """Take the figures that are asked, f32[columns, pairs], one after the other in memory."""
        return np.ascontiguousarray(made[:, self._place].T, np.float32)


@cache
def forest() -> Forest:
    """Read the trees that are shipped."""
    raw = files("notcontent.lineage.inference").joinpath("forest.json").read_bytes()
    return Forest(msgspec.json.decode(raw, type=Trees))
