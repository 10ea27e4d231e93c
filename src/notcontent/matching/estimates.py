"""Looks of one upload that are estimates: what they are asked with, and what they are answered with.

An estimate of a hash says of each of its bits how sure it is. An upload has many, one for each guess at how it was made
from another picture, and one answer: the rows that fit any of them, each by the look that it fits best.
"""

import math
import operator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from notcontent.errors import IndexArgumentError
from notcontent.matching.index import Index, Scored, check_weighted

MOST_LOOKS = 1 << 16
MOST_CANDIDATES = 1000
_MOST_CHUNK_NATS = 12.0
_MOST_PAIR_NATS = 24.0


@dataclass(frozen=True, slots=True)
class Depth:
    """How unlikely what is looked up may be by a look's own account: deeper finds more and takes longer.

    Sixteen bits of a row are looked up when all of them are right with a chance of at least exp(-chunk_nats), and the
    row is scored when they and sixteen more are with at least exp(-pair_nats). What that finds and costs is in
    docs/explanation/matching.md. `chunk_nats` is 0 to 12, `pair_nats` from that to 24; a search refuses anything else.
    """

    chunk_nats: float = 6.5
    pair_nats: float = 16.0


DEFAULT_DEPTH = Depth()


@dataclass(frozen=True, slots=True, eq=False)
class Leads:
    """Which looks are looked up: the others score what these find. Looks of one upload are much alike.

    `looks` u32[k]: their numbers. A row that scores `hint` for one of them is scored for all looks; it is given where
    it fits any with the threshold of the search. A lower hint makes up for looks that do not lead, and costs little.
    """

    looks: NDArray[np.uint32]
    hint: float


_LEAST_LED, _HINT = 7.0, 5.5
_DEPTHS_OF_LEADS = (
    (10.1, Depth(4.5, 13.0)),
    (9.3, Depth(4.5, 14.0)),
    (8.5, Depth(4.75, 15.0)),
    (8.3, Depth(5.5, 17.0)),
    (_LEAST_LED, Depth(5.75, 19.0)),
)
"""From which threshold on how deep: the smaller a bank, the lower its threshold and the shorter its buckets, and the
cheaper it is to be less strict with what lies there."""
_LOWEST_HINT = 1e9


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Candidates:
    """The rows that fit some look of one upload, best first: by (descending score, id).

    `ids` u32[m], each once; `scores` f32[m], the highest of each row's scores; `looks` u32[m], the number of the look
    that gave it, the first of equals. `left_out` says how many more fit, all of them less well: an answer is capped.
    """

    ids: NDArray[np.uint32]
    scores: NDArray[np.float32]
    looks: NDArray[np.uint32]
    left_out: int

    def __len__(self) -> int:
        """Count the rows that are given."""
        return len(self.ids)

    def __repr__(self) -> str:
        """Show counts alone: scores would help to recover a hash."""
        return f"<Candidates rows={len(self)} left_out={self.left_out}>"


class EstimateIndex(Index, Protocol):
    """An index that can be asked with all the estimated looks of an upload at once."""

    def search_estimates(
        self,
        values: NDArray[np.uint8],
        log_odds: NDArray[np.float32],
        threshold: float,
        *,
        depth: Depth = DEFAULT_DEPTH,
        leads: Leads | None = None,
        most: int = MOST_CANDIDATES,
        threads: int = 1,
    ) -> Candidates:
        """Find rows that fit some of these looks, all of one upload, with a score of at least `threshold`.

        `values` u8[n, 32] and `log_odds` f32[n, 256] as in `WeightedIndex.search_weighted`, at most 65,536 looks. A row
        that is given does fit, and its score and look are those of `search_weighted`. An index may miss rows, and says
        how many; it misses none where it scores them all. All looks lead unless `leads` says which; a hint is at most
        the threshold. At most `most` rows are given (1 or more), those with the
        highest scores. Raises IndexArgumentError.
        """
        ...


def check_estimates(
    values: NDArray[np.uint8],
    log_odds: NDArray[np.float32],
    threshold: float,
    depth: Depth,
    leads: Leads | None,
    most: int,
    threads: int,
) -> tuple[float, Depth, Leads, int, int]:
    """Check the arguments of a search; give threshold, depth, leads, most and threads as they are meant."""
    threshold, threads = check_weighted(values, log_odds, threshold, threads)
    if len(values) > MOST_LOOKS:
        raise IndexArgumentError("An upload has at most 65,536 estimated looks.")
    try:
        most = operator.index(most)
    except TypeError as error:
        raise IndexArgumentError("The number of rows to give must be a whole number.") from error
    if not 1 <= most < 1 << 32:
        raise IndexArgumentError("The number of rows to give must be 1 to 4,294,967,295.")
    return threshold, _checked(depth), _checked_leads(leads, len(values), threshold), most, threads


def _checked(depth: Depth) -> Depth:
    """Give a depth whose numbers are plain and in order."""
    if not isinstance(depth, Depth):
        raise IndexArgumentError("The depth must be a Depth.")
    if not isinstance(depth.chunk_nats, int | float) or not isinstance(depth.pair_nats, int | float):
        raise IndexArgumentError("A depth must be two numbers.")
    if not 0 <= depth.chunk_nats <= _MOST_CHUNK_NATS or not depth.chunk_nats <= depth.pair_nats <= _MOST_PAIR_NATS:
        raise IndexArgumentError("A depth must be 0 to 12 nats for a chunk, and from that to 24 for a pair.")
    return Depth(float(depth.chunk_nats), float(depth.pair_nats))


def _checked_leads(leads: Leads | None, count: int, threshold: float) -> Leads:
    """Give the looks that lead, all of them where nobody says which."""
    if leads is None:
        return Leads(np.arange(count, dtype=np.uint32), threshold)
    if not isinstance(leads, Leads):
        raise IndexArgumentError("The leads must be Leads.")
    looks, hint = leads.looks, leads.hint
    if not isinstance(looks, np.ndarray) or looks.dtype != np.uint32 or looks.ndim != 1:
        raise IndexArgumentError("The looks that lead must be given by number, as u32.")
    if len(looks) > count or (looks >= count).any():
        raise IndexArgumentError("More looks lead than there are, or others.")
    if not isinstance(hint, int | float) or not -_LOWEST_HINT <= hint <= threshold:
        raise IndexArgumentError("A hint must be a number, at most the threshold.")
    return Leads(np.ascontiguousarray(looks), float(hint))


def best_of(scored: Scored, most: int) -> Candidates:
    """Bring the answers to all looks of one upload together: the plain way, which says what is right."""
    looks = np.repeat(np.arange(len(scored), dtype=np.uint32), np.diff(scored.lims))
    order = np.lexsort((looks, -scored.scores, scored.ids))
    first = np.flatnonzero(np.diff(scored.ids[order], prepend=-math.inf))
    best = order[first]
    best = best[np.lexsort((scored.ids[best], -scored.scores[best]))]
    given = best[:most]
    return Candidates(scored.ids[given], scored.scores[given], looks[given], len(best) - len(given))


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class EstimateQuery:
    """All estimates of one upload, as a bank is asked with them.

    `values` u8[n, 32] and `log_odds` f32[n, 256] as in `EstimateIndex.search_estimates`; `leading` u32[k]: the numbers
    of those that are looked up where much is asked for. At most `most` rows with a score of `threshold` are wanted.
    """

    values: NDArray[np.uint8]
    log_odds: NDArray[np.float32]
    leading: NDArray[np.uint32]
    threshold: float
    most: int

    def __repr__(self) -> str:
        """Show how many alone."""
        return f"<EstimateQuery of {len(self.values)}>"

    def ask(self, index: EstimateIndex) -> Candidates:
        """Ask one index, as far and with as many looks as such a score needs.

        What fits well is found by likelier guesses, and by looks that are only near it: what the leading ones find at
        a score well below is scored for all. Where less is asked for, the hint would be nearly as much, so all looks
        are looked up. docs/explanation/performance.md says what that finds and takes.
        """
        depth = next((depth for least, depth in _DEPTHS_OF_LEADS if self.threshold >= least), DEFAULT_DEPTH)
        leads = Leads(self.leading, _HINT) if self.threshold >= _LEAST_LED else None
        return index.search_estimates(
            self.values, self.log_odds, self.threshold, depth=depth, leads=leads, most=self.most
        )
