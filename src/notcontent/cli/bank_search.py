"""A bank file, searched: what of it a picture or a video matches, in words and as objects that never hold a hash."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from notcontent.cli.hashed_inputs import InputFrame
from notcontent.cli.videos import shown_time
from notcontent.matching import BruteIndex, rows_from_hashes
from notcontent.matching.bankfile import BankEntry
from notcontent.matching.clips import Clip, ClipFinding, FrameHit, judge_clip


@dataclass(frozen=True, slots=True)
class Matched:
    """One picture or video of the bank that matched, by its nearest entry."""

    label: str = field(repr=False)
    distance: int
    t_ms: int | None = None
    """The time of that entry, when it is a frame."""
    at_ms: int | None = None
    """The time of the frame that matched it, when a video was compared."""
    finding: ClipFinding | None = None

    def as_object(self) -> dict[str, object]:
        """Give what `--json` shows; of pictures, the label and the distance alone."""
        shown: dict[str, object] = {"label": self.label, "distance": self.distance}
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
        if self.t_ms is not None:
            bits += f" at {shown_time(self.t_ms)}"
        if self.finding is None:
            return f"{self.label} ({bits})"
        sure = "the same video or a part of it" if self.finding.clip is Clip.SAME else "perhaps a part of it"
        shares = f"{self.finding.bank_share:.0%} of it in {self.finding.query_share:.0%} of this"
        return f"{self.label} ({sure}: {shares}, nearest {bits})"


class BankSearch:
    """The entries of a bank file in an index; frames of one video belong together."""

    def __init__(self, entries: Sequence[BankEntry], radius: int) -> None:
        """Index; an entry's id is its place."""
        self._entries = entries
        self._radius = radius
        self._index = BruteIndex()
        self._index.add(rows_from_hashes([entry.value for entry in entries]))
        self._sizes: dict[int, int] = {}
        for place in range(len(entries)):
            group = self._group(place)
            self._sizes[group] = self._sizes.get(group, 0) + 1

    def _group(self, place: int) -> int:
        """Name what an entry belongs to: a video by its number, a picture by its own place, below zero."""
        frame = self._entries[place].frame
        return -1 - place if frame is None else frame.group

    def pictures(self, values: Sequence[bytes]) -> Iterator[list[Matched]]:
        """Give what each hash matches, nearest first: pictures, and of a video its nearest frame."""
        found = self._index.search(rows_from_hashes(values), self._radius)
        for query in range(len(values)):
            ids, distances = found.of(query)
            matches: dict[int, Matched] = {}
            for place, distance in zip(ids.tolist(), distances.tolist(), strict=True):
                entry = self._entries[place]
                t_ms = entry.frame.t_ms if entry.frame else None
                matches.setdefault(self._group(place), Matched(entry.label, distance, t_ms))
            yield list(matches.values())

    def video(self, frames: Sequence[InputFrame]) -> list[Matched]:
        """Give what a video matches: the surest first, then the nearest. Strays are left out."""
        queries = [(frame.t_ms, value) for frame in frames for value in (frame.value, *frame.turned)]
        found = self._index.search(rows_from_hashes([value for _, value in queries]), self._radius)
        hits: dict[int, list[FrameHit]] = {}
        nearest: dict[int, tuple[int, int, int]] = {}
        for query, (at_ms, _) in enumerate(queries):
            ids, distances = found.of(query)
            for place, distance in zip(ids.tolist(), distances.tolist(), strict=True):
                group, frame = self._group(place), self._entries[place].frame
                hits.setdefault(group, []).append(FrameHit(at_ms, frame.t_ms if frame else 0, place))
                nearest[group] = min(nearest.get(group, (257, 0, 0)), (distance, place, at_ms))
        findings = {group: judge_clip(some, len(frames), self._sizes[group]) for group, some in hits.items()}
        # The surest first, then the nearest.
        order = sorted(findings, key=lambda group: (findings[group].clip is not Clip.SAME, nearest[group]))
        return [self._matched(nearest[group], findings[group]) for group in order if _counts(findings[group])]

    def _matched(self, nearest: tuple[int, int, int], finding: ClipFinding) -> Matched:
        distance, place, at_ms = nearest
        entry = self._entries[place]
        return Matched(entry.label, distance, entry.frame.t_ms if entry.frame else None, at_ms, finding)


def _counts(finding: ClipFinding) -> bool:
    return finding.clip is not Clip.STRAY
