"""Which of some guesses fits an entry best."""

from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

from notcontent.signals.estimates.guesses import Crop, Guess, Tilted, Turned
from notcontent.signals.estimates.placing import Cut, Interval, crops, maps_of, placed
from notcontent.signals.estimates.prior import Floats
from notcontent.signals.estimates.sketch import Sketch
from notcontent.signals.estimates.weighing import signed_weights

G = TypeVar("G", bound=Guess)
Slanted = Turned | Tilted


class Fitting(NamedTuple, Generic[G]):
    """A guess, and how well it fits."""

    guess: G
    score: float
    signed: Floats
    """f32[256]: the estimate's signed weights."""


def best_crop(sketch: Sketch, down: Sequence[Interval], across: Sequence[Interval], entry: Floats) -> Fitting[Crop]:
    """Give which crop, of every interval down and every one across, fits an entry's signs f32[256] best."""
    signed = signed_weights(crops(sketch, Cut.every(down, across)))
    scores = signed @ entry
    place = int(scores.argmax())
    row, column = divmod(place, len(across))
    return Fitting(Crop(down[row], across[column]), float(scores[place]), signed[place])


def best_placed(sketch: Sketch, guesses: Sequence[Slanted], entry: Floats) -> Fitting[Slanted]:
    """Give which of these guesses fits an entry's signs f32[256] best."""
    signed = signed_weights(placed(sketch, maps_of([one.placement() for one in guesses])))
    scores = signed @ entry
    place = int(scores.argmax())
    return Fitting(guesses[place], float(scores[place]), signed[place])
