"""The choice model: candidates compete with each other and with "none of them"; weights come from simulated families.

`weights.json` says by which command, on which seeds and when. A candidate's score is the sum of its columns times their
weights, in log-odds against "none". Its probability is the softmax over the channel's candidates and none.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import msgspec
import numpy as np

from notcontent.lineage.inference.features import columns
from notcontent.lineage.inference.holdings import Places
from notcontent.lineage.inference.witnesses import Floats

FAMILY_COLUMNS = ("log probability", "log probability > -2", "some parent", "some parent > 0", "probability")
"""What the probability of belonging to a candidate's family is made of, beside the columns of `features`."""

JOINING_COLUMNS = (
    "any", "shared", "shared > 6", "above chance", "pairs that share", "by chance", "candidates",
    "candidates of open ones", "one channel", "one channel, shared", "by posts", "posts",
)  # fmt: skip
"""What the probability that two groups of channels are one family is made of: see `joining.figures`."""

FEW_STRANGERS = 20
"""A channel that shares contents with fewer channels that are no neighbours of it: little of its surroundings was seen.

It is so in books of one family, where a stranger's common pictures look rare.
"""


class Threshold(msgspec.Struct, frozen=True):
    """From which probability on something is said: where few strangers were met, and where many were."""

    few: float
    many: float

    def at(self, strangers: int) -> float:
        """Give the one for a channel that met so many strangers."""
        return self.few if strangers < FEW_STRANGERS else self.many


class Joining(msgspec.Struct, frozen=True):
    """What `bench/lineage/fit_families.py` writes: whether two groups are one family. `columns`: `JOINING_COLUMNS`."""

    provenance: dict[str, str]
    columns: list[str]
    weights: list[float]
    least: Threshold
    """From this probability on they are joined: where no member met many strangers, and where any did."""


class Weights(msgspec.Struct, frozen=True):
    """What `bench/lineage/fit.py` writes. `columns`: those of `features.columns` and `FAMILY_COLUMNS`."""

    provenance: dict[str, str]
    columns: list[str]
    parent: list[float]
    family: list[float]
    stated: Threshold
    """From this probability on a parent is stated."""
    in_family: Threshold
    """From this probability on a channel belongs to the family of its best candidate."""
    joining: Joining


@cache
def weights() -> Weights:
    """Read the weights that are shipped. Columns that are not those of this version mean a broken installation."""
    raw = files("notcontent.lineage.inference").joinpath("weights.json").read_bytes()
    read = msgspec.json.decode(raw, type=Weights)
    if read.columns != [*columns(), *FAMILY_COLUMNS] or read.joining.columns != list(JOINING_COLUMNS):
        raise AssertionError("weights.json was fitted for other columns: run bench/lineage/fit.py and fit_families.py")
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


def family_matrix(choice: Choice, made: Floats, child: Places, pairs: Places) -> Floats:
    """Make the columns of belonging for some pairs of a table, f64[pairs, columns]; `made`: those of `features`."""
    probability, none = choice.probability[pairs], choice.none[child[pairs]]
    log = np.log(np.maximum(probability, 1e-6))
    some = np.clip(np.log(np.maximum(1 - none, 1e-9)) - np.log(np.maximum(none, 1e-9)), -8, 8)
    extra = (log, np.maximum(log + 2, 0), some, np.maximum(some, 0), probability)
    return np.concatenate([made[pairs], np.stack(extra, 1)], 1)
