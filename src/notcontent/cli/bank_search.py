"""A bank file, searched: what of it an upload matches or may show, in words and as objects that never hold a hash."""

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from notcontent.cli.hashed_inputs import InputFrame
from notcontent.cli.videos import shown_time
from notcontent.matching import Found, MihIndex, rows_from_hashes
from notcontent.matching.bankestimates import IndexedBank, owners_of
from notcontent.matching.bankfile import BankEntry
from notcontent.matching.clip_estimating import FrameFit, frame_fits, holding, levels_for
from notcontent.matching.clips import Clip, ClipFinding, FrameHit, judge_clip
from notcontent.matching.estimating import EstimatePolicy, Fit, find_fits
from notcontent.signals.estimates import Sketch
from notcontent.signals.looks import WHOLE
from notcontent.signals.video.sampling import Sketched


@dataclass(frozen=True, slots=True)
class Matched:
    """One picture or video of the bank that matched, by its nearest entry."""

    label: str = field(repr=False)
    distance: int
    look: str = ""
    """What of the upload met it; empty for a hash that was given."""
    t_ms: int | None = None
    """The time of that entry, when it is a frame."""
    at_ms: int | None = None
    """The time of the frame that matched it, when a video was compared."""
    finding: ClipFinding | None = None

    def as_object(self) -> dict[str, object]:
        """Give what `--json` shows: `look` only where a picture was looked at, times only of videos."""
        shown: dict[str, object] = {"label": self.label, "distance": self.distance}
        if self.look:
            shown["look"] = self.look
        if self.t_ms is not None:
            shown["t_ms"] = self.t_ms
        if self.finding is not None:
            shares = {"query_share": self.finding.query_share, "bank_share": self.finding.bank_share}
            shown |= {"at_ms": self.at_ms, "clip": self.finding.clip.value, "run": self.finding.run}
            shown |= {name: round(share, 3) for name, share in shares.items()}
        return shown

    def as_words(self) -> str:
        """Say it for a person."""
        bits = f"{self.distance} {'bit' if self.distance == 1 else 'bits'}"
        if self.look not in {"", "whole"}:
            bits += f", {self.look}"
        if self.t_ms is not None:
            bits += f" at {shown_time(self.t_ms)}"
        if self.finding is None:
            return f"{self.label} ({bits})"
        sure = "the same video or a part of it" if self.finding.clip is Clip.SAME else "perhaps a part of it"
        shares = f"{self.finding.bank_share:.0%} of it in {self.finding.query_share:.0%} of this"
        return f"{self.label} ({sure}: {shares}, nearest {bits})"


@dataclass(frozen=True, slots=True)
class Held:
    """A picture of the bank, or a frame, that the upload may have been made from: for a person to judge."""

    label: str = field(repr=False)
    fit: Fit
    t_ms: int | None = None
    """The time of that entry, when it is a frame."""
    at_ms: int | None = None
    """The time of the frame that it was estimated from, when a video was compared."""

    def as_object(self) -> dict[str, object]:
        """Give what `--json` shows. It has no distance: nothing lay within the radius."""
        shown: dict[str, object] = {"label": self.label, "look": self.fit.look}
        shown |= {"evidence": self.fit.evidence, "least": self.fit.least}
        times = {"t_ms": self.t_ms, "at_ms": self.at_ms}
        return shown | {name: time for name, time in times.items() if time is not None}

    def as_words(self) -> str:
        """Say it for a person."""
        at = "" if self.t_ms is None else f" at {shown_time(self.t_ms)}"
        by = "" if self.at_ms is None else f" by the frame at {shown_time(self.at_ms)}"
        fit = self.fit
        return f"{self.label} ({fit.look}{at}{by}: evidence {fit.evidence:.1f}, and {fit.least:.1f} is asked for)"


@dataclass(frozen=True, slots=True)
class Judged:
    """What of the bank an upload matches; and, where nothing does, what it may show by estimates."""

    matches: list[Matched] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    crowded: bool = False
    """Too many entries came near an estimate to look at all of them."""

    @property
    def found(self) -> bool:
        """Whether somebody has to look."""
        return bool(self.matches or self.held or self.crowded)


class BankSearch:
    """The entries of a bank file in an index; frames of one video belong together."""

    def __init__(self, entries: Sequence[BankEntry], radius: int, estimates: EstimatePolicy) -> None:
        """Index; an entry's id is its place."""
        self._entries = entries
        self._radius = radius
        self._estimates = estimates
        self._index = MihIndex.build(rows_from_hashes([entry.value for entry in entries]))
        self._owners = owners_of(entries)
        self._sizes = Counter(self._owners.tolist())

    def _group(self, place: int) -> int:
        """Name what an entry belongs to."""
        return int(self._owners[place])

    def judged(self, matches: list[Matched], sketches: Sequence[Sketch]) -> Judged:
        """Add to what a picture's looks match, if that is nothing, what estimates fit."""
        if matches or not sketches:
            return Judged(matches)
        found = find_fits(IndexedBank(self._index, self._owners), sketches, self._estimates)
        best: dict[int, Fit] = {}
        for fit in found.fits:  # most evidence first: of a video the frame that fits best
            best.setdefault(self._group(fit.slot), fit)
        return Judged(held=[self._held(fit) for fit in best.values()], crowded=found.crowded)

    def judged_video(self, matches: list[Matched], sketched: Sequence[Sketched]) -> Judged:
        """Do the same for a video, by some of its frames."""
        if matches or not sketched:
            return Judged(matches)
        bank = IndexedBank(self._index, self._owners)
        levels = levels_for(bank.rows, len(sketched), self._estimates.false_holds)
        fits: list[FrameFit] = []
        crowded = False
        for frame in sketched:
            found = frame_fits(bank, frame.sketches, self._estimates, levels)
            fits += [self._frame_fit(frame, fit) for fit in found.fits]
            crowded = crowded or found.crowded
        best: dict[Hashable, Held] = {}
        for one in holding(fits, levels):  # most evidence first
            asked = replace(one.of.fit, least=round(one.least, 2))
            best.setdefault(one.of.owner, self._held(asked, one.of.at_ms))
        return Judged(held=list(best.values()), crowded=crowded)

    def _frame_fit(self, frame: Sketched, fit: Fit) -> FrameFit:
        entry = self._entries[fit.slot]
        hashes = rows_from_hashes([frame.value, entry.value])
        entry_ms = entry.frame.t_ms if entry.frame else 0
        return FrameFit(frame.t_ms, hashes[0], self._group(fit.slot), entry_ms, hashes[1], fit)

    def _held(self, fit: Fit, at_ms: int | None = None) -> Held:
        entry = self._entries[fit.slot]
        return Held(entry.label, fit, entry.frame.t_ms if entry.frame else None, at_ms)

    def pictures(self, uploads: Sequence[Sequence[tuple[str, bytes]]]) -> Iterator[list[Matched]]:
        """Give what each upload's looks (kind, hash) match, nearest first; of a banked video its nearest frame."""
        found = self._index.search(rows_from_hashes([value for looks in uploads for _, value in looks]), self._radius)
        query = 0
        for looks in uploads:
            nearest: dict[int, _Hit] = {}
            for kind, _ in looks:
                for distance, place in _hits(found, query):
                    group = self._group(place)
                    nearest[group] = min(nearest.get(group, _NO_HIT), _Hit(distance, place, 0, kind))
                query += 1
            yield [self._matched(hit) for hit in sorted(nearest.values())]

    def video(self, frames: Sequence[InputFrame]) -> list[Matched]:
        """Give what a video matches: the surest first, then the nearest. Strays are left out."""
        looks = [(frame.t_ms, kind, value) for frame in frames for kind, value in _looks(frame)]
        found = self._index.search(rows_from_hashes([value for _, _, value in looks]), self._radius)
        hits: dict[int, list[FrameHit]] = {}
        nearest: dict[int, _Hit] = {}
        for query, (at_ms, kind, _) in enumerate(looks):
            for distance, place in _hits(found, query):
                group, frame = self._group(place), self._entries[place].frame
                hits.setdefault(group, []).append(FrameHit(at_ms, frame.t_ms if frame else 0, place))
                nearest[group] = min(nearest.get(group, _NO_HIT), _Hit(distance, place, at_ms, kind))
        findings = {group: judge_clip(some, len(frames), self._sizes[group]) for group, some in hits.items()}
        order = sorted(findings, key=lambda group: (findings[group].clip is not Clip.SAME, nearest[group]))
        kept = (group for group in order if findings[group].clip is not Clip.STRAY)
        return [self._matched(nearest[group], findings[group]) for group in kept]

    def _matched(self, hit: "_Hit", finding: ClipFinding | None = None) -> Matched:
        entry = self._entries[hit.place]
        t_ms = entry.frame.t_ms if entry.frame else None
        return Matched(entry.label, hit.distance, hit.look, t_ms, hit.at_ms if finding else None, finding)


class _Hit(NamedTuple):
    """One entry near one look; smaller is nearer."""

    distance: int
    place: int
    at_ms: int
    look: str


_NO_HIT = _Hit(257, 0, 0, "")


def _hits(found: Found, query: int) -> Iterator[tuple[int, int]]:
    """Give distance and place of what lies near one look."""
    ids, distances = found.of(query)
    return zip(distances.tolist(), ids.tolist(), strict=True)


def _looks(frame: InputFrame) -> Iterator[tuple[str, bytes]]:
    """Give a frame's looks, kind and hash, first the frame as it is."""
    yield WHOLE, frame.value
    yield from ((look.kind, look.value) for look in frame.looks)
