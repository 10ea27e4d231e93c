"""Estimated looks: all guesses at one upload, to be searched for."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from notcontent.signals.estimates.guesses import (
    ANGLES,
    CUT_ANGLES,
    CUT_TO,
    INTERVALS,
    LEADING_CROPS,
    LEADING_NARROW,
    LEADING_TURNS,
    NARROW,
    Crop,
    Guess,
    Tilted,
    Turned,
    inscribed,
    rounded,
    tilts,
)
from notcontent.signals.estimates.placing import Cut, crops, maps_of, placed
from notcontent.signals.estimates.prior import Floats
from notcontent.signals.estimates.sketch import Sketch
from notcontent.signals.estimates.weighing import signed_weights, weigh

FAMILY = "estimate"
"""What the kinds of estimated looks begin with."""
DEFAULT_BUDGET = 400
MOST_BUDGET = 1000
_SHAPES_KEPT = 20
"""Shapes of uploads whose turns are kept; shapes are rounded, so these reach from 1 : 3 to 3 : 1."""
_MIRROR = 1
_LOG_ODDS = np.float32(40)


class Origin(NamedTuple):
    """What an estimate was made from: a sketch, how it was turned first (an index of `raster.TURNS`), and the guess."""

    sketch: Sketch
    turn: int
    guess: Guess


class Origins:
    """What each estimate was made from, by its number. Made when it is asked for, as that of hardly any is."""

    __slots__ = ("_count", "_firsts", "_groups")

    def __init__(self, groups: Sequence["_Group"] = (), budget: int = 0) -> None:
        """Take groups of guesses one after the other, of which the first `budget` count."""
        *firsts, count = accumulate((len(listed.guesses) for _, _, listed in groups), initial=0)
        self._groups, self._firsts, self._count = groups, firsts, min(count, budget)

    def __len__(self) -> int:
        """Tell how many estimates there are."""
        return self._count

    def __getitem__(self, number: int) -> Origin:
        """Give that of an estimate. Raises IndexError where there is none."""
        if not 0 <= number < self._count:
            raise IndexError("There is no such estimate.")
        place = bisect_right(self._firsts, number) - 1
        sketch, turn, listed = self._groups[place]
        return Origin(sketch, turn, listed.guesses[number - self._firsts[place]])

    def __iter__(self) -> Iterator[Origin]:
        """Give all of them."""
        return (self[number] for number in range(self._count))


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Estimates:
    """Estimated hashes of what an upload was made from: `values` u8[n, 32], `weights` f32[n, 256], n origins."""

    values: NDArray[np.uint8]
    weights: Floats
    origins: Origins
    leading: NDArray[np.uint32]
    """Numbers of those that nearly all others are near to, u32[k]: see `guesses.LEADING_CROPS`."""

    @property
    def log_odds(self) -> Floats:
        """How sure each bit is, f32[n, 256]: what an index needs to know where to look. In proportion to the weights.

        Over 59 crops of development pictures the bits of a right guess were right with log-odds 0.35, 1.8, 3.1 and 4.7
        where their weights were 0.015, 0.045, 0.075 and 0.105.
        """
        return self.weights * _LOG_ODDS

    def __repr__(self) -> str:
        """Show how many alone."""
        return f"<Estimates {len(self.origins)}>"


def kind_of(origin: Origin) -> str:
    """Name an estimate: what was guessed, of what part of the upload unless of all, and how that was turned."""
    how = {Crop: "crop", Turned: "rotation", Tilted: "tilt"}[type(origin.guess)]
    part = "" if origin.sketch.kind == "whole" else f":{origin.sketch.kind}"
    return f"{FAMILY}:{how}{part}" + ("+mirror" if origin.turn == _MIRROR else "")


def estimates(sketches: Sequence[Sketch], budget: int = DEFAULT_BUDGET) -> Estimates:
    """Guess in at most `budget` ways, the likeliest first, from sketches with the whole upload's first."""
    groups = list(_cut(_plan(sketches), budget))
    if not groups:
        return Estimates(np.empty((0, 32), np.uint8), np.empty((0, 256), np.float32), Origins(), np.empty(0, np.uint32))
    weighed = weigh(signed_weights(np.concatenate([_coefficients(*group) for group in groups])[:budget]))
    return Estimates(weighed.values, weighed.weights, Origins(groups, budget), _leading(groups, budget))


def _leading(groups: Sequence["_Group"], budget: int) -> NDArray[np.uint32]:
    """Give the numbers of the leading guesses of all groups, one after the other."""
    firsts = accumulate((len(listed.guesses) for _, _, listed in groups), initial=0)
    numbers = [first + place for first, (_, _, listed) in zip(firsts, groups, strict=False) for place in listed.leading]
    return np.array([number for number in numbers if number < budget], np.uint32)


@dataclass(frozen=True, slots=True, eq=False)
class _Listed:
    """Guesses of one sort that come again with every upload. Equal to itself alone, so that it is quickly looked up."""

    guesses: tuple[Guess, ...]
    leading: tuple[int, ...]


_Group = tuple[Sketch, int, _Listed]


def _plan(sketches: Sequence[Sketch]) -> Iterator[_Group]:
    """Give what to guess, the likeliest first."""
    if not sketches:
        return
    whole, rest = sketches[0], sketches[1:]
    trims = [sketch for sketch in rest if sketch.kind.startswith(("trim", "quad"))]
    for sketch in rest:
        if sketch.kind.startswith("covered"):
            yield sketch, 0, _IDENTITY
    yield whole, 0, _FEW_CROPS
    yield whole, 0, _turned(rounded(whole.shape))
    for sketch in trims:
        yield sketch, 0, _NARROW_CROPS
    yield whole, 0, _TILTS
    yield whole, 0, _MORE_CROPS
    for sketch in rest:
        yield sketch, _MIRROR, _IDENTITY
    yield whole, _MIRROR, _FEW_CROPS
    for sketch in trims:
        yield sketch, _MIRROR, _NARROW_CROPS
    yield whole, _MIRROR, _MORE_CROPS


def _cut(groups: Iterable[_Group], budget: int) -> Iterator[_Group]:
    """Give groups until the budget is spent, the last one whole."""
    left = budget
    for group in groups:
        if left <= 0:
            return
        left -= len(group[2].guesses)
        yield group


def _by_area(intervals: tuple[tuple[float, float], ...]) -> tuple[Guess, ...]:
    """Give the crops of every interval down and across, those that keep most first."""
    every = [Crop(down, across) for down in intervals for across in intervals]
    return tuple(sorted(every, key=lambda one: -(one.down[1] - one.down[0]) * (one.across[1] - one.across[0])))


_IDENTITY = _Listed((Crop((0.0, 1.0), (0.0, 1.0)),), (0,))
_FEW = 49
_FEW_CROPS = _Listed(_by_area(INTERVALS)[:_FEW], tuple(place for place in LEADING_CROPS if place < _FEW))
_MORE_CROPS = _Listed(_by_area(INTERVALS)[_FEW:], tuple(place - _FEW for place in LEADING_CROPS if place >= _FEW))
_NARROW_CROPS = _Listed(_by_area(NARROW), LEADING_NARROW)
_TILTS = _Listed(tilts(), ())


@lru_cache(maxsize=_SHAPES_KEPT)
def _turned(shape: float) -> _Listed:
    """Give the guesses that an upload of this shape was turned a little: cut to what has no empty corners, or not."""
    return _Listed(
        (
            *(Turned(angle, inscribed(angle, shape), shape) for angle in ANGLES),
            *(Turned(angle, 1.0, shape) for angle in ANGLES),
            *(Turned(angle, inscribed(angle, shape) * cut, shape) for cut in CUT_TO for angle in CUT_ANGLES),
        ),
        LEADING_TURNS,
    )


def _coefficients(sketch: Sketch, turn: int, listed: _Listed) -> Floats:
    """Estimate for guesses of one sort."""
    where = _kept_places(listed)
    return crops(sketch.turned(turn), where) if isinstance(where, Cut) else placed(sketch.turned(turn), where)


@lru_cache(maxsize=_SHAPES_KEPT + 5)
def _kept_places(listed: _Listed) -> Cut | NDArray[np.float64]:
    """Say once where the upload lies by guesses of one sort: four lists of crops, the tilts, turns of some shapes."""
    if isinstance(listed.guesses[0], Crop):
        return Cut.of([(guess.down, guess.across) for guess in listed.guesses if isinstance(guess, Crop)])
    return maps_of([guess.placement() for guess in listed.guesses if not isinstance(guess, Crop)])
