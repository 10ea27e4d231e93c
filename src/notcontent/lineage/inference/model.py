"""The choice model: candidates compete with each other and with "none of them"; weights come from simulated families.

`weights.json` says by which command, on which seeds and when. A candidate's score is the sum of its columns times their
weights, in log-odds against "none". Its probability is the softmax over the channel's candidates and none.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import msgspec
import numpy as np
from numpy.typing import NDArray

from notcontent.lineage.inference.contents import Floats
from notcontent.lineage.inference.features import columns
from notcontent.lineage.inference.holdings import Places

FAMILY_COLUMNS = (
    "constant", "some parent", "best", "best > 0.5", "second", "strength", "strength > 1", "shared", "cover",
    "explained", "forwards", "name", "people", "linked",
)  # fmt: skip
"""What the probability of belonging to the best candidate's family is made of."""


class Weights(msgspec.Struct, frozen=True):
    """What `bench/lineage/fit.py` writes. Columns are in the order of `features.columns` and `FAMILY_COLUMNS`."""

    provenance: dict[str, str]
    columns: list[str]
    parent: list[float]
    family_columns: list[str]
    family: list[float]
    stated: float
    """From this probability on a parent is stated."""
    in_family: float
    """From this probability on a channel belongs to the family of its best candidate."""


@cache
def weights() -> Weights:
    """Read the weights that are shipped. Columns that are not those of this version mean a broken installation."""
    raw = files("notcontent.lineage.inference").joinpath("weights.json").read_bytes()
    read = msgspec.json.decode(raw, type=Weights)
    if read.columns != columns() or read.family_columns != list(FAMILY_COLUMNS):
        raise AssertionError("weights.json was fitted for other columns: run bench/lineage/fit.py")
    return read


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Probabilities of a table's candidates, and what each is short of because of the others."""

    probability: Floats
    none: Floats
    """By channel of the block: that none of its candidates is its parent."""
    others: Floats
    """Log-odds that each candidate loses to the others: its score and this are the log-odds of its probability."""


def choose(score: Floats, child: Places, channels: int) -> Choice:
    """Share each channel's certainty out among its candidates and none. `child` ascends."""
    top = np.zeros(channels)
    np.maximum.at(top, child, score)
    part = np.exp(score - top[child])
    rest = np.exp(-top)
    whole = rest + np.bincount(child, part, minlength=channels)
    without = np.maximum(whole[child] - part, np.exp(-50.0) + rest[child])
    # log-odds = log(part / without), and score = log(part) + top
    others = -(np.log(without) + top[child])
    return Choice(part / whole[child], rest / whole, others)


def family_matrix(choice: Choice, best: NDArray[np.int64], child: Places, figures: dict[str, Floats]) -> Floats:
    """Make the columns of belonging, f64[channels with candidates, columns]; `best`: each one's best candidate."""
    some = np.log(np.maximum(1 - choice.none[child[best]], 1e-9)) - np.log(np.maximum(choice.none[child[best]], 1e-9))
    some = np.clip(some, -8, 8)
    top = choice.probability[best]
    second = np.maximum(1 - choice.none[child[best]] - top, 0)
    strength = np.log1p(figures["strength"][best])
    rare = figures["weight"][best] / (figures["weight"][best] + 1)
    zero_one = {name: (figures[name][best] > 0).astype(float) for name in ("forwards", "linked")}
    return np.stack(
        [
            np.ones(len(best)),
            some,
            top,
            np.maximum(top - 0.5, 0),
            second,
            strength,
            np.maximum(strength - 1, 0),
            np.log1p(figures["both"][best]),
            figures["cover"][best] * rare,
            figures["explained"][best] * rare,
            zero_one["forwards"],
            figures["name"][best],
            figures["people"][best] + figures["payments"][best],
            zero_one["linked"],
        ],
        1,
    )
