"""What a simple rule would say of the same evidence: three rules that others use, with no tuning but one threshold."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from notcontent.lineage.evidence import Evidence
from notcontent.lineage.family import Candidate, Family, Line, Lineage

LEAST_JACCARD = 0.05
"""Below this, plain Jaccard states nothing. Of 0 to 0.3 the best for families on full evidence (seeds 100 and 101)."""
_CONTENTS_AT_ONCE = 8192

Places = NDArray[np.int64]
Scores = NDArray[np.float64]


def most_recent_poster(evidence: Evidence) -> Lineage:
    """State the channel that, content by content, most often was the last to show it before."""
    shown = evidence.shown
    same = shown.content[1:] == shown.content[:-1]
    before, after = shown.channel[:-1][same].astype(np.int64), shown.channel[1:][same].astype(np.int64)
    return _state(evidence, _best_earlier(evidence, after, before, np.ones(len(after))))


def plain_jaccard(evidence: Evidence) -> Lineage:
    """State the earlier channel with the most contents in common, as a share of those of both."""
    together = _together(evidence)
    sizes = np.bincount(evidence.shown.channel, minlength=len(evidence.channels))
    child, parent = np.nonzero(together)
    score = together[child, parent] / (sizes[child] + sizes[parent] - together[child, parent])
    kept = score >= LEAST_JACCARD
    return _state(evidence, _best_earlier(evidence, child[kept], parent[kept], score[kept]))


def forwards_only(evidence: Evidence) -> Lineage:
    """State the earlier channel of which most posts were forwarded, by number or by a title that it bears."""
    both = (evidence.forwards, evidence.named)
    child = np.concatenate([each.by for each in both]).astype(np.int64)
    parent = np.concatenate([each.to for each in both]).astype(np.int64)
    count = np.concatenate([each.count for each in both]).astype(np.float64)
    return _state(evidence, _best_earlier(evidence, child, parent, count))


BASELINES = {
    "most recent earlier poster": most_recent_poster,
    "plain Jaccard": plain_jaccard,
    "forwards only": forwards_only,
}


def _together(evidence: Evidence) -> Scores:
    """Count the contents that two channels both showed, f64[n, n]. For worlds of some hundred channels."""
    shown, channels = evidence.shown, len(evidence.channels)
    total = np.zeros((channels, channels))
    for first in range(0, len(shown.kind), _CONTENTS_AT_ONCE):
        since, until = np.searchsorted(shown.content, (first, first + _CONTENTS_AT_ONCE))
        table = np.zeros((channels, _CONTENTS_AT_ONCE), np.float32)
        table[shown.channel[since:until], shown.content[since:until] - first] = 1
        total += table @ table.T
    return total


def _best_earlier(evidence: Evidence, child: Places, parent: Places, score: Scores) -> dict[int, int]:
    """Give each child's parent: of the channels that began before it, the one with the highest sum of scores."""
    began = np.array([np.inf if each.began is None else each.began for each in evidence.channels])
    kept = began[parent] < began[child]
    pairs, at = np.unique(np.stack([child[kept], parent[kept]], axis=1), axis=0, return_inverse=True)
    sums = np.bincount(at.reshape(-1), weights=score[kept], minlength=len(pairs))
    best: dict[int, tuple[float, int]] = {}
    for (one, other), total in zip(pairs.tolist(), sums.tolist(), strict=True):
        best[one] = max(best.get(one, (0.0, -1)), (total, other))
    return {one: other for one, (_, other) in best.items()}


def _state(evidence: Evidence, parents: Mapping[int, int]) -> Lineage:
    """Make a lineage of stated parents: who hangs together is a family, the earliest its root."""
    lines: list[Line] = []
    members: dict[int, list[int]] = {}
    for place in range(len(evidence.channels)):
        parent = parents.get(place)
        candidates = () if parent is None else (Candidate(parent, 1.0, ()),)
        lines.append(Line(place, candidates, parent, float(parent is not None)))
        top = place
        while top in parents:
            top = parents[top]
        members.setdefault(top, []).append(place)
    families = [Family(number, root, tuple(kin)) for number, (root, kin) in enumerate(sorted(members.items()))]
    return Lineage(lines, families)
