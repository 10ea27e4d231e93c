"""Sums of families -> metrics, each with a 95 % interval from drawing families (and strangers) anew."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from notcontent.lineage.evaluation.judging import BINS, COUNTS, Sums

DRAWS = 1000
Rows = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric and the interval in which 95 of 100 draws lie. Not a number where nothing counted."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Bin:
    """Channels whose best candidate was given a probability in one tenth: how many, its mean, the share right."""

    count: int
    stated: float
    right: float


METRICS = ("parent", "precision", "abstained", "family", "root", "ancestors", "apart", "calibration_error")


def measure(sums: Sequence[Sums], seed: int = 0) -> dict[str, Measured]:
    """Give every metric of `METRICS`. Families and strangers are drawn apart, so that their numbers stay."""
    rows = np.array([each.row() for each in sums])
    strange = np.array([each.stranger for each in sums])
    chance = np.random.Generator(np.random.PCG64(seed))
    weights = np.zeros((DRAWS, len(sums)))
    for part in (np.flatnonzero(strange), np.flatnonzero(~strange)):
        if len(part):
            weights[:, part] = chance.multinomial(len(part), np.full(len(part), 1 / len(part)), DRAWS)
    whole, drawn = _ratios(rows.sum(axis=0, keepdims=True)), _ratios(weights @ rows)
    return {name: _measured(float(whole[name][0]), drawn[name]) for name in METRICS}


def reliability(sums: Sequence[Sums]) -> tuple[Bin, ...]:
    """Give the tenths of the stated probability. An empty tenth has count 0."""
    count, stated, right = _bins(np.sum([each.row() for each in sums], axis=0, keepdims=True))
    whole = np.maximum(count[0], 1)
    return tuple(
        Bin(int(number), float(said), float(was))
        for number, said, was in zip(count[0], stated[0] / whole, right[0] / whole, strict=True)
    )


def _measured(value: float, drawn: Rows) -> Measured:
    known = drawn[~np.isnan(drawn)]
    low, high = np.percentile(known, (2.5, 97.5)) if len(known) else (np.nan, np.nan)
    return Measured(value, float(low), float(high))


def _ratios(rows: Rows) -> dict[str, Rows]:
    of = {name: rows[:, column] for column, name in enumerate(COUNTS)}
    count, stated, right = _bins(rows)
    return {
        "parent": _share(of["right"], of["children"]),
        "precision": _share(of["right"], of["stated"]),
        "abstained": _share(of["abstained"], of["children"]),
        "family": _share(of["family"], of["members"]),
        "root": _share(of["root"], of["members"]),
        "ancestors": _share(2 * of["pairs_both"], of["pairs_stated"] + of["pairs_true"]),
        "apart": _share(of["apart"], of["strangers"]),
        "calibration_error": _share(np.abs(stated - right).sum(axis=1), count.sum(axis=1)),
    }


def _bins(rows: Rows) -> tuple[Rows, Rows, Rows]:
    first = len(COUNTS)
    return rows[:, first : first + BINS], rows[:, first + BINS : first + 2 * BINS], rows[:, first + 2 * BINS :]


def _share(part: Rows, whole: Rows) -> Rows:
    shares = np.full(len(part), np.nan)
    np.divide(part, whole, out=shares, where=whole > 0)
    return shares
