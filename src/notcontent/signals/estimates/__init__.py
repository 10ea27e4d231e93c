"""Estimated looks: what a whole picture's hash would be, if the upload is a crop of it, turned, tilted or painted over.

A bank holds one hash a picture; nothing more is given away. So the edits that lose something are guessed here, on the
upload: of each guess the expected coefficients of the whole picture follow by linear algebra, and with them a hash
whose bits count unequally. A native core (`_fit`) takes microseconds a guess.

    prior      what is expected of pictures: four numbers
    sketch     a part of an upload as 24 x 24 cosines; what is painted over, filled in
    placing    from a sketch and a guess to expected coefficients
    weighing   from coefficients to a hash and how much each bit counts
    guesses    crops, turns, tilts
    looking    all guesses at an upload
    fitting    which of some guesses fits an entry best
    settling   finer guesses around one that met an entry
    symmetry   whether an entry fits as well when the upload is turned by quarters: a round thing
    worth      what a score says: how many strangers reach it
"""

from notcontent.signals.estimates.looking import (
    DEFAULT_BUDGET,
    MOST_BUDGET,
    Estimates,
    Origin,
    estimates,
)
from notcontent.signals.estimates.settling import Settled, plainest, settle
from notcontent.signals.estimates.sketch import Mask, Sketch, covered, sketch

__all__ = [
    "DEFAULT_BUDGET",
    "MOST_BUDGET",
    "Estimates",
    "Mask",
    "Origin",
    "Settled",
    "Sketch",
    "covered",
    "estimates",
    "plainest",
    "settle",
    "sketch",
]
