"""From tables of candidates to what is said: probabilities, reasons that add up to them, stated and merged parents."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from notcontent.lineage.evidence import Evidence
from notcontent.lineage.family import Candidate, Line, Reason, ReasonKind
from notcontent.lineage.inference.candidates import Candidates, Table
from notcontent.lineage.inference.features import Figures, kinds, matrix
from notcontent.lineage.inference.forest import Forest, forest
from notcontent.lineage.inference.holdings import Places
from notcontent.lineage.inference.model import Weights, choose, family_matrix, weights
from notcontent.lineage.inference.witnesses import Floats

Progress = Callable[[int, int], None]
"""Told now and then how many channels of how many are done."""

MOST_SHOWN = 5
LEAST_SHOWN = 0.03
"""At most so many candidates are shown, and none less probable; the best one always, where a family is likely."""
LEAST_WEIGHT = 0.05
"""Reasons of less weight are not worth a sentence; what they weigh is added to the prior."""
MERGE_SHARE, MERGE_POSTS = 0.2, 5
"""A further parent explains at least this share of what was taken, and so many posts that the stated one never had."""

_KINDS = tuple(ReasonKind)
_NUMBERS: Mapping[ReasonKind, Mapping[str, Callable[[Figures], Floats]]] = {
    ReasonKind.SHARED: {
        "count": lambda f: f["after"],
        "percent": lambda f: 100 * f["cover"],
        "own": lambda f: f["own_posts"],
        "only": lambda f: f["only_posts"],
    },
    ReasonKind.FORWARDS: {"count": lambda f: f["forwards"] + f["named"]},
    ReasonKind.FORWARDED_BACK: {"count": lambda f: f["forwarded_back"]},
    ReasonKind.ANNOUNCED: {"count": lambda f: f["linked"]},
    ReasonKind.LINKS_BACK: {"count": lambda f: f["links_back"]},
    ReasonKind.AFTER_REMOVAL: {"days": lambda f: np.nan_to_num(f["gap"]), "noticed": lambda f: f["gone"]},
    ReasonKind.MIRROR_LAG: {"hours": lambda f: np.expm1(f["median_lag"]), "percent": lambda f: 100 * f["recent"]},
    ReasonKind.NAME: {"percent": lambda f: 100 * f["name"]},
    ReasonKind.PEOPLE: {"count": lambda f: f["people_count"]},
    ReasonKind.CADENCE: {"percent": lambda f: 100 * np.maximum(f["cadence"], 0)},
    ReasonKind.AGE: {"days": lambda f: np.nan_to_num(f["age"])},
    ReasonKind.PRIOR: {"count": lambda f: f["explainable_posts"]},
}

_NOTHING_TO_TELL = (
    ReasonKind.FORWARDS,
    ReasonKind.FORWARDED_BACK,
    ReasonKind.ANNOUNCED,
    ReasonKind.LINKS_BACK,
    ReasonKind.PEOPLE,
)
"""Where these count none, trees may still have asked for them, but "0 posts are forwarded from it" is no reason."""


def rescore(evidence: Evidence, places: Sequence[int], *, progress: Progress | None = None) -> list[Line]:
    """Say of these channels (places) what they continue, in the given order.

    The evidence may be a part of the whole. To give the same as the whole it must hold, besides the channels asked
    for and with all that is known of each: every channel that shares a content, a mark of people, a title or a profile
    photo with one of them, that one of them points to, or that points to one of them. Work grows with that part.
    """
    found: dict[int, Line] = {}
    wanted = np.unique(np.asarray(places, np.int64))
    for table in Candidates(evidence).tables(wanted):
        found.update((line.channel, line) for line in _Saying(table, weights(), forest()).lines())
        if progress is not None:
            progress(len(found), len(wanted))
    return [found[place] for place in places]


class _Saying:
    """One table under judgement."""

    def __init__(self, table: Table, model: Weights, trees: Forest) -> None:
        self._table, self._model, self._trees = table, model, trees
        self._made = matrix(table.figures)
        score = self._made @ np.array(model.parent) + trees.score(self._made)
        self._choice = choose(score, table.child, len(table.channels))
        self._order = np.lexsort((-self._choice.probability, table.child))
        """Candidates by channel, the most probable first."""
        self._counts = np.bincount(table.child, minlength=len(table.channels))
        self._ends = np.cumsum(self._counts)

    def _parts(self, pairs: Places) -> Floats:
        """Take the log-odds of some pairs apart: f64[pairs, kinds of reasons]."""
        of_kind = np.zeros((len(kinds()), len(_KINDS)))
        of_kind[np.arange(len(of_kind)), [_KINDS.index(kind) for kind in kinds()]] = 1
        made = self._made[pairs]
        asked, before = self._trees.parts(made)
        parts = np.asarray((made * np.array(self._model.parent) + asked) @ of_kind, np.float64)
        parts[:, _KINDS.index(ReasonKind.PRIOR)] += before
        parts[:, _KINDS.index(ReasonKind.OTHERS_FIT)] += self._choice.others[pairs]
        return parts

    def lines(self) -> Iterator[Line]:
        """Give a line for each channel of the table."""
        table, choice, model = self._table, self._choice, self._model
        some = self._counts > 0
        best = self._order[(self._ends - self._counts)[some]]
        belonging = np.zeros(len(table.channels))
        kin = _logistic(family_matrix(choice, self._made, table.child, best) @ np.array(model.family))
        belonging[some] = np.maximum(kin, choice.probability[best])  # a child is of the family
        stated = np.full(len(table.channels), -1, np.int64)
        strangers = np.zeros(len(table.channels), np.int64)
        strangers[some] = table.figures["strangers"][best]
        sure = choice.probability[best] >= [model.stated.at(met) for met in strangers[some].tolist()]
        stated[np.flatnonzero(some)[sure]] = best[sure]
        merged = self._merged(stated)
        candidates = self._candidates(belonging)
        kin_ends = np.searchsorted(table.kin.child, np.arange(len(table.channels) + 1)).tolist()
        akin = list(zip(table.kin.other.tolist(), np.round(table.kin.strength, 3).tolist(), strict=True))
        for place, channel in enumerate(table.channels.tolist()):
            shown = tuple(candidates.get(place, ()))
            parent = int(stated[place])
            yield Line(
                channel=channel,
                candidates=shown,
                stated=None if parent < 0 else int(table.other[parent]),
                in_family=float(belonging[place]) if shown else 0.0,
                merged_from=merged.get(place, ()),
                strangers=int(strangers[place]),
                kin=tuple(akin[kin_ends[place] : kin_ends[place + 1]]),
            )

    def _candidates(self, belonging: Floats) -> dict[int, list[Candidate]]:
        """Give each channel's candidates that are shown, the most probable first."""
        figures, child = self._table.figures, self._table.child
        numbers = {kind: {name: make(figures) for name, make in each.items()} for kind, each in _NUMBERS.items()}
        rank = np.arange(len(child)) - (self._ends - self._counts)[child[self._order]]
        likely = self._choice.probability[self._order] >= LEAST_SHOWN
        likely |= (rank == 0) & (belonging[child[self._order]] >= LEAST_SHOWN)
        pairs = self._order[likely & (rank < MOST_SHOWN)]
        found: dict[int, list[Candidate]] = {}
        for pair, parts in zip(pairs.tolist(), self._parts(pairs), strict=True):
            found.setdefault(int(child[pair]), []).append(self._candidate(pair, parts, numbers))
        return found

    def _candidate(self, pair: int, parts: Floats, numbers: dict[ReasonKind, dict[str, Floats]]) -> Candidate:
        small = np.abs(parts) < LEAST_WEIGHT
        for kind in _NOTHING_TO_TELL:
            small[_KINDS.index(kind)] |= numbers[kind]["count"][pair] < 0.5
        prior = _KINDS.index(ReasonKind.PRIOR)
        rest = float(parts[small].sum()) - (float(parts[prior]) if small[prior] else 0.0)
        reasons = []
        for at, kind in enumerate(_KINDS):
            if small[at] and at != prior:
                continue
            told = {name: float(values[pair]) for name, values in numbers.get(kind, {}).items()}
            figures = {name: value for name, value in told.items() if not math.isnan(value)}
            reasons.append(Reason(kind, float(parts[at]) + (rest if at == prior else 0.0), figures))
        reasons.sort(key=lambda reason: -abs(reason.weight))
        return Candidate(int(self._table.other[pair]), float(self._choice.probability[pair]), tuple(reasons))

    def _merged(self, stated: NDArray[np.int64]) -> dict[int, tuple[int, ...]]:
        """Find further parents: those that explain much which the stated one never had."""
        table, units = self._table, self._table.units
        if not len(units.pair):
            return {}
        covered = np.zeros(int(units.unit.max()) + 1, bool)
        chosen = stated[table.child]
        covered[units.unit[units.pair == chosen[units.pair]]] = True
        beyond = np.bincount(units.pair[~covered[units.unit]], minlength=len(table.child))
        figures = table.figures
        further = (chosen >= 0) & (np.arange(len(table.child)) != chosen)
        further &= (beyond >= MERGE_POSTS) & (figures["explained"] >= MERGE_SHARE)
        found: dict[int, list[int]] = {}
        for pair in np.flatnonzero(further).tolist():
            found.setdefault(int(table.child[pair]), []).append(pair)
        explained = figures["explained"]
        return {
            place: tuple(int(table.other[pair]) for pair in sorted(pairs, key=lambda pair: -float(explained[pair])))
            for place, pairs in found.items()
        }


def _logistic(value: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(value, -30, 30))), np.float64)
